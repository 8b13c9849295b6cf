"""The students' package: a small wheel that checks and reads reports over the API, in an environment without boto3."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cli.project import ROOT
from tests.api.reports import report_of
from tests.cli.stub_api import RUN, Reply, StubApi, started, state
from tests.test_wheel import build

pytestmark = pytest.mark.workflow

TOKEN = "aaaa.bbbb.cccc"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built in a copy of the checkout."""
    folder = tmp_path_factory.mktemp("student")
    for part in ("cli", "layers", "packages"):
        shutil.copytree(ROOT / part, folder / "copy" / part, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    return build("build_wheel", folder / "copy/packages/student", folder)


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, the packages that it requires, and nothing else."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet", "--no-deps", str(wheel)],
        check=True,
    )
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        wanted = re.findall(r"^Requires-Dist: (.+)$", archive.read(name).decode(), re.MULTILINE)
    linked: set[str] = set()
    while wanted:
        requirement = Requirement(wanted.pop())
        needed = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if requirement.name.lower() in linked or not needed:
            continue
        linked.add(requirement.name.lower())
        found = importlib.metadata.distribution(requirement.name)
        for file in found.files or ():
            if file.parts[0] != ".." and not (site / file.parts[0]).exists():
                (site / file.parts[0]).symlink_to(Path(str(found.locate_file(file.parts[0]))))
        wanted += found.requires or ()
    return folder


def run(environment: Path, tmp_path: Path, *command: str, url: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of the environment, as a student does in an empty folder."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LABGRADER_TOKEN": TOKEN, "COLUMNS": "200"}
    return subprocess.run(
        [str(environment / "bin" / command[0]), *command[1:]],
        cwd=tmp_path,
        env={**variables, **({"LABGRADER_API_URL": url} if url else {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_wheel_has_the_version_and_the_bounds_of_the_whole_package(wheel: Path) -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    student = tomllib.loads((ROOT / "packages/student/pyproject.toml").read_text())["project"]
    assert (student["version"], student["requires-python"]) == (whole["version"], whole["requires-python"])
    assert set(student["dependencies"]) < set(whole["dependencies"])
    assert wheel.name == f"labgrader_student-{whole['version']}-py3-none-any.whl"


@pytest.mark.parametrize("module", ["boto3", "botocore", "ministack", "samtranslator", "checks", "cli.target"])
def test_what_only_instructors_need_is_not_installed(environment: Path, tmp_path: Path, module: str) -> None:
    done = run(environment, tmp_path, "python", "-c", f"import {module}")
    assert done.stderr.endswith(f"ModuleNotFoundError: No module named '{module}'\n")


def test_the_command_has_the_commands_of_students_only(environment: Path, tmp_path: Path) -> None:
    done = run(environment, tmp_path, "labgrader", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^│ ([a-z][a-z-]*) ", done.stdout, re.MULTILINE) == ["self-check", "my-reports"]
    assert "labgrader demo" not in done.stdout
    assert run(environment, tmp_path, "labgrader", "--version").stdout == "labgrader 0.1.0\n"
    done = run(environment, tmp_path, "labgrader", "self-check", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Example: labgrader self-check --lab lambda-optimization" in done.stdout


def test_a_student_checks_a_lab_and_reads_the_page(environment: Path, tmp_path: Path) -> None:
    report = report_of(RUN, mode="self-check")
    with StubApi(started(), state("running"), state("complete", report=report)) as stub:
        command = ["labgrader", "self-check", "--lab", "lambda-optimization", "-o", "report.html"]
        done = run(environment, tmp_path, *command, url=stub.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Lambda optimization: 13 of 15 points\n")
    assert done.stderr.endswith("\nwrote report.html\n")
    assert "The title of shown-check" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_student_reads_an_earlier_report(environment: Path, tmp_path: Path) -> None:
    with StubApi(Reply(200, report_of(RUN))) as stub:
        done = run(environment, tmp_path, "labgrader", "my-reports", RUN, "--json", url=stub.url)
    assert (done.returncode, json.loads(done.stdout)["run_id"]) == (0, RUN), done.stderr


def test_the_address_of_the_api_is_necessary(environment: Path, tmp_path: Path) -> None:
    done = run(environment, tmp_path, "labgrader", "self-check", "--lab", "lambda-optimization")
    assert (done.returncode, done.stderr) == (
        2,
        "error: the address of the API is missing: set LABGRADER_API_URL to the one from your instructor\n",
    )


def test_a_system_without_signals_of_unix_imports_the_command(environment: Path, tmp_path: Path) -> None:
    without = (
        "import signal; del signal.SIGHUP, signal.SIGPIPE; from cli.main import main; raise SystemExit(main(['-h']))"
    )
    assert run(environment, tmp_path, "python", "-c", without).returncode == 0
