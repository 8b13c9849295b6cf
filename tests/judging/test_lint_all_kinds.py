"""`labgrader lint` shows faults of all kinds at once, each with the line and the name of its key."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labgrader.judging.lint import lint
from labgrader.labs.lab_file import read_lab_file
from labgrader.labs.search_path import searching
from tests.judging.lint_samples import EXPECTING, GOOD, problems, problems_of

FULL_OF_FAULTS = """\
id: Bad Id
version: 1.0
titel: An example
points: 11
points: 12
checks:
  - id: first
    check: alias_pints_to
    title: The alias serves {alias}
    task: Task 1
    points: 4
    on: yes
  - id: second
    check: alias_points_to
    title: The alias dev serves $LATEST
    task: Task 1
    points: 6
    visibility: hiden
    requires: [frist]
    with:
      function: "{user}-f"
      alias:
        2026-01-01
      verzion: "$LATEST"
  - id: third
    check: event_answered
    title: It answers
    points: 3
    with:
      function: f
      event: {}
      matches:
        type: object
        properties:
          user_id: {patern: "^u"}
"""

KNOWN = "{username}, {account_id}, {region}"


def test_a_file_with_faults_of_all_kinds_shows_all_of_them(tmp_path: Path) -> None:
    assert problems(tmp_path, FULL_OF_FAULTS) == [
        "1: id: Bad Id is not 2 to 61 lower-case letters, digits and hyphens, beginning with a letter",
        "2: version: must be text, not the number 1.0: write it in quotation marks",
        "3: titel: unknown field; did you mean 'title'? "
        "A lab has: id, version, title, handout, points, checks, self_checks, advice, unseen",
        "5: 'points' is given twice",
        "5: points: the checks sum to 13 points, not 12",
        "8: checks[0].check: there is no check 'alias_pints_to'; did you mean 'alias_points_to'?",
        f"9: checks[0].title: there is no placeholder {{alias}}; there are: {KNOWN}. "
        "For the text itself write {{alias}}",
        "12: checks[0].on: unknown field; a check has: id, check, title, task, points, requires, with, hint, "
        "visibility, needs_internet",
        "18: checks[1].visibility: 'hiden' is not allowed; did you mean 'hidden'? The values are: visible, hidden",
        "19: checks[1].requires[0]: there is no check 'frist' to require; did you mean 'first'?",
        f"21: checks[1].with.function: there is no placeholder {{user}}; did you mean {{username}}? "
        f"There are: {KNOWN}. For the text itself write {{{{user}}}}",
        "22: checks[1].with.alias: must be text, not the date 2026-01-01: write it in quotation marks",
        "24: checks[1].with.verzion: check alias_points_to has no parameter 'verzion'; did you mean 'version'? "
        "It has: function, alias, version, or_newest",
        "25: checks[2].task: is missing",
        "35: checks[2].with.matches.properties.user_id.patern: the keyword 'patern' is not allowed here; "
        "did you mean 'pattern'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("id: example", "id: 2026", "1: id: must be text, not the number 2026: write it in quotation marks"),
        ("version: 1.0.0", "version: v1", "2: version: v1 is not three numbers with dots, such as 1.0.0"),
        ("title: An example", "title:", "3: title: has no value; it must be text"),
        ("title: An example", 'title: ""', "3: title: is empty; it must have at least 1 character"),
        ("points: 10", "points: 0", "4: points: must be at least 0.01, not 0"),
        ("points: 10", "points: .inf", "4: points: must be a number, not .inf"),
        ("    points: 4", "    points: 0.009", "10: checks[0].points: must be at least 0.01, not 0.009"),
        ("requires: [first]", "requires: first", "17: checks[1].requires: must be a list, not the text 'first'"),
        ("requires: [first]", "requires: [first, first]", "17: checks[1].requires: has 'first' twice"),
        (
            "requires: [first]",
            "requires: [1]",
            "17: checks[1].requires[0]: must be text, not the number 1: write it in quotation marks",
        ),
        (
            "    requires: [first]",
            "    requires: [first]\n    needs_internt: true",
            "18: checks[1].needs_internt: unknown field; did you mean 'needs_internet'? A check has: id, check, title, "
            "task, points, requires, with, hint, visibility, needs_internet",
        ),
        ("    task: Task 1\n", "", "6: checks[0].task: is missing"),
        (
            "points: 10\n",
            "points: 10\nself_checks:\n  per_day: 0\n",
            "6: self_checks.per_day: must be at least 1, not 0",
        ),
        (
            "points: 10\n",
            "points: 10\nself_checks:\n  per_week: 3\n",
            "6: self_checks.per_week: unknown field; self_checks has: per_hour, per_day",
        ),
        (
            "points: 10\n",
            "points: 10\nadvice:\n  - id: traced\n    check: tracing_active\n    title: It is traced\n    with:\n"
            "      functions: []\n",
            "10: advice[0].with.functions: is empty; it must have at least 1 entry",
        ),
        ("points: 10\n", "points: 10\nunseen: {}\n", "5: unseen: must be a list, not a set of fields"),
    ],
)
def test_each_kind_of_fault_alone_is_one_sentence(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert problems(tmp_path, GOOD.replace(old, new, 1)) == [expected]


def test_the_least_points_have_no_fault(tmp_path: Path) -> None:
    least = GOOD.replace("points: 10", "points: 6.01").replace("    points: 4", "    points: 0.01")
    assert problems(tmp_path, least) == []


def test_points_with_more_than_two_decimals_sum_to_the_shown_points(tmp_path: Path) -> None:
    thirds = GOOD.replace("    points: 4", "    points: 3.3333").replace("    points: 6", "    points: 6.6667")
    assert problems(tmp_path, thirds) == []
    assert problems(tmp_path, thirds.replace("points: 10", "points: 9.999")) == [
        "4: points: the checks sum to 10 points, not 9.999"
    ]


@pytest.fixture
def extending(tmp_path: Path) -> Iterator[Path]:
    """A folder with the lab ``base``, and a file for a lab that extends it."""
    for lab_id in ("base", "mine"):
        (tmp_path / lab_id).mkdir()
    (tmp_path / "base" / "lab.yaml").write_text(GOOD.replace("id: example", "id: base"), encoding="utf-8")
    with searching(tmp_path):
        yield tmp_path / "mine" / "lab.yaml"


def test_a_file_that_extends_a_lab_shows_faults_of_all_kinds(extending: Path) -> None:
    extending.write_text(
        "id: mine\nextends: base\npoints: '10'\nchecks:\n"
        "  - {id: first, remove: true, points: 4}\n"
        "  - id: second\n    with: {verzion: 2}\n    requires: [frist]\n"
        "  - {id: thrid, points: 3}\n"
        "  - text\n",
        encoding="utf-8",
    )
    assert problems_of(extending) == [
        "3: points: must be a number, not the text '10': write it without quotation marks",
        "5: checks[0]: 'first' is removed, so it must not have other fields",
        "7: checks[1].with.verzion: check alias_points_to has no parameter 'verzion'; did you mean 'version'? "
        "It has: function, alias, version, or_newest",
        "8: checks[1].requires[0]: there is no check 'frist' to require; did you mean 'first'?",
        "9: checks[2].id: base has no check 'thrid'; a new one also needs check, title, task",
        "10: checks[3]: must be a set of fields, not the text 'text'",
    ]


def test_a_file_that_extends_an_unknown_lab_shows_its_other_faults(extending: Path) -> None:
    extending.write_text(
        "id: mine\nextends: bases\nchecks:\n  - {id: first, check: alias_pints_to, title: '{usernam}'}\n",
        encoding="utf-8",
    )
    found = problems_of(extending)
    assert found[0].startswith(
        "2: extends: there is no lab 'bases' to extend; did you mean 'base'? The labs are: base, "
    )
    assert found[1:] == [
        "4: checks[0].check: there is no check 'alias_pints_to'; did you mean 'alias_points_to'?",
        f"4: checks[0].title: there is no placeholder {{usernam}}; did you mean {{username}}? There are: {KNOWN}. "
        "For the text itself write {{usernam}}",
    ]


def test_a_new_check_with_a_fault_can_be_required(extending: Path) -> None:
    extending.write_text(
        "id: mine\nextends: base\nchecks:\n  - {id: second, requires: [third]}\n  - {id: third, points: 3}\n",
        encoding="utf-8",
    )
    assert problems_of(extending) == [
        "5: checks[1].id: base has no check 'third'; a new one also needs check, title, task"
    ]


EXTENDING = """\
id: mine
extends: base
points: 12
self_checks: {per_hour: 2}
checks:
  - {id: first, points: 5, requires: [], with: {version: "2"}}
  - {id: second, remove: true}
  - {id: third, check: event_answered, title: It answers, task: Task 2, points: 7, requires: [first],
     with: {function: f, event: {}, matches: {type: object, properties: {a: {type: string}}}}}
