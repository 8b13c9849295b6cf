"""S3: buckets and what they notify."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass

from labgrader.evidence.coerce import arn_parts, mapping, sequence, text
from labgrader.evidence.question import Answers, Json, Question


@dataclass(frozen=True)
class Notification:
    """One Lambda notification of a bucket.

    Args:
        function_arn: the function, perhaps with an alias.
        events: ``s3:ObjectCreated:*`` and the like.
        prefix, suffix: of the keys it is about; empty for all.
    """

    bucket: str
    function_arn: str
    events: tuple[str, ...] = ()
    prefix: str = ""
    suffix: str = ""

    @property
    def function(self) -> str:
        """The name of the function."""
        return arn_parts(self.function_arn)[6]

    def includes(self, event: str) -> bool:
        """Say whether an event (``s3:ObjectCreated:Put``, or a pattern of them) is among its events."""
        return any(fnmatch.fnmatchcase(event, pattern) for pattern in self.events)


class S3:
    """What AWS said about the student's buckets."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def bucket_names(self) -> list[str]:
        """Return the names of the student's buckets. One call to AWS is shared by the students of an account."""
        return [text(name) for name in sequence(self._answers.ask(Question("s3:ListAllMyBuckets")))]

    def notifications(self, bucket: str) -> list[Notification]:
        """Return the Lambda notifications of a bucket; none if there is no such bucket."""
        answer = self._answers.ask(Question("s3:GetBucketNotification", {"Bucket": bucket}))
        configurations = sequence(mapping(answer).get("LambdaFunctionConfigurations"))
        return [_notification(bucket, mapping(configuration)) for configuration in configurations]


def _notification(bucket: str, answer: Mapping[str, Json]) -> Notification:
    rules = {
        text(mapping(rule).get("Name")).lower(): text(mapping(rule).get("Value"))
        for rule in sequence(mapping(mapping(answer.get("Filter")).get("Key")).get("FilterRules"))
    }
    return Notification(
        bucket=bucket,
        function_arn=text(answer.get("LambdaFunctionArn")),
        events=tuple(text(event) for event in sequence(answer.get("Events"))),
        prefix=rules.get("prefix", ""),
        suffix=rules.get("suffix", ""),
    )
