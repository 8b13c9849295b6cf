"""Records do not depend on the student, the time or the machine."""

from __future__ import annotations

import json
import sys
import sysconfig
from typing import Any

import pytest

from cli.verification.reproducible import as_on_aws, normalized, settled, without_numbers

TAKEN_AT = "2026-11-21T16:17:32Z"


def record(answers: Any = None, evidence: Any = None, username: str = "student07") -> dict[str, Any]:
    snapshot = {"username": username, "taken_at": TAKEN_AT, "answers": answers or {}}
    return {"username": username, "snapshot": snapshot, "evidence": evidence or {}}


def fixed(value: Any) -> Any:
    """Return a value in the evidence of a check after normalization."""
    return normalized(record(evidence={"check": {"value": value}}), "student00")["evidence"]["check"]["value"]


def test_every_record_has_the_same_student_and_the_same_time() -> None:
    result = normalized(record({'lambda:GetFunction {"FunctionName":"student07-f"}': {"value": None}}), "student00")
    assert result["username"] == "student00"
    assert result["snapshot"] == {
        "username": "student00",
        "taken_at": "2026-01-01T00:00:00Z",
        "answers": {'lambda:GetFunction {"FunctionName":"student00-f"}': {"value": None}},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("student07-f", "student00-f"),
        ("classmate-student07-f", "classmate-student00-f"),
        ("Student07-F", "Student00-F"),
        ("STUDENT07", "STUDENT00"),
        ("student08-f", "student08-f"),
        ('{"body": "\\nstudent07"}', '{"body": "\\nstudent00"}'),
    ],
)
def test_the_name_is_replaced_with_its_capital_letters(text: str, expected: str) -> None:
    assert fixed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T16:17:41Z", "2026-01-01T00:00:00Z"),
        ("2026-11-21T16:17:41.009255+00:00", "2026-01-01T00:00:00.000000+00:00"),
        ("2026-11-21T16:38:25.468+0000", "2026-01-01T00:00:00.000+0000"),
        ("2026-11-21 16:38:25+00:00", "2026-01-01 00:00:00+00:00"),
        ("Sat, 21 Nov 2026 16:21:22 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ('{"Timestamp": 1795278797668}', '{"Timestamp": 1767225600000}'),
        # a day or more from the snapshot: not from a clock
        ("2026-11-20T16:17:33Z", "2026-01-01T00:00:00Z"),
        ("2026-11-20T16:17:32Z", "2026-11-20T16:17:32Z"),
        ("2026-11-22T16:17:31Z", "2026-01-01T00:00:00Z"),
        ("2026-11-22T16:17:32Z", "2026-11-22T16:17:32Z"),
        ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        # not times
        ("2026-13-45T16:17:41Z", "2026-13-45T16:17:41Z"),
        ("17952787976680", "17952787976680"),
    ],
)
def test_a_time_from_a_clock_is_replaced_in_its_format(text: str, expected: str) -> None:
    assert fixed(text) == expected


def test_times_keep_their_order() -> None:
    created, updated = "2026-11-21T16:17:42.267188+00:00", "2026-11-21T16:17:42.345179+00:00"
    assert fixed([updated, created, updated]) == [
        "2026-01-01T00:00:01.000000+00:00",
        "2026-01-01T00:00:00.000000+00:00",
        "2026-01-01T00:00:01.000000+00:00",
    ]


def test_random_ids_are_numbered_in_each_check_in_an_order_that_no_random_id_changes() -> None:
    first, second, third = (f"{digit * 8}-aaaa-4bbb-8ccc-{digit * 12}" for digit in "fa0")
    one, two = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    for a, b in ((first, second), (second, first)):
        assert fixed({f"GET /todos/{a}": "x", f"PUT /todos/{b}": a}) == {
            f"GET /todos/{one}": "x",
            f"PUT /todos/{two}": one,
        }
    result = normalized(record(evidence={"a": {"value": first}, "b": {"value": third}}), "student00")
    assert [kept["value"] for kept in result["evidence"].values()] == [one, one]
    constant = "00000000-0000-0000-0000-000000000001"  # a constant of a check
    assert fixed(constant) == constant


def test_ids_of_apis_are_numbered_by_name() -> None:
    answers = {
        "apigateway:GetRestApis": {"value": {"b-api": [{"id": "0b44eda3"}], "a-api": [{"id": "c18643d7"}]}},
        'apigateway:GetStages {"restApiId":"0b44eda3"}': {"value": [{"deploymentId": "11111111"}]},
        'apigateway:GetStages {"restApiId":"c18643d7"}': {"value": [{"deploymentId": "22222222"}]},
        "apigateway:GetUsagePlans": {"value": {"a-plan": [{"id": "2d8a937a", "apiStages": [{"apiId": "c18643d7"}]}]}},
        "apigateway:GetApiKeys": {"value": {"a-key": [{"id": "abef41ae"}]}},
    }
    evidence = {"call": {"value": "http://c18643d7.execute-api.localhost/ 0b44eda3x"}}
    result = normalized(record(answers, evidence), "student00")
    assert result["snapshot"]["answers"] == {
        "apigateway:GetRestApis": {"value": {"b-api": [{"id": "api00002"}], "a-api": [{"id": "api00001"}]}},
        'apigateway:GetStages {"restApiId":"api00002"}': {"value": [{"deploymentId": "deploy02"}]},
        'apigateway:GetStages {"restApiId":"api00001"}': {"value": [{"deploymentId": "deploy01"}]},
        "apigateway:GetUsagePlans": {"value": {"a-plan": [{"id": "plan0001", "apiStages": [{"apiId": "api00001"}]}]}},
        "apigateway:GetApiKeys": {"value": {"a-key": [{"id": "key00001"}]}},
    }
    assert result["evidence"]["call"]["value"] == "http://api00001.execute-api.localhost/ 0b44eda3x"


