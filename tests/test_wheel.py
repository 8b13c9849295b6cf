"""The installed wheel grades a class from an empty folder, without the checkout."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.project import ROOT
from labgrader.labs.lab import lab_ids

pytestmark = pytest.mark.workflow

LAB = "serverless-foundations"
PACK = "checks/labs/serverless_foundations"
"""The folder of the lab in the checkout and in the wheel."""

_BUILD = "import sys, setuptools.build_meta as backend; print(getattr(backend, sys.argv[1])(sys.argv[2]))"


def build(kind: str, source: Path, target: Path) -> Path:
    """Call one hook of the build backend, as pip and `python -m build` do."""
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, kind, str(target)], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return target / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel from the source distribution of a copy of this checkout, which has files of earlier builds."""
    folder = tmp_path_factory.mktemp("wheel")
    other = ("tests", "benchmarks", "docs", "build", "out", "*.egg-info")
    shutil.copytree(ROOT, folder / "copy", ignore=shutil.ignore_patterns(".*", *other))
    (folder / "copy" / PACK / "__pycache__").mkdir(exist_ok=True)
    (folder / "copy" / PACK / "__pycache__/solution.cpython-311.pyc").write_bytes(b"stale")
    with tarfile.open(build("build_sdist", folder / "copy", folder)) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    (source / "build/lib/checks").mkdir(parents=True)
    (source / "build/lib/checks/deleted_since_the_last_build.py").write_text("")
    return build("build_wheel", source, folder)


@dataclass(frozen=True)
class Installed:
    """The package in a new virtual environment, for a new user.

    Args:
        bin: the environment's commands.
        site: the environment's packages.
        home: the user's home folder.
        folder: an empty folder, where every command runs.
    """

    bin: Path
    site: Path
    home: Path
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
        }
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )

    def labgrader(self, *arguments: str) -> str:
        """Run the command. Return what it printed."""
        done = self.run("labgrader", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Install the wheel in a new environment that has the packages of this environment without labgrader.

    A path in a `.pth` file comes after the environment's own packages, and the `.pth` files there are not read: the
    editable installation of this checkout is unknown.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder / "venv")}))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(folder / "venv"), "install", "--quiet", "--no-deps", str(wheel)],
        check=True,
    )
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (folder / "home").mkdir()
    (folder / "empty").mkdir()
    made = Installed(folder / "venv/bin", site, folder / "home", folder / "empty")
    yield made
    made.run("labgrader", "down")


def test_the_wheel_has_only_the_needed_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"labgrader", "checks", "cli"}
    packs = {file.relative_to(ROOT).as_posix() for file in ROOT.glob("checks/labs/*/*.py")}
    assert {f"{PACK}/{name}.py" for name in ("solution", "mistakes")} < packs < names
    tracked = {file.relative_to(ROOT) for file in ROOT.glob("functions/*/app.py")}
    tracked |= {file.relative_to(ROOT) for file in ROOT.glob("layers/*/requirements.txt")}
    tracked |= {file.relative_to(ROOT) for file in ROOT.glob("statemachines/*.asl.json")}
    tracked |= {Path("infra/template.yaml"), Path("infra/student_account.yaml")}
    assert {f"cli/_deployable/{file}" for file in tracked} < names
    assert "checks/deleted_since_the_last_build.py" not in names
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name or "fixtures" in name]


def test_the_wheel_uses_nothing_from_the_checkout(installed: Installed) -> None:
    where = "import {0}; print({0}.__file__)"
    for name in ("labgrader", "checks", "cli"):
        done = installed.run("python", "-c", where.format(name))
        assert done.stdout == f"{installed.site / name / '__init__.py'}\n"
    for name in ("functions", "statemachines", "benchmarks", "tests"):
        done = installed.run("python", "-c", where.format(name))
        assert done.stderr.endswith(f"ModuleNotFoundError: No module named '{name}'\n")
    done = installed.run("python", "-c", "import sys; print(*sys.path, sep='\\n')")
    assert str(ROOT) not in done.stdout.splitlines()


def test_the_wheel_grades_from_an_empty_folder(installed: Installed) -> None:
    assert installed.labgrader("--version") == "labgrader 0.1.0\n"
    assert [lab["id"] for lab in json.loads(installed.labgrader("labs", "--json"))] == lab_ids()
    lab_file = installed.site / PACK / "lab.yaml"
    assert installed.labgrader("lint", str(lab_file)) == f"{lab_file}: valid\n"

    installed.labgrader("up")
    roster = installed.labgrader("simulate", "--lab", LAB, "--students", "2", "--truth", "truth.json")
    (installed.folder / "class.csv").write_text(roster)
    installed.labgrader("grade", "--lab", LAB, "--roster", "class.csv", "--out", "results")
    state = installed.home / "state/labgrader"
    work = Path(json.loads((state / "embedded.json").read_text())["work"])
    assert work.is_dir()
    assert work.parent == state
    installed.labgrader("down")

    with (installed.folder / "results/gradebook.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(row["username"] for row in csv.DictReader(file)) == ["user1", "user2"]
    students = json.loads((installed.folder / "truth.json").read_text())["students"]
    assert sorted(bool(student["fails"]) for student in students) == [False, True]
    for student in students:
        report = json.loads((installed.folder / f"results/reports/{student['username']}.json").read_text())
        assert report["status"] == "complete"
        assert [check["id"] for check in report["checks"] if check["status"] == "failed"] == student["fails"]

    assert sorted(file.name for file in installed.folder.iterdir()) == ["class.csv", "results", "truth.json"]
    assert sorted(file.name for file in installed.home.iterdir()) == ["cache", "state"]
    assert not work.exists()
    assert list((installed.home / "cache/labgrader/bundles").glob("labgrader-*.zip"))
    assert not [file for file in installed.site.rglob("*.zip") if file.is_relative_to(installed.site / "cli")]
