"""Answers of AWS in their documented shape, one file each. Every file says what it was taken from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def recorded(name: str) -> dict[str, Any]:
    """Return what the file of that name records.

    Args:
        name: the name of the file, without its ending.
    """
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return document


def all_recorded() -> dict[str, dict[str, Any]]:
    """Return what every file of this folder records, by name."""
    return {file.stem: recorded(file.stem) for file in sorted(FOLDER.glob("*.json"))}
