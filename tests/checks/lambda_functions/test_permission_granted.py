"""permission_granted: the function's resource-based policy lets one API, rule or bucket invoke it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.api_gateway.samples import API, EXECUTE, FUNCTION, GATEWAY, deployed_api, method, statement
from tests.checks.world import ACCOUNT, REGION, World, function_arn

PERMIT: dict[str, Any] = {"function": FUNCTION, "principal": GATEWAY, "qualifiers": ["prod"], "api": API}


@pytest.mark.parametrize("stale", ["api0", "api2"])
def test_of_two_deployed_apis_with_one_name_the_permitted_one_counts(stale: str) -> None:
    made = deployed_api().api(API, stale).routes(stale, {("/performance", "GET"): method()})
    made.stages(stale, {"stageName": "prod"})
    assert made.judge("permission_granted", **PERMIT).status == "passed"
    assert made.judge("permission_granted", **{**PERMIT, "api": ""}).status == "passed"


def _permitted(*statements: dict[str, Any]) -> World:
    return deployed_api().permit(FUNCTION, *statements, qualifier="prod")


@pytest.mark.parametrize(
    "source",
    [
        f"{EXECUTE}:api1/*/*",
        f"{EXECUTE}:api1/*",
        f"{EXECUTE}:api1/prod/POST/performance",
        f"{EXECUTE}:api1/*/POST/performance",
        f"arn:aws:execute-api:*:{ACCOUNT}:api1/*",
    ],
)
def test_passes_when_the_api_may_invoke_the_alias(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert verdict.expected == f"API Gateway may invoke {FUNCTION}:prod, only from the REST API {API} (api1)"


@pytest.mark.parametrize(
    ("permitted", "stages", "stage", "status"),
    [
        ("prod", ["dev", "prod"], "prod", "passed"),
        ("*", ["dev", "prod"], "prod", "passed"),
        ("dev", ["dev", "prod"], "prod", "failed"),
        ("dev", ["dev", "prod"], "", "passed"),
        ("dev", ["dev"], "prod", "passed"),
        ("prod", ["dev"], "prod", "failed"),
    ],
)
def test_the_stage_of_the_lab_must_be_permitted(permitted: str, stages: list[str], stage: str, status: str) -> None:
    source = f"{EXECUTE}:api1/{permitted}/POST/performance"
    made = _permitted(statement(source)).stages("api1", *[{"stageName": name} for name in stages])
    verdict = made.judge("permission_granted", **PERMIT, stage=stage)
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            f"API Gateway may invoke {FUNCTION}:prod, but only from {source}. That is another stage, method or path of "
            f"the REST API {API} (api1), so Lambda denies the invocations."
        )


def test_one_right_permission_among_others_is_enough() -> None:
    others = [statement(f"{EXECUTE}:old/*/*"), statement(principal="s3.amazonaws.com")]
    assert (
        _permitted(*others, statement(f"{EXECUTE}:api1/*/*")).judge("permission_granted", **PERMIT).status == "passed"
    )


def test_a_permission_without_a_source_arn_earns_half() -> None:
    verdict = _permitted(statement()).judge("permission_granted", **PERMIT)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"API Gateway may invoke {FUNCTION}:prod from any source, because the permission has no source ARN. "
        f"Limit it to the REST API {API} (api1).",
    )
    assert verdict.hint == (
        f"aws lambda remove-permission --function-name {FUNCTION} --qualifier prod --statement-id sid\n"
        f"aws lambda add-permission --function-name {FUNCTION}:prod --statement-id apigateway-invoke "
        "--action lambda:InvokeFunction --principal apigateway.amazonaws.com "
        f"--source-arn 'arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*'"
    )


@pytest.mark.parametrize("source", [f"{EXECUTE}:*/*/*", "arn:aws:execute-api:*", "*"])
def test_a_permission_for_every_api_earns_half(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"API Gateway may invoke {FUNCTION}:prod from {source}, which is wider than needed. "
        f"Limit it to the REST API {API} (api1).",
    )


@pytest.mark.parametrize(
    "source",
    [
        f"{EXECUTE}:other/*/*",
        f"{EXECUTE}:api11/*/*",
        f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:api1/*/*",
        f"arn:aws:execute-api:{REGION}:[ACCOUNT-ID]:api1/*/*",
    ],
)
def test_fails_with_a_permission_for_another_api(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"API Gateway may invoke {FUNCTION}:prod, but only from {source}. That is not the REST API {API} (api1), "
        "so Lambda denies the invocations.",
    )


@pytest.mark.parametrize("source", [f"{EXECUTE}:api1/dev/*", f"{EXECUTE}:api1/*/GET/performance"])
def test_fails_with_a_permission_for_another_stage_method_or_path(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"API Gateway may invoke {FUNCTION}:prod, but only from {source}. That is another stage, method or path of "
        f"the REST API {API} (api1), so Lambda denies the invocations.",
    )


def test_each_required_method_needs_the_permission() -> None:
    made = deployed_api().routes("api1", {("/hello", verb): method() for verb in ("GET", "POST")})
    call = {**PERMIT, "methods": ["GET", "POST"]}
    only_get = statement(f"{EXECUTE}:api1/*/GET/hello")
    verdict = made.permit(FUNCTION, only_get, qualifier="prod").judge("permission_granted", **call)
    assert (verdict.fraction, verdict.message, verdict.observed) == (
        0.5,
        f"API Gateway may invoke {FUNCTION}:prod, but not for POST. The permission is only for "
        f"{EXECUTE}:api1/*/GET/hello.",
        "not for POST",
    )
    assert made.judge("permission_granted", **PERMIT).status == "passed"
    both = [only_get, statement(f"{EXECUTE}:api1/*/POST/hello")]
    assert made.permit(FUNCTION, *both, qualifier="prod").judge("permission_granted", **call).status == "passed"
    anywhere = made.permit(FUNCTION, statement(), qualifier="prod").judge("permission_granted", **call)
    assert "from any source, because the permission has no source ARN" in anywhere.message
    made.routes("api1", {("/hello", "ANY"): method()}).permit(FUNCTION, only_get, qualifier="prod")
    assert made.judge("permission_granted", **call).observed == "not for POST"


def test_a_permission_on_the_function_does_not_count_for_the_alias() -> None:
    made = (
        deployed_api().permit(FUNCTION, qualifier="prod").permit(FUNCTION, statement(f"{EXECUTE}:api1/*", qualifier=""))
    )
    verdict = made.judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"API Gateway may not invoke {FUNCTION}:prod: its resource-based policy has no such permission. "
        f"The permission on {FUNCTION} does not apply to the alias.",
    )
    assert f"--function-name {FUNCTION}:prod " in verdict.hint


def test_permissions_of_an_alias_in_the_functions_list_do_not_count() -> None:
    """The embedded AWS returns such a list."""
    made = deployed_api(qualifier="").permit(FUNCTION, statement(f"{EXECUTE}:api1/*/*", qualifier="prod"))
    verdict = made.judge("permission_granted", **{**PERMIT, "qualifiers": ["$LATEST"]})
    assert (
        verdict.message == f"API Gateway may not invoke {FUNCTION}: its resource-based policy has no such permission."
    )


@pytest.mark.parametrize(
    "changes",
    [{"Effect": "Deny"}, {"Action": "lambda:GetFunction"}, {"Principal": {"Service": "s3.amazonaws.com"}}],
)
def test_fails_with_statements_that_allow_no_invocation(changes: dict[str, Any]) -> None:
    made = _permitted(statement(f"{EXECUTE}:api1/*/*", **changes)).permit(FUNCTION)
    verdict = made.judge("permission_granted", **PERMIT)
    assert (
        verdict.message
        == f"API Gateway may not invoke {FUNCTION}:prod: its resource-based policy has no such permission."
    )


@pytest.mark.parametrize(
    ("source", "fraction"),
    [
        (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/user1-nightly", 1.0),
        (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/*", 0.5),
        (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/user1-other", 0.0),
        ("", 0.5),
    ],
)
def test_a_rule_may_invoke_the_function(source: str, fraction: float) -> None:
    given = statement(*[source] if source else [], principal="events.amazonaws.com", qualifier="")
    made = World().function(FUNCTION).rule("user1-nightly").permit(FUNCTION, given)
    call = {"function": FUNCTION, "principal": "events.amazonaws.com", "rule": "user1-nightly"}
    assert made.judge("permission_granted", **call).fraction == fraction
    missing = made.judge("permission_granted", **{**call, "rule": "user1-daily"})
    assert missing.message == "There is no rule user1-daily."


@pytest.mark.parametrize(
    ("condition", "fraction", "says"),
    [
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::user1-files-1"}}, 1.0, ""),
        ({"StringEquals": {"AWS:SourceAccount": ACCOUNT}}, 1.0, ""),
        (
            {
                "StringEquals": {"AWS:SourceAccount": ACCOUNT},
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::user1-files-1"},
            },
            1.0,
            "",
        ),
        ({"StringEquals": {"AWS:SourceAccount": "210987654321"}}, 0.0, "only for the account 210987654321"),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::user2-files"}}, 0.0, "only from arn:aws:s3:::user2-files"),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::*"}}, 0.5, "Limit it to the bucket user1-files-1."),
        ({}, 0.5, "from any source, because the permission has no source ARN"),
    ],
)
def test_a_bucket_may_invoke_the_function(condition: dict[str, Any], fraction: float, says: str) -> None:
    given = statement(principal="s3.amazonaws.com", qualifier="", Condition=condition)
    made = World().function(FUNCTION).bucket("user1-files-1").permit(FUNCTION, given)
    call = {"function": FUNCTION, "principal": "s3.amazonaws.com", "bucket_prefix": "user1-files"}
    verdict = made.judge("permission_granted", **call)
    assert verdict.fraction == fraction
    assert says in verdict.message
    none = made.judge("permission_granted", **{**call, "bucket_prefix": "user1-other"})
    assert none.message == "No bucket has a name that begins with user1-other."


def test_the_bucket_with_the_trigger_needs_the_permission() -> None:
    calling = {"LambdaFunctionArn": function_arn(FUNCTION), "Events": ["s3:ObjectCreated:*"]}
    made = World().function(FUNCTION).bucket("user1-files-1", calling).bucket("user1-files-2")
    call = {"function": FUNCTION, "principal": "s3.amazonaws.com", "bucket_prefix": "user1-"}
    given = statement("arn:aws:s3:::user1-files-2", principal="s3.amazonaws.com", qualifier="")
    assert made.permit(FUNCTION, given).judge("permission_granted", **call).message == (
        f"S3 may invoke {FUNCTION}, but only from arn:aws:s3:::user1-files-2. That is not the bucket user1-files-1, "
        "so Lambda denies the invocations."
    )
    given = statement("arn:aws:s3:::user1-files-1", principal="s3.amazonaws.com", qualifier="")
    assert made.permit(FUNCTION, given).judge("permission_granted", **call).status == "passed"


ALIAS_CALLED: list[tuple[World, dict[str, Any], str]] = [
    (
        World()
        .function(FUNCTION)
        .bucket("user1-b", {"LambdaFunctionArn": function_arn(FUNCTION, "live"), "Events": ["s3:ObjectCreated:*"]}),
        {"principal": "s3.amazonaws.com", "bucket_prefix": "user1-"},
        "arn:aws:s3:::user1-b",
    ),
    (
        World().function(FUNCTION).rule("user1-daily", function_arn(FUNCTION, "live")),
        {"principal": "events.amazonaws.com", "rule": "user1-daily"},
        f"arn:aws:events:{REGION}:{ACCOUNT}:rule/user1-daily",
    ),
    (
        World().function(FUNCTION).api(API).routes("api1", {("/x", "ANY"): method(qualifier="live")}),
        {"principal": GATEWAY},
        f"{EXECUTE}:api1/*/POST/x",
    ),
]


@pytest.mark.parametrize(("made", "call", "source"), ALIAS_CALLED, ids=["bucket", "rule", "API"])
def test_a_service_that_invokes_an_alias_needs_the_permission_on_the_alias(
    made: World, call: dict[str, Any], source: str
) -> None:
    on_alias = statement(source, principal=call["principal"], qualifier="live")
    on_function = statement(source, principal=call["principal"], qualifier="")
    made.permit(FUNCTION, qualifier="live").permit(FUNCTION, on_function)
    verdict = made.judge("permission_granted", function=FUNCTION, **call)
    assert verdict.message.endswith(
        f" may not invoke {FUNCTION}:live: its resource-based policy has no such permission. "
        f"The permission on {FUNCTION} does not apply to the alias."
    )
    verdict = made.permit(FUNCTION, on_alias, qualifier="live").judge("permission_granted", function=FUNCTION, **call)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert f"may invoke {FUNCTION}:live, only from " in verdict.expected


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_other_partitions_name_the_same_source(partition: str) -> None:
    source = f"{EXECUTE}:api1/*/*".replace("arn:aws:", f"arn:{partition}:")
    assert _permitted(statement(source)).judge("permission_granted", **PERMIT).status == "passed"


def test_fails_when_the_function_the_api_or_the_alias_does_not_exist() -> None:
    call = {"function": FUNCTION, "principal": GATEWAY}
    assert World().judge("permission_granted", **call).message == f"There is no function {FUNCTION}."
    verdict = World().function(FUNCTION).judge("permission_granted", **call)
    assert verdict.message == f"None of your REST APIs has a route that invokes {FUNCTION}."
    verdict = World().function(FUNCTION).api(API).judge("permission_granted", **call, qualifiers=["prod"])
    assert verdict.message == f"{FUNCTION} has no alias or version prod."


def test_a_permission_on_the_alias_does_not_count_for_the_function() -> None:
    made = deployed_api(qualifier="").permit(FUNCTION)
    verdict = made.judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message, verdict.observed) == (
        "failed",
        f"API Gateway may not invoke {FUNCTION}: its resource-based policy has no such permission. "
        f"The permission on {FUNCTION}:prod does not apply, because API Gateway invokes {FUNCTION}.",
        "on the alias, not on the function",
    )


def test_fails_for_an_unknown_principal() -> None:
    verdict = World().function(FUNCTION).judge("permission_granted", function=FUNCTION, principal="sns.amazonaws.com")
    assert (verdict.status, verdict.message) == (
        "failed",
        "The check does not know the source of invocations by sns.amazonaws.com.",
    )
