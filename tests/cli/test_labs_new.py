"""`labgrader labs new` writes a lab that lint accepts, and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.simulation.pack import load_pack
from cli.deployment.bundles import LAYER, Python, bundle
from cli.main import main
from labgrader.errors import BadInputError
from labgrader.labs.search_path import searching
from tests.cli.deployment.test_layer import names

Capture = pytest.CaptureFixture[str]


def write_pack(folder: Path) -> None:
    assert main(["labs", "new", "queues", "--labs", str(folder)]) == 0


def test_a_new_lab_is_valid_and_names_the_command_that_proves_it(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "mylabs"
    write_pack(folder)
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        f"{folder}/{name}"
        for name in ("queues/lab.yaml", "queues/solution.py", "queues/mistakes.py", "checks/queues_described.py")
    ]
    assert captured.err == f"prove it with `labgrader verify queues --labs {folder}`\n"
    for named in (folder / "queues" / "lab.yaml", folder / "queues", folder):
        assert main(["lint", "--labs", str(folder), str(named)]) == 0
    assert main(["labs", "--labs", str(folder), "show", "queues"]) == 0
    assert "function-described" in capsys.readouterr().out
    with searching(folder):
        assert [mistake.id for mistake in load_pack("queues").mistakes] == ["no-description", "greets-the-world"]


def test_the_folder_of_the_environment_is_searched(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABGRADER_LABS", str(tmp_path / "mylabs"))
    assert main(["labs", "new", "queues"]) == 0
    assert main(["labs"]) == 0
    assert "queues" in capsys.readouterr().out
    monkeypatch.delenv("LABGRADER_LABS")
    assert main(["labs"]) == 0
    assert "queues" not in capsys.readouterr().out


def test_existing_files_are_not_overwritten(tmp_path: Path, capsys: Capture) -> None:
    write_pack(tmp_path)
    capsys.readouterr()
    assert main(["labs", "new", "queues", "--labs", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: the lab queues already exists; choose another id\n"
    (tmp_path / "queues" / "lab.yaml").unlink()
    assert main(["labs", "new", "queues", "--labs", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "error: the check queues_described already exists; choose another id for the lab\n"
    )
    (tmp_path / "checks" / "queues_described.py").unlink()
    assert main(["labs", "new", "queues", "--labs", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "".join(
        f"error: {tmp_path}/queues/{name}: this file already exists; move it, or choose another id\n"
        for name in ("solution.py", "mistakes.py")
    )


@pytest.mark.parametrize("lab_id", ["Queues", "q", "checks", "../x"])
def test_an_invalid_id_is_refused(tmp_path: Path, lab_id: str, capsys: Capture) -> None:
    assert main(["labs", "new", lab_id, "--labs", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"error: {lab_id!r} cannot be the id of a lab; use 2 to 61 lower-case letters, digits and hyphens, beginning "
        "with a letter; checks is reserved\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_layer_has_an_added_lab_and_its_checks_without_solutions(tmp_path: Path) -> None:
    write_pack(tmp_path / "mylabs")
    before = set(names(bundle(LAYER, Python("3.99", "arm64"), tmp_path / "build").file))
    with searching(tmp_path / "mylabs"):
        found = names(bundle(LAYER, Python("3.99", "arm64"), tmp_path / "build").file)
    assert sorted(set(found) - before) == ["python/checks/labs/queues/lab.yaml", "python/checks/queues_described.py"]
    assert len(found) == len(set(found))


def test_a_lab_that_extends_another_has_its_solution_and_mistakes(tmp_path: Path) -> None:
    write_pack(tmp_path)
    file = tmp_path / "mine" / "lab.yaml"
    file.parent.mkdir()
    file.write_text("id: mine\nextends: queues\npoints: 80\nchecks:\n  - {id: function-described, remove: true}\n")
    with searching(tmp_path):
        pack = load_pack("mine")
        assert pack.build.__doc__ == load_pack("queues").build.__doc__
        assert [mistake.id for mistake in pack.mistakes] == ["greets-the-world"]
    (tmp_path / "mine" / "mistakes.py").write_text("import nothing_of_this_name\n")
    other = tmp_path / "other"
    (tmp_path / "mine").rename(other)
    (other / "lab.yaml").write_text("id: other\nextends: queues\n")
    with searching(tmp_path), pytest.raises(BadInputError) as caught:
        load_pack("other")
    assert str(caught.value) == (
        f"{other}/mistakes.py:1: cannot be imported: ModuleNotFoundError: No module named 'nothing_of_this_name'"
    )
