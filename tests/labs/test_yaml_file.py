"""YAML is read quickly, with the line of every key, on machines with and without libyaml."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from labgrader.labs.yaml_file import MAX_DEPTH, parse_yaml
from tests.checks.test_labs import LABS, lab_file

UNUSUAL = """\
# a comment
defaults: &defaults {points: 4, task: "Task 1"}

empty:
checks:
  - <<: *defaults
    title: >-
      folded over
      two lines
    hint: |
      aws lambda list-functions

      second
  -
  - plain text that goes on
    in the next line
  - [1, 2.5, null, true, 22:30,
     2026-01-01]
  - ? key
    : value
  - 'single ''quoted'''
last: *defaults
"""

BROKEN = [
    "id: [",
    "a: 1\n  b: 2\n",
    "a: 'open\n",
    "a: *nothing\n",
    "a: !!python/name:os.system\n",
    "\t- a\n",
    "a: \x07\n",
]

READ = """\
import json, sys
if "without" in sys.argv:
    sys.modules["yaml._yaml"] = None  # as where PyYAML was built without libyaml
import yaml
from labgrader.labs.yaml_file import parse_yaml
said = []
for text in json.load(sys.stdin):
    for as_text in (False, True):
        document, problems, lines = parse_yaml(text.encode(), "lab.yaml", as_text=as_text)
        where = sorted(map(repr, vars(lines)["_lines"].items()))
        said.append([repr(document), [str(problem) for problem in problems], where])
json.dump([yaml.__with_libyaml__, said], sys.stdout)
"""


def read_in_a_process(texts: list[str], *, libyaml: bool) -> tuple[bool, list[Any]]:
    command = [sys.executable, "-c", READ, "with" if libyaml else "without"]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=120)
    fast, said = json.loads(done.stdout)
    return fast, said


@pytest.mark.skipif(not hasattr(__import__("yaml"), "CSafeLoader"), reason="PyYAML was built without libyaml")
def test_libyaml_reads_the_same_values_lines_and_problems() -> None:
    texts = [lab_file(lab_id).read_text(encoding="utf-8") for lab_id in LABS] + [UNUSUAL, *BROKEN]
    fast, with_libyaml = read_in_a_process(texts, libyaml=True)
    slow, without_libyaml = read_in_a_process(texts, libyaml=False)
    assert (fast, slow) == (True, False)
    for index, (with_it, without_it) in enumerate(zip(with_libyaml, without_libyaml, strict=True)):
        assert with_it == without_it, texts[index // 2]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("defaults", "task"), 2),
        (("empty",), 4),
        (("checks",), 5),
        (("checks", 0, "<<"), 6),
        (("checks", 0, "title"), 7),
        (("checks", 0, "hint"), 10),
        (("checks", 2), 15),
        (("checks", 3, 4), 17),
        (("checks", 3, 5), 18),
        (("checks", 4, "key"), 19),
        (("last",), 22),
        (("last", "points"), 2),
    ],
)
def test_every_value_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    _, problems, lines = parse_yaml(UNUSUAL.encode(), "lab.yaml")
    assert problems == []
    assert lines.of(path) == line


def test_merge_keys_are_resolved() -> None:
    document, _, _ = parse_yaml(UNUSUAL.encode(), "lab.yaml")
    assert (document["checks"][0]["points"], document["checks"][0]["task"]) == (4, "Task 1")


def test_every_value_is_read_as_its_original_text() -> None:
    document, _, _ = parse_yaml(b"at: 22:30\nday: 2026-01-01\nyes: no\nnothing:\n", "course.yaml", as_text=True)
    assert document == {"at": "22:30", "day": "2026-01-01", "yes": "no", "nothing": ""}


def test_keys_are_the_text_that_stands_there() -> None:
    document, problems, lines = parse_yaml(b"on: true\nwith:\n  200: {null: 1}\n  1.0: x\n", "lab.yaml")
    assert document == {"on": True, "with": {"200": {"null": 1}, "1.0": "x"}}
    assert problems == []
    assert (lines.of(("on",)), lines.of(("with", "200", "null")), lines.of(("with", "1.0"))) == (1, 3, 4)


def test_what_is_read_belongs_to_the_caller() -> None:
    first, _, _ = parse_yaml(b"a: {b: [1]}", "lab.yaml")
    first["a"]["b"].append(2)
    second, _, _ = parse_yaml(b"a: {b: [1]}", "lab.yaml")
    assert second == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("depth", "problems"), [(MAX_DEPTH, []), (MAX_DEPTH + 1, ["nested more than 100 levels deep"])]
)
def test_a_file_has_at_most_a_hundred_levels(depth: int, problems: list[str]) -> None:
    _, found, _ = parse_yaml(b"[" * depth + b"x" + b"]" * depth, "lab.yaml")
    assert [str(problem) for problem in found] == [f"lab.yaml: not YAML: {problem}" for problem in problems]


@pytest.mark.parametrize("text", ["[" * 50_000, "{a: " * 30_000, "- ? " * 5_000])
def test_endless_nesting_is_a_problem_of_the_file(text: str) -> None:
    _, (problem,), _ = parse_yaml(text.encode(), "lab.yaml")
    assert str(problem).startswith("lab.yaml: not YAML: ")


def test_a_list_that_contains_itself_is_named_with_its_first_line() -> None:
    _, (problem,), _ = parse_yaml(b"id: x\nchecks: &a\n  - [*a]\n", "lab.yaml")
    assert str(problem) == "lab.yaml:2: not YAML: found unconstructable recursive node"
