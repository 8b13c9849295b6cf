"""The bucket of a stack: read objects, write them once, or replace them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, to_domain_error
from labgrader.errors import LabgraderError, MissingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT_TYPES = {".json": "application/json", ".html": "text/html; charset=utf-8", ".csv": "text/csv; charset=utf-8"}


class Objects:
    """The objects of one stack.

    Args:
        s3: an S3 client.
        bucket: the name of the stack's bucket.
    """

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def get(self, key: str) -> bytes:
        """Return an object.

        Raises:
            MissingError: the object does not exist.
        """
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in ("NoSuchKey", "404"):
                raise MissingError(f"s3://{self.bucket}/{key} does not exist") from None
            raise to_domain_error(error) from error

    def get_json(self, key: str) -> Any:
        """Return an object, parsed as JSON. Raise as ``get`` does."""
        return json.loads(self.get(key))

    def put(self, key: str, content: bytes) -> None:
        """Write an object. Replace an earlier one."""
        self._put(key, content)

    def put_json(self, key: str, document: Any) -> None:
        """Write an object as JSON. Replace an earlier one."""
        self._put(key, encoded(document))

    def put_once(self, key: str, content: bytes) -> bytes:
        """Write an object unless the key exists. Return the stored object."""
        try:
            self._put(key, content, IfNoneMatch="*")
        except _AlreadyThereError:
            return self.get(key)
        return content

    def put_json_once(self, key: str, document: Any) -> Any:
        """Write an object as JSON unless the key exists. Return the stored object."""
        return json.loads(self.put_once(key, encoded(document)))

    def keys(self, prefix: str) -> list[str]:
        """Return all keys that begin with a prefix."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        try:
            return [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects one by one. Missing ones are ignored."""
        try:
            for key in keys:
                self._s3.delete_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error

    def get_all_json(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return objects, parsed as JSON, by key. Read them in parallel."""
        with ThreadPoolExecutor(max_workers=16) as pool:
            return dict(zip(keys, pool.map(self.get_json, keys), strict=True))

    def _put(self, key: str, content: bytes, **condition: Any) -> None:
        suffix = key[key.rfind(".") :]
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType=CONTENT_TYPES.get(suffix, "application/octet-stream"),
                **condition,
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in ("PreconditionFailed", "412"):
                raise _AlreadyThereError(key) from None
            raise to_domain_error(error) from error


class _AlreadyThereError(LabgraderError):
    """The key exists."""


def encoded(document: Any) -> bytes:
    """Return a document as stored JSON: ASCII, so that no character of a student's output breaks it. Refuse NaN."""
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False).encode()
