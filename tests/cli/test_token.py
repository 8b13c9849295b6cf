"""`labgrader token`: what an instructor types, against a stack in memory."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from cli.main import main
from cli.output.times import time_text
from labgrader.auth.authorizer import UnauthorizedError, authorize
from labgrader.auth.tokens import read
from labgrader.rosters import Student
from labgrader.store import Store
from tests.cli.terminal import be_a_terminal, plain

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

KEY = "k" * 64
ARN = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/api/GET/v1/labs"

Capture = pytest.CaptureFixture[str]


def deploy(outputs: dict[str, str]) -> None:
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))


@pytest.fixture(autouse=True)
def _stack(store: Store) -> None:
    key = boto3.client("secretsmanager").create_secret(Name="labgrader-key", SecretString=KEY)
    deploy({"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn", "TokenKeyArn": key["ARN"]})


def token(*arguments: str) -> int:
    return main(["token", *arguments, "--aws"])


def issued(capsys: Capture, *arguments: str) -> str:
    assert token("issue", *arguments) == 0
    return capsys.readouterr().out.strip()


def test_the_token_stands_alone_on_standard_output(store: Store, capsys: Capture) -> None:
    assert token("issue", "--student", "User1") == 0
    captured = capsys.readouterr()
    claims = read(captured.out.rstrip("\n"), KEY, "labgrader", datetime.now(UTC))
    assert (claims.subject, claims.role) == ("user1", "student")
    assert claims.expires_at - claims.issued_at == timedelta(days=120)
    assert captured.err.splitlines()[1:] == [
        f"a token for user1 (student), valid until {claims.expires_at:%Y-%m-%d %H:%M} UTC",
        "user1 is in no course and in no run yet: check the username in the class list",
        "send the token in private: anyone who has it can act as its owner",
        f"revoke it with `labgrader token revoke {claims.jti} --aws`",
    ]
    key = hashlib.sha256(b"labgrader" + KEY.encode()).hexdigest()[:8]
    assert store.token(claims.jti) == {**claims.to_record(), "key": key}
    event = {"authorizationToken": f"Bearer {captured.out.strip()}", "methodArn": ARN}
    assert authorize(store, KEY, "labgrader", event, datetime.now(UTC))["principalId"] == "user1"


NOBODY = "is in no course and in no run yet"


def test_who_is_in_a_course_is_known(store: Store, capsys: Capture) -> None:
    store.enrol("autumn", "Autumn", "2026-09-01T00:00:00Z", {"user1": {"lambda-optimization": Student("user1", "s-1")}})
    assert token("issue", "--student", "user1") == 0
    assert NOBODY not in capsys.readouterr().err


def test_who_was_graded_is_known(store: Store, capsys: Capture) -> None:
    result = {"username": "user1", "student_id": "s-1", "lab": "lambda-optimization", "mode": "grade"}
    points = {"status": "complete", "points": 1.0, "max_points": 1.0, "open_points": 0.0, "percent": 100.0}
    store.record_result(
        "r1", {**result, **points, "graded_at": "2026-01-01T00:00:00Z", "report_key": "k"}, keep_best=False
    )
    assert token("issue", "--student", "user1") == 0
    assert NOBODY not in capsys.readouterr().err


def test_an_instructor_is_in_no_class_list(capsys: Capture) -> None:
    assert token("issue", "--student", "ada", "--role", "instructor") == 0
    assert NOBODY not in capsys.readouterr().err


def test_an_instructors_token_for_a_day(capsys: Capture) -> None:
    made = issued(capsys, "--student", "ada", "--role", "instructor", "--days", "1")
    claims = read(made, KEY, "labgrader", datetime.now(UTC))
    assert (claims.role, claims.expires_at - claims.issued_at) == ("instructor", timedelta(days=1))


def test_nothing_of_the_token_is_kept(store: Store, capsys: Capture) -> None:
    made = issued(capsys, "--student", "user1")
    kept = json.dumps(store.tokens())
    assert not any(part in kept for part in made.split("."))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--days", "0"], "error: days: a token is valid for 1 to 400 days, not 0"),
        (["--days", "401"], "error: days: a token is valid for 1 to 400 days, not 401"),
    ],
)
def test_a_token_for_too_long_or_too_short(arguments: list[str], said: str, store: Store, capsys: Capture) -> None:
    assert token("issue", "--student", "user1", *arguments) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.splitlines()) == ("", [said])
    assert store.tokens() == []


def test_everything_that_is_wrong_is_said_before_anything_is_asked(capsys: Capture) -> None:
    assert token("issue", "--student", "../etc\x1b[2J", "--days", "401") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "error: student: ../etc\ufffd[2J is not letters, digits, hyphens and underscores, beginning and ending with a "
        "letter or digit, at most 80 characters (it has U+001B)",
        "error: days: a token is valid for 1 to 400 days, not 401",
    ]


@pytest.mark.parametrize("arguments", [["issue"], ["issue", "--student", "user1", "--role", "root"], ["nothing"]])
def test_wrong_usage_is_2(arguments: list[str], capsys: Capture) -> None:
    assert token(*arguments) == 2
    assert capsys.readouterr().out == ""


def test_a_stack_without_a_key(capsys: Capture) -> None:
    boto3.client("cloudformation").delete_stack(StackName="labgrader")
    deploy({"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn"})
    assert token("issue", "--student", "user1") == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1] == (
        "error: the stack has no key for tokens (output TokenKeyArn); deploy it again with `labgrader deploy --aws`"
    )


def test_a_key_that_cannot_be_read(store: Store, capsys: Capture) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId="labgrader-key", ForceDeleteWithoutRecovery=True)
    assert token("issue", "--student", "user1") == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Secrets Manager can't find the specified secret" in captured.err
    assert store.tokens() == []


def test_a_token_that_could_not_be_recorded_is_not_given_out(capsys: Capture) -> None:
    boto3.client("dynamodb").delete_table(TableName="table")
    assert token("issue", "--student", "user1") == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1].startswith("error: ")


def test_a_revoked_token_opens_nothing(store: Store, capsys: Capture) -> None:
    made = issued(capsys, "--student", "user1")
    other = issued(capsys, "--student", "user1")
    jti = read(made, KEY, "labgrader", datetime.now(UTC)).jti
    assert token("revoke", jti) == 0
    assert re.fullmatch(
        rf"{jti}  user1 \(student\)  revoked \d{{4}}-\d\d-\d\d \d\d:\d\d UTC\n", capsys.readouterr().out
    )
    with pytest.raises(UnauthorizedError):
        authorize(
            store, KEY, "labgrader", {"authorizationToken": f"Bearer {made}", "methodArn": ARN}, datetime.now(UTC)
        )
    event = {"authorizationToken": f"Bearer {other}", "methodArn": ARN}
    assert authorize(store, KEY, "labgrader", event, datetime.now(UTC))["principalId"] == "user1"


def test_all_tokens_of_one_student_are_revoked_and_no_others(store: Store, capsys: Capture) -> None:
    for name in ("user1", "user1", "user10"):
        issued(capsys, "--student", name)
    assert token("revoke", "--student", " USER1") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert ["revoked_at" in record for record in store.tokens("user1")] == [True, True]
    assert ["revoked_at" in record for record in store.tokens("user10")] == [False]
    assert token("revoke", "--student", "user1") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1] == "user1 has no valid token"


def test_an_unknown_token_does_not_keep_the_known_ones(store: Store, capsys: Capture) -> None:
    jti = read(issued(capsys, "--student", "user1"), KEY, "labgrader", datetime.now(UTC)).jti
    assert token("revoke", "0" * 16, jti, "x\x1b[2J") == 2
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{jti}  user1 (student)  revoked ")
    assert captured.err.splitlines()[-2:] == [
        "error: there is no token 0000000000000000; see `labgrader token list`",
        "error: there is no token x\ufffd[2J; see `labgrader token list`",
    ]
    assert len(store.tokens()) == 1


@pytest.mark.parametrize("arguments", [[], ["0" * 16, "--student", "user1"]])
def test_revoke_needs_one_of_both(arguments: list[str], capsys: Capture) -> None:
    assert token("revoke", *arguments) == 2
    assert capsys.readouterr().err == (
        "error: name one of two: the tokens, or --student USERNAME for all tokens of a student\n"
    )


def test_tokens_are_listed_with_their_state(store: Store, capsys: Capture) -> None:
    record = {"subject": "user1", "role": "student", "expires_at": "2999-01-01T00:00:00Z"}
    store.record_token({**record, "jti": "a" * 16, "issued_at": "2026-01-03T00:00:00Z"})
    store.record_token({**record, "jti": "b" * 16, "issued_at": "2026-01-02T00:00:00Z"})
    store.revoke_token("b" * 16, "2026-01-04T00:00:00Z")
    old = {**record, "subject": "ada", "role": "instructor", "expires_at": "2026-01-02T00:00:00Z"}
    store.record_token({**old, "jti": "c" * 16, "issued_at": "2026-01-01T00:00:00Z"})
    assert token("list") == 0
    assert [re.split(" {2,}", line) for line in capsys.readouterr().out.splitlines()] == [
        ["token", "username", "role", "state", "issued", "expires"],
        ["a" * 16, "user1", "student", "active", "2026-01-03 00:00 UTC", "2999-01-01 00:00 UTC"],
        ["b" * 16, "user1", "student", "revoked", "2026-01-02 00:00 UTC", "2999-01-01 00:00 UTC"],
        ["c" * 16, "ada", "instructor", "expired", "2026-01-01 00:00 UTC", "2026-01-02 00:00 UTC"],
    ]
    assert token("list", "--student", "ADA", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {**old, "jti": "c" * 16, "issued_at": "2026-01-01T00:00:00Z", "state": "expired"}
    ]


def test_tokens_of_a_key_that_was_changed_are_shown_as_such(store: Store, capsys: Capture) -> None:
    old = read(issued(capsys, "--student", "user1"), KEY, "labgrader", datetime.now(UTC)).jti
    revoked = read(issued(capsys, "--student", "user1"), KEY, "labgrader", datetime.now(UTC)).jti
    store.revoke_token(revoked, "2026-01-04T00:00:00Z")
    before = {"subject": "user1", "role": "student", "issued_at": "2026-01-01T00:00:00Z"}
    store.record_token({**before, "jti": "a" * 16, "expires_at": "2999-01-01T00:00:00Z"})
    store.record_token({**before, "jti": "b" * 16, "expires_at": "2026-01-02T00:00:00Z", "key": "00000000"})
    states = {old: "active", revoked: "revoked", "a" * 16: "active", "b" * 16: "expired"}
    assert token("list", "--json") == 0
    assert {record["jti"]: record["state"] for record in json.loads(capsys.readouterr().out)} == states
    boto3.client("secretsmanager").put_secret_value(SecretId="labgrader-key", SecretString="n" * 64)
    new = read(issued(capsys, "--student", "user1"), "n" * 64, "labgrader", datetime.now(UTC)).jti
    assert token("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert {record["jti"]: record["state"] for record in listed} == {**states, old: "key changed", new: "active"}
    assert {record["jti"]: record["key"] for record in listed if record["jti"] in (old, new)} == {
        old: hashlib.sha256(b"labgrader" + KEY.encode()).hexdigest()[:8],
        new: hashlib.sha256(b"labgrader" + b"n" * 64).hexdigest()[:8],
    }
    assert token("list") == 0
    assert f"{old}  user1     student  key changed" in capsys.readouterr().out
    assert token("revoke", "--student", "user1") == 0
    assert (store.token(old) or {})["revoked_at"]


def test_tokens_are_listed_where_the_key_may_not_be_read(store: Store, capsys: Capture) -> None:
    issued(capsys, "--student", "user1")
    boto3.client("secretsmanager").delete_secret(SecretId="labgrader-key", ForceDeleteWithoutRecovery=True)
    assert token("list", "--json") == 0
    captured = capsys.readouterr()
    assert [record["state"] for record in json.loads(captured.out)] == ["active"]
    assert "the state “key changed” is not shown, because the signing key cannot be read: " in captured.err


def test_no_embedded_aws_is_3(capsys: Capture) -> None:
    for arguments in (["issue", "--student", "user1"], ["list"], ["revoke", "0" * 16]):
        assert main(["token", *arguments]) == 3
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == (
            "error: no embedded AWS is running; start it with `labgrader up`, or use your AWS account with --aws\n"
        )


@pytest.mark.parametrize("command", ["issue", "revoke", "list"])
def test_every_command_has_help_with_an_example(command: str, capsys: Capture) -> None:
    assert main(["token", command, "--help"]) == 0
    assert "Example: labgrader token" in capsys.readouterr().out


URL = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/api"


@pytest.fixture
def _stack_with_api(_stack: None) -> None:
    """Replace the stack by one that says the address of its API."""
    key = boto3.client("secretsmanager").describe_secret(SecretId="labgrader-key")["ARN"]
    boto3.client("cloudformation").delete_stack(StackName="labgrader")
    deploy({"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn", "TokenKeyArn": key, "ApiUrl": URL})


def message_of(token: str, lab: str, install: str) -> str:
    """The message for a student."""
    expires_at = f"{read(token, KEY, 'labgrader', datetime.now(UTC)).expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"""
