"""Probes against a server that misbehaves in every way that a function or AWS can."""

from __future__ import annotations

import base64
import json
import time

import pytest

from labgrader.evidence.probe import MAX_PAYLOAD_CHARACTERS
from labgrader.evidence.question import Answer
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.probing.function_invoker import Invoker
from labgrader.reasons import Reason
from tests.load_testing.stub_lambda import (
    OK,
    EndedCredentials,
    Response,
    StubLambda,
    error,
    function_error,
    logged,
    throttle,
)
from tests.probing.invoking import BRISK, invocation_of, invoke_question, make_invoker, probe
from tests.virtual_time import ROUND_TRIP_MS

pytestmark = pytest.mark.usefixtures("virtual_time")


def test_an_answer_is_recorded_whole() -> None:
    tail = logged("START\nhello\nEND\n")
    with StubLambda(lambda request: Response(headers={**tail, "X-Amz-Executed-Version": "7"}, delay_s=0.05)) as stub:
        invocation = invocation_of(probe(stub, "user1-f", "user1-prod", {"body": "é"}))
        assert invocation.request == stub.requests[0].event.decode() == '{"body": "\\u00e9"}'
    assert (invocation.status, invocation.request_truncated) == (200, False)
    assert invocation.target == "user1-f:user1-prod"
    assert invocation.outcome == "answered"
    assert invocation.payload == OK.decode()
    assert invocation.payload_size == len(OK)
    assert not invocation.truncated
    assert invocation.duration_ms == pytest.approx(50 + ROUND_TRIP_MS)
    assert invocation.log_tail == "START\nhello\nEND\n"
    assert invocation.response.content == {"message": "done"}
    assert invocation.error == ""


def test_the_executed_version_is_recorded() -> None:
    with StubLambda() as stub:
        assert invocation_of(probe(stub)).executed_version == "$LATEST"


def test_the_error_of_a_function_is_recorded() -> None:
    with StubLambda(lambda request: function_error("Runtime.ImportModuleError", "No module named 'requests'")) as stub:
        invocation = invocation_of(probe(stub))
        assert len(stub.requests) == 1  # a function's own failure is its answer
    assert invocation.outcome == "function_error"
    assert invocation.error_type == "Runtime.ImportModuleError"
    assert invocation.error_message == "No module named 'requests'"
    assert invocation.error == "Unhandled"


def test_a_missing_function_or_alias_has_no_value() -> None:
    with StubLambda(lambda request: error(404, "ResourceNotFoundException", "Function not found")) as stub:
        assert probe(stub) == Answer()
        assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("response", "code", "message", "reason", "calls"),
    [
        (error(403, "AccessDeniedException", "not authorized"), "AccessDeniedException", "not authorized", "denied", 1),
        (error(403, "ExpiredTokenException", "expired"), "ExpiredTokenException", "expired", "denied", 1),
        (error(400, "InvalidRequestContentException", "bad"), "InvalidRequestContentException", "bad", "grader", 1),
        (error(404, "UnknownOperationException", "what"), "UnknownOperationException", "what", "grader", 1),
        (error(499, "ServiceException", "oh"), "ServiceException", "oh", "grader", 1),
        (error(500, "ServiceException", "oh"), "ServiceException", "oh", "service_fault", 3),
        (error(409, "ResourceConflictException", "Pending"), "ResourceConflictException", "Pending", "grader", 3),
        (error(502, "ENINotReadyException", "soon"), "ENINotReadyException", "soon", "service_fault", 3),
        (Response(b"<html>bad gateway</html>", 502), "HTTP 502", "", "service_fault", 3),
        (
            Response(b'{"__type": "com.amazonaws#AccessDeniedException", "Message": "no"}', 403),
            "AccessDeniedException",
            "no",
            "denied",
            1,
        ),
    ],
)
def test_a_refused_or_failed_invocation_gives_no_evidence(
    response: Response, code: str, message: str, reason: str, calls: int
) -> None:
    with StubLambda(lambda request: response) as stub:
        assert probe(stub) == Answer(error_code=code, error_message=message, reason=Reason(reason))
        assert len(stub.requests) == calls


