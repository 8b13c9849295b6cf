"""What the digest says of results that are carried over, and of students who are not graded in full."""

from __future__ import annotations

import pytest

from labgrader.courses.course import CourseLab
from labgrader.courses.digest_text import (
    NO_GRADE_CHANGES,
    digest_text,
)
from tests.courses.digests import CARRIED, FIRST, NEVER_GRADED, SECOND, Json, digest, entry
from tests.courses.findings import change, student


def lines_of(*runs: Json) -> list[str]:
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
def test_why_somebody_is_not_graded_in_full_and_what_to_type(changes: Json, incomplete: int, said: list[str]) -> None:
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