Check your own work before it is graded, with labgrader.

1. Install the command once (Python 3.11 or newer):

   {install}

2. Set the address and your token, in each new terminal:

   export LABGRADER_API_URL={URL}
   export LABGRADER_TOKEN={token}

3. Check a lab, and read your reports:

   labgrader self-check --lab {lab}
   labgrader my-reports

Keep the token secret: anyone who has it can act as you. It is valid until {time_text(expires_at)}.

"""


def token_in(message: str) -> str:
    found = re.search(r"LABGRADER_TOKEN=(\S+)", message)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("_stack_with_api")
@pytest.mark.parametrize("terminal", [True, False])
def test_a_message_for_the_student_has_everything_to_start(
    store: Store, terminal: bool, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.enrol("autumn", "Autumn", "2026-09-01T00:00:00Z", {"user1": {"performance-scaling": Student("user1", "s-1")}})
    if terminal:
        be_a_terminal(monkeypatch)
    install = "pip install https://example.edu/labgrader_student-0.1.0-py3-none-any.whl"
    options = ["--install", install] if terminal else ["--install", install, "--message"]
    assert token("issue", "--student", "user1", *options) == 0
    captured = capsys.readouterr()
    assert captured.out == message_of(token_in(captured.out), "performance-scaling", install)
    assert "attach the students' package" not in captured.err


@pytest.mark.usefixtures("_stack_with_api")
def test_a_message_without_an_install_command_names_the_file(capsys: Capture) -> None:
    assert token("issue", "--student", "user1", "--message") == 0
    captured = capsys.readouterr()
    install = "pip install labgrader_student-0.1.0-py3-none-any.whl"
    assert captured.out == message_of(token_in(captured.out), "LAB_ID", install)
    assert captured.err.splitlines()[-1] == (
        "attach the students' package to the message (docs/self-checks-and-api.md), or use --install"
    )


def test_an_instructors_token_stands_alone_on_a_terminal_too(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    be_a_terminal(monkeypatch)
    made = issued(capsys, "--student", "ada", "--role", "instructor")
    assert read(made, KEY, "labgrader", datetime.now(UTC)).role == "instructor"
    assert token("issue", "--student", "ada", "--role", "instructor", "--message") == 2
    assert capsys.readouterr().err == "error: --message is for students: an instructor's token is printed alone\n"


def test_a_terminal_never_breaks_a_tokens_id(store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"role": "student", "issued_at": "2026-01-03T00:00:00.5Z", "expires_at": "2999-01-01T00:00:00.5Z"}
    store.record_token({**record, "subject": "a-student-with-a-name", "jti": "a" * 16})
    be_a_terminal(monkeypatch)
    assert token("list") == 0
    shown = plain(capsys.readouterr().out)
    assert f"│ {'a' * 16} │ a-student-with-a-name │ active │ 2999-01-01 00:00 UTC │" in shown
