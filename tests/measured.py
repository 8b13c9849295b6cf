"""Checks that may lose points on a busy machine: a comparison that is too close to call gives half of its points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def losses(report: Mapping[str, Any]) -> list[str]:
    """Return the checks of a report that did not pass, without comparisons that are too close to call."""
    return [
        check["id"]
        for check in report["checks"]
        if check["status"] != "passed"
        and not (check["status"] == "partial" and "too close to call" in check["message"])
    ]
