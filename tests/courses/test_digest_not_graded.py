"""The digest: results that are carried over, and students who are not graded in full."""

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


def test_carried_over_results_of_several_runs_name_the_first_and_the_last() -> None:
    carried = {**CARRIED, "results": 1, "students": 1, "runs": 3, "first": "2025-12-31T22:30:00Z"}
    assert (
        "  Carried over from 3 graded runs, 31 December 2025, 23:30 to 20 November, 19:13: 1 result of 1 student. "
        "These checks need an invocation, and an audit makes none."
    ) in lines_of(entry(FIRST, [], carried_over=carried))


def test_digest_without_carried_over_results_does_not_mention_them() -> None:
    assert "arried over" not in "\n".join(lines_of(entry(FIRST, [], carried_over=None)))


def test_digest_says_once_that_no_grade_changes_if_it_names_points() -> None:
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
                "  Not graded in full: user8 and user9. Some checks need an invocation. An audit makes none, and no "
                "graded run has covered them yet.",
                "  Grade them:  labgrader grade --lab lambda-optimization --roster first.csv "
                "--course serverless-2026 --student user8 "
                "--student user9 --aws",
            ],
        ),
        (
            {"students": ["user1", "user2"], "more_students": 22},
            24,
            [
                "  Not graded in full: user1, user2 and 22 more. Some checks need an invocation. An audit makes none, "
                "and no graded run has covered them yet.",
                "  Grade them:  labgrader grade --lab lambda-optimization --roster first.csv "
                "--course serverless-2026 --aws",
            ],
        ),
        (
            {"reason": "lambda:ListFunctions: AccessDeniedException: no\x1b[2J", "needs_graded_run": False},
            1,
            [
                "  Not graded in full: user9. lambda:ListFunctions: AccessDeniedException: no�[2J",
                "  See why:  labgrader report 20261121-213004-lambda-optimization-1a2b3c4d --student user9 "
                "-o user9.html --aws",
            ],
        ),
        (
            {},
            3,
            [
                "  Not graded in full: user9. Some checks need an invocation. An audit makes none, and no graded run "
                "has covered them yet.",
                "  Grade this student:  labgrader grade --lab lambda-optimization --roster first.csv "
                "--course serverless-2026 --student user9 "
                "--aws",
                "  Not graded in full: 2 more. Their reports say why.",
            ],
        ),
    ],
)
def test_students_not_graded_in_full_have_a_reason_and_a_command(
    changes: Json, incomplete: int, said: list[str]
) -> None:
    run = entry(FIRST, [], incomplete=incomplete, not_graded=[{**NEVER_GRADED, **changes}])
    lines = lines_of(run)
    assert lines[6 : 6 + len(said)] == said
    assert lines[6 + len(said)].startswith("  See the class:")


def test_command_quotes_the_name_of_the_class_list() -> None:
    lab = CourseLab("lambda-optimization", "class; rm -rf ~.csv")
    lines = lines_of(entry(lab, [], incomplete=1, not_graded=[NEVER_GRADED]))
    assert lines[7].endswith("--roster 'class; rm -rf ~.csv' --course serverless-2026 --student user9 --aws")


def test_students_without_a_stored_reason_are_counted() -> None:
    assert "  Not graded in full: 2 of them. Their reports say why." in lines_of(entry(FIRST, [], incomplete=2))
