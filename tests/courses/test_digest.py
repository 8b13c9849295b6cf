"""The digest of an audit: its counts, its subject and its text."""

from __future__ import annotations

import pytest

from labgrader.courses.course import CourseLab
from labgrader.courses.digest import not_audited
from labgrader.courses.digest_text import (
    digest_text,
    headline,
    subject,
)
from tests.courses.digests import CARRIED, FIRST, NEVER_GRADED, SECOND, Json, digest, entry
from tests.courses.findings import change, running, student

STOP = "aws lambda delete-provisioned-concurrency-config --function-name user7-optimized-function --qualifier prod"


def test_digest_text_has_the_findings_of_each_lab() -> None:
    first = entry(
        FIRST,
        [
            student(
                "user3",
                drifted=[
                    change("Layers are attached", "passed", "failed", 8, "not attached: user3-utils"),
                    change("Alias works", "passed", "skipped", 1),
                ],
                gone=["alias user3-optimized-function:prod"],
            ),
            student("user5", mended=[change("Layers are attached", "partial", "passed", 2.5)]),
            student("user7", running=[{**running("user7-optimized-function:prod", 0.36), "stop": STOP}]),
        ],
        incomplete=1,
        carried_over=CARRIED,
        not_graded=[NEVER_GRADED],
    )
    text = digest_text(digest(first, not_audited(SECOND, "r2", "no roster")), " --aws")
    assert text.splitlines() == [
        "Serverless 2026 (serverless-2026), audit of 21 November 2026, 22:30 (Europe/Berlin)",
        "",
        "performance-scaling could not be audited: see below. 1 student would earn fewer points than before and "
        "1 student lacks resources that existed before. 1 student could not be graded in full. 1 student fixed "
        "something. Running resources cost about $0.36 a day.",
        "An audit changes no grades. The points below count only if a graded run finds the same.",
        "",
        "== Lambda optimization (lambda-optimization), due in 10 days (2026-12-01 23:59) ==",
        "24 students, 1 not graded in full; run 20261121-213004-lambda-optimization-1a2b3c4d",
        "  Not graded in full: user9. Some checks need an invocation. An audit makes none, and no graded run has "
        "covered them yet.",
        "  Grade this student:  labgrader grade --lab lambda-optimization --roster first.csv "
        "--course serverless-2026 --student user9 --aws",
        "  Drifted: would earn fewer points than in the previous run",
        "    user3",
        "      - Layers are attached: passed → failed, 8 points at stake",
        "        not attached: user3-utils",
        "      - and 1 check that comes after it, 1 point at stake",
        "  Missing since the previous run",
        "    user3",
        "      - alias user3-optimized-function:prod",
        "  Running and billed by the hour, about $0.36 a day (the lab may need them: stop them after the last "
        "graded run)",
        "    user7",
        "      - user7-optimized-function:prod: provisioned concurrency, 2 × 512 MB, $0.36 a day",
        "        stop it:  aws lambda delete-provisioned-concurrency-config --function-name user7-optimized-function "
        "--qualifier prod",
        "  Fixed",
        "    user5",
        "      - Layers are attached: partly → passed, 2.5 points more",
        "  Carried over from the graded run of 20 November, 19:13: 30 results of 23 students. These checks need an "
        "invocation, and an audit makes none.",
        "  See user3:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d --student user3 -o user3.html "
        "--aws",
        "  See the class:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d -o class.html --aws",
        "",
        "== performance-scaling (performance-scaling) ==",
        "This lab was not audited: no roster",
        "  Try again:  labgrader audit --course serverless-2026 --aws",
    ]


def test_digest_text_is_short_without_findings() -> None:
    text = digest_text(digest(entry(FIRST, [])))
    assert text.splitlines()[2:] == [
        "Nothing got worse since the previous run. The audit found no resources that are billed by the hour.",
        "",
        "== Lambda optimization (lambda-optimization), due in 10 days (2026-12-01 23:59) ==",
        "24 students, every check has a result; run 20261121-213004-lambda-optimization-1a2b3c4d",
        "  See the class:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d -o class.html",
    ]


def test_headline_counts_students_who_fixed_something() -> None:
    fixed = [change("A", "failed", "passed", 1)]
    both = digest(entry(FIRST, [student("user1", mended=fixed), student("user2", mended=fixed)]))
    assert headline(both) == (
        "Nothing got worse since the previous run. 2 students fixed something. "
        "The audit found no resources that are billed by the hour."
    )


