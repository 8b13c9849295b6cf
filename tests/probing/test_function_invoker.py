"""Which functions a probe invokes, and the request that it sends."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.question import Question
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.probing.function_invoker import Invoker
from tests.load_testing.stub_lambda import StubLambda
from tests.probing.invoking import BRISK, invocation_of, invoke_question, make_invoker, probe

pytestmark = pytest.mark.usefixtures("virtual_time")


# --- whom we call -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("user10-f", "the function user10-f does not begin with user1- and may be another student's: not touched"),
        ("user1", "the function user1 does not begin with user1- and may be another student's: not touched"),
        ("User1-f", "the function User1-f does not begin with user1- and may be another student's: not touched"),
        (
            "labgrader-run-probe",
            "the function labgrader-run-probe belongs to the grader and is never touched for a student",
        ),
        (
            "LabGrader-run-probe",
            "the function LabGrader-run-probe belongs to the grader and is never touched for a student",
        ),
        ("user1-f:prod", "'user1-f:prod' is not the name of a function"),
        ("user1-/../../x", "'user1-/../../x' is not the name of a function"),
        ("user1-f\r\nX: y", "'user1-f\\r\\nX: y' is not the name of a function"),
        (
            "arn:aws:lambda:us-east-1:1:function:user1-f",
            "'arn:aws:lambda:us-east-1:1:function:user1-f' is not the name of a function",
        ),
    ],
)
def test_only_the_students_own_functions_are_invoked(function: str, reason: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(NotGradedError) as refused:
            make_invoker(stub).answer(invoke_question(function))
        assert (refused.value.action, refused.value.reason) == ("lambda:InvokeFunction", reason)
        assert stub.requests == []


def test_a_student_with_the_graders_prefix_cannot_invoke_it() -> None:
    with StubLambda() as stub:
        invoker = Invoker(stub.endpoint, username="labgrader", forbidden="labgrader-")
        with pytest.raises(NotGradedError, match="belongs to the grader"):
            invoker.answer(invoke_question("labgrader-run-check"))
        assert stub.requests == []


def test_an_empty_prefix_allows_all_and_an_empty_username_nothing() -> None:
    with StubLambda() as stub:
        assert Invoker(stub.endpoint, username="user1", forbidden="").answer(invoke_question("user1-f")).value
        with pytest.raises(NotGradedError):
            Invoker(stub.endpoint, username="", forbidden="").answer(invoke_question("-f"))


@pytest.mark.parametrize(
    ("action", "change", "problem"),
    [
        ("lambda:GetFunction", {}, "lambda:GetFunction is not a question that invokes a function"),
        ("labgrader:LoadTest", {}, "labgrader:LoadTest is not a question that invokes a function"),
        ("lambda:InvokeFunction", {"Qualifier": "a b"}, "'a b' is neither an alias nor a version"),
    ],
)
def test_an_invalid_question_is_bad_input(action: str, change: dict[str, Any], problem: str) -> None:
    arguments = {"FunctionName": "user1-f", "Qualifier": "", "Payload": {}, **change}
    with StubLambda() as stub:
        with pytest.raises(BadInputError) as refused:
            make_invoker(stub).answer(Question(action, arguments))
        assert str(refused.value) == problem
        assert stub.requests == []


# --- what we send -----------------------------------------------------------------------------------------------------


def test_the_request_is_lambdas_invoke_api() -> None:
    with StubLambda() as stub:
        probe(stub, "user1-f", "user1-prod", {"body": "é\ud800"})
        (request,) = stub.requests
    assert (request.function, request.qualifier) == ("user1-f", "user1-prod")
    assert json.loads(request.event) == {"body": "é\ud800"}
    assert request.headers["x-amz-invocation-type"] == "RequestResponse"
    assert request.headers["x-amz-log-type"] == "Tail"
    assert request.headers["host"] == f"127.0.0.1:{stub.port}"
    assert "Credential=AKIDEXAMPLE/" in request.headers["authorization"]
    assert "/us-east-1/lambda/aws4_request" in request.headers["authorization"]


def test_a_missing_event_is_an_empty_object_as_on_lambda() -> None:
    with StubLambda() as stub:
        probe(stub, event=None)
        assert stub.requests[0].event == b"{}"


def test_the_signature_is_the_one_that_boto3_makes() -> None:
    """The same request through boto3, at the same second, carries the same signature over the headers both send."""
    with StubLambda() as stub:
        endpoint = InvokeEndpoint(f"http://127.0.0.1:{stub.port}", "eu-west-1", Credentials("AKID", "secret", "token"))
        Invoker(endpoint, username="user1", forbidden="").answer(invoke_question("user1-f", "$LATEST", {"a": 1}))
        (request,) = stub.requests
    signed = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token", "x-amz-log-type", "x-amz-invocation-type"} <= set(signed)
    canonical = "\n".join(
        [
            "POST",
            "/2015-03-31/functions/user1-f/invocations",
            "Qualifier=%24LATEST",
            *(f"{name}:{request.headers[name]}" for name in signed),
            "",
            ";".join(signed),
            hashlib.sha256(request.event).hexdigest(),
        ]
    )
    assert request.headers["authorization"].endswith(
        f"Signature={_signature(canonical, request.headers['x-amz-date'])}"
    )


def _signature(canonical: str, when: str) -> str:
    """Signature Version 4 by hand. Source: IAM User Guide, "Create a signed AWS API request"."""
    scope = f"{when[:8]}/eu-west-1/lambda/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = b"AWS4secret"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def test_a_boto3_client_gives_endpoint_region_and_credentials() -> None:
    with StubLambda() as stub:
        client = boto3.client(
            "lambda",
            region_name="eu-central-1",
            endpoint_url=f"http://127.0.0.1:{stub.port}",
            aws_access_key_id="AKIDBOTO",
            aws_secret_access_key="secret",
        )
        invoker = Invoker.from_client(client, username="user1", forbidden="labgrader-", retry_policy=BRISK)
        assert invocation_of(invoker.answer(invoke_question("user1-f"))).outcome == "answered"
        assert "AKIDBOTO" in stub.requests[0].headers["authorization"]
        assert "/eu-central-1/lambda/" in stub.requests[0].headers["authorization"]
        client.close()


def test_a_client_without_credentials_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = boto3.client("lambda", region_name="us-east-1", config=Config(signature_version=UNSIGNED))
    monkeypatch.setattr(client._request_signer, "_credentials", None)
    with pytest.raises(NotGradedError, match="there are no AWS credentials to sign with"):
        Invoker.from_client(client, username="user1", forbidden="")
    client.close()
