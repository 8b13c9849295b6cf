"""Reduce reports to the size that Lambda can return."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labgrader.documents.report import Report, ReportLoadTest

MAX_ANSWER = 6_000_000
"""Maximum bytes of a response: Lambda allows 6 MB for a synchronous one, with its envelope (Lambda quotas)."""

MAX_REPORT = 5_000_000
"""Maximum bytes of a report in a response."""

SAFE_HEADERS = {"Cache-Control": ["no-store"], "X-Content-Type-Options": ["nosniff"]}
"""The headers of every response: it belongs to one caller, and browsers must not guess its content type."""

_NO_SAMPLES = "the single requests are omitted because the report is too large; the report's page shows them"
_MAX_NOTES = 10
"""Maximum notes of a load test (``schemas/report.schema.json``)."""


def size_of(answer: Mapping[str, Any]) -> int:
    """Return the bytes that Lambda returns for a response. Lambda encodes the body as JSON a second time."""
    body = str(answer["body"])
    if len(body) * 6 <= MAX_ANSWER:  # JSON writes a character with at most six
        return len(body)
    return len(json.dumps(body))


def fit_response(report: Report) -> dict[str, Any]:
    """Return a report that fits in a response. Omit the load tests' single requests first, then the evidence.

    Args:
        report: as it is stored, or a student's copy of it.
    """
    if _size(report) <= MAX_REPORT:
        return {**report}
    fewer: Report = {**report, "load_tests": [_without_samples(load_test) for load_test in report["load_tests"]]}
    if _size(fewer) > MAX_REPORT:
        note = "the evidence is omitted because the report is too large; the report's page shows it"
        fewer["checks"] = [{**check, "evidence": [note] if check["evidence"] else []} for check in report["checks"]]
    return {**fewer}


def _without_samples(load_test: ReportLoadTest) -> ReportLoadTest:
    if not load_test.get("samples"):
        return load_test
    notes = [*load_test.get("notes", ())][: _MAX_NOTES - 1]
    return {**load_test, "samples": [], "notes": [*notes, _NO_SAMPLES]}


def _size(report: Report) -> int:
    return len(json.dumps(json.dumps(report)))
