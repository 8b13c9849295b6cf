"""Errors inside a successful answer: every one that AWS's models have is handled, or does not matter for a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from benchmarks.stub_aws import StubAws
from labgrader.errors import NotGradedError
from labgrader.evidence.snapshot import Snapshot
from labgrader.reasons import Reason
from labgrader.recording.operations import SINGLE_OPERATIONS
from tests.checks.world import World
from tests.recorded_aws.reading import recorded
from tests.recording.listing_aws import sent_as
from tests.recording.recording import F, record

COMPOSED = {
    ("lambda", "GetFunction"),
    ("lambda", "ListProvisionedConcurrencyConfigs"),
    ("iam", "GetPolicy"),
    ("iam", "GetPolicyVersion"),
}
"""The operations that the methods of ``resolver.py`` send."""

SUSPECT = re.compile(
    r"Error|Warning|Unprocessed|Fail|Reject|Exception|Invalid|Incomplete|Reason|Truncated", re.IGNORECASE
)
"""What the name of a member contains that may report a failure of a part."""

_CONFIGURATION = {
    "Environment.Error": "handled: reading the environment variables raises NotGradedError and names kms:Decrypt",
    "StateReason": "handled: function_can_run shows it",
    "LastUpdateStatusReason": "handled: function_can_run shows it",
    "StateReasonCode": "no partial error: StateReason has the text",
    "LastUpdateStatusReasonCode": "no partial error: LastUpdateStatusReason has the text",
    "ImageConfigResponse.Error": "not read: no check reads the configuration of a container image",
    "RuntimeVersionConfig.Error": "not read: no check reads the version of a runtime",
}
_PAGES = "handled: the recorder follows the markers of all pages"

KNOWN = {
    "lambda:GetFunction": {
        "TagsError": "handled: reading the tags raises NotGradedError and names lambda:ListTags",
        "Code.Error": "handled: reading the package is refused and names kms:Decrypt",
        **{f"Configuration.{name}": why for name, why in _CONFIGURATION.items()},
    },
    "lambda:ListVersionsByFunction": {f"Versions[].{name}": why for name, why in _CONFIGURATION.items()},
    "lambda:ListFunctions": {f"Functions[].{name}": "not kept: only names are stored" for name in _CONFIGURATION},
    "lambda:ListEventSourceMappings": {
        "EventSourceMappings[].FilterCriteriaError": "not read: no check reads filter criteria",
        "EventSourceMappings[].StateTransitionReason": "no partial error: State is read",
        "EventSourceMappings[].DestinationConfig.OnFailure": "no error: a destination",
        "EventSourceMappings[].BisectBatchOnFunctionError": "no error: a setting",
    },
    "lambda:GetFunctionEventInvokeConfig": {"DestinationConfig.OnFailure": "no error: a destination"},
    "lambda:GetProvisionedConcurrencyConfig": {"StatusReason": "handled: provisioned_concurrency_ready shows it"},
    "lambda:ListProvisionedConcurrencyConfigs": {
        "ProvisionedConcurrencyConfigs[].StatusReason": "handled: provisioned_concurrency_ready shows it"
    },
    "apigateway:GetApiKeys": {"warnings": "no partial error: warnings of an import of keys"},
    "apigateway:GetRestApis": {"items[].warnings": "no partial error: warnings of an import of an API"},
    "cloudwatch:DescribeAlarms": {
        **{
            f"{kind}[].{name}": "not read: no check reads the state of an alarm"
            for kind in ("CompositeAlarms", "MetricAlarms", "LogAlarms")
            for name in ("StateReason", "StateReasonData")
        },
        "CompositeAlarms[].ActionsSuppressedReason": "not asked: only metric alarms are",
    },
    "dynamodb:DescribeTable": {"Table.ArchivalSummary.ArchivalReason": "not read: an archived table is not active"},
    "iam:ListAttachedRolePolicies": {"IsTruncated": _PAGES},
    "iam:ListRolePolicies": {"IsTruncated": _PAGES},
}
"""By operation and member: what labgrader does with it, or why it does not matter."""


def suspects(shape: Shape | None, path: str = "", above: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the members of an output that may report a failure of a part, without what is inside of them."""
    if shape is None or shape.name in above:
        return
    above |= {shape.name}
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            here = f"{path}.{name}" if path else name
            if SUSPECT.search(name):
                yield here
            else:
                yield from suspects(member, here, above)
    elif isinstance(shape, ListShape):
        yield from suspects(shape.member, f"{path}[]", above)
    elif isinstance(shape, MapShape):
        yield from suspects(shape.value, f"{path}{{}}", above)


