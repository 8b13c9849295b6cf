"""The part of the build that pyproject.toml cannot express: of the command, students get their own commands only."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LEFT_OUT = {
    "cli": {
        *("audit_run", "class_run", "health", "lab_template", "load_targets", "load_test_run"),
        *("run_names", "schedules", "signing_key", "target"),
    },
    "cli.output": {"class_progress", "class_table", "load_progress", "load_test"},
    "labgrader": {"aws", "environment", "events", "logs"},
}
"""The modules that need AWS, or that no command of a student needs."""

COMMANDS = {"__init__", "my_reports", "self_check"}
"""The modules of the commands for students."""


class BuildForStudents(build_py):
    """Build the packages without the modules that students do not need."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """Return the modules of a package: its name, the name of the module, and the file."""
        return [
            (name, module, file)
            for name, module, file in super().find_package_modules(package, package_dir)
            if (module in COMMANDS if package == "cli.commands" else module not in LEFT_OUT.get(package, ()))
        ]

    def run(self) -> None:
        if not Path("../../cli/main.py").is_file():
            sys.exit("labgrader-student is built in a checkout of labgrader, not from a source distribution")
        super().run()


setup(cmdclass={"build_py": BuildForStudents})
