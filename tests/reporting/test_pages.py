"""The pages: whole, escaped, without script, the same every time, and they say what matters in plain words."""

from __future__ import annotations

import dataclasses
import html
import re
import subprocess
import sys
from typing import Any

import pytest

from labgrader.judging.verdict import failed, not_graded, partial, passed
from labgrader.labs.lab import Item
from labgrader.reporting.html import render_class, render_student
from labgrader.reporting.run_summary import build_run
from tests.reporting.page_reading import safe

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "half \ud83d of a pair \u202egnp.exe",
]


def class_page(example: Any, students: list[tuple[Any, Any]], lab: Any = None) -> str:
    run = build_run(
        run_id="r",
        lab=lab or example.lab,
        mode="grade",
        status="complete",
        started_at="2026-01-01T09:00:00Z",
        finished_at="2026-01-01T09:02:00Z",
        reports=[(student, report, f"runs/r/reports/{student.username}.json") for student, report in students],
    )
    return render_class(run, [report for _, report in students], lab or example.lab)


def trio(example: Any) -> list[tuple[Any, Any]]:
    return [
        (example.student("user1", name="Ada Lovelace"), example.mixed(name="Ada Lovelace")),
        (example.student("user2"), example.perfect()),
        (example.student("user3"), example.empty()),
    ]


# --- one student -----------------------------------------------------------------------------------------------------


def test_a_student_with_something_of_everything(example: Any) -> None:
    report = example.mixed(name="Ada Lovelace", section="A")
    page = safe(render_student(report))
    for check in report["checks"]:
        assert check["title"] in page.text
    for words in (
        "Ada Lovelace",
        "section A",
        "49.99 of 100 points",
        "Incomplete: 20 points are open and not lost. labgrader could not grade 1 check. "
        "This is not the student’s fault. Grade this student again to get a result.",
        "What to fix Optimized function uses both layers 16.67 points Bad JSON gets 400 13.34 points",
        "not attached: user1-lambda-utils",
        "Expected user1-shared-dependencies and user1-lambda-utils",
        "Observed user1-shared-dependencies:1",
        "aws lambda update-function-configuration --function-name user1-optimized-function --layers ARN ARN",
        "layers of $LATEST: user1-shared-dependencies:1",
        "◐ Partly",
        "✗ Failed",
        "? Not graded",
        "hidden from students",
        "20 requests kept in flight until 100 requests were sent",
        "throttled 4 ReservedFunctionConcurrentInvocationLimitExceeded: the function's own reserved concurrency 4",
        "the 95th percentile is between 655 ms and 702 ms",
        "Task timed out after 3.00 seconds",
        "33.33 points then, 49.99 now",
        "version 1 has 256 MB",
        "Recorded 1 January 2026, 09:00 UTC, graded 1 January 2026, 09:01 UTC in account 000000000000, us-east-1.",
    ):
        assert words in page.text, words
    assert [attributes["class"] for tag, attributes in page.tags if tag == "svg"] == ["chart"] * 3
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert ids == ["content", *(f"check-{check['id']}" for check in report["checks"])]


def test_the_page_of_a_perfect_student_says_that_every_check_passed(example: Any) -> None:
    page = safe(render_student(example.perfect()))
    assert "Every check passed." in page.text
    assert "Incomplete" not in page.text
    assert "What to fix" not in page.text
    assert "Load tests" not in page.text
    assert "100 of 100 points" in page.text


def test_a_student_who_built_nothing(example: Any) -> None:
    page = safe(render_student(example.empty()))
    assert "0 of 100 points" in page.text
    assert "Skipped: fix “user3-baseline-function exists” first." in page.text
    assert (
        "What to fix user3-baseline-function exists 33.33 points, and 33.33 more in 1 check that waits for it "
        "Bad JSON gets 400 13.34 points Holds 20 requests in flight 20 points"
    ) in page.text


def test_an_open_point_is_said_in_the_singular(example: Any) -> None:
    lab = dataclasses.replace(
        example.lab, checks=(Item("one", "report_configuration", "One", "Task 1", 1),), points=1.0
    )
    page = safe(render_student(example.report(example.student(), {"one": not_graded("denied")}, lab=lab)))
    assert "Incomplete: 1 point is open and not lost. labgrader could not grade 1 check." in page.text


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_student_wrote_is_shown_and_never_run(example: Any, text: str) -> None:
    verdict = partial(0.5, text, expected=text, observed=text, hint=text, evidence=[text, text])
    report = example.report(
        example.student(name=text, section=text),
        {**example.all_passed, "layers-attached": verdict},
        load_results=[
            (
                "holds-under-load",
                example.newer_load_result(
                    target=text, error_samples=(text,), cut_short=text, notes=(text,), throttle_reasons={text: 1}
                ),
            )
        ],
        comparisons=[
            (
                "holds-under-load",
                example.comparison(baseline=text, candidate=text, notes=(text,), baseline_errors=(text,)),
            )
        ],
        advice=[(example.lab.advice[0], failed(text, hint=text))],
    )
    page = render_student(report)
    page.encode()
    read = safe(page)
    shown = report["checks"][1]["message"]
    assert read.text.count(" ".join(shown.split())) >= 10
    assert text not in page or text == html.escape(text)