def test_every_partial_error_of_every_operation_is_handled_or_does_not_matter() -> None:
    session = botocore.session.Session()
    asked = {(operation.service, sent_as(operation)) for operation in SINGLE_OPERATIONS.values()} | COMPOSED
    found = {}
    for service, name in sorted(asked):
        output = session.get_service_model(service).operation_model(name).output_shape
        if members := set(suspects(output)):
            found[f"{service}:{name}"] = members
    assert found == {operation: set(members) for operation, members in KNOWN.items()}


def read(name: str, **function: Any) -> tuple[Snapshot, StubAws]:
    """Record a function that GetFunction describes as in a recorded answer."""
    aws = StubAws()
    aws.add_function(F, **function)
    body = recorded(name)["response"]["body"]
    stub: Any = aws
    stub._GetFunction = lambda **_: body
    return record(aws, lambda s: s.function(F), lambda s: s.package(F)), aws


def refusal(reading: Any) -> tuple[str, str, Reason]:
    with pytest.raises(NotGradedError) as refused:
        reading()
    return refused.value.action, refused.value.reason, refused.value.reason_code


def test_denied_tags_are_unknown_and_not_missing() -> None:
    snapshot, _ = read("lambda_get_function_tags_denied")
    function = snapshot.function(F)
    assert function is not None
    assert function.environment == {}
    action, reason, code = refusal(lambda: function.tags.get("Project"))
    assert (action, code) == ("lambda:ListTags", Reason.DENIED)
    assert reason.startswith(
        "AWS did not return the tags of user1-f: AccessDeniedException: User: arn:aws:sts::123456789012:"
        "assumed-role/grader/run is not authorized to perform: lambda:ListTags on resource: "
    )


def test_environment_variables_that_cannot_be_decrypted_are_unknown_and_not_unset() -> None:
    snapshot, _ = read("lambda_get_function_kms_denied")
    function = snapshot.function(F)
    assert function is not None
    assert (function.tags, function.environment_is_known) == ({}, False)
    said = (
        "AWS did not return the environment variables of user1-f: AccessDeniedException: Lambda was unable to decrypt "
        "your environment variables because the KMS access was denied. Please check your KMS permissions. KMS "
        "Exception: AccessDeniedException"
    )
    for reading in (lambda: function.environment.get("STAGE"), lambda: list(function.environment)):
        assert refusal(reading) == ("kms:Decrypt", said, Reason.DENIED)


def test_a_package_that_cannot_be_decrypted_is_not_graded() -> None:
    snapshot, _ = read("lambda_get_function_code_denied")
    assert refusal(lambda: snapshot.package(F)) == (
        "labgrader:ReadPackage",
        "AccessDeniedException: AWS did not return the package of user1-f (it takes kms:Decrypt): "
        "KMS access was denied",
        Reason.DENIED,
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDeniedException", Reason.DENIED),
        ("ThrottlingException", Reason.THROTTLED),
        ("KMSDisabledException", Reason.INCONCLUSIVE),
        ("", Reason.INCONCLUSIVE),
    ],
)
def test_checks_of_tags_and_variables_are_not_graded(code: str, reason: Reason) -> None:
    error = {"ErrorCode": code, "Message": "no"}
    shown = f"{code}: no" if code else "no"
    world = World().function(F, Environment={"Error": error})
    world.functions[F]["TagsError"] = error
    assert refusal(lambda: world.judge("function_tagged", function=F, tags={"Project": "x"})) == (
        "lambda:ListTags",
        f"AWS did not return the tags of user1-f: {shown}",
        reason,
    )
    assert refusal(lambda: world.judge("environment_set", function=F, variables={"STAGE": "dev"})) == (
        "kms:Decrypt",
        f"AWS did not return the environment variables of user1-f: {shown}",
        reason,
    )


def test_an_empty_error_is_not_an_error() -> None:
    world = World().function(F, Environment={"Variables": {"STAGE": "dev"}, "Error": None})
    world.functions[F].update(TagsError={}, Tags={"Project": "x"})
    assert world.judge("function_tagged", function=F, tags={"Project": "x"}).status == "passed"
    assert world.judge("environment_set", function=F, variables={"STAGE": "dev"}).status == "passed"


def test_a_failed_update_is_explained_by_its_own_reason() -> None:
    world = World().function(F, LastUpdateStatus="Failed", LastUpdateStatusReason="the image is gone")
    assert (
        world.judge("function_can_run", function=F).message == "The last update of user1-f failed: the image is gone."
    )
