"""Calls of a stage, against a server that replies well, badly, too much, too slowly, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.probe_results import MAX_KEPT_CHARACTERS, HttpReply
from labgrader.evidence.question import Answer, Question
from labgrader.probing.api_caller import ApiCaller
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.probing.stage_request import stage_url
from tests.load_testing.stub_lambda import Request, Response, StubLambda
from tests.virtual_time import ROUND_TRIP_MS

pytestmark = pytest.mark.usefixtures("virtual_time")

BRISK = RetryPolicy(attempts=3, base_delay_s=0.001)
OWNERSHIP = Ownership("user1", "labgrader-")
VALUE = 'Zk9"q/2x-SECRET-VALUE-of-the-key'


def _caller(stub: StubLambda) -> ApiCaller:
    return ApiCaller(stub.client("apigateway"), OWNERSHIP, BRISK)


def _call(**changed: Any) -> Question:
    arguments: dict[str, Any] = {
        "ApiId": "api1",
        "ApiName": "user1-api",
        "Stage": "prod",
        "Method": "GET",
        "Path": "/performance",
        "Query": {},
        "Body": None,
        "ApiKeyId": "",
        "TimeoutSeconds": 5,
    }
    return Question("labgrader:CallApi", {**arguments, **changed})


def _reply(answer: Answer) -> HttpReply:
    assert answer.error_code == ""
    document = json.loads(json.dumps(answer.value, allow_nan=False))
    assert document == answer.value  # plain JSON, as it is stored
    return HttpReply.from_dict(document)


def _in_turn(*responses: Response) -> Callable[[Request], Response]:
    return lambda request: responses[min(request.number, len(responses)) - 1]


# --- what is called ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "region", "url"),
    [
        (
            "https://apigateway.eu-central-1.amazonaws.com",
            "eu-central-1",
            "https://api1.execute-api.eu-central-1.amazonaws.com/prod",
        ),
        (
            "https://apigateway.cn-north-1.amazonaws.com.cn",
            "cn-north-1",
            "https://api1.execute-api.cn-north-1.amazonaws.com.cn/prod",
        ),
        ("http://127.0.0.1:4566", "us-east-1", "http://127.0.0.1:4566/_aws/execute-api/api1/prod"),
        ("http://aws.example.com/base/", "us-east-1", "http://aws.example.com/base/_aws/execute-api/api1/prod"),
    ],
)
def test_a_stage_has_one_address_on_aws_and_one_on_an_embedded_aws(endpoint: str, region: str, url: str) -> None:
    assert stage_url(endpoint, region, "api1", "prod") == url


def test_a_reply_is_recorded_with_status_headers_and_body() -> None:
    answered = Response(b'{"todos": []}', 201, {"Content-Type": "application/json", "X-Cache": "Hit"})
    with StubLambda(lambda _: answered) as stub:
        reply = _reply(_caller(stub).answer(_call(Query={"a b": "c&d"})))
        (request,) = stub.requests
    assert (reply.outcome, reply.status, reply.body, reply.content, reply.problem) == (
        "answered", 201, '{"todos": []}', {"todos": []}, ""
    )  # fmt: skip
    assert (reply.headers["content-type"], reply.headers["x-cache"]) == ("application/json", "Hit")
    assert (reply.truncated, reply.error) == (False, "")
    assert reply.duration_ms == pytest.approx(ROUND_TRIP_MS)
    assert (request.method, request.target) == ("GET", "/_aws/execute-api/api1/prod/performance?a+b=c%26d")
    assert "x-api-key" not in request.headers
    assert "authorization" not in request.headers
    assert "content-type" not in request.headers


def test_a_body_is_sent_as_json_and_a_path_is_escaped_once() -> None:
    with StubLambda() as stub:
        _caller(stub).answer(_call(Method="POST", Path="/items/ä b%20c\r\nX: y", Body='{"name": "ü"}'))
        (request,) = stub.requests
    assert (request.method, json.loads(request.event)) == ("POST", {"name": "ü"})
    assert request.target == "/_aws/execute-api/api1/prod/items/%C3%A4%20b%20c%0D%0AX:%20y"
    assert request.headers["content-type"] == "application/json"


def test_a_lone_surrogate_in_a_students_answer_is_accepted() -> None:
    with StubLambda() as stub:
        _caller(stub).answer(_call(Path="/items/\ud800", Query={"id": "\udfff"}))
        assert [request.target for request in stub.requests] == ["/_aws/execute-api/api1/prod/items/%3F?id=%3F"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("user10-api", "the API user10-api does not begin with user1- and may be another student's: not touched"),
        ("User1-api", "the API User1-api does not begin with user1- and may be another student's: not touched"),
        ("user1", "the API user1 does not begin with user1- and may be another student's: not touched"),
        ("labgrader-api", "the API labgrader-api belongs to the grader and is never touched for a student"),
    ],
)
def test_only_the_students_own_apis_are_called(name: str, reason: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(NotGradedError) as refused:
            _caller(stub).answer(_call(ApiName=name))
        assert (refused.value.action, refused.value.reason) == ("execute-api:Invoke", reason)
        assert stub.requests == []


@pytest.mark.parametrize("path", ["performance", "", "/a/../../../other/prod/x", "/%2e%2e/%2E%2e/x", "/./x"])
def test_a_path_that_leads_out_of_the_stage_is_not_called(path: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(NotGradedError, match="does not lead to a method of the stage: not called"):
            _caller(stub).answer(_call(Path=path))
        assert stub.requests == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"ApiId": "api1/../x"}, "'api1/../x' is no API id"),
        ({"Stage": "prod/x"}, "'prod/x' is no stage"),
        ({"Method": "GET /x HTTP/1.1\r\n"}, "'GET /x HTTP/1.1\\r\\n' is no method"),
    ],
)
def test_invalid_arguments_are_refused(change: Mapping[str, str], problem: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(BadInputError) as refused:
            _caller(stub).answer(_call(**change))
        assert str(refused.value) == problem
        assert stub.requests == []


# --- keys -------------------------------------------------------------------------------------------------------------


def _with_key(stage: Response, name: str = "user1-key") -> Callable[[Request], Response]:
    key = Response(json.dumps({"id": "k1", "name": name, "value": VALUE}).encode())
    return lambda request: key if request.target.startswith("/apikeys/") else stage


def test_the_key_is_sent_and_its_value_is_never_recorded() -> None:
    echo = Response(json.dumps({"headers": {"x-api-key": VALUE}, "raw": 1}).encode(), headers={"X-Echo": VALUE})
    with StubLambda(_with_key(echo)) as stub:
        caller = _caller(stub)
        question = _call(ApiKeyId="k1")
        answers = [caller.answer(question) for _ in range(2)]
        asked, *called = stub.requests
    assert asked.target == "/apikeys/k1?includeValue=true"
    assert [request.headers["x-api-key"] for request in called] == [VALUE, VALUE]
    assert _reply(answers[0]).content == {"headers": {"x-api-key": "[redacted]"}, "raw": 1}
    assert _reply(answers[0]).headers["x-echo"] == "[redacted]"
    kept = question.key + json.dumps([answer.to_dict() for answer in answers])
    assert "SECRET-VALUE" not in kept


def test_a_cut_reply_contains_no_part_of_the_key() -> None:
    body = b"x" * (MAX_KEPT_CHARACTERS - 10) + VALUE.encode()
    with StubLambda(_with_key(Response(body, headers={"X-Echo": "y" * 990 + VALUE}))) as stub:
        reply = _reply(_caller(stub).answer(_call(ApiKeyId="k1")))
    assert reply.body.endswith("x[redacted]")
    assert reply.headers["x-echo"].endswith("y[redacted]")


def test_another_students_key_is_not_used() -> None:
    with StubLambda(_with_key(Response(), name="user10-key")) as stub:
        with pytest.raises(NotGradedError) as refused:
            _caller(stub).answer(_call(ApiKeyId="k1"))
        assert [request.target for request in stub.requests] == ["/apikeys/k1?includeValue=true"]
    assert refused.value.reason == "the API key user10-key may be another student's: its value is not used"


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "AccessDeniedException", "apigateway:GetApiKey: no"),
        (404, "NotFoundException", "apigateway:GetApiKey: the API key no longer exists"),
    ],
)
def test_an_unreadable_key_gives_no_verdict(status: int, code: str, said: str) -> None:
    refused = Response(b'{"message": "no"}', status, {"x-amzn-ErrorType": code})
    with StubLambda(lambda _: refused) as stub:
        answer = _caller(stub).answer(_call(ApiKeyId="k1"))
        assert len(stub.requests) == 1
    assert (answer.error_code, answer.error_message) == (code, said)


# --- replies that are no good -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "first", "calls", "status"),
    [
        ("GET", Response(status=429), 2, 200),
        ("POST", Response(status=429), 2, 200),
        ("POST", Response(status=503, headers={"x-amzn-ErrorType": "ServiceUnavailableException"}), 2, 200),
        ("POST", Response(status=503), 1, 503),  # the function's own: the call was made
        ("GET", Response(status=502), 1, 502),
        ("GET", Response(status=500), 1, 500),
        ("GET", Response(b'{"message": "Missing Authentication Token"}', 403), 1, 403),
        ("GET", Response(drops=True), 2, 200),
        ("POST", Response(drops=True), 1, None),  # it may have done its work
    ],
)
def test_only_requests_that_the_gateway_refused_are_retried(
    method: str, first: Response, calls: int, status: int | None
) -> None:
    with StubLambda(_in_turn(first, Response())) as stub:
        reply = _reply(_caller(stub).answer(_call(Method=method)))
        assert len(stub.requests) == calls
    assert reply.status == status
    assert reply.outcome == ("answered" if status else "unreachable")


def test_a_lasting_throttle_is_a_reply_with_its_status() -> None:
    with StubLambda(lambda _: Response(b'{"message": "Too Many Requests"}', 429)) as stub:
        reply = _reply(_caller(stub).answer(_call()))
        assert len(stub.requests) == 3
    assert (reply.outcome, reply.status, reply.content) == ("answered", 429, {"message": "Too Many Requests"})


def test_a_redirect_is_not_followed() -> None:
    with StubLambda(lambda _: Response(b"", 302, {"Location": "http://127.0.0.1:1/latest/meta-data"})) as stub:
        reply = _reply(_caller(stub).answer(_call()))
        assert len(stub.requests) == 1
    assert (reply.status, reply.headers["location"]) == (302, "http://127.0.0.1:1/latest/meta-data")
    assert (reply.content, reply.problem) == (None, "the body is not valid JSON")


@pytest.mark.parametrize(
    ("size", "truncated"), [(MAX_KEPT_CHARACTERS, False), (MAX_KEPT_CHARACTERS + 1, True), (6_000_000, True)]
)
def test_a_long_body_is_cut(size: int, truncated: bool) -> None:
    with StubLambda(lambda _: Response(b'"' + b"x" * (size - 2) + b'"')) as stub:
        reply = _reply(_caller(stub).answer(_call()))
    assert (len(reply.body), reply.truncated) == (min(size, MAX_KEPT_CHARACTERS), truncated)
    too_long = "the body has more than 32768 characters, which is too large"
    assert reply.problem == (too_long if truncated else "")


@pytest.mark.parametrize(
    "slow", [Response(hangs=True), Response(drip_s=0.05), Response(drip_s=0.05, drips_headers=True)]
)
def test_a_missing_or_slow_reply_is_a_timeout_without_retry(slow: Response) -> None:
    with StubLambda(lambda _: slow) as stub:
        caller = _caller(stub)
        first, again = (_reply(caller.answer(_call(TimeoutSeconds=0.3))) for _ in range(2))
        other = _reply(caller.answer(_call(TimeoutSeconds=0.3, Path="/other")))
        assert len(stub.requests) == 2
    assert (first.outcome, first.status, first.error) == ("timeout", None, "no answer within 0.3 s")
    assert first.duration_ms == pytest.approx(300 - ROUND_TRIP_MS)  # opening the connection is in the timeout
    assert again.error == "not called again, because an earlier call timed out"
    assert other.error == "no answer within 0.3 s"


def test_an_api_that_is_down_is_unreachable() -> None:
    with StubLambda() as stub:
        caller = _caller(stub)
    reply = _reply(caller.answer(_call()))
    assert (reply.outcome, reply.status, reply.problem) == ("unreachable", None, "there was no response")
    assert "refused" in reply.error


def test_bytes_that_are_no_text_are_replaced() -> None:
    with StubLambda(lambda _: Response(b"\xff\xfe\x00", headers={"X-Odd": "\xe9"})) as stub:
        reply = _reply(_caller(stub).answer(_call()))
    assert reply.body == "\ufffd\ufffd\x00"
    assert reply.headers["x-odd"] == "\xe9"


def test_too_many_and_too_long_headers_are_cut() -> None:
    headers = {f"x-{number}": "v" * 2_000 for number in range(80)}
    with StubLambda(lambda _: Response(headers=headers)) as stub:
        reply = _reply(_caller(stub).answer(_call()))
    assert len(reply.headers) == 50
    assert max(map(len, reply.headers.values())) == 1_000
