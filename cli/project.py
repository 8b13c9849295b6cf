"""Where the command's files are: what it deploys, what it remembers, and what it builds.

In a checkout the deployable files lie in the folder above this package. In an installed package they lie in this one
(``setup.py`` puts them there). Nothing is written to either: the command works from any folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_state_path

import labgrader

_PACKAGE = Path(__file__).resolve().parent
_PACKAGED = _PACKAGE / "_deployable"

ROOT = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent
"""The folder that holds ``functions/``, ``infra/``, ``layers/`` and ``statemachines/``."""

TEMPLATE = ROOT / "infra" / "template.yaml"
LIBRARY = Path(labgrader.__file__).resolve().parent
CHECKS = _PACKAGE.parent / "checks"

DEFAULT_STACK = "labgrader"
DEFAULT_PORT = 4566

_APPLICATION = "labgrader"


def state_folder() -> Path:
    """Return the folder of the embedded AWS: which one runs, its log and its files.

    ``LABGRADER_STATE`` names another folder than the user's own (on Linux ``~/.local/state/labgrader``).
    """
    given = os.environ.get("LABGRADER_STATE")
    return Path(given).absolute() if given else user_state_path(_APPLICATION, appauthor=False)


def build_folder() -> Path:
    """Return the folder of the bundles: each is named by its content, so that all versions and stacks share it.

    ``LABGRADER_CACHE`` names another folder than the user's own (on Linux ``~/.cache/labgrader``).
    """
    given = os.environ.get("LABGRADER_CACHE")
    return (Path(given).absolute() if given else user_cache_path(_APPLICATION, appauthor=False)) / "bundles"