def test_a_temporary_fault_is_hidden_by_a_retry() -> None:
    faults = [error(500, "ServiceException"), error(409, "ResourceConflictException")]
    with StubLambda(lambda request: faults.pop() if faults else Response()) as stub:
        assert invocation_of(probe(stub)).outcome == "answered"
        assert len(stub.requests) == 3


def test_a_temporary_throttle_is_hidden_by_a_retry() -> None:
    with StubLambda(lambda request: throttle() if request.number < 3 else Response()) as stub:
        assert invocation_of(probe(stub)).outcome == "answered"


def test_a_lasting_throttle_names_the_limit() -> None:
    with StubLambda(lambda request: throttle()) as stub:
        invocation = invocation_of(probe(stub))
        assert len(stub.requests) == 3
    assert invocation.outcome == "throttled"
    assert invocation.error == "ReservedFunctionConcurrentInvocationLimitExceeded: Rate Exceeded."


def test_a_function_that_cannot_run_as_configured_is_the_functions_error() -> None:
    with StubLambda(lambda request: error(502, "KMSAccessDeniedException", "cannot decrypt")) as stub:
        invocation = invocation_of(probe(stub))
    assert invocation.outcome == "function_error"
    assert invocation.error_message == "KMSAccessDeniedException: cannot decrypt"


def test_a_hanging_function_is_invoked_once() -> None:
    with StubLambda(lambda request: Response(hangs=request.function == "user1-hangs")) as stub:
        invoker = make_invoker(stub)
        began = time.perf_counter()
        first = invocation_of(invoker.answer(invoke_question("user1-hangs", timeout_s=0.3)))
        took = time.perf_counter() - began
        second = invocation_of(invoker.answer(invoke_question("user1-hangs", event={"other": 1}, timeout_s=0.3)))
        alias = invocation_of(invoker.answer(invoke_question("user1-hangs", "v2", timeout_s=0.3)))
        other = invocation_of(invoker.answer(invoke_question("user1-f")))
        assert [request.function for request in stub.requests] == ["user1-hangs", "user1-hangs", "user1-f"]
    assert took == pytest.approx(0.3)
    assert (first.outcome, first.error) == ("timeout", "no answer within 0.3 s")
    assert (second.outcome, second.error) == ("timeout", "not called again, because an earlier call timed out")
    assert (alias.outcome, alias.error) == ("timeout", "no answer within 0.3 s")
    assert other.outcome == "answered"
    assert invoker.hung == {"user1-hangs", "user1-hangs:v2"}


@pytest.mark.parametrize("drips_headers", [False, True])
def test_a_slow_answer_has_a_total_timeout(drips_headers: bool) -> None:
    """Each byte comes well within a socket's timeout; all of them would take 10 s and more."""
    drip = Response(b"x" * 1000, drip_s=0.01, drips_headers=drips_headers)
    with StubLambda(lambda request: drip) as stub:
        began = time.perf_counter()
        invocation = invocation_of(probe(stub, timeout_s=0.4))
        assert time.perf_counter() - began == pytest.approx(0.4)
    assert (invocation.outcome, invocation.error) == ("timeout", "no answer within 0.4 s")


def test_six_megabytes_are_cut_with_a_notice() -> None:
    with StubLambda(lambda request: Response(b'"' + b"a" * 6_000_000 + b'"')) as stub:
        invocation = invocation_of(probe(stub))
    assert invocation.outcome == "answered"
    assert (len(invocation.payload), invocation.payload_size) == (MAX_PAYLOAD_CHARACTERS, 6_000_002)
    assert invocation.truncated
    assert invocation.response.problem == "the response has 6000002 bytes, which is too large"


