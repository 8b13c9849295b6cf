"""Where the files of this checkout lie. The command is installed editable: it works from the checkout it came from."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "infra" / "template.yaml"
BUILD = ROOT / "build"
CHECKS = ROOT / "checks"

DEFAULT_STACK = "labgrader"
DEFAULT_PORT = 4566


def state_folder() -> Path:
    """The folder that says which embedded AWS runs; ``LABGRADER_STATE`` names another one."""
    return Path(os.environ.get("LABGRADER_STATE") or ROOT / ".labgrader")
