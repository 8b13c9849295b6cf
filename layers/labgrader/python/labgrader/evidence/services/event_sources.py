"""How Lambda is triggered: queues that it reads, and what becomes of asynchronous calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labgrader.evidence.coerce import arn_parts, mapping, number, sequence, text
from labgrader.evidence.question import Json


@dataclass(frozen=True)
class EventSourceMapping:
    """A queue or stream that Lambda reads for a function.

    Args:
        qualifier: the alias or version that is called, or empty.
        source_arn: the queue or stream.
        state: ``Enabled``, ``Disabled``, ``Creating``, …
        batch_size: messages in one call.
        window_s: seconds that Lambda waits for a batch to fill.
        response_types: ``ReportBatchItemFailures`` or nothing.
        maximum_concurrency: calls at once, or ``None``.
    """

    function: str
    qualifier: str
    source_arn: str
    state: str = ""
    batch_size: int | None = None
    window_s: int | None = None
    response_types: tuple[str, ...] = ()
    maximum_concurrency: int | None = None

    @property
    def source(self) -> str:
        """The name of the queue: the end of its ARN."""
        return self.source_arn.rpartition(":")[2]

    @classmethod
    def from_answer(cls, answer: Mapping[str, Json]) -> EventSourceMapping:
        """Read an entry of ListEventSourceMappings."""
        parts = arn_parts(text(answer.get("FunctionArn")))
        return cls(
            function=parts[6],
            qualifier=parts[7],
            source_arn=text(answer.get("EventSourceArn")),
            state=text(answer.get("State")),
            batch_size=number(answer.get("BatchSize")),
            window_s=number(answer.get("MaximumBatchingWindowInSeconds")),
            response_types=tuple(
                text(response_type) for response_type in sequence(answer.get("FunctionResponseTypes"))
            ),
            maximum_concurrency=number(mapping(answer.get("ScalingConfig")).get("MaximumConcurrency")),
        )


@dataclass(frozen=True)
class EventInvokeConfig:
    """What becomes of a function's asynchronous calls. ``None`` where AWS's default holds (2 retries, 6 hours)."""

    maximum_retries: int | None = None
    maximum_age_s: int | None = None
    on_success: str = ""
    on_failure: str = ""

    @classmethod
    def from_answer(cls, answer: Mapping[str, Json]) -> EventInvokeConfig:
        """Read a GetFunctionEventInvokeConfig answer."""
        destinations = mapping(answer.get("DestinationConfig"))
        return cls(
            maximum_retries=number(answer.get("MaximumRetryAttempts")),
            maximum_age_s=number(answer.get("MaximumEventAgeInSeconds")),
            on_success=text(mapping(destinations.get("OnSuccess")).get("Destination")),
            on_failure=text(mapping(destinations.get("OnFailure")).get("Destination")),
        )
