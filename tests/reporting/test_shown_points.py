"""The shown points of the checks add up to the shown total, wherever they are shown; a property of random labs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cli.output.class_table import Fetched, give_class_table
from labgrader.documents.report import Report, ReportScore
from labgrader.events import student_graded
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed, share
from labgrader.labs.lab import Lab
from labgrader.labs.points import points_text, total_points
from labgrader.reporting.exports.csv import COLUMNS, RUN_COLUMNS, render_csv
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.reporting.html import render_class, render_student
from labgrader.reporting.run_summary import build_run
from labgrader.reporting.student_copy import student_copy
from labgrader.schemas import validate

POINTS = st.sampled_from([0.01, 0.1, 0.7, 1 / 3, 2 / 3, 3.33, 10 / 3, 33.333, 10, 99.995, 100, 12_345.678])

VERDICTS = st.one_of(
    st.just(passed()),
    st.just(failed("It failed.")),
    st.just(not_graded("It is not graded.")),
    st.integers(2, 9).flatmap(lambda of: st.integers(1, of - 1).map(lambda earned: share(earned, of, "Some."))),
    st.sampled_from([1e-9, 0.5, 0.99995, 1 - 1e-9]).map(lambda fraction: partial(fraction, "Almost.")),
)

CHECKS = st.lists(st.tuples(POINTS, VERDICTS, st.booleans()), min_size=1, max_size=9)


def lab_of(checks: list[tuple[float, Verdict, bool]]) -> Lab:
    """Return a lab with the points that its checks sum to, as ``lint`` demands."""
    entries: list[dict[str, Any]] = [
        {
            "id": f"check-{number}",
            "check": "report_configuration",
            "title": f"Number {number}",
            "task": f"Task {number % 2}",
            "points": points,
            "visibility": "hidden" if hidden else "visible",
        }
        for number, (points, _, hidden) in enumerate(checks)
    ]
    total = total_points(points for points, _, _ in checks)
    return Lab.from_dict({"id": "random", "version": "1.0.0", "title": "Random", "points": total, "checks": entries})


def exact(values: Iterable[float]) -> Decimal:
    """The sum of numbers as they are shown, in decimal arithmetic."""
    return sum((Decimal(points_text(value)) for value in values), Decimal(0))


def assert_adds_up(report: Report) -> None:
    checks, score = report["checks"], report["score"]
    assert exact(check["points"] for check in checks) == Decimal(str(score["points"]))
    assert exact(check["max_points"] for check in checks) == Decimal(str(score["max_points"]))
    open_checks = [check for check in checks if check["status"] == "not_graded"]
    assert exact(check["max_points"] for check in open_checks) == Decimal(str(score["open_points"]))
    all_passed = bool(checks) and all(check["status"] == "passed" for check in checks)
    assert (score["points"] == score["max_points"]) == (all_passed or not checks)
    assert (score["percent"] == 100) == all_passed
    for check in checks:
        assert (check["points"] == check["max_points"]) == (check["status"] == "passed")


def total_on(page: str) -> tuple[str, str]:
    """The points and the most points that the page of a student shows."""
    found = re.search(r'class="score"><strong>([\d.]+)</strong> <span>of ([\d.]+) points', page)
    assert found
    return found[1], found[2]


def texts(score: ReportScore) -> tuple[str, str]:
    return points_text(score["points"]), points_text(score["max_points"])


@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(checks=CHECKS)
@example(checks=[(100, partial(0.99995, "Almost."), False)])
@example(checks=[(10 / 3, passed(), False)] * 3)
@example(checks=[(99_999.99, passed(), False), (0.01, failed("No."), False)])
def test_shown_points_add_up_everywhere(example: Any, checks: list[tuple[float, Verdict, bool]]) -> None:
    lab, student = lab_of(checks), example.student()
    verdicts = {f"check-{number}": verdict for number, (_, verdict, _) in enumerate(checks)}
    report = example.report(student, verdicts, lab=lab)

    validate(report, "report")
    assert_adds_up(report)
    assert report["score"]["max_points"] == lab.points
    assert_adds_up(student_copy(report))
    assert total_on(render_student(report)) == texts(report["score"])

    run = build_run(
        run_id=report["run_id"],
        lab=lab,
        mode="grade",
        status=report["status"],
        started_at="2026-01-01T09:00:00Z",
        finished_at="2026-01-01T09:02:00Z",
        reports=[(student, report, f"runs/{report['run_id']}/reports/user1.json")],
    )
    validate(run, "run")
    [row] = run["students"]
    assert {name: row[name] for name in report["score"]} == report["score"]
    assert exact(check["max_points"] for check in run["checks"]) == Decimal(str(row["max_points"]))

    table = io.StringIO()
    with redirect_stdout(table):
        give_class_table(Fetched(Path(), run, {"user1": report}))
    assert tuple(table.getvalue().splitlines()[1].split()[1:3]) == texts(report["score"])

    page = render_class(run, [report], lab)
    assert f'<td class="total">{points_text(row["points"])}' in page
    full_marks = int(all(verdict.status == "passed" for verdict in verdicts.values()))
    assert f"<div><dt>full marks</dt><dd>{full_marks}</dd></div>" in page

    detail = student_graded(report).detail
    assert {name: detail[name] for name in report["score"]} == report["score"]

    gradebook = render_csv(build_gradebook(report["run_id"], lab, [build_row(student, report)]))
    [cells] = csv.DictReader(io.StringIO(gradebook.decode()))
    of_checks = [Decimal(value) for heading, value in cells.items() if heading not in COLUMNS + RUN_COLUMNS and value]
    assert sum(of_checks, Decimal(0)) == Decimal(cells["points"])
    assert (cells["points"], cells["max_points"]) == texts(report["score"])
