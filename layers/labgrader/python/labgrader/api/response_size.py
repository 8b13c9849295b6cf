"""Answers that fit: what Lambda can send is bounded, a report is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labgrader.documents.report import Report, ReportLoadTest

MAX_ANSWER = 6_000_000
"""Bytes of an answer: Lambda's synchronous response has 6 MB (Lambda quotas), and the envelope is part of it."""

MAX_REPORT = 5_000_000
"""Bytes of a report in an answer."""

SAFE_HEADERS = {"Cache-Control": ["no-store"], "X-Content-Type-Options": ["nosniff"]}
"""What every answer says: it is one person's, and it is what its content type says."""

_NO_SAMPLES = "the single requests are left out here, because the report is too large; its page has them"
_MAX_NOTES = 10
"""Notes that a load test may have (``schemas/report.schema.json``)."""


def size_of(answer: Mapping[str, Any]) -> int:
    """Return how many bytes Lambda sends for an answer: its body is written as JSON once more."""
    body = str(answer["body"])
    if len(body) * 6 <= MAX_ANSWER:  # a character is written as six at most
        return len(body)
    return len(json.dumps(body))


def fit_response(report: Report) -> dict[str, Any]:
    """Return a report that an answer can hold: a larger one loses what its plots are drawn of, then its evidence.

    Args:
        report: as it is kept, or a student's copy of it.
    """
    if _size(report) <= MAX_REPORT:
        return {**report}
    fewer: Report = {**report, "load_tests": [_without_samples(test) for test in report["load_tests"]]}
    if _size(fewer) > MAX_REPORT:
        left = "the evidence is left out here, because the report is too large; its page has it"
        fewer["checks"] = [{**check, "evidence": [left] if check["evidence"] else []} for check in report["checks"]]
    return {**fewer}


def _without_samples(load_test: ReportLoadTest) -> ReportLoadTest:
    if not load_test.get("samples"):
        return load_test
    notes = [*load_test.get("notes", ())][: _MAX_NOTES - 1]
    return {**load_test, "samples": [], "notes": [*notes, _NO_SAMPLES]}


def _size(report: Report) -> int:
    return len(json.dumps(json.dumps(report)))
