"""The class page: what needs attention, sections, totals, the order by points, the links from the matrix."""

from __future__ import annotations

import re
from typing import Any

from labgrader.judging.verdict import failed, not_graded, passed
from labgrader.reporting.class_view import MAX_NAMED
from labgrader.reporting.html import render_class, render_student
from labgrader.reporting.run_summary import build_run
from tests.reporting.page_reading import Page, safe


def class_page(example: Any, reports: list[Any], mode: str = "grade") -> str:
    run = build_run(
        run_id="r",
        lab=example.lab,
        mode=mode,
        status="complete",
        started_at="2026-01-01T09:00:00Z",
        finished_at="2026-01-01T09:02:00Z",
        reports=[(example.student(report["student"]["username"]), report, "key") for report in reports],
    )
    return render_class(run, reports, example.lab)


def without_resources(example: Any, username: str, region: str = "us-east-1") -> Any:
    return {**example.empty(username), "nothing_found": True, "region": region}


def part(page: Page, start: str, end: str) -> str:
    return page.text[page.text.index(start) : page.text.index(end)]


def test_students_without_any_resource_are_listed_by_account_and_region(example: Any) -> None:
    reports = [
        without_resources(example, "user1"),
        example.empty("user2"),
        without_resources(example, "user3"),
        without_resources(example, "user4", "eu-west-1"),
    ]
    page = safe(class_page(example, reports))
    assert part(page, "Needs attention", "Distribution") == (
        "Needs attention Nothing at all in the account "
        "2 students have nothing at all in account 000000000000, Region us-east-1: check the list — user1 , user3 "
        "1 student has nothing at all in account 000000000000, Region eu-west-1: check the list — user4 "
    )


def test_students_who_are_not_graded_need_attention(example: Any) -> None:
    page = safe(class_page(example, [example.mixed("user1"), example.perfect("user2")]))
    assert part(page, "Needs attention", "Distribution") == (
        "Needs attention Not graded These points are open and not lost. Grade these students again to get a result. "
        "lambda:InvokeFunction: AccessDeniedException: not allowed — 1 check of user1 "
    )


def audited(report: dict[str, Any], *, drifted: bool = False, gone: bool = False) -> Any:
    change = {"check": "layers-attached", "title": "x", "from": "passed", "to": "failed", "message": "", "points": 1}
    audit = {
        "compared_with": {"run_id": "before", "graded_at": "2026-01-01T23:00:00Z", "lab_version": "1.0.0"},
        "drifted": [change] if drifted else [],
        "mended": [],
        "gone": ["function user1-x"] if gone else [],
        "running": [],
        "usd_per_day": 0,
        "carried_over_from": None,
    }
    return {**report, "mode": "audit", "audit": audit}


def test_students_who_are_worse_than_before_need_attention(example: Any) -> None:
    reports = [
        audited(example.perfect("user1"), drifted=True),
        audited(example.perfect("user2")),
        audited(example.perfect("user3"), gone=True),
    ]
    page = safe(class_page(example, reports, "audit"))
    assert part(page, "Needs attention", "Since the previous run") == (
        "Needs attention Worse than in the previous run 2 students — user1 , user3 . See the changes "
    )
    assert ("a", {"href": "#changes"}) in page.tags
    assert ("section", {"id": "changes"}) in page.tags


def test_nothing_needs_attention_when_all_students_are_graded(example: Any) -> None:
    for page in (
        class_page(example, [example.perfect("user1"), example.empty("user2")]),
        class_page(example, [audited(example.perfect("user1"))], "audit"),
    ):
        assert "Needs attention" not in page


def test_a_line_names_twelve_students_and_counts_the_others(example: Any) -> None:
    for students, more in ((MAX_NAMED, ""), (MAX_NAMED + 1, " and 1 more"), (MAX_NAMED + 2, " and 2 more")):
        page = safe(class_page(example, [without_resources(example, f"user{number}") for number in range(students)]))
        assert f"{students} students have nothing at all in account" in page.text
        assert f"user{MAX_NAMED - 1}{more} Distribution" in page.text


