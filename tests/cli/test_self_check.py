"""`labgrader self-check` against an API: followed to its end, refused, or not reached."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.api_client import Api, RefusalError
from cli.commands.self_check import allowance_sentence, follow
from cli.errors import TargetError
from cli.main import main
from cli.project import ROOT
from tests.api.reports import report_of
from tests.cli.self_checks import LEFT, TOKEN, Capture, check, report, self_check
from tests.cli.stub_api import ALLOWANCE, NOTHING_HIDDEN, RUN, Reply, StubApi, problem, started, state

pytestmark = pytest.mark.usefixtures("student_environment")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name one of two: --lab ID checks a lab, --run RUN_ID shows an earlier self-check"),
        (
            ["--lab", "x", "--run", RUN],
            "name one of two: --lab ID checks a lab, --run RUN_ID shows an earlier self-check",
        ),
        (["--run", "../runs"], "--run takes the id of a self-check, as the command showed it, or `latest`"),
    ],
)
def test_one_lab_or_one_self_check(arguments: list[str], said: str, capsys: Capture) -> None:
    with StubApi(started()) as stub:
        assert main(["self-check", "--url", stub.url, *arguments]) == 2
        assert stub.requests == []
    assert capsys.readouterr().err.splitlines()[-1] == f"error: {said}"


def test_what_could_not_be_graded_is_1_and_nobodys_fault(capsys: Capture) -> None:
    made = report(check("passed", "One"), check("not_graded", "Two", message="access was denied"), status="incomplete")
    with StubApi(started(), state("incomplete", report=made)) as stub:
        assert self_check(stub) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == (
        "8 points are open, and not lost: labgrader could not grade these checks. That is not your fault."
    )
    assert " ? Not graded  open / 8     Two" in lines
    where = lines.index("Not graded, and not your fault")
    assert lines[where + 1 : where + 3] == [" ? Two", "   access was denied"]
    assert "What to fix" not in lines


def test_a_self_check_that_failed_is_our_fault_and_3(capsys: Capture) -> None:
    with StubApi(started(), state("failed", error="Run probe timed out\x1b[2J")) as stub:
        assert self_check(stub) == 3
    captured = capsys.readouterr()
    assert captured.out == f"{LEFT}\n"
    assert captured.err.splitlines()[-1] == (
        "error: the self-check has no result, and that is not your fault: Run probe timed out\ufffd[2J"
    )


def test_json_is_the_apis_answer(capsys: Capture) -> None:
    answer = state("complete", report=report(check("passed", "One")))
    with StubApi(started(), answer) as stub:
        assert self_check(stub, "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == answer.body
    assert captured.err.splitlines()[-1] == LEFT


def test_the_one_that_runs_already_is_followed(capsys: Capture) -> None:
    running = problem(409, "it runs", run_id=RUN, status_url=f"https://evil.example/{RUN}", allowance=ALLOWANCE)
    with StubApi(running, state("complete", report=report(check("passed", "One")))) as stub:
        assert self_check(stub) == 0
        assert stub.requests[1].path == f"/api/v1/self-checks/{RUN}"  # the given address, not the one in the response
    captured = capsys.readouterr()
    assert captured.err.splitlines()[1] == f"a self-check of this lab is running already: following {RUN}"
    assert captured.out.startswith("Lambda Function Optimization: 8 of 8 points\n")


def test_an_allowance_that_is_spent_says_when_to_come_back(capsys: Capture) -> None:
    spent = {**ALLOWANCE, "remaining_this_hour": 0}
    told = problem(429, "you have used your self-checks for now", headers={"Retry-After": "1800"}, allowance=spent)
    with StubApi(told) as stub:
        assert self_check(stub) == 3
        assert len(stub.requests) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[1:] == [
        "0 self-checks left this hour (of 5), 19 in 24 hours (of 20); one more at 2026-03-01 13:00 UTC",
        "error: you have used your self-checks for now",
    ]


def test_bad_input_is_2_and_all_of_it_is_said(capsys: Capture) -> None:
    told = problem(
        422,
        "lab: there is no lab x",
        errors=[{"field": "lab", "message": "there is no lab x\x1b[31m"}, {"field": "", "message": "and more"}],
    )
    with StubApi(told) as stub:
        assert self_check(stub) == 2
    assert capsys.readouterr().err.splitlines()[1:] == [
        "error: lab: there is no lab x\ufffd[31m",
        "error: and more",
    ]


def test_bad_input_without_a_list_is_said_too(capsys: Capture) -> None:
    with StubApi(problem(422, "no checks are visible", errors="x")) as stub:
        assert self_check(stub) == 2
    assert capsys.readouterr().err.splitlines()[1:] == ["error: no checks are visible"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            problem(401, "Unauthorized"),
            "your token was rejected: it has expired, was revoked, or belongs to another stack; ask your instructor "
            "for a new one",
        ),
        (problem(403, "this is for students"), "this is for students"),
        (problem(404, "There is nothing at this address."), "There is nothing at this address."),
        (problem(409, "it runs"), "it runs"),
        (Reply(404, b"<html>nginx</html>"), "the API at {url} answered 404, but not with a response of labgrader; "
         "check the address"),
        (Reply(200, b"<html>hello</html>"), "the API at {url} answered 200, but not with a response of labgrader; "
         "check the address"),
        (Reply(200, ["a", "list"]), "the API at {url} answered 200, but not with a response of labgrader; "
         "check the address"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/"}), "the API at {url} answered 302, but not with a "
         "response of labgrader; check the address"),
        (Reply(202, {"run_id": "../../v1/runs"}), "the response of the API has no run id; "
         "check the address of the API"),
        (Reply(202, {"run_id": None}), "the response of the API has no run id; check the address of the API"),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_refusal_is_3_and_a_sentence(reply: Reply, said: str, capsys: Capture) -> None:
    with StubApi(reply) as stub:
        assert self_check(stub) == 3
        assert len(stub.requests) == 1
        said = said.replace("{url}", stub.url)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[1:] == [f"error: {said}"]


def test_nothing_at_the_address(capsys: Capture) -> None:
    pauses: list[float] = []
    api = Api("http://127.0.0.1:9", TOKEN, pauses.append)
    with pytest.raises(TargetError) as caught:
        api.start_self_check("x")
    assert str(caught.value) == (
        "the API at http://127.0.0.1:9 could not be reached: the connection failed; check the address and your network"
    )
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0]


def test_what_passes_by_is_tried_again() -> None:
    pauses: list[float] = []
    throttled = Reply(429, {"title": "Too Many Requests", "status": 429}, {"Retry-After": "3"})
    replies = (throttled, problem(503, "busy"), Reply(504, b"gateway"), Reply(hangs_up=True), started())
    with StubApi(*replies) as stub:
        assert Api(stub.url, TOKEN, pauses.append).start_self_check("x")["run_id"] == RUN
    assert pauses == [3.0, 2.0, 4.0, 8.0]


def test_the_wait_between_two_tries_is_at_most_ten_seconds() -> None:
    pauses: list[float] = []
    with StubApi(problem(503, "busy", headers={"Retry-After": "3600"})) as stub, pytest.raises(RefusalError) as caught:
        Api(stub.url, TOKEN, pauses.append).start_self_check("x")
    assert str(caught.value) == "labgrader failed, which is not your fault: busy"
    assert pauses == [10.0] * 5


@pytest.mark.parametrize("said", ["-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "1e3", ""])
def test_an_invalid_retry_after_is_ignored(said: str) -> None:
    pauses: list[float] = []
    with StubApi(problem(503, "busy", headers={"Retry-After": said}), started()) as stub:
        Api(stub.url, TOKEN, pauses.append).start_self_check("x")
    assert pauses == [1.0]


def test_looks_are_further_and_further_apart() -> None:
    pauses: list[float] = []
    with StubApi(*[state("running")] * 30, state("complete")) as stub:
        assert follow(Api(stub.url, TOKEN), RUN, pauses.append)["status"] == "complete"
    assert len(pauses) == 30
    assert pauses[0] == 0.5
    assert pauses == sorted(pauses)
    assert max(pauses) == 3.0


@pytest.mark.parametrize(
    "body",
    [
        {"status": "done", "allowance": ALLOWANCE, "hidden": NOTHING_HIDDEN},
        {"status": "complete", "allowance": 4, "hidden": NOTHING_HIDDEN},
        {"status": "complete", "allowance": ALLOWANCE},
    ],
)
def test_an_invalid_state_is_refused(body: dict[str, Any]) -> None:
    with StubApi(Reply(200, body)) as stub, pytest.raises(TargetError, match="did not send a response of labgrader"):
        follow(Api(stub.url, TOKEN), RUN)


def test_a_self_check_that_cannot_be_followed_any_more_goes_on(capsys: Capture) -> None:
    with StubApi(started(), Reply(200, {"status": "done"})) as stub:
        assert self_check(stub) == 3
    assert capsys.readouterr().err.splitlines()[2] == (
        f"the self-check {RUN} continues; the same command follows it while it runs"
    )


def test_a_missing_report_is_an_error(capsys: Capture) -> None:
    with StubApi(started(), state("complete")) as stub:
        assert self_check(stub) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: the self-check {RUN} is done, but the API has no report of it; that is not your fault"
    )


def test_interrupt_says_that_the_self_check_continues() -> None:
    with StubApi(started(), state("running")) as stub:
        command = [sys.executable, "-m", "cli.main", "self-check", "--lab", "x", "--url", stub.url]
        environment = {"PATH": "/usr/bin:/bin", "LABGRADER_TOKEN": TOKEN}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            begun = [process.stderr.readline(), process.stderr.readline()]
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
    assert begun[1] == f"self-check {RUN} has started\n"
    assert rest == f"the self-check {RUN} continues; the same command follows it while it runs\n"
    assert process.returncode == 130


def test_an_allowance_that_is_whole() -> None:
    whole = {**ALLOWANCE, "remaining_this_hour": 1, "remaining_today": 1, "refills_at": None}
    assert allowance_sentence(whole) == "1 self-check left this hour (of 5), 1 in 24 hours (of 20)"


def test_help_has_an_example(capsys: Capture) -> None:
    assert main(["self-check", "--help"]) == 0
    assert "Example: labgrader self-check --lab lambda-optimization" in capsys.readouterr().out


def test_the_report_is_a_page_too(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "report.html"
    with StubApi(started(), state("complete", report=report_of(RUN, mode="self-check"))) as stub:
        assert self_check(stub, "-o", str(file)) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Lambda optimization: 13 of 15 points\n")
    assert captured.err.splitlines()[-1] == f"wrote {file}"
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "The title of shown-check" in page


def test_a_self_check_without_a_result_writes_no_page(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    with StubApi(started(), state("failed")) as stub:
        assert self_check(stub, "-o", str(file)) == 3
    assert not file.exists()


@pytest.mark.parametrize("lab", [[], ["--lab", "lambda-optimization"]])
def test_the_latest_self_check_is_shown_again(lab: list[str], capsys: Capture) -> None:
    result = {"lab": "x", "status": "complete", "points": 1, "max_points": 2, "graded_at": "2026-03-01T12:00:00Z"}
    listed = [{**result, "run_id": "graded", "mode": "grade"}, {**result, "run_id": RUN, "mode": "self-check"}]
    replies = (Reply(200, {"reports": listed}), state("complete", report=report(check("passed", "One"))))
    with StubApi(*replies) as stub:
        assert main(["self-check", "--run", "latest", "--url", stub.url, *lab]) == 0
        query = "?lab=lambda-optimization" if lab else ""
        assert [request.path for request in stub.requests] == [
            f"/api/v1/me/reports{query}",
            f"/api/v1/self-checks/{RUN}",
        ]
    assert capsys.readouterr().err.splitlines()[1] == f"self-check {RUN}"


def test_there_may_be_no_latest_self_check(capsys: Capture) -> None:
    with StubApi(Reply(200, {"reports": []})) as stub:
        assert main(["self-check", "--run", "latest", "--url", stub.url]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: you have no self-check with a report yet"
