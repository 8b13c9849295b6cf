"""`labgrader lint` reports unknown placeholders, and accepts other braces."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.judging.lint_samples import GOOD, problems

KNOWN = "{username}, {account_id}, {region}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'function: "{username}-f", alias: "{username}-prod"',
            'function: "{user}-f", alias: "{username}-prod"',
            f"11: checks[0].with.function: there is no placeholder {{user}}; did you mean {{username}}? "
            f"There are: {KNOWN}. For the text itself write {{{{user}}}}",
        ),
        (
            "title: The alias prod serves version 1",
            'title: "{alias} serves version 1"',
            f"8: checks[0].title: there is no placeholder {{alias}}; there are: {KNOWN}. "
            "For the text itself write {{alias}}",
        ),
        (
            "    points: 4",
            '    points: 4\n    hint: "aws {function} {functon}"',
            f"11: checks[0].hint: there is no placeholder {{functon}}; did you mean {{function}}? There are: {KNOWN}, "
            "{function}, {alias}, {version}. For the text itself write {{functon}}",
        ),
    ],
)
def test_an_unknown_placeholder_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert problems(tmp_path, GOOD.replace(old, new, 1)) == [expected]


def test_text_in_braces_is_written_with_double_braces(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('function: "{username}-f"', 'function: "{{user}}-f"', 1)) == []


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        ("routes_offered", '{function: "{username}-f", routes: ["GET /todos/{id}", "ANY /{proxy+}"]}'),
        (
            "role_grants",
            '{function: f, actions: [s3:GetObject], resource: "arn:aws:s3:::{bucket}/*", what: x, policy_name: P}',
        ),
        ("event_answered", '{function: f, event: {body: \'{"a": {"b": 1}}\'}, matches: {pattern: "^[a-z]{1,3}$"}}'),
    ],
)
def test_other_braces_are_accepted(tmp_path: Path, check: str, parameters: str) -> None:
    start = GOOD.index("    check: alias_points_to")
    end = GOOD.index("  - id: second")
    one = f"    check: {check}\n    title: It is\n    task: Task 1\n    points: 4\n    with: {parameters}\n"
    assert problems(tmp_path, GOOD[:start] + one + GOOD[end:]) == []


def test_a_placeholder_that_another_check_fills_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD.replace('function: "{username}-f"', 'function: "{bucket}"', 1))
    assert problem.startswith("11: checks[0].with.function: there is no placeholder {bucket}; ")
