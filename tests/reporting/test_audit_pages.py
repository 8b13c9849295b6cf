"""The pages of an audit: of a student, and of a class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labgrader.judging.scoring import ScoredCheck
from labgrader.judging.verdict import failed, passed, skipped
from labgrader.reporting.audit import build_audit
from labgrader.reporting.audit_view import MAX_LINES, MAX_ROWS
from labgrader.reporting.html import render_student
from tests.reporting.audited_student import (
    BEFORE,
    COST,
    FAILED,
    ITEM,
    PASSED,
    STOP,
    class_page,
    quiet,
    report_of,
)
from tests.reporting.page_reading import safe


def test_the_page_of_a_student_says_what_is_carried_over_and_what_changed(example: Any) -> None:
    page = render_student(report_of(example))
    assert "· audit</p>" in page
    assert (
        "<strong>1 result is carried over</strong> from the graded run of 1 January 2026, 09:00 UTC "
        '<span class="quiet">(<bdi>graded</bdi>)</span>. An audit reads the configuration and invokes no function.'
    ) in page
    assert page.count('<span class="tag">carried over</span>') == 1
    assert '<h3 class="found">Worse than before</h3>' in page
    assert "33.33&nbsp;points at stake" in page
    assert "33.33&nbsp;points more now" in page
    assert "lost" not in safe(page).text
    assert '<span class="would">in a graded run now</span>' in page
    assert (
        "An audit changes no grade. The points above are those that a graded run would give now, if the carried-over "
        "results are still right. The grade stays as it was."
    ) in safe(page).text
    assert "<li><bdi>function user1-x</bdi></li>" in page
    assert "$0.36" in page
    assert "Since the last run" not in page
    assert "The lab has changed" not in page


def test_the_page_of_an_audit_names_the_run_of_the_grade(example: Any) -> None:
    previous = {"run_id": "graded", "points": 100, "changes": []}
    page = safe(render_student(report_of(example) | {"previous": previous}))
    assert "The grade of run graded stays: 100 points." in page.text
    one = safe(render_student(quiet(example, "user1") | {"previous": {**previous, "points": 1}}))
    assert (
        "The points above are those that a graded run would give now. The grade of run graded stays: 1 point."
        in one.text
    )


def test_what_waits_for_another_check_stands_under_it_and_is_counted(example: Any) -> None:
    items = (
        ITEM,
        replace(ITEM, id="first-after", title="First after", points=2, requires=("alias",)),
        replace(ITEM, id="second-after", title="Second after", points=1.5, requires=("first-after",)),
        replace(ITEM, id="elsewhere", title="Elsewhere", points=1, requires=("failed-before",)),
        replace(ITEM, id="failed-before", title="Failed before", points=1),
        replace(ITEM, id="queue", title="The queue is there", points=3),
    )
    lab = replace(example.lab, checks=tuple(replace(item, check="report_configuration") for item in items), advice=())
    verdicts = {
        "alias": failed("there is no alias prod"),
        "first-after": skipped("waits"),
        "second-after": skipped("waits"),
        "elsewhere": skipped("waits"),
        "failed-before": failed("as it did before"),
        "queue": failed("there is no queue"),
    }
    audit = build_audit(
        compared_with=BEFORE,
        known={item.id: FAILED if item.id == "failed-before" else PASSED for item in items},
        scored=[ScoredCheck(item, verdicts[item.id], 0) for item in lab.checks],
        gone=[],
        running=[],
        carried_over_from=None,
    )
    report = example.report(example.student(), verdicts, lab=lab, mode="audit", audit=audit)
    assert len(report["audit"]["drifted"]) == 5, "the report has them all"
    text = safe(render_student(report)).text
    worse = text[text.index("Worse than before") : text.index("Checks Status")]
    assert "Alias prod is there : ✓ Passed → ✗ Failed 8 points at stake" in worse
    assert "and 2 checks that come after it: 3.5 points at stake" in worse
    assert "First after" not in worse
    assert "Second after" not in worse
    assert "Elsewhere : ✓ Passed → – Skipped 1 point at stake" in worse
    assert "The queue is there : ✓ Passed → ✗ Failed 3 points at stake" in worse


def test_every_check_passed_as_far_as_an_audit_can_tell(example: Any) -> None:
    passed_then = report_of(example, known={}, verdicts={"layers-attached": passed()})
    assert "Every check passed, as far as an audit can see." in safe(render_student(passed_then)).text
    assert "Every check passed." in safe(render_student(quiet(example, "user1"))).text


def test_what_costs_money_has_the_command_that_stops_it(example: Any) -> None:
    page = render_student(report_of(example))
    assert f'<pre class="stop"><code>{STOP}</code></pre>' in page
    without = render_student(report_of(example, running=[replace(COST, stop="")]))
    assert "$0.36" in without
    assert '<pre class="stop">' not in without


def test_the_page_of_a_first_audit_says_so(example: Any) -> None:
    page = render_student(report_of(example, compared_with=None, known={}, gone=[], running=[]))
    assert "This is the first run of this student. The next audit compares with it." in page
    assert "The audit found no change." not in page
    assert "Resources that cost money" not in page


def test_the_page_of_a_quiet_night_says_so(example: Any) -> None:
    page = render_student(quiet(example, "user1"))
    assert "The audit found no change." in page
    assert "carried over" not in page


def test_the_page_says_where_the_lab_itself_changed(example: Any) -> None:
    page = render_student(report_of(example, compared_with={**BEFORE, "lab_version": "0.9.0"}))
    assert "The lab has changed from version 0.9.0 to 1.0.0 since then. That may be the cause of a difference." in page


def test_a_graded_run_has_no_word_of_an_audit(example: Any) -> None:
    for page in (render_student(example.mixed()), class_page(example, [example.mixed()])):
        for words in (
            "audit",
            "carried over",
            "Resources that cost money",
            "Since the previous run",
            "not shown to you",
        ):
            assert words not in page.partition("</style>")[2]


def test_the_class_page_says_who_drifted_what_is_gone_and_what_it_costs(example: Any) -> None:
    skipped_too = report_of(
        example,
        "user3",
        known={"layers-attached": PASSED, "holds-under-load": PASSED},
        verdicts={"holds-under-load": skipped("comes later")},
    )
    page = class_page(example, [report_of(example, name="<b>Ada</b>"), quiet(example, "user2"), skipped_too])
    assert (
        "An audit changes no grade. The points and percents on this page are those that a graded run would give now. "
        "The grades of the last graded run stay. This audit invoked no function. 2 results of 2 students are carried "
        "over from the graded run of 1 January 2026, 09:00 UTC. They are in parentheses below."
    ) in safe(page).text
    assert page.count('title="Bad JSON gets 400: carried over from the graded run of ') == 2
    assert page.count('<i aria-hidden="true">(✓)</i><b>Passed</b></a></td>') == 2
    assert "(✓) Carried over from a graded run, not checked by this audit" in safe(page).text
    assert "gradebook.csv . The points of an audit are not grades." in safe(page).text
    assert "Optimized function uses both layers: passed → failed" in page
    assert "and 1 check that comes after it" in page
    assert "function user1-x" in page
    assert '<bdi>&lt;b&gt;Ada&lt;/b&gt;</bdi></a> <span class="quiet">user1</span>' in page
    assert page.count("provisioned concurrency, 2 × 512 MB") == 2
    assert "$0.72" in page
    assert page.count(f"<code>{STOP}</code>") == 2


def test_the_class_page_of_a_first_and_of_a_quiet_night(example: Any) -> None:
    first = report_of(example, compared_with=None, known={}, gone=[], running=[])
    assert "This is the first run of 1 student. The next audit compares with it." in class_page(example, [first])
    assert "Nothing changed" not in class_page(example, [first])
    assert "The audit found no change." in class_page(example, [quiet(example, "user1")])


def test_a_large_class_is_bounded_on_its_page(example: Any) -> None:
    one = report_of(example, gone=[f"table user1-{number}" for number in range(MAX_LINES + 2)])
    reports = [{**one, "student": {**one["student"], "username": f"user{number}"}} for number in range(MAX_ROWS + 3)]
    page = class_page(example, reports)
    assert "3 more students changed. Their reports have the details." in page
    assert "Total, with 3 more" in page
    assert "and 2 more" in page