def test_each_section_is_a_group_with_its_mean(example: Any) -> None:
    reports = [
        example.perfect("user1", section="B"),
        example.empty("user2", section="A"),
        example.mixed("user3", section="B"),
        example.perfect("user4"),
        example.perfect("user5", section="A"),
    ]
    page = safe(class_page(example, reports))
    matrix = re.sub(
        r" [✓◐✗–?] (Passed|Partly|Failed|Skipped|Not graded)", "", part(page, "Student Points", "Students by")
    )
    assert matrix.partition("Holds 20 requests in flight ")[2] == (
        "Section B 100 mean of 1 of 2 students · 1 with full marks · 1 not fully graded user1 100 user3 49.99 +20? "
        "Section A 50 mean of 2 of 2 students · 1 with full marks · 0 not fully graded user2 0 user5 100 "
        "No section 100 mean of 1 of 1 student · 1 with full marks · 0 not fully graded user4 100 "
        "Class 75 mean of 4 of 5 students · 3 with full marks · 1 not fully graded "
    )


def test_a_class_without_sections_is_one_group_with_a_total(example: Any) -> None:
    page = safe(class_page(example, [example.perfect("user1"), example.empty("user2")]))
    assert "No section" not in page.text
    assert page.text.count("mean of") == 1
    assert "Class 50 mean of 2 of 2 students · 1 with full marks · 0 not fully graded" in page.text


def test_a_class_that_is_not_graded_has_no_mean(example: Any) -> None:
    page = safe(class_page(example, [example.report(example.student("user1"), {})]))
    assert "Class – mean of 0 of 1 student · 0 with full marks · 1 not fully graded" in page.text


def test_students_are_listed_by_points_with_the_best_first(example: Any) -> None:
    reports = [
        example.empty("user1", name="Ada Lovelace"),
        example.perfect("user2", section="A"),
        example.mixed("user3"),
        example.perfect("user4"),
    ]
    page = safe(class_page(example, reports))
    assert part(page, "Students by points", "Check by check") == (
        "Students by points 100 user2 · section A 100 user4 49.99 +20? user3 0 Ada Lovelace user1 "
    )
    assert "Students by points" not in class_page(example, reports[:1])


def test_a_cell_links_to_its_check_on_the_page_of_the_student(example: Any) -> None:
    verdicts = {**example.all_passed, "layers-attached": failed("no layers"), "answers-bad-json": not_graded("denied")}
    page = class_page(example, [example.report(example.student("user1"), verdicts)])
    assert (
        '<td class="failed"><a href="reports/user1.html#check-layers-attached" title="Optimized function uses both '
        'layers: failed, 0 of 33.33 points. no layers"><i aria-hidden="true">✗</i><b>Failed</b></a></td>'
    ) in page
    assert '<td class="passed"><i aria-hidden="true">✓</i><b>Passed</b></td>' in page
    targets = [attributes.get("id") for _, attributes in Page(render_student(example.mixed("user1"))).tags]
    for target in re.findall(r'href="reports/user1\.html#([^"]+)"', page):
        assert target in targets


def test_the_page_of_a_student_links_back_only_if_it_has_a_class_page(example: Any) -> None:
    report = example.report(example.student(), {**example.all_passed, "layers-attached": passed()})
    assert '<a href="../class.html">← Class page</a>' in render_student(report, "../class.html")
    assert "class.html" not in render_student(report)


def test_the_page_of_a_student_says_that_nothing_was_found(example: Any) -> None:
    said = (
        "There is nothing at all in account 000000000000, Region us-east-1. No resource there has a name that begins "
        "with user1- . Check the account, the Region and the username."
    )
    assert said in safe(render_student(without_resources(example, "user1"))).text
    assert "There is nothing at all" not in safe(render_student(example.empty("user1"))).text
