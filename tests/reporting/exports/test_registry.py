"""The registry of formats: every file of the folder is one, and a new file is all that a new format takes."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labgrader.labs.lab import Lab
from labgrader.reporting import exports as package
from labgrader.reporting.exports import exports
from labgrader.reporting.gradebook import build_gradebook

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / "layers" / "labgrader" / "python" / "labgrader"

NEW_FORMAT = r'''"""The gradebook as lines."""

from labgrader.reporting.exports import Export
from labgrader.reporting.gradebook import GradebookDocument


def render_lines(gradebook: GradebookDocument) -> bytes:
    """Return a line for each student."""
    return "".join(f"{row['username']} {row['points']}\n" for row in gradebook["students"]).encode()


EXPORT = Export("text/plain", ".txt", "for people, a line for each student", render_lines)
'''


def run_with(folder: Path, name: str, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Copy the library, put a file beside its exports, and run Python with the copy."""
    shutil.copytree(LIBRARY, folder / "labgrader", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "labgrader" / "reporting" / "exports" / name).write_text(text)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_every_file_of_the_folder_is_a_format() -> None:
    files = {file.stem for file in (LIBRARY / "reporting" / "exports").glob("*.py") if not file.stem.startswith("_")}
    assert list(exports()) == sorted(files)
    assert files >= {"csv", "json"}
    tests = {file.stem.removeprefix("test_") for file in Path(__file__).parent.glob("test_*.py")}
    assert tests - {"registry"} == files, "every format has its test"
    assert set(importlib.import_module("cli.commands.results").GRADEBOOKS) == files - {"json"}


@pytest.mark.parametrize("name", exports())
def test_each_says_what_it_is_and_writes_utf_8(name: str) -> None:
    export = exports()[name]
    assert export.suffix.startswith(".")
    assert export.description
    assert (export.description[0].islower(), export.description.endswith(".")) == (True, False)
    empty = Lab("lambda-optimization", "1.0.0", "Lab", "", 0, ())
    assert export.render(build_gradebook("r1", empty, [])).decode("utf-8")


@pytest.mark.parametrize(("name", "content_type"), [("csv", "text/csv; charset=utf-8"), ("json", "application/json")])
def test_text_names_its_encoding(name: str, content_type: str) -> None:
    assert exports()[name].content_type == content_type


def test_the_formats_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        exports()["csv"] = exports()["json"]  # type: ignore[index]
    assert package.exports() is exports()


def test_a_new_file_is_a_format_of_the_registry_the_api_and_the_command(tmp_path: Path) -> None:
    script, saved = Path(__file__).with_name("new_format.py"), tmp_path / "gradebook.txt"
    done = run_with(tmp_path, "lines.py", NEW_FORMAT, str(script), str(saved))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "registry": sorted([*exports(), "lines"]),
        "status": 200,
        "headers": {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Disposition": 'attachment; filename="gradebook-20260301-090000-lambda-optimization-0001.txt"',
        },
        "body": "user1 13\n",
        "enum": sorted([*exports(), "lines"]),
        "described": True,
        "exit status": 0,
    }
    assert saved.read_bytes() == b"user1 13\n"


def test_a_file_that_is_no_format_is_named(tmp_path: Path) -> None:
    done = run_with(tmp_path, "empty.py", "", "-c", "from labgrader.reporting.exports import exports; exports()")
    file = tmp_path / "labgrader" / "reporting" / "exports" / "empty.py"
    assert done.stderr.splitlines()[-1] == f"TypeError: {file} defines no EXPORT"


def test_a_file_that_begins_with_an_underscore_is_no_format(tmp_path: Path) -> None:
    done = run_with(
        tmp_path, "_shared.py", "", "-c", "from labgrader.reporting.exports import exports; print(*exports())"
    )
    assert done.stdout.split() == list(exports())
