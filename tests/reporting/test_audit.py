"""What an audit says of a student and of a class."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from labgrader.evidence.running_costs import RunningCost
from labgrader.judging.carry_over import share_of
from labgrader.judging.scoring import ScoredCheck
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed, skipped
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.audit import build_audit, known_after
from labgrader.reporting.audit_summary import MAX_ENTRIES, MAX_STUDENTS, audit_entry, build_audit_summary
from labgrader.reporting.audit_view import MAX_LINES, MAX_ROWS
from labgrader.reporting.html import render_class, render_student
from labgrader.reporting.run_summary import build_run
from labgrader.schemas import InvalidDocumentError, validate
from tests.reporting.page_reading import safe

ITEM = Item("alias", "alias_serves", "Alias prod is there", "Task 1", 8)
PASSED = {"status": "passed", "share": 1.0}
HALF = {"status": "partial", "share": 0.5}
FAILED = {"status": "failed", "share": 0.0}
SKIPPED = {"status": "skipped", "share": 0.0}
BEFORE = {"run_id": "before", "graded_at": "2026-01-01T23:00:00Z", "lab_version": "1.0.0"}
STOP = "aws lambda delete-provisioned-concurrency-config --function-name user1-f --qualifier prod"
COST = RunningCost("user1-f:prod", "provisioned concurrency, 2 × 512 MB", 0.36000072, STOP)


def audited(
    verdict: Verdict, before: dict[str, Any] | None = None, item: Item = ITEM, **changes: Any
) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "compared_with": BEFORE,
        "known": {item.id: before} if before else {},
        "scored": [ScoredCheck(item, verdict, round(verdict.fraction * item.points, 2))],
        "gone": [],
        "running": [],
        "carried_over_from": None,
    }
    return build_audit(**{**arguments, **changes})


@pytest.mark.parametrize(
    ("before", "now", "drifted", "mended"),
    [
        (PASSED, failed("gone"), 8, None),
        (PASSED, skipped("comes later"), 8, None),
        (PASSED, partial(0.75, "one is missing"), 2, None),
        (HALF, partial(0.25, "two are missing"), 2, None),
        (HALF, failed("gone"), 4, None),
        (HALF, skipped("comes later"), 4, None),
        (HALF, partial(0.5, "one is missing"), None, None),
        (HALF, partial(0.5003, "rounded"), None, None),
        (HALF, partial(0.75, "better"), None, 2),
        (HALF, passed(), None, 4),
        (FAILED, passed(), None, 8),
        (SKIPPED, passed(), None, 8),
        (FAILED, partial(0.5, "half"), None, 4),
        (FAILED, skipped("comes later"), None, None),
        (SKIPPED, failed("gone"), None, None),
        (PASSED, passed(), None, None),
        (PASSED, not_graded("AccessDenied"), None, None),
        (None, failed("new in the lab"), None, None),
        ({"status": "not_known", "share": 1.0}, passed(), None, None),
    ],
)
def test_what_drifted_and_what_is_mended(before: Any, now: Verdict, drifted: Any, mended: Any) -> None:
    audit = audited(now, before)
    assert [one["points"] for one in audit["drifted"]] == ([] if drifted is None else [drifted])
    assert [one["points"] for one in audit["mended"]] == ([] if mended is None else [mended])


@pytest.mark.parametrize("points", [0, 0.3, 1, 2, 3.5, 5, 7, 8, 50])
@pytest.mark.parametrize(("done", "of"), [(1, 3), (2, 3), (5, 6), (3, 7), (19, 20)])
def test_a_part_that_was_rounded_is_neither_drift_nor_mended(points: float, done: int, of: int) -> None:
    item = replace(ITEM, points=points)
    check = {"status": "partial", "points": round(done / of * points, 2), "max_points": points}
    known: dict[str, Any] = {"status": "partial", "share": share_of(check)}
    for fraction in (done / of, known["share"]):  # judged now, and carried over
        audit = audited(partial(fraction, "one is missing"), known, item)
        assert (audit["drifted"], audit["mended"]) == ([], [])


def test_a_part_of_other_points_in_another_version_of_the_lab_is_the_same_part() -> None:
    known = {"status": "partial", "share": 0.67}  # two thirds of one point
    audit = audited(partial(2 / 3, "one is missing"), known, replace(ITEM, points=10))
    assert (audit["drifted"], audit["mended"]) == ([], [])


def test_a_difference_says_from_what_to_what_and_why() -> None:
    assert audited(failed("the alias prod does not exist"), PASSED)["drifted"] == [
        {
            "check": "alias",
            "title": "Alias prod is there",
            "from": "passed",
            "to": "failed",
            "message": "the alias prod does not exist",
            "reason": "student",
            "points": 8,
        }
    ]


def test_a_check_that_is_worth_nothing_can_drift() -> None:
    (one,) = audited(failed("gone"), PASSED, replace(ITEM, points=0))["drifted"]
    assert one["points"] == 0


def test_what_could_not_be_told_keeps_what_was_known_before() -> None:
    report = {
        "checks": [
            {"id": "a", "status": "not_graded", "points": 0, "max_points": 4},
            {"id": "b", "status": "not_graded", "points": 0, "max_points": 4},
            {"id": "c", "status": "partial", "points": 1, "max_points": 4},
        ]
    }
    known = known_after({"a": PASSED, "c": PASSED, "removed": PASSED}, report)
    assert known == {"a": PASSED, "c": {"status": "partial", "share": 0.25}}


def test_what_is_running_is_added_up() -> None:
    audit = audited(passed(), running=[COST, COST])
    assert audit["running"][0] == {
        "resource": "user1-f:prod",
        "what": "provisioned concurrency, 2 × 512 MB",
        "usd_per_day": 0.36,
        "stop": STOP,
    }
    assert audit["usd_per_day"] == 0.72


# --- pages and audit.json --------------------------------------------------------------------------------------------


def report_of(example: Any, username: str = "user1", name: str = "", **changes: Any) -> dict[str, Any]:
    """The report of a student of whom an audit has everything to say."""
    lab = example.lab.for_student(username, "000000000000", "us-east-1")
    verdicts = {
        **example.all_passed,
        "layers-attached": failed("not attached: user1-utils"),
        **changes.pop("verdicts", {}),
    }
    found: dict[str, Any] = {
        "compared_with": BEFORE,
        "known": {"layers-attached": PASSED, "baseline-function": FAILED},
        "scored": [ScoredCheck(item, verdicts[item.id], 0) for item in lab.checks],
        "gone": [f"function {username}-x"],
        "running": [COST],
        "carried_over_from": {"run_id": "graded", "graded_at": "2026-01-01T09:00:00Z", "lab_version": "1.0.0"},
        **changes,
    }
    carried = found["carried_over_from"]
    mark = {"answers-bad-json": {name: carried[name] for name in ("run_id", "graded_at")}} if carried else {}
    report = example.report(
        example.student(username, name=name), verdicts, mode="audit", audit=build_audit(**found), carried=mark
    )
    validate(report, "report")
    return dict(report)


def quiet(example: Any, username: str) -> dict[str, Any]:
    return report_of(
        example,
        username,
        known={},
        gone=[],
        running=[],
        carried_over_from=None,
        verdicts={"layers-attached": passed()},
    )


def class_page(example: Any, reports: list[dict[str, Any]]) -> str:
    students = [(example.student(report["student"]["username"]), report, "key") for report in reports]
    run = build_run(
        run_id="r",
        lab=example.lab,
        mode=reports[0]["mode"],
        status="complete",
        started_at="2026-01-02T23:00:00Z",
        finished_at="2026-01-02T23:01:00Z",
        reports=students,
    )
    return render_class(run, reports, example.lab)


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


def test_the_page_of_an_audit_names_the_run_whose_grade_stays(example: Any) -> None:
    previous = {"run_id": "graded", "points": 100, "changes": []}
    page = safe(render_student({**report_of(example), "previous": previous}))
    assert "The grade of run graded stays: 100 points." in page.text
    one = safe(render_student({**quiet(example, "user1"), "previous": {**previous, "points": 1}}))
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
        for words in ("audit", "carried over", "Resources that cost money", "Since the run before", "not shown to you"):
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


def summary(reports: list[dict[str, Any]], lab: Lab) -> dict[str, Any]:
    made = build_audit_summary(
        run_id="r", lab=lab, course="cloud-2026", finished_at="2026-01-02T23:01:00Z", reports=reports
    )
    validate(made, "audit")
    return made


def test_audit_json_has_only_those_with_something_and_counts_everybody(example: Any) -> None:
    made = summary([quiet(example, "user2"), report_of(example), example.mixed("user3")], example.lab)
    (student,) = made["students"]
    assert (student["username"], student["status"], student["not_shown"]) == ("user1", "complete", 0)
    assert [one["check"] for one in student["drifted"]] == ["layers-attached"]
    assert student["gone"] == ["function user1-x"]
    assert made["counts"] == {
        "students": 3,
        "drifted": 1,
        "mended": 1,
        "gone": 1,
        "running": 1,
        "not_graded": 1,
        "first": 0,
    }
    assert (made["course"], made["usd_per_day"], made["more_students"]) == ("cloud-2026", 0.36, 0)


def test_audit_json_says_what_is_carried_over_from_how_many_runs_and_when(example: Any) -> None:
    assert summary([quiet(example, "user1")], example.lab)["carried_over"] is None
    later = {"run_id": "graded-again", "graded_at": "2026-01-02T09:00:00Z", "lab_version": "1.0.0"}
    both = [report_of(example, "user1", carried_over_from=later), report_of(example, "user2")]
    assert summary(both, example.lab)["carried_over"] == {
        "results": 2,
        "students": 2,
        "runs": 2,
        "first": "2026-01-01T09:00:00Z",
        "last": "2026-01-02T09:00:00Z",
    }
    text = safe(class_page(example, both)).text
    assert "carried over from 2 graded runs, 1 January 2026, 09:00 UTC to 2 January 2026, 09:00 UTC" in text


def test_a_command_is_never_cut(example: Any) -> None:
    stop = "aws " + "x" * 290
    (student,) = summary([report_of(example, running=[replace(COST, stop=stop, what="y" * 300)])], example.lab)[
        "students"
    ]
    assert student["running"][0]["stop"] == stop
    assert student["running"][0]["what"].endswith("… (60 more characters)")


def test_nothing_to_say_of_anybody_is_a_summary_too(example: Any) -> None:
    assert summary([quiet(example, "user1")], example.lab)["students"] == []
    assert audit_entry(example.mixed()) is None


@pytest.mark.parametrize("number", [MAX_ENTRIES, MAX_ENTRIES + 1])
def test_what_is_listed_of_a_student_is_bounded(example: Any, number: int) -> None:
    report = report_of(example, gone=[f"table {one}" + "x" * 500 for one in range(number)])
    (student,) = summary([report], example.lab)["students"]
    assert len(student["gone"]) == MAX_ENTRIES
    assert student["not_shown"] == number - MAX_ENTRIES
    assert student["gone"][0].endswith("… (267 more characters)")


def test_ten_thousand_students_are_bounded_and_those_who_drifted_come_first(example: Any) -> None:
    drifted, only_running = report_of(example), report_of(example, known={}, gone=[])

    def named(report: dict[str, Any], number: int) -> dict[str, Any]:
        return {**report, "student": {**report["student"], "username": f"user{number}"}}

    reports = [named(drifted if number >= 9_500 else only_running, number) for number in range(10_000)]
    made = summary(reports, example.lab)
    assert len(made["students"]) == MAX_STUDENTS
    assert made["more_students"] == 10_000 - MAX_STUDENTS
    assert sum(bool(one["drifted"]) for one in made["students"]) == 500
    order = [int(one["username"].removeprefix("user")) for one in made["students"]]
    assert order == sorted(order)
    assert made["counts"]["running"] == 10_000
    assert made["usd_per_day"] == 3600
    assert len(json.dumps(made)) < 2_000_000


def test_what_audit_json_may_not_say_is_refused(example: Any) -> None:
    made = summary([report_of(example)], example.lab)
    made["students"][0]["drifted"][0]["to"] = "not_graded"
    with pytest.raises(
        InvalidDocumentError, match=r"not a valid audit: students.0..drifted.0..to: 'not_graded' is not"
    ):
        validate(made, "audit")


def test_a_summary_keeps_what_failed_before_what_is_only_skipped(example: Any) -> None:
    report = report_of(example)
    (one,) = report["audit"]["drifted"]
    many = [{**one, "to": "skipped"}] * MAX_ENTRIES + [{**one, "to": "failed"}]
    entry = audit_entry({**report, "audit": {**report["audit"], "drifted": many}})
    assert entry is not None
    assert [change["to"] for change in entry["drifted"]] == ["failed"] + ["skipped"] * (MAX_ENTRIES - 1)
    assert entry["not_shown"] == 1
