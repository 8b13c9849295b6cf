"""What load tests and comparisons come back with."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from labgrader.evidence.load.load_test import Comparison, LoadResult
from labgrader.evidence.question import Answer, Answers, MissingEvidenceError, Question
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.world import BASELINE, OPTIMIZED, World, item


def loaded(world: World, check: str, *results: LoadResult | Comparison | None, **parameters: Any) -> Verdict:
    """Judge a check that loads, answering what it asks in order."""
    return loading(world, check, results, **parameters)[0]


def loading(
    world: World, check: str, results: Sequence[LoadResult | Comparison | None], **parameters: Any
) -> tuple[Verdict, list[Question]]:
    """Judge a check that loads, answering what it asks in order; say what it asked."""
    snapshot, answers, asked = world.snapshot(), Answers(), list[Question]()
    left = list(results)
    while True:
        try:
            return judge(item(check, **parameters), snapshot, answers), asked
        except MissingEvidenceError as unasked:
            question = unasked.question
        asked.append(question)
        assert left, f"one load test too many: {question.key}"
        result = left.pop(0)
        document = None if result is None else json.loads(json.dumps(result.to_dict()))
        answers.record(question, Answer(document))


def load_result(succeeded: int = 100, **counts: Any) -> LoadResult:
    """A load test that ended so."""
    kinds = ("throttled", "function_errors", "application_errors", "timeouts", "other_errors")
    requests = succeeded + sum(counts.get(kind, 0) for kind in kinds)
    settings: dict[str, Any] = {
        "target": f"{OPTIMIZED}:user1-prod",
        "model": "closed",
        "concurrency": 20,
        "requests": requests,
        "planned_requests": 100,
        "duration_s": 1.0,
        "offered_rps": 100.0,
        "achieved_rps": float(succeeded),
        "succeeded": succeeded,
        **dict.fromkeys(kinds, 0),
        "cold_starts": 0,
        "latency_ms": {"p50": 20.0, "p95": 55.0} if succeeded else {},
        "warm_latency_ms": {},
        "p95_interval_ms": (0.0, 0.0),
    }
    return LoadResult(**{**settings, **counts})


def comparison(
    baseline_ms: tuple[float, ...],
    candidate_ms: tuple[float, ...],
    interval: tuple[float, float] | None = None,
    **fields: Any,
) -> Comparison:
    """Two targets that were measured in turn; the ratio is that of the medians, and sure unless an interval is said."""
    ratio = median(baseline_ms) / median(candidate_ms) if baseline_ms and candidate_ms else 0.0
    settings: dict[str, Any] = {"ratio": ratio, "ratio_interval": interval or (ratio, ratio), **fields}
    return Comparison(BASELINE, f"{OPTIMIZED}:user1-prod", baseline_ms, candidate_ms, **settings)


def report_line(duration_ms: float, memory_mb: int) -> dict[str, float]:
    """What REPORT lines said, as a comparison has their medians."""
    billed_ms = float(math.ceil(duration_ms))
    return {"duration_ms": duration_ms, "billed_ms": billed_ms, "memory_mb": memory_mb, "max_memory_mb": 64}