def test_an_endless_answer_is_stopped() -> None:
    with StubLambda(lambda request: Response(b"a" * 20_000_000)) as stub:
        invocation = invocation_of(probe(stub))
    assert invocation.truncated
    assert 8 * 1024 * 1024 < invocation.payload_size < 9 * 1024 * 1024


@pytest.mark.parametrize(("length", "truncated"), [(MAX_PAYLOAD_CHARACTERS, False), (MAX_PAYLOAD_CHARACTERS + 1, True)])
def test_an_answer_is_recorded_up_to_a_maximum(length: int, truncated: bool) -> None:
    with StubLambda(lambda request: Response(b"a" * length)) as stub:
        invocation = invocation_of(probe(stub))
    assert (len(invocation.payload), invocation.truncated) == (MAX_PAYLOAD_CHARACTERS, truncated)


@pytest.mark.parametrize(("spare", "truncated"), [(0, False), (1, True)])
def test_an_event_is_recorded_up_to_a_maximum(spare: int, truncated: bool) -> None:
    event = "x" * (MAX_PAYLOAD_CHARACTERS - 2 + spare)  # its quotes are two more
    with StubLambda() as stub:
        invocation = invocation_of(probe(stub, event=event))
        assert json.loads(stub.requests[0].event) == event
    assert (len(invocation.request), invocation.request_truncated) == (MAX_PAYLOAD_CHARACTERS, truncated)


def test_bytes_that_are_no_text_are_replaced() -> None:
    with StubLambda(lambda request: Response(b'{"a": "\xff\xfe"}', headers=logged(b"\xff\x00log"))) as stub:
        invocation = invocation_of(probe(stub))
    assert invocation.payload == '{"a": "��"}'
    assert invocation.log_tail == "�\x00log"


@pytest.mark.parametrize("log", ["", "abc", "é", "####", base64.b64encode(b"x" * 9000).decode()])
def test_an_unreadable_log_is_not_a_failure(log: str) -> None:
    with StubLambda(lambda request: Response(headers={"X-Amz-Log-Result": log})) as stub:
        invocation = invocation_of(probe(stub))
    assert invocation.outcome == "answered"
    assert invocation.log_tail in ("", "x" * 8192)


def test_markup_is_recorded_unchanged() -> None:
    with StubLambda(lambda request: Response(b'"<script>alert(1)</script>"')) as stub:
        assert invocation_of(probe(stub)).payload == '"<script>alert(1)</script>"'


def test_a_chunked_answer_is_read() -> None:
    with StubLambda(lambda request: Response(chunked=True)) as stub:
        assert invocation_of(probe(stub)).payload == OK.decode()


@pytest.mark.parametrize(
    "response",
    [Response(drops=True), Response(promised=100_000, hangs_up=True)],
    ids=["no answer at all", "an answer that ends early"],
)
def test_a_broken_connection_is_not_the_functions_fault(response: Response) -> None:
    with StubLambda(lambda request: response) as stub:
        answer = probe(stub)
        assert answer.error_code == "ConnectionError"
        assert answer.value is None
        assert len(stub.requests) == 3


def test_a_missing_endpoint_is_not_the_functions_fault() -> None:
    with StubLambda() as stub:
        gone = stub.endpoint
    answer = Invoker(gone, username="user1", forbidden="", retry_policy=BRISK).answer(invoke_question("user1-f"))
    assert answer.error_code == "ConnectionError"
    assert "Connection refused" in answer.error_message


def test_expired_credentials_are_a_failure_of_labgrader() -> None:
    with StubLambda() as stub:
        endpoint = InvokeEndpoint(stub.endpoint.url, "us-east-1", EndedCredentials("a", "b"))
        answer = Invoker(endpoint, username="user1", forbidden="").answer(invoke_question("user1-f"))
        assert stub.requests == []
    assert (answer.error_code, answer.error_message) == (
        "CredentialRetrievalError", "Error when retrieving credentials from sts: the role is gone"
    )  # fmt: skip
