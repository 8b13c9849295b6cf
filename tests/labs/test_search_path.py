"""Labs and checks of a teacher's own folder: found beside the built-in ones, and never in place of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.errors import BadInputError
from labgrader.judging.check import all_checks, check_names, find_check
from labgrader.judging.lint import lint
from labgrader.labs.lab import find_lab, lab_ids
from labgrader.labs.search_path import added_files, refuse_empty_folders, searching

CHECK = '''\
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, passed

from ._shared import TITLE


@check(title=TITLE, hint="aws lambda list-functions")
def {name}(snapshot: Snapshot, *, function: str) -> Verdict:
    """Always true."""
    return passed()
'''

LAB = """\
id: {lab_id}
version: 1.0.0
title: A lab
points: 1
checks:
  - {{id: one, check: {check}, title: It is, task: Task 1, points: 1, with: {{function: f}}}}
"""


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "checks" / "of_mine.py", CHECK.format(name="of_mine"))
    write(tmp_path / "checks" / "_shared.py", 'TITLE = "Shared words"\n')
    write(tmp_path / "my-lab" / "lab.yaml", LAB.format(lab_id="my-lab", check="of_mine"))
    write(tmp_path / "my-lab" / "solution.py", "")
    return tmp_path


def refused(action: object, *folders: Path) -> list[str]:
    with pytest.raises(BadInputError) as caught, searching(*folders):
        action()  # type: ignore[operator]
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("line", ["import boto3", "from botocore.exceptions import ClientError", "import urllib3.util"])
def test_a_check_that_could_call_something_is_refused(folder: Path, line: str) -> None:
    file = write(folder / "checks" / "of_mine.py", f"{CHECK.format(name='of_mine')}\n\n{line}\n")
    name = line.split()[1]
    said = f"{file}:13: imports {name}: a check judges recorded evidence and must not call AWS or other services"
    assert refused(lambda: find_check("of_mine"), folder) == [said]


def test_a_lab_with_a_built_in_id_is_refused_by_lint(tmp_path: Path) -> None:
    file = write(
        tmp_path / "lambda-optimization" / "lab.yaml", LAB.format(lab_id="lambda-optimization", check="tracing_active")
    )
    with searching(tmp_path):
        said = [str(problem) for problem in lint(file)]
    assert (
        f"{file}:1: id: lambda-optimization is a built-in lab: use another id, and `extends: lambda-optimization`"
    ) in said


def test_an_unknown_placeholder_in_the_hint_of_a_check_is_refused(folder: Path) -> None:
    text = CHECK.format(name="of_mine").replace("list-functions", "get-function --function-name {function} {user}")
    write(folder / "checks" / "of_mine.py", text)
    file = folder / "my-lab" / "lab.yaml"
    with searching(folder):
        (problem,) = lint(file)
    assert str(problem) == (
        f"{file}:6: checks[0].check: the hint of the check of_mine: there is no placeholder {{user}}; "
        "did you mean {username}? There are: {username}, {account_id}, {region}, {function}. "
        "For the text itself write {{user}}"
    )


def test_a_lab_and_a_check_are_found_as_long_as_their_folder_is_searched(folder: Path) -> None:
    built_in = lab_ids()
    with searching(folder):
        assert lab_ids() == sorted([*built_in, "my-lab"])
        assert lint(folder / "my-lab" / "lab.yaml") == []
        assert find_lab("my-lab").checks[0].check == "of_mine"
        assert find_check("of_mine").title == "Shared words"
        assert "of_mine" in [check.name for check in all_checks()]
        assert "_shared" not in check_names()
    assert lab_ids() == built_in
    with pytest.raises(BadInputError, match=r"^there is no check 'of_mine'$"):
        find_check("of_mine")


def test_deployed_labs_contain_no_recorded_answers(folder: Path) -> None:
    with searching(folder):
        assert sorted(added_files()) == ["_shared.py", "labs/my-lab/lab.yaml", "of_mine.py"]


def test_lint_finds_a_check_in_an_unnamed_folder(folder: Path) -> None:
    file = folder / "my-lab" / "lab.yaml"
    assert [str(problem) for problem in lint(file)] == [
        f"{file}:6: checks[0].check: there is no check 'of_mine'; to use {folder}/checks/of_mine.py, "
        f"add `--labs {folder}`"
    ]


def test_a_built_in_lab_keeps_its_id(folder: Path) -> None:
    file = write(folder / "lambda-optimization" / "lab.yaml", "id: lambda-optimization\n")
    assert refused(lab_ids, folder) == [
        f"{file}: id: lambda-optimization is a built-in lab: use another id, and "
        "`extends: lambda-optimization` to change only parts"
    ]


def test_a_built_in_check_keeps_its_name(folder: Path) -> None:
    file = write(folder / "checks" / "alias_points_to.py", "")
    assert refused(check_names, folder) == [f"{file}: alias_points_to is a built-in check: use another name"]


def test_two_folders_with_the_same_lab_or_check_are_refused(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    lab = write(other / "my-lab" / "lab.yaml", LAB.format(lab_id="my-lab", check="of_mine"))
    assert refused(lab_ids, folder, other) == [f"{lab}: id: my-lab is already the lab of {folder}/my-lab/lab.yaml"]
    check = write(other / "checks" / "of_mine.py", "")
    assert refused(check_names, folder, other) == [
        f"{check}: of_mine is already the check of {folder}/checks/of_mine.py"
    ]


def test_helpers_with_the_same_name_are_not_deployed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    shared = write(other / "checks" / "_shared.py", "")
    said = f"{shared}: {folder}/checks/_shared.py has the same name: rename one of them"
    assert refused(added_files, folder, other) == [said]
    own = write(other / "checks" / "wording" / "__init__.py", "")
    assert refused(added_files, other) == [f"{own}: checks/wording/__init__.py is a built-in file: use another name"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import json\nimport no_such_package\n", ":2: cannot be imported: ModuleNotFoundError: No module named "),
        ("def broken(:\n", ":1: cannot be imported: invalid syntax"),
        ("\n\n1 / 0\n", ":3: cannot be imported: ZeroDivisionError: division by zero"),
        ("x = 1\n", " defines no check called of_mine"),
        (
            CHECK.format(name="of_mine").replace("*, function", "function"),
            ":7: cannot be imported: TypeError: check of_mine: every parameter but the first is keyword-only",
        ),
    ],
)
def test_an_unusable_check_is_explained(folder: Path, text: str, expected: str) -> None:
    file = write(folder / "checks" / "of_mine.py", text)
    (problem,) = refused(lambda: find_check("of_mine"), folder)
    assert problem.startswith(f"{file}{expected}")


def test_a_check_name_must_be_a_python_name(folder: Path) -> None:
    file = write(folder / "checks" / "of-mine.py", "")
    said = f"{file}: a check's file has the name of its function: letters, digits and underscores"
    assert refused(check_names, folder) == [said]


def refused_as_empty(folder: Path) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        refuse_empty_folders([folder])
    return [str(problem) for problem in caught.value.problems]


def test_a_folder_without_labs_suggests_the_right_one(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    holds = "this folder holds no lab and no check: it needs ID/lab.yaml or checks/NAME.py"
    refuse_empty_folders([folder])
    assert refused_as_empty(empty) == [f"{empty}: {holds}"]
    (lab_file,) = folder.glob("*/lab.yaml")
    assert refused_as_empty(lab_file.parent) == [
        f"{lab_file.parent}: {holds}. It is the folder of one lab: give the folder above it, {folder}"
    ]
    above = tmp_path / "above"
    write(above / "mine" / "my-lab" / "lab.yaml", LAB.format(lab_id="my-lab", check="of_mine"))
    assert refused_as_empty(above) == [f"{above}: {holds}. Did you mean {above}/mine?"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert refused(lab_ids, tmp_path / "none") == [f"{tmp_path}/none: there is no such folder of labs"]
