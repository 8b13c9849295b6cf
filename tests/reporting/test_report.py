"""The report of one student: exact fields, exact sums, and texts that can be stored and shown."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest

from labgrader.errors import BadInputError
from labgrader.evidence.question import Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed
from labgrader.labs.lab import Item
from labgrader.labs.points import points_text
from labgrader.reporting.formatting import (
    MAX_TEXT,
    clean,
    counted,
    dollars_text,
    milliseconds_text,
    moment_text,
    ratio_text,
    rounded,
)
from labgrader.reporting.report import MAX_EVIDENCE
from labgrader.schemas import validate
from labgrader.store import encoded

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "formula": '=HYPERLINK("http://example.org")',
    "surrogate": "half \ud83d of a pair",
    "override": "user1\u202egnp.exe",
    "control": "bell\x07 escape\x1b[31m null\x00",
}


def test_a_perfect_student(example: Any) -> None:
    report = example.perfect(name="Grace Hopper", section="B")
    validate(report, "report")
    assert report["schema"] == "labgrader.report/1"
    assert report["status"] == "complete"
    assert report["lab"] == {"id": "lambda-optimization", "version": "1.0.0", "title": "Lambda Function Optimization"}
    assert report["student"] == {
        "student_id": "s-user2",
        "username": "user2",
        "name": "Grace Hopper",
        "section": "B",
    }
    assert report["score"] == {"points": 100, "max_points": 100, "percent": 100, "open_points": 0}
    assert report["snapshot_taken_at"] == "2026-01-01T09:00:07Z"
    assert report["graded_at"] == "2026-01-01T09:01:30Z"
    assert report["checks"][0] == {
        "id": "baseline-function",
        "check": "report_configuration",
        "kind": "configuration",
        "title": "user2-baseline-function exists",
        "task": "Task 1",
        "requires": [],
        "status": "passed",
        "points": 33.33,
        "max_points": 33.33,
        "message": "",
        "expected": "",
        "observed": "",
        "hint": "",
        "visibility": "visible",
        "evidence": [],
    }
    assert [check["kind"] for check in report["checks"]] == [
        "configuration",
        "configuration",
        "behaviour",
        "performance",
    ]
    assert "previous" not in report
    assert report["comparisons"] == []


def test_a_student_with_something_of_everything(example: Any) -> None:
    report = example.mixed()
    validate(report, "report")
    assert report["status"] == "incomplete"
    assert [(check["status"], check["points"]) for check in report["checks"]] == [
        ("passed", 33.33),
        ("partial", 16.66),
        ("failed", 0),
        ("not_graded", 0),
    ]
    assert report["score"] == {"points": 49.99, "max_points": 100, "percent": 49.99, "open_points": 20}
    assert report["checks"][1]["message"] == "not attached: user1-lambda-utils"
    assert report["checks"][1]["requires"] == ["baseline-function"]
    assert report["checks"][2]["visibility"] == "hidden"
    assert report["advice"] == [
        {
            "id": "memory-advice",
            "title": "Versions keep the memory they were published with",
            "message": "version 1 has 256 MB",
            "hint": "publish again after the memory is set",
            "reason": "student",
        }
    ]
    assert report["previous"]["changes"] == [{"check": "layers-attached", "from": "failed", "to": "partial"}]
    (test,) = report["load_tests"]
    assert test["id"] == "holds-under-load"
    assert test["requests"] == test["succeeded"] + test["throttled"] + test["function_errors"]
    assert test["latency_ms"]["p95"] == 668.2
    assert test["p95_interval_ms"] == [655, 702]
    assert len(test["samples"]) == 100
    (comparison,) = report["comparisons"]
    assert comparison["baseline_ms"] == [2104.2, 2087.9, 2093, 2110.5]


def test_a_student_who_built_nothing(example: Any) -> None:
    report = example.empty()
    validate(report, "report")
    assert report["status"] == "complete"
    assert [check["status"] for check in report["checks"]] == ["failed", "skipped", "failed", "failed"]
    assert report["checks"][1]["message"] == "Skipped: fix “user3-baseline-function exists” first."
    assert report["score"] == {"points": 0, "max_points": 100, "percent": 0, "open_points": 0}


def test_points_of_checks_add_up_to_the_score(example: Any) -> None:
    third = partial(1 / 3, "one of three")
    report = example.report(example.student(), dict.fromkeys(example.all_passed, third))
    validate(report, "report")
    total = sum(Decimal(str(check["points"])) for check in report["checks"])
    assert [check["points"] for check in report["checks"]] == [11.11, 11.11, 4.45, 6.67]
    assert total == Decimal(str(report["score"]["points"])) == Decimal("33.34")


def test_report_without_a_snapshot_has_the_time_of_grading(example: Any) -> None:
    report = example.report(example.student(), {}, snapshot=None, account_id="", region="")
    validate(report, "report")
    assert report["snapshot_taken_at"] == report["graded_at"] == "2026-01-01T09:01:30Z"
    assert {check["status"] for check in report["checks"]} == {"not_graded"}
    assert report["score"]["open_points"] == 100


def test_advice_that_is_not_graded_or_does_not_apply_is_dropped(example: Any) -> None:
    item = example.lab.advice[0]
    advice = [(item, not_graded("denied")), (item, passed("fine")), (item, failed("256 MB"))]
    report = example.report(example.student(), example.all_passed, advice=advice)
    assert [entry["message"] for entry in report["advice"]] == ["256 MB"]


def test_advice_without_a_hint_has_the_hint_of_the_lab(example: Any) -> None:
    item = Item("old", "report_configuration", "python3.9 is past its end", hint="choose python3.12")
    report = example.report(example.student(), example.all_passed, advice=[(item, failed("python3.9"))])
    assert report["advice"][0]["hint"] == "choose python3.12"


def test_failed_check_without_a_message_gets_a_message(example: Any) -> None:
    report = example.report(example.student(), {**example.all_passed, "answers-bad-json": failed("")})
    validate(report, "report")
    assert report["checks"][2]["message"] == "the check gave no reason"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_stored_safely(example: Any, text: str) -> None:
    verdict = failed(text, expected=text, observed=text, hint=text, evidence=[text])
    report = example.report(
        example.student(name=text, section=text),
        {**example.all_passed, "answers-bad-json": verdict},
        load_results=[("holds-under-load", example.load_result(error_samples=(text,), cut_short=text, target=text))],
        advice=[(example.lab.advice[0], failed(text, hint=text))],
    )
    validate(report, "report")
    stored = encoded(report).decode()
    assert json.loads(stored.encode()) == report
    assert "\\ud83d" not in stored
    assert "\\u202e" not in stored
    assert "\\u0000" not in stored
    assert report["checks"][2]["message"] == clean(text)
    assert report["student"]["name"] == clean(text)


def test_long_text_is_cut_and_says_so(example: Any) -> None:
    long = "x" * 100_000
    verdict = failed(long, observed=long, evidence=[long] * 100)
    report = example.report(example.student(), {**example.all_passed, "answers-bad-json": verdict})
    validate(report, "report")
    check = report["checks"][2]
    assert check["message"] == "x" * MAX_TEXT + "… (96000 more characters)"
    assert len(check["evidence"]) == MAX_EVIDENCE + 1
    assert check["evidence"][-1] == "… (80 more lines)"
    assert clean("x" * MAX_TEXT) == "x" * MAX_TEXT


def test_report_is_the_same_for_the_same_arguments(example: Any) -> None:
    assert encoded(example.mixed()) == encoded(example.mixed())


def test_report_names_a_check_that_does_not_exist(example: Any) -> None:
    item = Item("gone", "no_such_check", "Gone", "Task 1", 1)
    with pytest.raises(BadInputError, match="there is no check 'no_such_check'"):
        example.report(example.student(), {}, score=score([item], {"gone": Verdict("passed", 1.0)}))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\tc", "a\nb\tc"),
        ("a\x00b", "a�b"),
        ("\u202eevil", "�evil"),
        ("\u2066x\u2069", "�x�"),
        ("\ud800", "�"),
        ("عمر الخيام", "عمر الخيام"),
        ("👩‍🚀", "👩‍🚀"),
        (None, "None"),
    ],
)
def test_clean_replaces_unsafe_characters_and_cuts(text: object, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (8.0, "8"), (7.5, "7.5"), (33.333, "33.33"), (100, "100"), (12345.67, "12345.67")]
)
def test_points_text_formats_points(value: float, shown: str) -> None:
    assert points_text(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.8412, "0.841 ms"), (9.994, "9.99 ms"), (10, "10 ms"), (2150.4, "2,150 ms"), (0, "0 ms")]
)
def test_milliseconds_text_formats_latencies(value: float, shown: str) -> None:
    assert milliseconds_text(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0012, "0.0012"), (0.982, "0.98"), (1, "1.00"), (9.994, "9.99"), (36.41, "36.4"), (100, "100"), (1234, "1,234")],
)
def test_ratio_text_formats_ratios(value: float, shown: str) -> None:
    assert ratio_text(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "$0"), (0.00002312, "$0.000023"), (0.05, "$0.05"), (1.25, "$1.2"), (120, "$120")]
)
def test_dollars_text_has_two_significant_digits(value: float, shown: str) -> None:
    assert dollars_text(value) == shown


def test_moment_text_and_counted_format_times_and_numbers() -> None:
    assert moment_text("2026-01-01T09:30:00Z") == "1 January 2026, 09:30 UTC"
    assert moment_text("2026-01-01T09:30:00+02:00") == "1 January 2026, 07:30 UTC"
    assert moment_text("yesterday") == "yesterday"
    assert (counted(1, "check"), counted(1200, "check")) == ("1 check", "1,200 checks")
    assert (rounded(4.0), rounded(1 / 3), rounded(math.nan)) == (4, 0.33, 0)
    assert isinstance(rounded(4.0), int)


def test_a_report_says_that_the_student_has_no_resource_at_all(example: Any) -> None:
    def report(functions: list[str]) -> dict[str, Any]:
        answers = Answers.from_dict({"lambda:ListFunctions": {"value": functions}})
        snapshot = Snapshot("user1", "000000000000", "us-east-1", answers=answers)
        built: dict[str, Any] = example.report(example.student(), example.all_passed, snapshot=snapshot)
        validate(built, "report")
        return built

    assert report([])["nothing_found"] is True
    assert "nothing_found" not in report(["user1-function"])
    assert "nothing_found" not in example.report(example.student(), example.all_passed, snapshot=None)