def test_apis_that_could_not_be_listed_have_no_ids() -> None:
    answers = {"apigateway:GetRestApis": {"error": {"code": "AccessDenied", "message": "no"}}}
    assert normalized(record(answers), "student00")["snapshot"]["answers"] == answers


def test_the_folders_of_workers_are_numbered() -> None:
    assert fixed(["/var/task/rm49hfsp/f.py", "/var/task/pdzgj6u4/f.py", "/var/task/rm49hfsp/g.py"]) == [
        "/var/task/worker01/f.py",
        "/var/task/worker02/f.py",
        "/var/task/worker01/g.py",
    ]


QUESTION = 'lambda:InvokeFunction {"FunctionName":"f"}'
REFERENCE = {
    "duration_ms": 61.7,
    "status": 200,
    "payload": '{"statusCode": 200, "took": 0.25, "remaining_time_ms": 29999}',
    "payload_size": 61,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"duration_ms": 1855.2}, {}),
        (
            {"payload": '{"statusCode": 200, "took": 0.125, "remaining_time_ms": 2998}', "payload_size": 60},
            {},
        ),
        ({"status": 500}, {"status": 500}),
        ({"status": 500, "duration_ms": 1.0}, {"status": 500}),
        (
            {"payload": '{"statusCode": 201, "took": 0.25, "remaining_time_ms": 29999}', "duration_ms": 1.0},
            {"payload": '{"statusCode": 201, "took": 0.25, "remaining_time_ms": 29999}'},
        ),
        ({"payload_size": 99, "status": 500}, {"status": 500}),
        ({"payload": "none", "payload_size": 4}, {"payload": "none", "payload_size": 4}),
    ],
)
def test_measured_numbers_are_replaced_by_the_reference(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    answer = {"value": {**REFERENCE, **changes}}
    assert settled({QUESTION: answer}, {QUESTION: {"value": REFERENCE}}) == {
        QUESTION: {"value": {**REFERENCE, **expected}}
    }


def test_times_in_json_strings_are_replaced() -> None:
    one, other = (json.dumps({"body": json.dumps({"remaining_time": seconds})}) for seconds in (29999, 29998))
    assert settled({QUESTION: {"value": other}}, {QUESTION: {"value": one}}) == {QUESTION: {"value": one}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"value": 1.5}, {"value": 1.5}),
        ({"value": {"duration_ms": 61.7, "status": 200}}, {"value": {"duration_ms": 0.0, "status": 200}}),
        ({"value": {"waited_ms": 61.7, "p95": 1.5}}, {"value": {"waited_ms": 0.0, "p95": 1.5}}),
        ({"value": None}, {"value": None}),
        ({"error": {"code": "Refused", "message": "no"}}, {"error": {"code": "Refused", "message": "no"}}),
    ],
)
def test_an_answer_without_a_reference_loses_only_its_duration(answer: Any, expected: Any) -> None:
    assert settled({QUESTION: answer}, {"lambda:InvokeFunction": {"value": 2.5}}) == {QUESTION: expected}


@pytest.mark.parametrize(("outcome", "same"), [("succeeded", True), ("function_error", False)])
@pytest.mark.parametrize("load_test", ['labgrader:LoadTest {"Requests":2}', 'labgrader:Compare {"Rounds":2}'])
def test_a_load_test_is_replaced_as_a_whole_or_not_at_all(load_test: str, outcome: str, same: bool) -> None:
    one = {"value": {"cold_starts": 2, "samples": [[0.0, 12.5, "succeeded"], [0.1, 9.5, "succeeded"]]}}
    other = {"value": {"cold_starts": 1, "samples": [[0.0, 18.5, "succeeded"], [0.2, 8.5, outcome]]}}
    assert settled({load_test: other}, {load_test: one}) == {load_test: one if same else other}


def test_numbers_in_a_sentence_are_replaced() -> None:
    assert without_numbers("p95 192 ms, 1,087.5 in all; not 3") == "p# # ms, # in all; not #"


def test_local_addresses_are_replaced_by_those_of_aws() -> None:
    queue = "https://sqs.us-east-1.amazonaws.com/000000000000/student01-queue"
    for address in ("http://localhost:4566", "http://127.0.0.1:45671"):
        assert as_on_aws(f'{{"QueueUrl":"{address}/000000000000/student01-queue"}}') == f'{{"QueueUrl":"{queue}"}}'
    assert as_on_aws("http://localhost:3000/health") == "http://localhost:3000/health"  # an address of a student


def test_folders_in_logs_are_replaced_by_those_of_lambda() -> None:
    library = f"{sysconfig.get_path('purelib')}/botocore/client.py"
    module = f"{sys.base_prefix}/lib/python3.13/json/decoder.py"
    code = "/x/y/ministack-lambda-user1-f-1a2b3c4d/code/lambda_function.py"
    assert as_on_aws(f"{library} {module} {code}") == (
        "/var/runtime/botocore/client.py /var/lang/lib/python3.13/json/decoder.py /var/task/1a2b3c4d/lambda_function.py"
    )
