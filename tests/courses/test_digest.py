"""The digest: counted right, and read in the morning without a second thought."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.courses.course import Course, CourseLab
from labgrader.courses.digest import audited, build_digest, not_audited
from labgrader.courses.digest_text import (
    MAX_BYTES,
    MAX_ENTRIES,
    MAX_STUDENTS,
    NO_GRADE_CHANGES,
    digest_text,
    headline,
    subject,
)
from labgrader.schemas import validate
from tests.courses.findings import audit_of, change, run_of, running, student

FIRST = CourseLab("lambda-optimization", "first.csv", "2026-12-01 23:59")
SECOND = CourseLab("performance-scaling", "second.csv")
COURSE = Course("serverless-2026", "Serverless 2026", "Europe/Berlin", "22:30", (FIRST, SECOND))
STARTED = "2026-11-21T21:30:04Z"

STOP = "aws lambda delete-provisioned-concurrency-config --function-name user7-optimized-function --qualifier prod"
CARRIED = {
    "results": 30,
    "students": 23,
    "runs": 1,
    "first": "2026-11-20T18:13:00Z",
    "last": "2026-11-20T18:13:00Z",
}
NEVER_GRADED = {
    "reason": "an audit does not invoke functions; a graded run tells",
    "needs_graded_run": True,
    "students": ["user9"],
    "more_students": 0,
}


def entry(lab: CourseLab, students: list[Any], *, incomplete: int = 0, more: int = 0, **changes: Any) -> Any:
    run_id = f"20261121-213004-{lab.lab}-1a2b3c4d"
    audit = audit_of(run_id, lab.lab, students, more=more) | changes
    validate(audit, "audit")
    return audited(lab, run_of(run_id, incomplete=incomplete), audit)


def digest(*runs: Any, course: Course = COURSE) -> Any:
    made = build_digest(course, "2026-11-21-2230", STARTED, "2026-11-21T21:45:00Z", runs)
    validate(made, "digest")
    return made


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


def test_of_many_the_first_are_named_and_the_rest_counted() -> None:
    many = [
        student(f"user{number}", gone=[f"function f{item}" for item in range(MAX_ENTRIES)])
        for number in range(MAX_STUDENTS)
    ]
    assert "more" not in digest_text(digest(entry(FIRST, many)))
    one_more = [*many, student("user99", gone=["function f"])]
    one_more[0] = student("user0", gone=[f"function f{item}" for item in range(MAX_ENTRIES + 2)])
    text = digest_text(digest(entry(FIRST, one_more, more=3)))
    assert "    and 1 student more\n" in text
    assert "      - and 2 more\n" in text
    assert "user99" not in text
    assert "  3 students more with something are not listed here." in text


def test_what_a_student_wrote_cannot_move_a_cursor_or_start_a_line() -> None:
    hostile = "x\x1b[2J\n== All is well ==\u202e"
    text = digest_text(digest(entry(FIRST, [student("user1", gone=[hostile], running=[running(hostile, 1)])])))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n== All" not in text


def test_a_message_never_outgrows_its_topic() -> None:
    labs = []
    for number in range(60):
        lab = CourseLab(f"lab-{number}", "r.csv")
        long = change("ü" * 300, "passed", "failed", 1, "ü" * 300)
        labs.append(entry(lab, [student(f"user{one}", drifted=[long] * 5) for one in range(MAX_STUDENTS)]))
    text = digest_text(digest(*labs))
    assert MAX_BYTES - 1_000 < len(text.encode()) < 262_144
    assert text.endswith("\n… cut here: the rest is in the runs' reports\n")
    assert text.splitlines()[-2] in (
        f"      - {'ü' * 200}… (100 more characters): passed → failed, 1 point at stake",
        f"        {'ü' * 200}… (100 more characters)",
    ), "cut between two lines: half a command does anything"


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
def test_the_subject_says_it_all(runs: list[Any], said: str) -> None:
    assert subject(digest(*runs)) == said


def test_a_subject_is_ascii_and_below_100_characters() -> None:
    course = Course("a" * 40, "Ü" * 200, "UTC", "", (FIRST,))
    made = subject(digest(not_audited(FIRST, "r1", ""), course=course))
    assert made.isascii()
    assert len(made) < 100


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


def test_a_class_of_a_thousand_fits_into_one_message() -> None:
    long = change("ü" * 240, "passed", "failed", 1, "ü" * 240)
    found = {
        "drifted": [long] * 6,
        "mended": [long] * 6,
        "gone": ["ü" * 240] * 6,
        "running": [{**running("ü" * 240, 1), "stop": "x" * 300}] * 6,
    }
    everybody = [student(f"user{number}", **found) for number in range(1_000)]
    run_id = "20261121-213004-lambda-optimization-1a2b3c4d"
    lab = audited(FIRST, run_of(run_id), audit_of(run_id, FIRST.lab, everybody))  # its schema takes seconds to check
    text = digest_text(build_digest(COURSE, "2026-11-21-2230", STARTED, "2026-11-21T21:45:00Z", [lab]))
    assert len(text.encode()) < MAX_BYTES, "one lab is never cut"
    assert text.count("    and 980 students more\n") == 4
    assert (
        "1,000 students have points at stake that were earned before and 1,000 students no longer have what was there."
        in text
    )


@pytest.mark.parametrize("title", ["a\nSubject: x", "\u202e\x1b[2J", "T" * 200])
def test_a_hostile_title_is_not_in_the_subject(title: str) -> None:
    made = subject(digest(entry(FIRST, []), course=Course("c" * 40, title, "UTC", "", (FIRST,))))
    assert made == f"labgrader: {'c' * 40}: all as before"


def test_what_the_summary_of_the_run_cut_is_not_counted_as_all() -> None:
    cut = {**student("user1", drifted=[change("A", "passed", "skipped", 1)] * 20), "not_shown": 3}
    assert "- at least 20 checks skipped, because others come first, 20 points at stake" in digest_text(
        digest(entry(FIRST, [cut]))
    )


def lines_of(*runs: Any) -> list[str]:
    return digest_text(digest(*runs), " --aws").splitlines()


def test_results_of_several_graded_runs_say_from_when_to_when() -> None:
    carried = {**CARRIED, "results": 1, "students": 1, "runs": 3, "first": "2025-12-31T22:30:00Z"}
    assert (
        "What only a call can tell is carried over from 3 graded runs, 31 December 2025, 23:30 to 20 November, 19:13 "
        "(1 result of 1 student); this audit called nothing."
    ) in lines_of(entry(FIRST, [], carried_over=carried))


def test_a_night_that_carries_nothing_over_has_no_word_of_it() -> None:
    assert "carried over" not in "\n".join(lines_of(entry(FIRST, [], carried_over=None)))


def test_that_no_grade_changes_is_said_once_and_only_where_points_are_told() -> None:
    drifted, mended = [change("A", "passed", "failed", 1)], [change("A", "failed", "passed", 1)]
    for found in ({"drifted": drifted}, {"mended": mended}):
        text = digest_text(digest(entry(FIRST, [student("user1", **found)]), entry(SECOND, [])))
        assert text.count(NO_GRADE_CHANGES) == 1
        assert " lost" not in text
    assert NO_GRADE_CHANGES not in digest_text(digest(entry(FIRST, [student("user1", gone=["function f"])])))


@pytest.mark.parametrize(
    ("changes", "incomplete", "said"),
    [
        (
            {"students": ["user8", "user9"]},
            2,
            [
                "  Not graded in full: user8 and user9. No graded run told what takes a call, and an audit calls "
                "nothing.",
                "  Grade them:  labgrader grade --lab lambda-optimization --roster first.csv "
                "--course serverless-2026 --student user8 "
                "--student user9 --aws",
            ],
        ),
        (
            {"students": ["user1", "user2"], "more_students": 22},
            24,
            [
                "  Not graded in full: user1, user2 and 22 more. No graded run told what takes a call, and an audit "
                "calls nothing.",
                "  Grade them:  labgrader grade --lab lambda-optimization --roster first.csv "
                "--course serverless-2026 --aws",
            ],
        ),
        (
            {"reason": "lambda:ListFunctions: AccessDeniedException: no\x1b[2J", "needs_graded_run": False},
            1,
            [
                "  Not graded in full: user9. lambda:ListFunctions: AccessDeniedException: no�[2J",
                "  Read it:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d --student user9 "
                "-o user9.html --aws",
            ],
        ),
        (
            {},
            3,
            [
                "  Not graded in full: user9. No graded run told what takes a call, and an audit calls nothing.",
                "  Grade this student:  labgrader grade --lab lambda-optimization --roster first.csv "
                "--course serverless-2026 --student user9 "
                "--aws",
                "  Not graded in full: 2 more; their reports say why.",
            ],
        ),
    ],
)
def test_why_somebody_is_not_graded_in_full_and_what_to_type(changes: Any, incomplete: int, said: list[str]) -> None:
    run = entry(FIRST, [], incomplete=incomplete, not_graded=[{**NEVER_GRADED, **changes}])
    lines = lines_of(run)
    assert lines[6 : 6 + len(said)] == said
    assert lines[6 + len(said)].startswith("  See all:")


def test_a_class_list_with_a_blank_in_its_name_is_one_word_for_the_shell() -> None:
    lab = CourseLab("lambda-optimization", "class; rm -rf ~.csv")
    lines = lines_of(entry(lab, [], incomplete=1, not_graded=[NEVER_GRADED]))
    assert lines[7].endswith("--roster 'class; rm -rf ~.csv' --course serverless-2026 --student user9 --aws")


def test_reasons_that_an_older_audit_did_not_keep_are_in_the_reports() -> None:
    assert "  Not graded in full: 2 of them; their reports say why." in lines_of(entry(FIRST, [], incomplete=2))
