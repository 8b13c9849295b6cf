"""Results as they are handed out: the instructor's copy says so, a student's is one command away."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.main import main
from cli.output.class_table import fetch, give_paths
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.scoring import score
from labgrader.judging.verdict import failed, passed
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.html import render_student
from labgrader.reporting.report import build_report
from labgrader.rosters import Student
from labgrader.schemas import validate
from labgrader.store import Keys, Store

RUN = "20260101-120000-lambda-optimization-1a2b"
KEYS = Keys(RUN)
CALLS = {"function": "{username}-f", "operation": "x", "statuses": [200], "tries": 1}

LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=100,
    checks=(
        Item("handled", "answers_only_with", "Failures are handled", "Task 2", 88, parameters=CALLS),
        Item("secret", "answers_only_with", "Nobody sees it", "Task 2", 12, parameters=CALLS, visibility="hidden"),
    ),
)
VISIBLE = Lab(**{**LAB.__dict__, "checks": LAB.checks[:1], "points": 88})

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def graded(store: Store, lab: Lab = LAB) -> Any:
    """Keep a run of one student; return their report."""
    mine = lab.for_student("user1", "111122223333", "us-east-1")
    verdicts = {"handled": passed(), "secret": failed("the secret sentence")}
    report = build_report(
        run_id=RUN,
        mode="grade",
        lab=mine,
        student=Student("user1"),
        snapshot=Snapshot("user1", "111122223333", "us-east-1"),
        account_id="111122223333",
        region="us-east-1",
        score=score(mine.checks, {item.id: verdicts[item.id] for item in mine.checks}),
        load_results=[],
        advice=[],
        graded_at="2026-01-01T12:00:00Z",
    )
    validate(report, "report")
    store.put_json(KEYS.report("user1"), report)
    store.put(KEYS.report("user1", ".html"), render_student(report).encode())
    store.put_json(KEYS.run, {"run_id": RUN, "mode": "grade", "students": [{"username": "user1"}]})
    store.put(KEYS.gradebook, b"")
    store.put(KEYS.class_page, b"")
    outputs = {
        name: {"Value": value} for name, value in (("Bucket", "bucket"), ("Table", "table"), ("GradeClassArn", "arn"))
    }
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    return report


def paths(store: Store, folder: Path, options: str = "") -> list[str]:
    lines: list[str] = []
    give_paths(fetch(store, RUN, folder), lines.append, options)
    return "\n".join(lines).splitlines()


def test_the_last_lines_say_that_reports_hold_hidden_checks_and_how_to_get_a_students_copy(
    store: Store, tmp_path: Path
) -> None:
    graded(store)
    assert paths(store, tmp_path, " --aws")[3:] == [
        f"students       {tmp_path}/reports/USERNAME.html and .json",
        "",
        "These are the instructor's copies: each holds 1 hidden check. A student's copy, without:",
        f"  labgrader report {RUN} --student USERNAME --for-student -o USERNAME.html --aws",
    ]
    page = (tmp_path / "reports" / "user1.html").read_text()
    assert page.index("<strong>Instructor’s copy: not for the student.</strong> It holds 1 hidden check.") < page.index(
        "<header>"
    )
    assert f"<code>labgrader report {RUN} --student user1 --for-student -o user1.html</code>" in page
    assert "display: none" not in page.partition(".instructors {")[2].partition("}")[0], "printed, too"


def test_where_nothing_is_hidden_nothing_is_said(store: Store, tmp_path: Path) -> None:
    graded(store, VISIBLE)
    assert paths(store, tmp_path)[-1] == f"students       {tmp_path}/reports/USERNAME.html and .json"
    assert "Instructor’s copy" not in (tmp_path / "reports" / "user1.html").read_text()


def test_a_students_copy_has_no_word_of_what_is_hidden(store: Store, tmp_path: Path, capsys: Capture) -> None:
    graded(store)
    page, document = tmp_path / "user1.html", tmp_path / "user1.json"
    copy = ["report", RUN, "--student", "user1", "--for-student", "--aws", "-o"]
    assert main([*copy, str(page)]) == 0
    assert main([*copy, str(document), "--format", "json"]) == 0
    text = page.read_text()
    for words in ("Nobody sees it", "secret", "Instructor’s copy", "hidden from students"):
        assert words not in text
    assert "1 more check, worth 12 points, is not shown to you" in text
    made = json.loads(document.read_text())
    validate(made, "report")
    assert [check["id"] for check in made["checks"]] == ["handled"]
    assert made["score"]["points"] == 88
    assert main(["report", RUN, "--student", "user1", "--aws", "-o", str(page)]) == 0
    assert "Nobody sees it" in page.read_text(), "the instructor's, as ever"
    capsys.readouterr()
    assert main([*copy[:2], "--for-student", "--aws"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: --for-student needs --student USERNAME"
    assert main(["report", RUN, "--student", "user2", "--for-student", "--aws"]) == 2


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        (("alias-prod",), "1 check is hidden from students, worth 3 of 100 points."),
        (("alias-prod", "alias-dev"), "2 checks are hidden from students, worth 6 of 100 points."),
        ((), ""),
    ],
)
def test_hidden_checks_are_marked_in_a_lab(hidden: tuple[str, ...], said: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "hiding").mkdir()
    changes = "".join(f"  - {{id: {check_id}, visibility: hidden}}\n" for check_id in hidden)
    document = "id: hiding\nextends: lambda-optimization\n" + (f"checks:\n{changes}" if changes else "")
    (tmp_path / "hiding" / "lab.yaml").write_text(document)
    assert main(["labs", "show", "hiding", "--labs", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.endswith(" (hidden)")]) == len(hidden)
    assert ("Production alias points to version 1 (hidden)" in "\n".join(lines)) is bool(hidden)
    assert [line for line in lines if "hidden from students" in line] == ([said] if said else [])
