"""`docs/architecture.md` agrees with the state machines, the import contracts, the reason codes and the files."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.project import ROOT
from labgrader.reasons import Reason
from tests.markdown_pages import broken_links, table_rows

PAGE = ROOT / "docs" / "architecture.md"
TEXT = PAGE.read_text("utf-8")
LIBRARY = "layers/labgrader/python/labgrader"
ONLY_IN_WHEELS = "cli/_deployable/"


def section(heading: str) -> str:
    """Return the section below a heading, up to the next heading of any level."""
    _, found, rest = TEXT.partition(f"\n{heading}\n")
    assert found, heading
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def machine(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "statemachines" / f"{name}.asl.json").read_text("utf-8")))


def states(graph: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and definition of each state of a machine, those inside its maps too."""
    for name, state in graph["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def transitions(graph: dict[str, Any]) -> set[tuple[str, str]]:
    """Return every pair of a state and a state that can follow it."""
    found = set()
    for name, state in states(graph):
        following = [state.get("Next"), state.get("Default")]
        following += [branch["Next"] for branch in (*state.get("Choices", ()), *state.get("Catch", ()))]
        found |= {(name, following_state) for following_state in following if following_state}
    return found


def drawn(heading: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """Return the states (by node id) and the arrows of a section's Mermaid diagram."""
    (diagram,) = re.findall(r"```mermaid\n(.*?)```", section(heading), re.DOTALL)
    labels = dict(re.findall(r"^ *(?:subgraph )?(\w+)(?:\[|\{|\(\[)\"(.+?)\"(?:\]|\}|\]\))$", diagram, re.MULTILINE))
    arrows = re.findall(r"^ *(\w+) (?:-->|-- \w+ -->|-\. \w+ \.->) (\w+)$", diagram, re.MULTILINE)
    lines = [line.strip() for line in diagram.splitlines()]
    assert len(labels) + len(arrows) == len([line for line in lines if line not in ("flowchart TD", "end")])
    return labels, {(labels[start], labels[end]) for start, end in arrows}


@pytest.mark.parametrize(
    ("heading", "name"),
    [("### `grade_class`: a class run", "grade_class"), ("### `audit_course`: a nightly audit", "audit_course")],
)
def test_the_picture_has_the_states_and_transitions_of_the_machine(heading: str, name: str) -> None:
    labels, arrows = drawn(heading)
    graph = machine(name)
    assert sorted(labels.values()) == sorted(state for state, _ in states(graph))
    assert arrows == transitions(graph)


def test_the_self_check_differs_from_the_class_run_as_the_page_states() -> None:
    assert "The state `Student` replaces the map `For each student`" in section("### `grade_student`: a self-check")
    of_class, of_student = machine("grade_class"), machine("grade_student")
    names = {name for name, _ in states(of_class)}
    assert {name for name, _ in states(of_student)} == names - {"For each student"} | {"Student"}
    new = transitions(of_student) - transitions(of_class)
    assert new == {
        ("Is everybody recorded?", "Student"),
        ("Student", "Run checks"),
        ("Write report", "Summarise run"),
        ("Write report", "Record failure"),
    }


def test_every_state_machine_is_on_the_page() -> None:
    files = {file.name.removesuffix(".asl.json") for file in (ROOT / "statemachines").glob("*.asl.json")}
    assert set(re.findall(r"^### `(\w+)`: ", TEXT, re.MULTILINE)) == files


def contract(container: str) -> list[list[str]]:
    """Return the layers that import-linter enforces in a package, highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = [
        entry["layers"] for entry in settings if entry["type"] == "layers" and entry["containers"] == [container]
    ]
    return [re.split(r" *: *", layer) for layer in layers]


@pytest.mark.parametrize(
    ("heading", "container"), [("## Layers of the library", "labgrader"), ("## Layers of the command", "cli")]
)
def test_the_layers_are_those_of_the_contract(heading: str, container: str) -> None:
    (picture,) = re.findall(r"```text\n(.*?)```", section(heading), re.DOTALL)
    assert [line.split(" · ") for line in picture.splitlines()] == contract(container)


def test_every_package_of_the_library_has_its_responsibility() -> None:
    described = [
        name for cell, _ in table_rows(TEXT, "## Layers of the library") for name in re.findall(r"`(\w+)`", cell)
    ]
    assert described == [name for layer in contract("labgrader") for name in layer]


def test_every_reason_code_has_its_row() -> None:
    rows = {row[0].strip("`"): row[-1] for row in table_rows(TEXT, "## Reason codes: who is at fault")}
    assert list(rows) == list(Reason)
    assert {code for code, effect in rows.items() if effect == "does not count"} == {
        reason for reason in Reason if reason.ours
    }
    assert {code for code, effect in rows.items() if effect == "only in audits"} == {
        Reason.NEEDS_GRADED_RUN,
        Reason.CARRIED_OVER,
    }


def test_every_link_resolves() -> None:
    assert broken_links(PAGE) == []
    assert broken_links(ROOT / "CONTRIBUTING.md") == []


@pytest.mark.parametrize("page", [PAGE, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = [name.replace("L/", f"{LIBRARY}/", 1) for name in re.findall(r"`(\S+?/\S*?)`", page.read_text("utf-8"))]
    roots = ("checks/", "cli/", "docs/", "functions/", "infra/", "layers/", "statemachines/", "tests/", "labgrader/")
    paths = [name for name in named if name.startswith(roots)]
    placeholders = re.compile(r"NAME|SERVICE|ID|NNNN")
    assert len(paths) > 10
    missing = [
        path
        for path in paths
        if not (placeholders.search(path) or (ROOT / path).exists() or (ROOT / LIBRARY).parent.joinpath(path).exists())
    ]
    assert set(missing) <= {ONLY_IN_WHEELS}
