"""The AWS side of `labgrader:DropObject`: puts an object into a student's bucket, waits for its result, tidies up."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from labgrader.errors import NotGradedError
from labgrader.evidence.load.statistics import rounded
from labgrader.evidence.probe_results import AWAIT_TIMEOUT_S, MAX_KEPT_CHARACTERS, OWN_NAMES, UploadResult
from labgrader.evidence.question import Answer, Question
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.reasons import DENIED
from labgrader.recording.api_errors import AwsCallError, MissingResourceError, classify_error

DROP_OBJECT = "labgrader:DropObject"

POLL_S = 1.0
"""Seconds between two looks for the awaited object."""

_NOT_THERE = ("NoSuchKey", "404", "NotFound")


class ObjectDropper:
    """Puts objects into the buckets of one student and deletes them again.

    Args:
        client: a boto3 S3 client of the student's account, without retries of its own.
        ownership: the student who owns the buckets that may be used.
        retry_policy: how often a throttled or failed request is repeated.
        poll_s: seconds between two looks.
        token: makes the part of a name that no other call has.
    """

    def __init__(
        self,
        client: Any,
        ownership: Ownership,
        retry_policy: RetryPolicy | None = None,
        *,
        poll_s: float = POLL_S,
        token: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._client = client
        self._ownership = ownership
        self._patience = retry_policy or RetryPolicy()
        self._poll_s = poll_s
        self._token = token

    def answer(self, question: Question) -> Answer:
        """Put an object, wait for what is made of it, delete both.

        An old object of the awaited key is deleted first, so that a new object is proof. The permissions to delete and
        read are tested before the wait. labgrader has no ``s3:ListBucket``, so S3 then returns AccessDenied for a
        missing key (Amazon S3 API Reference, GetObject, "Permissions"). From then on, AccessDenied means missing.

        The uploaded name has a random part, so that two concurrent runs do not delete each other's results:
        ``labgrader-user1.txt`` is stored as ``labgrader-3f9a2c71-user1.txt``. The result has the requested name, so
        that the record always gets the same verdict.

        Returns:
            A ``UploadResult`` as JSON; an error that names the permission where S3 refused.

        Raises:
            NotGradedError: the bucket is not the student's, or one of the objects may be.
        """
        arguments = question.arguments
        bucket = self._ownership.require("s3:PutObject", "bucket", arguments["Bucket"])
        key, await_key = arguments["Key"], arguments["AwaitKey"]
        name = key.rpartition("/")[2]
        if not name.startswith(OWN_NAMES) or name not in await_key or await_key == key:
            raise NotGradedError("s3:PutObject", f"{key} and {await_key} may be the student's own: not touched")
        own_name = f"{OWN_NAMES}{self._token()}-{name.removeprefix(OWN_NAMES)}"
        key, await_key = (path.replace(name, own_name) for path in (key, await_key))
        timeout_s = float(arguments.get("TimeoutSeconds") or AWAIT_TIMEOUT_S)
        trouble = self._delete(bucket, await_key)
        if trouble is not None:  # what we could not delete again is not put
            return trouble
        found, waited_s = None, 0.0
        try:
            trouble = self._put(bucket, key, arguments["Body"], arguments["ContentType"])
            if trouble is None:
                found, waited_s, trouble = self._wait(bucket, key, await_key, timeout_s)
        finally:
            refusals = {path: refused for path in (key, await_key) if (refused := self._delete(bucket, path))}
        left_behind = list(refusals)
        said = "; ".join(f"{path}: {refused.error_message}" for path, refused in refusals.items())
        if trouble is not None:
            note = f"; left behind in {bucket}: {', '.join(left_behind)}" if left_behind else ""
            return replace(trouble, error_message=f"{trouble.error_message}{note}")
        waited_ms = rounded(1000 * waited_s)
        if found is None:
            return Answer(UploadResult("timeout", "", waited_ms, left_behind, said).to_dict())
        found = found.replace(own_name, name)
        return Answer(UploadResult("answered", found, waited_ms, left_behind, said).to_dict())

    def _put(self, bucket: str, key: str, body: str, content_type: str) -> Answer | None:
        """Put the object. Return what went wrong, or ``None``."""
        content = body.encode("utf-8", "replace")
        try:
            self._patience.call(
                lambda: self._client.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)
            )
        except (MissingResourceError, AwsCallError) as refusal:
            return _refused("s3:PutObject", bucket, refusal)
        return None

    def _delete(self, bucket: str, key: str) -> Answer | None:
        """Delete an object, whether it exists or not. Return what went wrong, or ``None``."""
        try:
            self._patience.call(lambda: self._client.delete_object(Bucket=bucket, Key=key))
        except (MissingResourceError, AwsCallError) as refusal:
            return _refused("s3:DeleteObject", bucket, refusal)
        return None

    def _wait(self, bucket: str, key: str, await_key: str, timeout_s: float) -> tuple[str | None, float, Answer | None]:
        """Wait for the object. Return its text, the seconds until it was there, and what went wrong."""
        began = time.monotonic()
        try:
            self._patience.call(lambda: self._read(bucket, key))  # may be gone already: some functions move it
        except (MissingResourceError, AwsCallError) as refusal:
            if isinstance(refusal, MissingResourceError) or refusal.code not in _NOT_THERE:
                return None, 0.0, _refused("s3:GetObject", bucket, refusal)
        while True:
            try:
                return self._read(bucket, await_key), time.monotonic() - began, None
            except (ClientError, BotoCoreError, ResponseParserError) as error:
                trouble = _unread(bucket, error)
            waited_s = time.monotonic() - began
            if trouble is not None or waited_s >= timeout_s:
                return None, waited_s, trouble
            time.sleep(min(self._poll_s, max(timeout_s - waited_s, 0.0)))

    def _read(self, bucket: str, key: str) -> str:
        body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
        try:
            return str(body.read(MAX_KEPT_CHARACTERS).decode("utf-8", "replace"))
        finally:
            body.close()


def _unread(bucket: str, error: Exception) -> Answer | None:
    """Return why the awaited object cannot be read; ``None`` if it may be there in a moment."""
    try:
        refusal = classify_error(error)
    except MissingResourceError as missing:
        return _refused("s3:GetObject", bucket, missing)
    locked = refusal.code in DENIED and "kms" in refusal.message.lower()  # it is there, under a key that is not ours
    waiting = refusal.transient or refusal.code in _NOT_THERE or refusal.code in DENIED
    return None if waiting and not locked else _refused("s3:GetObject", bucket, refusal)


def _refused(action: str, bucket: str, refusal: MissingResourceError | AwsCallError) -> Answer:
    if isinstance(refusal, MissingResourceError):
        return Answer(error_code=refusal.code, error_message=f"{action}: the bucket {bucket} no longer exists")
    return refusal.answer(f"{action}: {refusal.message}")
