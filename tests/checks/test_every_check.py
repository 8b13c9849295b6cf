"""What holds for every check: a title, a hint that its parameters fill, and a test file of its own."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import checks
from labgrader.judging.check import Check, all_checks

TESTS = Path(__file__).parent
CHECKS = Path(checks.__file__).parent
NO_SERVICE = {"labs", "simulation", "wording"}
"""Folders with tests that are not about one check."""

PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


def own_checks() -> list[Check]:
    """Return the checks of the project, without those that other tests register."""
    return [check for check in all_checks() if Path(inspect.getfile(check.judge)).is_relative_to(CHECKS)]


def services() -> dict[str, str]:
    """Return the service of every check: its folder in ``checks/``."""
    return {
        check.name: Path(inspect.getfile(check.judge)).parent.relative_to(CHECKS).as_posix() for check in own_checks()
    }


def problems(folder: Path, services: Mapping[str, str]) -> list[str]:
    """Say which test files are missing, empty, in the wrong folder, or about no check.

    Args:
        folder: the folder of the tests, with one folder per service.
        services: the service of every check; empty if any folder will do.
    """
    files = sorted(file for file in folder.glob("*/test_*.py") if file.parent.name not in NO_SERVICE)
    by_check: dict[str, list[Path]] = {}
    for file in files:
        by_check.setdefault(file.stem.removeprefix("test_"), []).append(file)
    found = []
    for name, service in services.items():
        wanted = f"tests/checks/{service or 'SERVICE'}/test_{name}.py"
        there = by_check.pop(name, [])
        if not there:
            found.append(f"The check {name} has no test file: write {wanted}.")
        elif len(there) > 1 or (service and there[0].parent.name != service):
            found.append(f"The tests of {name} lie in {', '.join(map(_shown, there))}: move them to {wanted}.")
        elif not _judges(there[0], name):
            found.append(f"{_shown(there[0])} does not test the check {name}: write a test that judges it.")
    for name, there in by_check.items():
        found += [f"{_shown(file)} is about a check {name}, which does not exist." for file in there]
    return found


def _shown(file: Path) -> str:
    return f"tests/checks/{file.parent.name}/{file.name}"


def _judges(file: Path, check: str) -> bool:
    """Whether a file has tests and uses the check: by its id, as the judge takes it, or by an import."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    tests = any(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in nodes)
    named = any(isinstance(node, ast.Constant) and node.value == check for node in nodes)
    imported = any(isinstance(node, ast.alias) and node.name.rpartition(".")[2] == check for node in nodes)
    return tests and (named or imported)


def test_every_check_has_a_test_file() -> None:
    found = problems(TESTS, services())
    assert not found, "\n".join(found)


def test_every_check_has_a_title_and_a_hint_that_its_parameters_fill() -> None:
    for check in own_checks():
        names = {*check.schema["properties"], "username", "account_id", "region"}
        used = {match.strip("{}") for match in PLACEHOLDER.findall(check.hint)}
        assert used <= names, check.name
        assert check.title, check.name
        assert check.description, check.name


def test_the_problem_names_the_file_to_write(tmp_path: Path) -> None:
    assert problems(tmp_path, {"queue_configured": "sqs", "api_exists": ""}) == [
        "The check queue_configured has no test file: write tests/checks/sqs/test_queue_configured.py.",
        "The check api_exists has no test file: write tests/checks/SERVICE/test_api_exists.py.",
    ]


def test_an_empty_file_and_one_in_the_wrong_folder_are_problems(tmp_path: Path) -> None:
    judging = 'def test_passes() -> None:\n    assert World().judge("{}").status == "passed"\n'
    for path, content in {
        "sqs/test_right.py": judging.format("right"),
        "sqs/test_docstring_only.py": '"""docstring_only: nothing yet."""\n',
        "sqs/test_of_another.py": judging.format("right"),
        "sqs/test_elsewhere.py": judging.format("elsewhere"),
        "sqs/test_twice.py": judging.format("twice"),
        "s3/test_twice.py": judging.format("twice"),
        "s3/test_deleted.py": judging.format("deleted"),
        "wording/test_shared.py": "",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)
    wanted = {"right": "sqs", "docstring_only": "sqs", "of_another": "sqs", "elsewhere": "s3", "twice": "sqs"}
    assert problems(tmp_path, wanted) == [
        "tests/checks/sqs/test_docstring_only.py does not test the check docstring_only: write a test that judges it.",
        "tests/checks/sqs/test_of_another.py does not test the check of_another: write a test that judges it.",
        "The tests of elsewhere lie in tests/checks/sqs/test_elsewhere.py: move them to "
        "tests/checks/s3/test_elsewhere.py.",
        "The tests of twice lie in tests/checks/s3/test_twice.py, tests/checks/sqs/test_twice.py: move them to "
        "tests/checks/sqs/test_twice.py.",
        "tests/checks/s3/test_deleted.py is about a check deleted, which does not exist.",
    ]
