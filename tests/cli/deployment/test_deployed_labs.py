"""Commands compare the deployed labs with the local labs before they start anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.deployment.deployed_labs import OUTPUT, check_deployed, digests, no_longer_deployed, shown
from labgrader.errors import BadInputError
from labgrader.labs.search_path import searching
from tests.labs.test_search_path import CHECK, LAB, write

OPTIONS = " --aws --labs mylabs"
BUILT_IN = "lambda-optimization"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "checks" / "of_mine.py", CHECK.format(name="of_mine"))
    write(tmp_path / "checks" / "_shared.py", 'TITLE = "Shared words"\n')
    write(tmp_path / "my-lab" / "lab.yaml", LAB.format(lab_id="my-lab", check="of_mine"))
    return tmp_path


def outputs(folder: Path) -> dict[str, str]:
    with searching(folder):
        return {"Bucket": "bucket", OUTPUT: json.dumps(digests())}


def refused(there: dict[str, str], *labs: str) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        check_deployed(there, labs, OPTIONS)
    return [str(problem) for problem in caught.value.problems]


def test_labs_that_are_the_same_are_not_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = outputs(folder)
    with searching(folder):
        check_deployed(there, ["my-lab", BUILT_IN], OPTIONS)
    assert capsys.readouterr().err == ""


def test_a_comment_in_the_file_is_no_difference(folder: Path) -> None:
    there = outputs(folder)
    file = folder / "my-lab" / "lab.yaml"
    file.write_text(f"# a comment\n{file.read_text()}")
    with searching(folder):
        check_deployed(there, ["my-lab"], OPTIONS)


def test_an_edited_lab_differs(folder: Path) -> None:
    there = outputs(folder)
    file = folder / "my-lab" / "lab.yaml"
    file.write_text(file.read_text().replace("title: It is", "title: It is there"))
    with searching(folder):
        assert refused(there, "my-lab") == [
            "the deployed my-lab differs from yours; deploy yours with `labgrader deploy --aws --labs mylabs`"
        ]
        check_deployed(there, [BUILT_IN], OPTIONS)


@pytest.mark.parametrize("name", ["of_mine.py", "_shared.py"])
def test_an_edited_check_differs_for_the_labs_that_may_use_it(folder: Path, name: str) -> None:
    there = outputs(folder)
    file = folder / "checks" / name
    file.write_text(f"{file.read_text()}\nMORE = 1\n")
    with searching(folder):
        assert refused(there, "my-lab") == [
            "the deployed checks differ from yours; deploy yours with `labgrader deploy --aws --labs mylabs`"
        ]
        check_deployed(there, [BUILT_IN], OPTIONS)


def test_a_lab_that_is_not_deployed_is_refused(folder: Path) -> None:
    there = {OUTPUT: json.dumps(digests())}
    with searching(folder):
        assert refused(there, "my-lab") == [
            "my-lab is not deployed; deploy it with `labgrader deploy --aws --labs mylabs`"
        ]


def test_a_lab_that_is_only_deployed_is_graded_and_an_unknown_lab_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = outputs(folder)
    check_deployed(there, ["my-lab", BUILT_IN], OPTIONS)
    assert capsys.readouterr().err == (
        "warning: my-lab is deployed, but this machine does not have it: the deployed version is graded\n"
    )
    assert refused(there, "my-labs") == [
        "there is no lab 'my-labs'; did you mean 'my-lab'? The labs are: lambda-fundamentals, lambda-optimization, "
        "my-lab, performance-scaling, serverless-foundations"
    ]
    assert no_longer_deployed(there) == ["my-lab"]
    with searching(folder):
        assert no_longer_deployed(there) == []


def test_a_stack_of_an_older_version_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    check_deployed({"Bucket": "bucket"}, [BUILT_IN], OPTIONS)
    assert capsys.readouterr().err == (
        "warning: an older version of labgrader deployed the stack, so its labs cannot be compared with yours; "
        "deploy it again with `labgrader deploy --aws --labs mylabs`\n"
    )


def test_digests_are_not_printed() -> None:
    assert shown({"Bucket": "bucket", OUTPUT: "{}"}) == {"Bucket": "bucket"}
