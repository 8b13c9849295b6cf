"""Send digest: store the digest of an audit of a course, and send it to the topic. It is always the last state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import to_domain_error
from labgrader.courses.course import CourseLab
from labgrader.courses.digest import audited, build_digest, not_audited
from labgrader.courses.digest_text import digest_text, subject
from labgrader.courses.enrolment import stored_course
from labgrader.documents.digest import Digest, DigestRun
from labgrader.environment import Environment
from labgrader.moments import isoformat_utc
from labgrader.schemas import validate
from labgrader.store import CourseKeys, Keys, MissingError, Store


@dataclass(frozen=True)
class Topic:
    """Where digests are sent.

    Args:
        sns: an SNS client.
        arn: the topic.
        options: further options of the commands in a digest (`` --aws``).
    """

    sns: Any
    arn: str
    options: str = ""

    def send(self, digest: Digest) -> None:
        """Send a digest to the subscribers.

        Raises:
            ThrottledError, ServiceFaultError: a retry may succeed.
            RefusedError: SNS refused the message.
        """
        try:
            self.sns.publish(TopicArn=self.arn, Subject=subject(digest), Message=digest_text(digest, self.options))
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error


def send_digest(
    store: Store, topic: Topic, course_id: str, audit_name: str, started_at: str, runs: Sequence[Mapping[str, str]]
) -> Digest:
    """Store and send the digest of an audit of a course.

    A run that wrote its results counts as audited, even if its execution failed afterward.

    Args:
        store: the stack's store.
        topic: where the digest goes.
        course_id: the course.
        audit_name: the name of the audit.
        started_at: when the audit started, ISO 8601.
        runs: each with ``run_id`` and ``lab``; a failed run also has ``error`` and ``cause``.

    Returns:
        The digest as it is stored. A second digest of an audit replaces the first.

    Raises:
        BadInputError: the course was removed in the meantime.
    """
    course = stored_course(store, course_id)
    labs = {lab.lab: lab for lab in course.labs}
    entries = [_entry(store, labs.get(run["lab"], CourseLab(run["lab"], "")), run) for run in runs]
    finished_at = isoformat_utc(datetime.now(UTC))
    began = isoformat_utc(datetime.fromisoformat(started_at))
    digest = build_digest(course, audit_name, began, finished_at, entries)
    validate(digest, "digest")
    store.put_json(CourseKeys(course_id).digest(audit_name), digest)
    topic.send(digest)
    return digest


def _entry(store: Store, lab: CourseLab, run: Mapping[str, str]) -> DigestRun:
    """Return the entry of one run."""
    keys = Keys(run["run_id"])
    try:
        return audited(lab, store.get_json(keys.run), store.get_json(keys.audit))
    except MissingError:
        record = store.run(run["run_id"])
        reason = ": ".join(part for part in (run.get("error", ""), run.get("cause", "")) if part)
        return not_audited(lab, run["run_id"], (record.error if record else None) or reason)


@cache
def default_topic() -> Topic:
    """Return the topic from the environment of a function (``DIGEST_TOPIC_ARN``, ``STACK``). Create it once."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30)
    environment = Environment()
    options = " --aws" + ("" if environment.stack == "labgrader" else f" --stack {environment.stack}")
    return Topic(boto3.client("sns", config=config), environment.digest_topic_arn, options)
