"""Bundles have the same bytes for the same sources, everything that a function needs, and no solutions."""

from __future__ import annotations

import os
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from cli.deployment.bundles import LAYER, Python, bundle, running_python
from cli.errors import TargetError

ELSEWHERE = Python("3.99", "arm64")


@pytest.fixture
def function(tmp_path: Path) -> Path:
    folder = tmp_path / "echo"
    folder.mkdir()
    (folder / "app.py").write_text("def handler(event, context):\n    return event\n")
    (folder / "data.json").write_text("{}")
    return folder


def names(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


def test_the_same_sources_make_the_same_bytes(function: Path, tmp_path: Path) -> None:
    first = bundle(function, ELSEWHERE, tmp_path / "one")
    os.utime(function / "app.py", (1, 1))
    (function / "data.json").rename(function / "moved")
    (function / "moved").rename(function / "data.json")
    second = bundle(function, ELSEWHERE, tmp_path / "two")
    assert first.digest == second.digest
    assert first.key == second.key
    assert first.file.read_bytes() == second.file.read_bytes()


def test_another_content_makes_another_key(function: Path, tmp_path: Path) -> None:
    first = bundle(function, ELSEWHERE, tmp_path / "build")
    (function / "data.json").write_text("[]")
    assert bundle(function, ELSEWHERE, tmp_path / "build").key != first.key


def test_a_bundle_is_not_built_again(function: Path, tmp_path: Path) -> None:
    first = bundle(function, ELSEWHERE, tmp_path / "build")
    first.file.write_bytes(b"as it was")
    assert bundle(function, ELSEWHERE, tmp_path / "build").file.read_bytes() == b"as it was"


def test_a_bundle_has_no_files_that_functions_do_not_need(function: Path, tmp_path: Path) -> None:
    for name in ("__pycache__/app.cpython-311.pyc", ".env", "tests/test_app.py"):
        (function / name).parent.mkdir(exist_ok=True)
        (function / name).write_text("secret")
    assert names(bundle(function, ELSEWHERE, tmp_path / "build").file) == ["app.py", "data.json"]


def test_all_files_of_a_bundle_have_one_date_and_one_mode(function: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle(function, ELSEWHERE, tmp_path / "build").file) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


def test_the_layer_has_the_checks_and_no_solutions(tmp_path: Path) -> None:
    found = names(bundle(LAYER, ELSEWHERE, tmp_path / "build").file)
    assert "python/labgrader/store/__init__.py" in found
    assert "python/labgrader/schemas/lab.schema.json" in found
    assert "python/checks/__init__.py" in found
    assert {name.split("/")[1] for name in found} == {"labgrader", "checks"}
    inside_labs = {name.rpartition("/")[2] for name in found if name.startswith("python/checks/labs/")}
    assert inside_labs <= {"lab.yaml"}
    assert not [name for name in found if name.startswith("python/checks/simulation/")]
    assert not [name for name in found if name.endswith(("/solution.py", "/mistakes.py", ".pyc"))]


def test_byte_code_is_added_only_for_the_same_python(tmp_path: Path) -> None:
    found = names(bundle(LAYER, running_python(), tmp_path / "build").file)
    assert f"python/labgrader/__pycache__/errors.{sys.implementation.cache_tag}.pyc" in found


def test_byte_code_is_used_for_any_date(tmp_path: Path) -> None:
    """The flags of PEP 552: with bit 0, a hash replaces the date; without bit 1, Python does not compare the hash."""
    with zipfile.ZipFile(bundle(LAYER, running_python(), tmp_path / "build").file) as archive:
        code = archive.read(f"python/labgrader/__pycache__/errors.{sys.implementation.cache_tag}.pyc")
    assert int.from_bytes(code[4:8], "little") == 0b01


def test_the_embedded_aws_gets_only_what_its_interpreter_lacks(tmp_path: Path) -> None:
    requirements = tmp_path / "dependencies" / "requirements.txt"
    requirements.parent.mkdir()
    requirements.write_text("# what we need\njinja2>=3\n")
    found = names(bundle(requirements.parent, running_python(ours=True), tmp_path / "build").file)
    assert found == ["requirements.txt"]


def test_packages_that_cannot_be_downloaded_are_an_error_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    requirements = tmp_path / "dependencies" / "requirements.txt"
    requirements.parent.mkdir()
    requirements.write_text("no-such-package-of-ours==1\n")
    with pytest.raises(TargetError) as refused:
        bundle(requirements.parent, running_python(ours=True), tmp_path / "build")
    lines = str(refused.value).splitlines()
    assert lines[0] == f"pip could not download the packages of {requirements}:"
    assert lines[-1] == "ERROR: No matching distribution found for no-such-package-of-ours==1"


def test_the_error_without_pip_has_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    requirements = tmp_path / "dependencies" / "requirements.txt"
    requirements.parent.mkdir()
    requirements.write_text("thing==1.0\n")
    with pytest.raises(TargetError) as refused:
        bundle(requirements.parent, Python("3.13", "arm64"), tmp_path / "build")
    assert str(refused.value) == (
        f"the packages of {requirements} cannot be downloaded without pip; install pip with `{python} -m ensurepip`"
    )


class Pip:
    """Replaces pip: records its arguments, and installs a package with every kind of file that a wheel may have."""

    def __init__(self, folder: Path) -> None:
        self.arguments = folder / "asked"
        self.module = folder / "pip"
        self.module.mkdir()
        (self.module / "__init__.py").write_text("")
        (self.module / "__main__.py").write_text(
            "import sys, pathlib\n"
            f"pathlib.Path({str(self.arguments)!r}).write_text(chr(10).join(sys.argv[1:]))\n"
            "target = pathlib.Path(sys.argv[sys.argv.index('--target') + 1])\n"
            "for name in ('thing/__init__.py', 'thing/tests/test_thing.py', 'thing-1.0.dist-info/RECORD',\n"
            "             'thing-1.0.dist-info/METADATA', 'thing-1.0.dist-info/licenses/LICENSE', 'bin/thing',\n"
            "             'boto3/__init__.py', 'botocore-1.0.dist-info/METADATA', 'thing/stub.pyi'):\n"
            "    (target / name).parent.mkdir(parents=True, exist_ok=True)\n"
            "    (target / name).write_text('')\n"
        )


def test_packages_are_downloaded_for_the_platform_of_the_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = Pip(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    requirements = tmp_path / "dependencies" / "requirements.txt"
    requirements.parent.mkdir()
    requirements.write_text("thing==1.0\n")
    made = bundle(requirements.parent, Python("3.13", "arm64"), tmp_path / "build")
    arguments = pip.arguments.read_text().splitlines()
    assert arguments[arguments.index("--python-version") + 1] == "3.13"
    assert [arguments[index + 1] for index, word in enumerate(arguments) if word == "--platform"] == [
        "manylinux2014_aarch64",
        "manylinux_2_28_aarch64",
    ]
    assert "--only-binary=:all:" in arguments
    # on Python 3.13 itself the byte code comes along
    assert [name for name in names(made.file) if "__pycache__" not in name] == [
        "python/thing-1.0.dist-info/METADATA",
        "python/thing-1.0.dist-info/licenses/LICENSE",
        "python/thing/__init__.py",
    ]
    pip.arguments.unlink()
    assert bundle(requirements.parent, Python("3.13", "arm64"), tmp_path / "build") == made
    assert not pip.arguments.exists()  # once for each content
    bundle(requirements.parent, running_python(), tmp_path / "build")
    assert "--platform" not in pip.arguments.read_text().splitlines()