def test_the_same_report_gives_the_same_page(example: Any) -> None:
    assert render_student(example.mixed()) == render_student(example.mixed())


# --- a class ---------------------------------------------------------------------------------------------------------


def test_a_class_of_three(example: Any) -> None:
    page = safe(class_page(example, trio(example)))
    for item in example.lab.checks[1:]:
        assert item.title in page.text
    for words in (
        "students 3",
        "full marks 1",
        "median 50%",
        "not fully graded 1",
        "2 students, by percent of the points. 1 student is not fully graded and not shown.",
        "lambda:InvokeFunction: AccessDeniedException: not allowed — 1 check of user1",
        "USERNAME-baseline-function exists",
        "49.99 +20?",
        "You noted the execution times",
        "what you noted stays with you",
    ):
        assert words in page.text, words
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert set(links) == {
        "#content",
        "gradebook.csv",
        "reports/user1.html",
        "reports/user1.html#check-layers-attached",
        "reports/user1.html#check-answers-bad-json",
        "reports/user1.html#check-holds-under-load",
        "reports/user2.html",
        "reports/user3.html",
        *(f"reports/user3.html#check-{item.id}" for item in example.lab.checks),
    }


def test_what_failed_most_comes_first_with_its_most_common_message(example: Any) -> None:
    def student(number: int, message: str) -> tuple[Any, Any]:
        username = f"user{number}"
        verdicts = {**example.all_passed, "layers-attached": failed(message.format(username))}
        if number == 1:
            verdicts["answers-bad-json"] = failed("500")
        return example.student(username), example.report(example.student(username), verdicts)

    page = safe(
        class_page(
            example,
            [
                student(1, "{0}-utils is missing"),
                student(10, "{0}-utils is missing"),
                student(11, "no layers on {0}-f"),
            ],
        )
    )
    place = page.text.index("Most frequent failures")
    assert page.text[place:].startswith(
        "Most frequent failures 3 Optimized function uses both layers 2 of them: “ USERNAME-utils is missing ” "
        "1 Bad JSON gets 400 “ 500 ”"
    )


def test_a_message_keeps_the_name_of_another_student(example: Any) -> None:
    student = example.student("user1")
    verdicts = {**example.all_passed, "layers-attached": failed("user1-f uses a layer of user10-x")}
    page = safe(class_page(example, [(student, example.report(student, verdicts))]))
    assert "“ USERNAME-f uses a layer of user10-x ”" in page.text


def test_the_table_has_a_row_for_each_student_and_a_cell_for_each_check(example: Any) -> None:
    page = class_page(example, trio(example))
    body = page[page.index('class="matrix"') : page.index("Check by check")]
    cell = re.compile(r'<td class="(\w+)">(?:<a [^>]*>)?<i aria-hidden="true">(.)</i><b>([^<]*)</b>(?:</a>)?</td>')
    passed_cell = ("passed", "✓", "Passed")
    failed_cell = ("failed", "✗", "Failed")
    assert [cell.findall(row) for row in body.split("<tr><th")[1:]] == [
        [passed_cell, ("partial", "◐", "Partly"), failed_cell, ("not_graded", "?", "Not graded")],
        [passed_cell] * 4,
        [failed_cell, ("skipped", "–", "Skipped"), failed_cell, failed_cell],
    ]
    assert (
        "Optimized function uses both layers: partly, 16.66 of 33.33 points. not attached: user1-lambda-utils" in body
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_in_a_class(example: Any, text: str) -> None:
    lab = dataclasses.replace(
        example.lab, title=text, checks=tuple(dataclasses.replace(item, title=text) for item in example.lab.checks)
    )
    students = [
        (
            example.student(username, name=text),
            example.report(
                example.student(username, name=text),
                {**example.all_passed, "layers-attached": failed(text), "answers-bad-json": not_graded(text)},
                lab=lab,
            ),
        )
        for username in ("user1", "user2")
    ]
    page = class_page(example, students, lab)
    page.encode()
    safe(page)


def test_a_class_page_without_students_or_without_grades(example: Any) -> None:
    assert "students 0" in safe(class_page(example, [])).text
    student = example.student("user1")
    page = safe(class_page(example, [(student, example.report(student, {}))]))
    assert "median –" in page.text
    assert "No graded check failed." in page.text


def test_a_class_of_three_hundred_is_one_page_of_reasonable_size(example: Any) -> None:
    students = []
    for number in range(300):
        student = example.student(f"user{number}", name=f"Student {number}")
        verdicts = {**example.all_passed, "layers-attached": failed("x") if number % 3 else passed()}
        students.append((student, example.report(student, verdicts)))
    page = class_page(example, students)
    safe(page)
    assert len(page) < 300_000
    assert page == class_page(example, students)


def test_the_report_is_built_without_loading_what_draws_pages() -> None:
    code = (
        "import sys, labgrader.reporting.report, labgrader.reporting.gradebook, labgrader.reporting.run_summary, "
        "labgrader.schemas; assert not {'jinja2', 'jsonschema', 'markupsafe'} & set(sys.modules); "
        "import labgrader.reporting.html; assert 'jinja2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
