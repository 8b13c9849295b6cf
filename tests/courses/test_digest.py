"""The digest: counted right, and read in the morning without a second thought."""

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


def test_a_whole_morning() -> None:
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
        "performance-scaling could not be audited: see below. 1 student has points at stake that were earned before "
        "and 1 student no longer has what was there. 1 student mended something. 1 student could not be graded in "
        "full. What is running costs about $0.36 a day.",
        "An audit changes nobody's grade: points below are at stake, and count only when a graded run finds the same.",
        "",
        "== Lambda optimization (lambda-optimization), due in 10 days (2026-12-01 23:59) ==",
        "24 students, 1 not graded in full; run 20261121-213004-lambda-optimization-1a2b3c4d",
        "What only a call can tell is carried over from the graded run of 20 November, 19:13 (30 results of 23 "
        "students); this audit called nothing.",
        "  Not graded in full: user9. No graded run told what takes a call, and an audit calls nothing.",
        "  Grade this student:  labgrader grade --lab lambda-optimization --roster first.csv "
        "--course serverless-2026 --student user9 --aws",
        "  Drifted: would earn fewer points than in the run before",
        "    user3",
        "      - Layers are attached: passed → failed, 8 points at stake",
        "        not attached: user3-utils",
        "      - and 1 check that comes after it, 1 point at stake",
        "  Gone since the run before",
        "    user3",
        "      - alias user3-optimized-function:prod",
        "  Mended",
        "    user5",
        "      - Layers are attached: partly → passed, 2.5 points more now",
        "  Running, and billed by the hour: about $0.36 a day (the lab may want it: stop it after the last graded run)",
        "    user7",
        "      - user7-optimized-function:prod: provisioned concurrency, 2 × 512 MB, $0.36 a day",
        "        stop it:  aws lambda delete-provisioned-concurrency-config --function-name user7-optimized-function "
        "--qualifier prod",
        "  See one:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d --student user3 -o user3.html --aws",
        "  See all:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d -o class.html --aws",
        "",
        "== performance-scaling (performance-scaling) ==",
        "This lab was not audited: no roster",
        "  Try again:  labgrader audit --course serverless-2026 --aws",
    ]


def test_a_quiet_night_is_four_lines() -> None:
    text = digest_text(digest(entry(FIRST, [])))
    assert text.splitlines()[2:] == [
        "Nothing got worse since the run before, and nothing more is gone. Nothing that these labs look at is billed "
        "by the hour.",
        "",
        "== Lambda optimization (lambda-optimization), due in 10 days (2026-12-01 23:59) ==",
        "24 students, every check has a result; run 20261121-213004-lambda-optimization-1a2b3c4d",
        "  See all:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d -o class.html",
    ]


def test_a_night_on_which_something_was_mended_and_nothing_lost() -> None:
    mended = [change("A", "failed", "passed", 1)]
    both = digest(entry(FIRST, [student("user1", mended=mended), student("user2", mended=mended)]))
    assert headline(both).startswith(
        "Nothing got worse since the run before, and nothing more is gone. 2 students mended something. "
        "Nothing that these labs look at"
    )


def test_a_night_of_which_nothing_is_known_promises_nothing() -> None:
    failed = digest(not_audited(FIRST, "r1", ""), not_audited(SECOND, "r2", ""))
    assert failed["status"] == "failed"
    assert headline(failed) == "lambda-optimization and performance-scaling could not be audited: see below."
    assert "This lab was not audited: the run did not finish; nobody is graded by it" in digest_text(failed)


def test_a_student_counts_once_in_however_many_labs() -> None:
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


def test_what_two_labs_saw_of_one_student_costs_once() -> None:
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
def test_when_a_lab_is_due_seen_from_the_night(due: str, said: str) -> None:
    text = digest_text(digest(entry(CourseLab("lambda-optimization", "first.csv", due), [])))
    assert text.splitlines()[4] == f"== Lambda optimization (lambda-optimization){said} =="


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([entry(FIRST, [])], "labgrader: serverless-2026: all as before"),
        (
            [
                entry(FIRST, [student("user1", drifted=[change("A", "passed", "failed", 1)], gone=["x"])]),
                not_audited(SECOND, "r2", ""),
            ],
            "labgrader: serverless-2026: 1 not audited, 1 drifted, 1 with something gone",
        ),
    ],
)
def test_the_subject_says_it_all(runs: list[Json], said: str) -> None:
    assert subject(digest(*runs)) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "the run did not finish; nobody is graded by it"),
        ("States.Timeout: ", "States.Timeout: "),
        (
            'BadInputError: {"errorMessage": "there is no roster at \\"x\\"", "errorType": "BadInputError"}',
            'there is no roster at "x"',
        ),
        ('BadInputError: {"errorMessage": "cut off', 'BadInputError: {"errorMessage": "cut off'),
    ],
)
def test_a_reason_is_the_message_and_not_its_trace(reason: str, said: str) -> None:
    assert not_audited(FIRST, "r1", reason)["error"] == said


def test_what_is_skipped_never_hides_what_it_waits_for() -> None:
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
        (0, "Nothing got worse since the run before, and nothing more is gone. Nothing"),
        (
            23,
            "Nothing got worse since the run before, and nothing more is gone. For 23 students there was no run before "
            "to compare with. Nothing",
        ),
        (24, "For 24 students there was no run before to compare with. Nothing"),
    ],
)
def test_a_first_night_promises_nothing_of_what_was_before(first: int, said: str) -> None:
    night = entry(FIRST, [])
    assert headline(digest({**night, "first": first})).startswith(said)
