"""A separate environment for Locust, because its dependencies gevent and Flask must not be in labgrader's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUIREMENT = "locust>=2.40,<3"
PLACE = Path(__file__).parents[1] / "build" / "locust"
INSTALL_S = 120


def locust_python() -> tuple[str, str]:
    """Return the interpreter with Locust and an empty text, or an empty text and the reason why it is not available.

    The environment is created once, below ``build/``.
    """
    python = PLACE / "bin" / "python"
    if _imports(python):
        return str(python), ""
    try:
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True, capture_output=True, timeout=INSTALL_S)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENT]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        return "", f"could not be installed within {INSTALL_S} s"
    except (OSError, subprocess.CalledProcessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        return "", f"could not be installed: {said[-1] if said else error}"
    return (str(python), "") if _imports(python) else ("", "was installed but cannot be imported")


def _imports(python: Path) -> bool:
    command = [str(python), "-c", "import locust"]
    return python.exists() and subprocess.run(command, check=False, capture_output=True).returncode == 0
