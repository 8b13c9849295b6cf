"""A lab that extends another one: what its file names replaces what the lab says; each problem has its own line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labgrader.errors import BadInputError
from labgrader.judging.lint import lint
from labgrader.labs.lab import Lab, find_lab
from labgrader.labs.search_path import searching
from tests.judging.lint_samples import problems_of

BASE = """\
id: base
version: 1.2.0
title: The base
points: 10
self_checks: {per_hour: 2}
checks:
  - id: first
    check: alias_points_to
    title: The alias prod serves version 1
    task: Task 1
    points: 4
    with: {function: "{username}-f", alias: "{username}-prod", version: "1"}
  - id: second
    check: alias_points_to
    title: The alias dev serves $LATEST
    task: Task 1
    points: 6
    requires: [first]
    with: {function: "{username}-f", alias: "{username}-dev", version: "$LATEST"}
advice:
  - {id: traced, check: tracing_active, title: It is traced, with: {functions: ['{username}-f']}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    write(tmp_path, BASE, "base")
    with searching(tmp_path):
        yield tmp_path


def write(folder: Path, text: str, lab_id: str = "mine") -> Path:
    (folder / lab_id).mkdir(exist_ok=True)
    file = folder / lab_id / "lab.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def extended(folder: Path, text: str) -> Lab:
    file = write(folder, f"id: mine\nextends: base\n{text}")
    assert lint(file) == []
    return find_lab("mine")


def problems(folder: Path, text: str) -> list[str]:
    return problems_of(write(folder, f"id: mine\nextends: base\n{text}"))


def test_an_extending_file_without_changes_is_the_same_lab(folder: Path) -> None:
    lab, base = extended(folder, ""), find_lab("base")
    assert lab.to_dict() == {**base.to_dict(), "id": "mine"}
    assert Lab.from_dict(lab.to_dict()) == lab


def test_points_and_texts_are_replaced_and_parameters_one_by_one(folder: Path) -> None:
    lab = extended(
        folder,
        "title: Mine\npoints: 11\nself_checks: {per_day: 3}\n"
        "checks:\n  - id: first\n    title: Version 2\n    points: 5\n    with: {version: '2'}\n",
    )
    assert (lab.title, lab.version, lab.points) == ("Mine", "1.2.0", 11)
    assert (lab.self_checks.per_hour, lab.self_checks.per_day) == (5, 3)
    first, second = lab.checks
    assert (first.title, first.points, first.task) == ("Version 2", 5, "Task 1")
    assert first.parameters == {"alias": "{username}-prod", "function": "{username}-f", "version": "2"}
    assert second == find_lab("base").checks[1]


def test_a_check_is_removed_and_another_one_added_at_the_end(folder: Path) -> None:
    lab = extended(
        folder,
        "checks:\n  - {id: second, remove: true}\n"
        "  - {id: third, check: tracing_active, title: Traced, task: Task 2, points: 6, with: {functions: [f]}}\n"
        "advice:\n  - {id: traced, remove: true}\n",
    )
    assert [item.id for item in lab.checks] == ["first", "third"]
    assert lab.advice == ()


def test_a_replaced_check_keeps_no_parameters(folder: Path) -> None:
    lab = extended(folder, "checks:\n  - {id: second, check: tracing_active, with: {functions: [f]}}\n")
    assert lab.checks[1].parameters == {"functions": ["f"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "checks:\n  - {id: first, points: 5}\n",
            "2: extends: the checks sum to 11 points, not 10 as in base: add `points: 11`, or change the points "
            "of a check",
        ),
        ("points: 12\nchecks:\n  - {id: first, points: 5}\n", "3: points: the checks sum to 11 points, not 12"),
        (
            "checks:\n  - id: first\n    with:\n      verzion: '2'\n",
            "6: checks[0].with.verzion: check alias_points_to has no parameter 'verzion'; did you mean 'version'? "
            "It has: function, alias, version, or_newest",
        ),
        (
            "checks:\n  - {id: frist, points: 5}\n",
            "4: checks[0].id: base has no check 'frist'; did you mean 'first'? A new one also needs check, title, task",
        ),
        ("checks:\n  - {id: third, remove: true}\n", "4: checks[0].id: base has no check 'third' to remove"),
        (
            "checks:\n  - {id: first, remove: true}\n",
            "4: checks[0]: 'first' cannot be removed: check 'second' requires it",
        ),
        (
            "checks:\n  - {id: first, remove: true, points: 4}\n",
            "4: checks[0]: 'first' is removed, so it must not have other fields",
        ),
        (
            "checks:\n  - {id: first, title: A}\n  - {id: first, title: B}\n",
            "5: checks[1].id: id 'first' is already used above",
        ),
        (
            "checks:\n  - {id: first, visibility: hidden}\n",
            "2: extends: second: check 'second' is visible and requires 'first', which is hidden: self-checks do not "
            "judge hidden checks; hide both, or neither",
        ),
        (
            "checks:\n  - id: second\n    with: {alias: '{user}'}\n",
            "5: checks[0].with.alias: there is no placeholder {user}; did you mean {username}? "
            "There are: {username}, {account_id}, {region}. For the text itself write {{user}}",
        ),
        (
            "titel: Mine\n",
            "3: titel: unknown field; did you mean 'title'? A lab that extends another has: id, extends, version, "
            "title, handout, points, checks, self_checks, advice, unseen",
        ),
    ],
)
def test_a_problem_has_its_line_in_the_extending_file(folder: Path, text: str, expected: str) -> None:
    assert problems(folder, text)[0] == expected


def test_an_unknown_base_lab_is_named(folder: Path) -> None:
    file = write(folder, "id: mine\nextends: nothing\n")
    assert str(lint(file)[0]).startswith(f"{file}:2: extends: there is no lab 'nothing' to extend; the labs are: base,")
    file = write(folder, "id: mine\nextends: mine\n")
    assert str(lint(file)[0]) == f"{file}:2: extends: the labs extend each other: mine → mine"
    write(folder, "id: base\nextends: mine\n", "base")
    file = write(folder, "id: mine\nextends: base\n")
    assert "the labs extend each other: mine → base → mine" in str(lint(file)[0])
    write(folder, "id: base\n", "base")
    base = folder / "base" / "lab.yaml"
    assert str(lint(file)[0]).startswith(f"{file}:2: extends: base cannot be extended: {base}:1: ")
    with pytest.raises(BadInputError, match="base cannot be extended"):
        find_lab("mine")
