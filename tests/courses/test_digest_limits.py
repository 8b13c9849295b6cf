"""The limits of the digest: many students, long texts and hostile texts."""

from __future__ import annotations

import pytest

from labgrader.courses.course import Course, CourseLab
from labgrader.courses.digest import audited, build_digest, not_audited
from labgrader.courses.digest_text import (
    MAX_BYTES,
    MAX_ENTRIES,
    MAX_STUDENTS,
    digest_text,
    subject,
)
from tests.courses.digests import COURSE, FIRST, STARTED, digest, entry
from tests.courses.findings import audit_of, change, run_of, running, student


def test_digest_names_the_first_students_and_counts_the_others() -> None:
    many = [
        student(f"user{number}", gone=[f"function f{item}" for item in range(MAX_ENTRIES)])
        for number in range(MAX_STUDENTS)
    ]
    assert "more" not in digest_text(digest(entry(FIRST, many)))
    one_more = [*many, student("user99", gone=["function f"])]
    one_more[0] = student("user0", gone=[f"function f{item}" for item in range(MAX_ENTRIES + 2)])
    text = digest_text(digest(entry(FIRST, one_more, more=3)))
    assert "    and 1 more student\n" in text
    assert "      - and 2 more\n" in text
    assert "user99" not in text
    assert "  3 more students have findings that are not listed here." in text
    assert "  1 more student has findings that are not listed here." in digest_text(digest(entry(FIRST, many, more=1)))


def test_texts_of_students_cannot_move_the_cursor_or_start_a_line() -> None:
    hostile = "x\x1b[2J\n== All is well ==\u202e"
    text = digest_text(digest(entry(FIRST, [student("user1", gone=[hostile], running=[running(hostile, 1)])])))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n== All" not in text


def test_digest_is_cut_before_it_exceeds_the_limit_of_sns() -> None:
    labs = []
    for number in range(60):
        lab = CourseLab(f"lab-{number}", "r.csv")
        long = change("ü" * 300, "passed", "failed", 1, "ü" * 300)
        labs.append(entry(lab, [student(f"user{index}", drifted=[long] * 5) for index in range(MAX_STUDENTS)]))
    text = digest_text(digest(*labs))
    assert MAX_BYTES - 1_000 < len(text.encode()) < 262_144
    assert text.endswith("\n… This message is cut here. The class reports have the rest.\n")
    assert text.splitlines()[-2] in (
        f"      - {'ü' * 200}… (100 more characters): passed → failed, 1 point at stake",
        f"        {'ü' * 200}… (100 more characters)",
    ), "cut between two lines: half a command does anything"


def test_subject_is_ascii_and_shorter_than_100_characters() -> None:
    course = Course("a" * 40, "Ü" * 200, "UTC", "", (FIRST,))
    made = subject(digest(not_audited(FIRST, "r1", ""), course=course))
    assert made.isascii()
    assert len(made) < 100


def test_digest_of_a_class_of_a_thousand_fits_into_one_message() -> None:
    long = change("ü" * 240, "passed", "failed", 1, "ü" * 240)
    found = {
        "drifted": [long] * 6,
        "mended": [long] * 6,
        "gone": ["ü" * 240] * 6,
        "running": [{**running("ü" * 240, 1), "stop": "x" * 300}] * 6,
    }
    students = [student(f"user{number}", **found) for number in range(1_000)]
    run_id = "20261121-213004-lambda-optimization-1a2b3c4d"
    lab = audited(FIRST, run_of(run_id), audit_of(run_id, FIRST.lab, students))  # not validated: that takes seconds
    text = digest_text(build_digest(COURSE, "2026-11-21-2230", STARTED, "2026-11-21T21:45:00Z", [lab]))
    assert len(text.encode()) < MAX_BYTES, "one lab is never cut"
    assert text.count("    and 980 more students\n") == 4
    assert (
        "1,000 students would earn fewer points than before and 1,000 students lack resources that existed before."
        in text
    )


@pytest.mark.parametrize("title", ["a\nSubject: x", "\u202e\x1b[2J", "T" * 200])
def test_subject_does_not_contain_the_title(title: str) -> None:
    made = subject(digest(entry(FIRST, []), course=Course("c" * 40, title, "UTC", "", (FIRST,))))
    assert made == f"labgrader: {'c' * 40}: nothing got worse"


def test_digest_says_at_least_if_the_summary_was_cut() -> None:
    cut = {**student("user1", drifted=[change("A", "passed", "skipped", 1)] * 20), "not_shown": 3}
    assert "- at least 20 checks skipped, because others come first, 20 points at stake" in digest_text(
        digest(entry(FIRST, [cut]))
    )
