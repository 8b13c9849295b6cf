"""`labgrader self-check`: from a student's terminal, against a server that speaks the API's shapes."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.api_client import Api, RefusalError
from cli.commands.self_check import allowance_sentence, follow
from cli.errors import TargetError, UsageError
from cli.main import main
from cli.output.report import give_report, hidden_sentence
from cli.project import ROOT
from tests.cli.stub_api import ALLOWANCE, NOTHING_HIDDEN, RUN, Reply, StubApi, problem, started, state

TOKEN = "aaaa.bbbb.cccc"
LEFT = "4 self-checks left this hour (of 5), 19 in 24 hours (of 20); one more at 1 March 2026, 13:00 UTC"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _own_state_and_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LABGRADER_TOKEN", TOKEN)
    monkeypatch.delenv("LABGRADER_API_URL", raising=False)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def check(status: str, title: str, **more: Any) -> dict[str, Any]:
    points = {"passed": 8, "partial": 3.5}.get(status, 0)
    return {
        "id": title.lower().replace(" ", "-"),
        "check": "x",
        "kind": "configuration",
        "title": title,
        "task": "Task 1",
        "status": status,
        "points": points,
        "max_points": 8,
        "message": "" if status == "passed" else f"why {status}",
        "expected": "",
        "observed": "",
        "hint": "aws lambda list-functions",
        "visibility": "visible",
        "evidence": [],
        **more,
    }


def report(*checks: dict[str, Any], status: str = "complete", **more: Any) -> dict[str, Any]:
    points = sum(one["points"] for one in checks)
    most = sum(one["max_points"] for one in checks)
    unknown = sum(one["max_points"] for one in checks if one["status"] == "not_graded")
    return {
        "schema": "labgrader.report/1",
        "run_id": RUN,
        "mode": "self-check",
        "status": status,
        "lab": {"id": "lambda-optimization", "version": "1.0.0", "title": "Lambda Function Optimization"},
        "score": {"points": points, "max_points": most, "percent": 100 * points / most, "open_points": unknown},
        "checks": list(checks),
        "load_tests": [],
        "advice": [],
        **more,
    }


def self_check(stub: StubApi, *arguments: str) -> int:
    return main(["self-check", "--lab", "lambda-optimization", "--url", stub.url, *arguments])


def test_a_note_of_the_api_is_told_on_one_line(capsys: Capture) -> None:
    begun = started()
    begun.body["note"] = "you are on no\x1b[2J class list"
    with StubApi(begun, state("complete", report=report(check("passed", "Function exists")))) as stub:
        assert self_check(stub) == 0
    assert capsys.readouterr().err.splitlines()[2] == "you are on no\ufffd[2J class list"


def test_the_report_and_what_to_type_next(capsys: Capture) -> None:
    made = report(
        check("passed", "Function exists"),
        check(
            "partial",
            "Layers are attached",
            task="Task 2",
            message="not attached: user1-lambda-utils",
            expected="both layers",
            observed="one layer",
            hint="aws lambda get-function-configuration --function-name user1-f --query Layers\n# then attach it",
        ),
        check("failed", "Alias exists", task="Task 2", hint="aws lambda create-alias --name user1-prod"),
        check("skipped", "Alias is called", task="", message="waits for “Alias exists”"),
        previous={
            "run_id": "r0",
            "points": 8,
            "changes": [{"check": "alias-exists", "from": "passed", "to": "failed"}],
        },
        advice=[
            {
                "id": "a",
                "title": "Memory",
                "message": "128 MB is slow",
                "hint": "aws lambda update-function-configuration",
            }
        ],
    )
    hidden = {"checks": 2, "points": 10, "message": None}
    with StubApi(started(), state("running"), state("complete", report=made, hidden=hidden)) as stub:
        assert self_check(stub) == 0
        assert [(one.method, one.path, one.body) for one in stub.asked] == [
            ("POST", "/api/v1/self-checks", {"lab": "lambda-optimization"}),
            ("GET", f"/api/v1/self-checks/{RUN}", None),
            ("GET", f"/api/v1/self-checks/{RUN}", None),
        ]
        assert {one.headers["Authorization"] for one in stub.asked} == {f"Bearer {TOKEN}"}
        captured = capsys.readouterr()
        assert captured.err.splitlines() == [f"self-check at {stub.url}", f"self-check {RUN} has begun"]
    assert captured.out == (
        "Lambda Function Optimization: 11.5 of 32 points\n"
        "\n"
        "Task 1\n"
        " ✓ Passed         8 / 8     Function exists\n"
        "\n"
        "Task 2\n"
        " ◐ Partly       3.5 / 8     Layers are attached\n"
        " ✗ Failed         0 / 8     Alias exists\n"
        "\n"
        "Other checks\n"
        " – Skipped        0 / 8     Alias is called\n"
        "               waits for “Alias exists”\n"
        "\n"
        "What to fix\n"
        "1. Layers are attached (4.5 points)\n"
        "   not attached: user1-lambda-utils\n"
        "   expected: both layers\n"
        "   observed: one layer\n"
        "   type next:\n"
        "      aws lambda get-function-configuration --function-name user1-f --query Layers\n"
        "      # then attach it\n"
        "2. Alias exists (8 points)\n"
        "   why failed\n"
        "   type next:\n"
        "      aws lambda create-alias --name user1-prod\n"
        "\n"
        "Worth knowing: no points depend on it\n"
        " • Memory: 128 MB is slow\n"
        f"   all of it, and what to type:  labgrader self-check --run {RUN} --advice --url {stub.url}\n"
        "\n"
        "Since the last time\n"
        " Alias exists: passed → failed\n"
        "\n"
        "This lab has 2 more checks worth 10 points that only your instructor sees: what you see here is not the "
        "whole grade.\n"
        f"{LEFT}\n"
    )


def test_advice_is_a_line_each_and_whole_where_it_is_asked_for(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "word " * 60
    advice = [
        {
            "id": "a",
            "title": "Memory",
            "message": long + "\nand more",
            "hint": "aws lambda update-function-configuration",
        },
        {"id": "b", "message": "older, without a title", "hint": ""},
    ]
    with StubApi(started(), state("complete", report=report(check("passed", "One"), advice=advice))) as stub:
        monkeypatch.setenv("LABGRADER_API_URL", stub.url)
        assert self_check(stub) == 0
    lines = capsys.readouterr().out.splitlines()
    where = lines.index("Worth knowing: no points depend on it")
    assert lines[where + 1 : where + 5] == [
        f" • {('Memory: ' + long)[:109]}…",
        " • older, without a title",
        f"   all of it, and what to type:  labgrader self-check --run {RUN} --advice",
        "",
    ]
    monkeypatch.delenv("LABGRADER_API_URL")
    with StubApi(state("complete", report=report(check("passed", "One"), advice=advice))) as stub:
        assert main(["self-check", "--run", RUN, "--url", stub.url, "--advice"]) == 0
        assert [one.method for one in stub.asked] == ["GET"], "nothing is started, and nothing spent"
    captured = capsys.readouterr()
    assert captured.err.splitlines()[1] == f"self-check {RUN}"
    lines = captured.out.splitlines()
    where = lines.index("Worth knowing: no points depend on it")
    assert lines[where + 1] == f" • Memory: {long}\ufffdand more"
    assert lines[where + 2 : where + 4] == ["   type next:", "      aws lambda update-function-configuration"]
    assert "all of it" not in captured.out


def test_each_task_is_headed_once_in_the_order_of_its_number(capsys: Capture) -> None:
    checks = [check("passed", f"Check {at}", task=f"Lab 1, Step {step}") for at, step in enumerate((3, 2, 3, 10, 1))]
    with StubApi(started(), state("complete", report=report(*checks))) as stub:
        assert self_check(stub) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Lab 1")] == [f"Lab 1, Step {step}" for step in (1, 2, 3, 10)]
    assert [line[-7:] for line in lines if line.startswith(" ✓")] == [f"Check {at}" for at in (4, 1, 0, 2, 3)]


@pytest.mark.parametrize(("observed", "shown"), [("answered 404.", False), ("answered  404", False), ("a 404", True)])
def test_what_was_observed_is_not_said_twice(observed: str, shown: bool, capsys: Capture) -> None:
    failed = check("failed", "One", message="user1-f: PUT answered 404", expected="200", observed=observed)
    with StubApi(started(), state("complete", report=report(failed))) as stub:
        assert self_check(stub) == 0
    out = capsys.readouterr().out
    assert "   expected: 200\n" in out
    assert (f"   observed: {observed}\n" in out) is shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which one? --lab ID checks a lab, --run RUN_ID shows a self-check that you made"),
        (
            ["--lab", "x", "--run", RUN],
            "which one? --lab ID checks a lab, --run RUN_ID shows a self-check that you made",
        ),
        (["--run", "../runs"], "--run takes the id of a self-check, as it was named when it began"),
    ],
)
def test_one_lab_or_one_self_check(arguments: list[str], said: str, capsys: Capture) -> None:
    with StubApi(started()) as stub:
        assert main(["self-check", "--url", stub.url, *arguments]) == 2
        assert stub.asked == []
    assert capsys.readouterr().err.splitlines()[-1] == f"error: {said}"


def test_what_could_not_be_graded_is_1_and_nobodys_fault(capsys: Capture) -> None:
    made = report(check("passed", "One"), check("not_graded", "Two", message="access was denied"), status="incomplete")
    with StubApi(started(), state("incomplete", report=made)) as stub:
        assert self_check(stub) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == (
        "8 points are open, and not lost: what they stand for could not be graded, through no fault of yours."
    )
    assert " ? Not graded  open / 8     Two" in lines
    where = lines.index("What could not be graded, through no fault of yours")
    assert lines[where + 1 : where + 3] == [" ? Two", "   access was denied"]
    assert "What to fix" not in lines


def test_a_self_check_that_failed_is_our_fault_and_3(capsys: Capture) -> None:
    with StubApi(started(), state("failed", error="Run probe timed out\x1b[2J")) as stub:
        assert self_check(stub) == 3
    captured = capsys.readouterr()
    assert captured.out == f"{LEFT}\n"
    assert captured.err.splitlines()[-1] == (
        "error: the self-check came to no result, and that is not your fault: Run probe timed out\ufffd[2J"
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
        assert stub.asked[1].path == f"/api/v1/self-checks/{RUN}"  # where we asked, not where it says
    captured = capsys.readouterr()
    assert captured.err.splitlines()[1] == f"a self-check of this lab is running already: following {RUN}"
    assert captured.out.startswith("Lambda Function Optimization: 8 of 8 points\n")


def test_an_allowance_that_is_spent_says_when_to_come_back(capsys: Capture) -> None:
    spent = {**ALLOWANCE, "remaining_this_hour": 0}
    told = problem(429, "you have used your self-checks for now", headers={"Retry-After": "1800"}, allowance=spent)
    with StubApi(told) as stub:
        assert self_check(stub) == 3
        assert len(stub.asked) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[1:] == [
        "0 self-checks left this hour (of 5), 19 in 24 hours (of 20); one more at 1 March 2026, 13:00 UTC",
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
            "your token is not taken: it has expired, was revoked, or is of another stack; ask your instructor for one",
        ),
        (problem(403, "this is for students"), "this is for students"),
        (problem(404, "There is nothing at this address."), "There is nothing at this address."),
        (problem(409, "it runs"), "it runs"),
        (Reply(404, b"<html>nginx</html>"), "the API at {url} answered 404, and nothing that labgrader says; "
         "is its address right?"),
        (Reply(200, b"<html>hello</html>"), "the API at {url} answered 200, and nothing that labgrader says; "
         "is its address right?"),
        (Reply(200, ["a", "list"]), "the API at {url} answered 200, and nothing that labgrader says; "
         "is its address right?"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/"}), "the API at {url} answered 302, and nothing that "
         "labgrader says; is its address right?"),
        (Reply(202, {"run_id": "../../v1/runs"}), "the API named no run that could be followed; "
         "is its address right?"),
        (Reply(202, {"run_id": None}), "the API named no run that could be followed; is its address right?"),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_refusal_is_3_and_a_sentence(reply: Reply, said: str, capsys: Capture) -> None:
    with StubApi(reply) as stub:
        assert self_check(stub) == 3
        assert len(stub.asked) == 1
        said = said.replace("{url}", stub.url)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[1:] == [f"error: {said}"]


def test_nothing_at_the_address(capsys: Capture) -> None:
    pauses: list[float] = []
    api = Api("http://127.0.0.1:9", TOKEN, pauses.append)
    with pytest.raises(TargetError) as caught:
        api.start_self_check("x")
    assert str(caught.value) == "the API at http://127.0.0.1:9 could not be reached: nothing answers there"
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0]


def test_what_passes_by_is_tried_again() -> None:
    pauses: list[float] = []
    throttled = Reply(429, {"title": "Too Many Requests", "status": 429}, {"Retry-After": "3"})
    replies = (throttled, problem(503, "busy"), Reply(504, b"gateway"), Reply(hangs_up=True), started())
    with StubApi(*replies) as stub:
        assert Api(stub.url, TOKEN, pauses.append).start_self_check("x")["run_id"] == RUN
    assert pauses == [3.0, 2.0, 4.0, 8.0]


def test_nobody_waits_longer_than_ten_seconds_for_one_try() -> None:
    pauses: list[float] = []
    with StubApi(problem(503, "busy", headers={"Retry-After": "3600"})) as stub, pytest.raises(RefusalError) as caught:
        Api(stub.url, TOKEN, pauses.append).start_self_check("x")
    assert str(caught.value) == "labgrader failed, and that is not your fault: busy"
    assert pauses == [10.0] * 5


@pytest.mark.parametrize("said", ["-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "1e3", ""])
def test_a_retry_after_that_is_none_is_passed_over(said: str) -> None:
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
def test_a_state_that_is_none(body: dict[str, Any]) -> None:
    with StubApi(Reply(200, body)) as stub, pytest.raises(TargetError, match="answered nothing that labgrader says"):
        follow(Api(stub.url, TOKEN), RUN)


def test_a_self_check_that_cannot_be_followed_any_more_goes_on(capsys: Capture) -> None:
    with StubApi(started(), Reply(200, {"status": "done"})) as stub:
        assert self_check(stub) == 3
    assert capsys.readouterr().err.splitlines()[2] == (
        f"the self-check {RUN} goes on; the same command follows it while it runs"
    )


def test_a_report_that_is_not_there_is_not_passed_over(capsys: Capture) -> None:
    with StubApi(started(), state("complete")) as stub:
        assert self_check(stub) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: the self-check {RUN} is done, but the API has no report of it; that is not your fault"
    )


def test_who_stops_looking_is_told_that_it_goes_on() -> None:
    with StubApi(started(), state("running")) as stub:
        command = [sys.executable, "-m", "cli.main", "self-check", "--lab", "x", "--url", stub.url]
        environment = {"PATH": "/usr/bin:/bin", "LABGRADER_TOKEN": TOKEN}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            begun = [process.stderr.readline(), process.stderr.readline()]
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
    assert begun[1] == f"self-check {RUN} has begun\n"
    assert rest == f"the self-check {RUN} goes on; the same command follows it while it runs\n"
    assert process.returncode == 130


def test_hostile_text_moves_no_cursor_and_paints_nothing(capsys: Capture) -> None:
    evil = "[red]gone[/red]\x1b[2J\x07\u202e\ud800"
    made = report(
        check("failed", evil, message=f"{evil}\nsecond", expected=evil, observed=evil, hint=evil, task=evil),
        advice=[{"id": "a", "message": evil, "hint": evil}],
    )
    give_report(made, {"checks": 1, "points": 1, "message": evil})
    shown = capsys.readouterr().out
    assert "[red]gone[/red]\ufffd[2J\ufffd\ufffd\ufffd" in shown
    assert not set(shown) & {"\x1b", "\x07", "\u202e"}


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colour_on_a_terminal_and_no_command_broken_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLUMNS": "20", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    command = "aws lambda get-function-configuration --function-name user1-optimized-function"
    give_report(report(check("failed", "One", hint=command)), NOTHING_HIDDEN)
    assert "\x1b[31m ✗ \x1b[0m" in terminal.getvalue()
    assert command in terminal.getvalue()


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    give_report(report(check("failed", "One")), NOTHING_HIDDEN)
    assert "\x1b[31m" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        (NOTHING_HIDDEN, "This is the whole lab: nothing of it is hidden from you."),
        (
            {"checks": 1, "points": 1, "message": None},
            "This lab has 1 more check worth 1 point that only your instructor sees: what you see here is not the "
            "whole grade.",
        ),
        ({"checks": 1, "points": 1, "message": "As the API says it."}, "As the API says it."),
    ],
)
def test_what_is_hidden_is_said_honestly(hidden: dict[str, Any], said: str) -> None:
    assert hidden_sentence(hidden) == said


def test_an_allowance_that_is_whole() -> None:
    whole = {**ALLOWANCE, "remaining_this_hour": 1, "remaining_today": 1, "refills_at": None}
    assert allowance_sentence(whole) == "1 self-check left this hour (of 5), 1 in 24 hours (of 20)"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://x.example/api", "https://x.example/api"),
        (" https://x.example/api/ ", "https://x.example/api"),
        ("https://x.example/api/v1", "https://x.example/api"),
        ("https://x.example/api/v1/", "https://x.example/api"),
        ("https://x.example:8443", "https://x.example:8443"),
        ("http://localhost:4566/_aws/execute-api/a1/api", "http://localhost:4566/_aws/execute-api/a1/api"),
        ("http://[::1]:4566/x", "http://[::1]:4566/x"),
    ],
)
def test_an_address_as_people_paste_it(url: str, address: str) -> None:
    assert Api(url, TOKEN).url == address


@pytest.mark.parametrize(
    "url",
    ["x", "ftp://x.example", "https://", "https://user:pass@x.example", "https://x.example?a=1", "https://x.example#a",
     "https://x.example:99999", "https://[x", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_that_is_none(url: str, capsys: Capture) -> None:
    assert main(["self-check", "--lab", "x", "--url", url]) == 2
    assert "is not the address of an API" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://x.example/api", "http://127.0.0.1.x.example", "http://localhost.example"])
def test_a_token_never_travels_unencrypted(url: str, capsys: Capture) -> None:
    assert main(["self-check", "--lab", "x", "--url", url]) == 2
    assert capsys.readouterr().err == (
        "error: that address begins with http://, and your token would travel unencrypted: use https://\n"
    )


def test_a_token_follows_no_redirect(capsys: Capture) -> None:
    with StubApi(started()) as elsewhere, StubApi(Reply(307, b"", {"Location": elsewhere.url})) as stub:
        assert self_check(stub) == 3
        assert elsewhere.asked == []


def test_a_netrc_does_not_take_the_tokens_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with StubApi(started()) as stub:
        Api(stub.url, TOKEN).start_self_check("x")
        assert stub.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("typed", ["Bearer aaaa.bbbb.cccc", " aaaa.bbbb.cccc\n", "bearer  aaaa.bbbb.cccc"])
def test_a_token_as_people_paste_it(typed: str) -> None:
    with StubApi(started()) as stub:
        Api(stub.url, typed).start_self_check("x")
        assert stub.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("typed", ["secret", "se.cr", "se.cr.et\r\nX-Evil: 1", "se cr et", "sé.cr.et"])
def test_a_token_that_is_none_is_not_repeated(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        Api("https://x.example", typed)
    assert str(caught.value) == (
        "that is not a token as your instructor issues it: three parts with a dot between them"
    )


def test_the_token_is_never_shown(capsys: Capture) -> None:
    for reply in (problem(401, "no"), problem(403, "no"), Reply(hangs_up=True), Reply(200, b"x")):
        with StubApi(reply) as stub, pytest.raises(TargetError) as caught:
            Api(stub.url, TOKEN, lambda _: None).start_self_check("x")
        assert "bbbb" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert main(["self-check", "--help"]) == 0
    assert "bbbb" not in "".join(capsys.readouterr())


def test_without_a_token_or_an_address(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert main(["self-check", "--lab", "x"]) == 2
    assert capsys.readouterr().err == (
        "error: which API? set LABGRADER_API_URL, or give --url: your instructor knows its address\n"
    )
    monkeypatch.delenv("LABGRADER_TOKEN")
    assert main(["self-check", "--lab", "x", "--url", "https://x.example"]) == 2
    assert capsys.readouterr().err == (
        "error: a token is needed: set LABGRADER_TOKEN to the one that your instructor gave you\n"
    )


def test_the_variables_say_the_same_as_the_options(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    with StubApi(started(), state("complete", report=report(check("passed", "One")))) as stub:
        monkeypatch.setenv("LABGRADER_API_URL", stub.url)
        assert main(["self-check", "--lab", "x", "--token", "1.2.3"]) == 0
        assert stub.asked[0].headers["Authorization"] == "Bearer 1.2.3"


def test_help_has_an_example(capsys: Capture) -> None:
    assert main(["self-check", "--help"]) == 0
    assert "Example: labgrader self-check --lab lambda-optimization" in capsys.readouterr().out
