"""Functions that read no class list start without the code that reads one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cli.project import ROOT

READER = "labgrader.rosters.reader"


def imports_the_reader(module: str) -> bool:
    program = f"import sys, {module}; print({READER!r} in sys.modules)"
    path = {"PYTHONPATH": f"{ROOT / 'layers' / 'labgrader' / 'python'}:{ROOT}"}
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=path)
    return printed.stdout.strip() == "True"


@pytest.mark.parametrize(
    "module", ["labgrader.auth.authorizer", "labgrader.steps.run_check", "labgrader.steps.write_report"]
)
def test_a_function_that_reads_no_class_list_starts_without_the_reader(module: str) -> None:
    assert not imports_the_reader(module)


def test_the_plan_of_a_run_imports_the_reader() -> None:
    assert imports_the_reader("labgrader.steps.plan_run")
