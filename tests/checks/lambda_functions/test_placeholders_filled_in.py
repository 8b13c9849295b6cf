"""placeholders_filled_in: advice on placeholders and the example account of the handout."""

from __future__ import annotations

from tests.checks.eventbridge.samples import OWN_ACCOUNT, elsewhere
from tests.checks.world import ACCOUNT, World, function_arn

RULE = "user1-daily-cleanup"
CLEANUP = "user1-cleanup-lambda"


def test_names_placeholders_that_are_left() -> None:
    uri = (
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:todo-api/invocations"
    )
    world = (
        World()
        .bucket("user1-upload-bucket", {"LambdaFunctionArn": "'$FUNCTION_ARN'", "Events": []})
        .api("user1-todo-api")
        .routes("api1", {("/todos", "GET"): {"methodIntegration": {"type": "AWS_PROXY", "uri": uri}}})
        .rule(RULE, function_arn("cleanup-lambda"))
    )
    verdict = elsewhere(world, "placeholders_filled_in", rules=[RULE], explanation="Write your own.")
    assert verdict.message == (
        "An example value is left: the notification of user1-upload-bucket invokes '$FUNCTION_ARN', "
        f"GET /todos of user1-todo-api invokes {uri} and the rule {RULE} invokes {function_arn('cleanup-lambda')}, "
        f"which is not your function. Your account is {OWN_ACCOUNT}. Write your own."
    )
    assert verdict.observed == "3 left"
    # in the example account itself, only the variable counts
    assert world.judge("placeholders_filled_in", rules=[RULE]).observed == "1 left"


def test_gives_no_advice_without_placeholders() -> None:
    uri = (
        f"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/{function_arn('user1-f')}"
        ":${stageVariables.alias}/invocations"
    )
    world = World().rule(RULE, function_arn(CLEANUP, "$LATEST")).api("user1-todo-api")
    world.routes("api1", {("/todos", "GET"): {"methodIntegration": {"type": "AWS_PROXY", "uri": uri}}})
    assert world.judge("placeholders_filled_in", rules=[RULE]).status == "passed"
    assert World().judge("placeholders_filled_in", rules=[RULE]).status == "passed"
