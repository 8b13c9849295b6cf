"""The files and folders of the command: what it deploys, its state, and its cache.

In a checkout, the deployable files are in the folder above this package. In an installed package, they are in this
package (``setup.py`` copies them). The command writes to neither, so it works from any folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_state_path

import labgrader

_PACKAGE = Path(__file__).resolve().parent
_PACKAGED = _PACKAGE / "_deployable"

ROOT = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent
"""The folder with ``functions/``, ``infra/``, ``layers/`` and ``statemachines/``."""

TEMPLATE = ROOT / "infra" / "template.yaml"
LIBRARY = Path(labgrader.__file__).resolve().parent
CHECKS = _PACKAGE.parent / "checks"

DEFAULT_STACK = "labgrader"
DEFAULT_PORT = 4566

_APPLICATION = "labgrader"


def state_folder() -> Path:
    """Return the folder for the state, the log and the files of the embedded AWS.

    The environment variable ``LABGRADER_STATE`` sets it. The default on Linux is ``~/.local/state/labgrader``.
    """
    given = os.environ.get("LABGRADER_STATE")
    return Path(given).absolute() if given else user_state_path(_APPLICATION, appauthor=False)


def build_folder() -> Path:
    """Return the folder for bundles. Their names depend on their content, so all versions and stacks share it.

    The environment variable ``LABGRADER_CACHE`` sets its parent. The default on Linux is ``~/.cache/labgrader``.
    """
    given = os.environ.get("LABGRADER_CACHE")
    return (Path(given).absolute() if given else user_cache_path(_APPLICATION, appauthor=False)) / "bundles"
