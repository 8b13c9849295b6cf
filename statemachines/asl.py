"""Subclasses of the SDK's states for newer features of the Amazon States Language.

The SDK's last version is from 2021. Newer are `ItemProcessor` and `ItemSelector` (instead of the deprecated `Iterator`
and `Parameters` of a Map), distributed maps with item readers, `ResultSelector`, jitter and a maximum delay of a retry,
and JSONata states. Source: Amazon States Language, Step Functions Developer Guide.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

from stepfunctions.steps import Chain, Fail, Graph, LambdaStep, Map, Pass, Retry
from stepfunctions.steps.service import StepFunctionsStartExecutionStep
from stepfunctions.steps.states import State

PARTITION = "${Partition}"
"""The substitution for the partition of the stack: `aws`, `aws-us-gov` or `aws-cn`."""

_INTEGRATION = "arn:aws:states:::"
"""What the ARN of each integration begins with, as the SDK renders it."""


class Newer(Enum):
    """Fields of states that the SDK does not know, in its spelling."""

    RESULT_SELECTOR = "result_selector"
    QUERY_LANGUAGE = "query_language"
    OUTPUT = "output"
    MAX_DELAY_SECONDS = "max_delay_seconds"
    JITTER_STRATEGY = "jitter_strategy"
    ITEM_READER = "item_reader"
    ITEM_SELECTOR = "item_selector"
    LABEL = "label"
    TOLERATED_FAILURE_PERCENTAGE = "tolerated_failure_percentage"
    ERROR_PATH = "error_path"
    CAUSE_PATH = "cause_path"


class JitteredRetry(Retry):  # type: ignore[misc]
    """A retrier with full jitter and a maximum delay, so that a throttled class does not retry all at once."""

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), Newer.MAX_DELAY_SECONDS, Newer.JITTER_STRATEGY]


class FunctionTask(LambdaStep):  # type: ignore[misc]
    """A Lambda task that keeps only the fields of the result in `ResultSelector`."""

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), Newer.RESULT_SELECTOR]


class ExecutionTask(StepFunctionsStartExecutionStep):  # type: ignore[misc]
    """A task that starts an execution, waits for its end, and keeps only the fields in `ResultSelector`."""

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), Newer.RESULT_SELECTOR]


class ItemsMap(Map):  # type: ignore[misc]
    """An inline Map with an `ItemProcessor`."""

    mode = "INLINE"

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), Newer.ITEM_SELECTOR]

    def to_dict(self) -> dict[str, Any]:
        rendered: dict[str, Any] = super().to_dict()
        processor = rendered.pop("Iterator")
        rendered["ItemProcessor"] = {"ProcessorConfig": self.processor_config(), **processor}
        return rendered

    def processor_config(self) -> dict[str, str]:
        """Return the processor's mode."""
        return {"Mode": self.mode}


class DistributedMap(ItemsMap):
    """A Map that reads its items from S3 and runs each iteration as a child execution."""

    mode = "DISTRIBUTED"

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), Newer.ITEM_READER, Newer.LABEL, Newer.TOLERATED_FAILURE_PERCENTAGE]

    def processor_config(self) -> dict[str, str]:
        """Return the mode for standard child executions: with history, redrive, and no limit of five minutes."""
        return {"Mode": self.mode, "ExecutionType": "STANDARD"}


class JsonataPass(Pass):  # type: ignore[misc]
    """A Pass state with an output in JSONata, because JSONPath cannot shorten text."""

    def __init__(self, state_id: str, **fields: Any) -> None:
        super().__init__(state_id, query_language="JSONata", **fields)

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), Newer.QUERY_LANGUAGE, Newer.OUTPUT]

    def to_dict(self) -> dict[str, Any]:
        rendered: dict[str, Any] = super().to_dict()
        rendered["QueryLanguage"] = "JSONata"
        return rendered


class FailWithCause(Fail):  # type: ignore[misc]
    """A Fail state with the error and the cause from its input."""

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), Newer.ERROR_PATH, Newer.CAUSE_PATH]


def reading_json(bucket: str, key_path: str) -> dict[str, Any]:
    """Return an `ItemReader` for a JSON list in S3; `key_path` is the path of its key in the state's input."""
    return {
        "Resource": f"arn:{PARTITION}:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": bucket, "Key.$": key_path},
    }


def render(start: State | Chain, *, comment: str, timeout_seconds: int) -> str:
    """Return a state machine as the JSON that is committed and deployed, with a newline at the end.

    The SDK renders each integration with the partition `aws`. Every partition has its own ARNs of them.
    """
    graph = Graph(start, comment=comment, timeout_seconds=timeout_seconds)
    return json.dumps(graph.to_dict(), indent=2).replace(_INTEGRATION, f"arn:{PARTITION}:states:::") + "\n"