advice:
  - {id: traced, check: tracing_active, title: It is traced, with: {functions: [f]}}
unseen:
  - {promise: a, why: b}
"""

ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    "",
    "x",
    "{user}",
    "base",
    [],
    [None],
    ["x", "x"],
    {},
    {"x": 1},
    "2026-01-01",
]

RAW = (
    "is not of type",
    "required property",
    "unexpected",
    "is not valid under",
    "is not one of",
    "does not match",
    "None",
)
"""Words of jsonschema and of Python."""


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value in a document."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from places(entry, (*path, key))


def change(document: Any, path: tuple[str | int, ...], kind: str, value: Any) -> None:
    """Change a value of a document: replace it, take it out, or give its key another name."""
    *above, last = path
    for step in above:
        document = document[step]
    if kind == "replaced":
        document[last] = value
    elif kind == "missing" or isinstance(document, list):
        del document[last]
    else:
        document[f"{last}s"] = document.pop(last)


CHANGES = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(["replaced", "missing", "renamed"]), st.sampled_from(ODD)),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("text", [EXPECTING, EXTENDING], ids=["a lab", "a lab that extends another"])
@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=CHANGES)
def test_every_broken_file_is_read_to_its_end(extending: Path, text: str, changes: list[tuple[int, str, Any]]) -> None:
    document = yaml.safe_load(text)
    for number, kind, value in changes:
        paths = [path for path in places(document) if path]
        change(document, paths[number % len(paths)], kind, deepcopy(value))
    extending.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    found = lint(extending)
    for problem in found:
        assert problem.line, problem
        assert not any(words in problem.message for words in RAW), problem.message
    assert set(map(str, read_lab_file(extending).problems)) <= set(map(str, found)), "no run begins with other problems"