def test_headline_says_only_that_labs_failed_if_all_labs_failed() -> None:
    failed = digest(not_audited(FIRST, "r1", ""), not_audited(SECOND, "r2", ""))
    assert failed["status"] == "failed"
    assert headline(failed) == "lambda-optimization and performance-scaling could not be audited: see below."
    assert "This lab was not audited: the run did not finish; no student is graded" in digest_text(failed)


def test_counts_have_a_student_of_two_labs_once() -> None:
    drifted = [change("A", "passed", "failed", 1)]
    both = digest(
        entry(FIRST, [student("user1", drifted=drifted, gone=["function x"]), student("user2", drifted=drifted)]),
        entry(SECOND, [student("user1", drifted=drifted)], incomplete=2),
    )
    assert both["counts"] == {
        "labs": 2,
        "failed": 0,
        "drifted": 2,
        "mended": 0,
        "gone": 1,
        "running": 0,
        "incomplete": 2,
    }
    assert both["status"] == "complete"


def test_costs_have_a_resource_of_two_labs_once() -> None:
    shared = running("user1-f:prod", 0.36)
    both = digest(
        entry(FIRST, [student("user1", running=[shared, running("user1-g:prod", 1)])]),
        entry(SECOND, [student("user1", running=[shared]), student("user2", running=[shared])]),
    )
    assert [run["usd_per_day"] for run in both["runs"]] == [1.36, 0.72]
    assert both["usd_per_day"] == 1.72


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-12-01 23:59", ", due in 10 days (2026-12-01 23:59)"),
        ("2026-11-22 00:01", ", due tomorrow (2026-11-22 00:01)"),
        ("2026-11-21 22:31", ", due today (2026-11-21 22:31)"),
        ("2026-11-21 22:30", ", was due earlier today (2026-11-21 22:30)"),
        ("2026-11-20 23:59", ", was due yesterday (2026-11-20 23:59)"),
        ("2026-11-01 23:59", ", was due 20 days ago (2026-11-01 23:59)"),
        ("", ""),
    ],
)
def test_lab_heading_says_when_the_lab_is_due(due: str, said: str) -> None:
    text = digest_text(digest(entry(CourseLab("lambda-optimization", "first.csv", due), [])))
    assert text.splitlines()[4] == f"== Lambda optimization (lambda-optimization){said} =="


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([entry(FIRST, [])], "labgrader: serverless-2026: nothing got worse"),
        (
            [
                entry(FIRST, [student("user1", drifted=[change("A", "passed", "failed", 1)], gone=["x"])]),
                not_audited(SECOND, "r2", ""),
            ],
            "labgrader: serverless-2026: 1 not audited, 1 drifted, 1 with missing resources",
        ),
    ],
)
def test_subject_has_the_counts(runs: list[Json], said: str) -> None:
    assert subject(digest(*runs)) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "the run did not finish; no student is graded"),
        ("States.Timeout: ", "States.Timeout: "),
        (
            'BadInputError: {"errorMessage": "there is no roster at \\"x\\"", "errorType": "BadInputError"}',
            'there is no roster at "x"',
        ),
        ('BadInputError: {"errorMessage": "cut off', 'BadInputError: {"errorMessage": "cut off'),
    ],
)
def test_error_of_a_lab_is_the_message_without_the_trace(reason: str, said: str) -> None:
    assert not_audited(FIRST, "r1", reason)["error"] == said


def test_skipped_checks_do_not_hide_their_causes() -> None:
    drifted = [change(f"Check {number}", "passed", "skipped", 1.5) for number in range(7)]
    drifted.insert(3, change("The function is there", "passed", "failed", 1))
    drifted.append(change("The queue is there", "partial", "failed", 2))
    text = digest_text(digest(entry(FIRST, [student("user1", drifted=drifted)])))
    assert [line.strip() for line in text.splitlines() if line.startswith("      - ")] == [
        "- The function is there: passed → failed, 1 point at stake",
        "- The queue is there: partly → failed, 2 points at stake",
        "- and 7 checks that come after these, 10.5 points at stake",
    ]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (0, "Nothing got worse since the previous run. The audit found"),
        (
            1,
            "Nothing got worse since the previous run. 1 student has no previous run to compare with. The audit found",
        ),
        (
            23,
            "Nothing got worse since the previous run. 23 students have no previous run to compare with. The audit",
        ),
        (24, "24 students have no previous run to compare with. The audit found"),
    ],
)
def test_headline_of_a_first_audit_says_that_there_is_no_previous_run(first: int, said: str) -> None:
    run = entry(FIRST, [])
    assert headline(digest({**run, "first": first})).startswith(said)
