"""The report of one student in one run (``schemas/report.schema.json``).

``NotRequired`` fields are optional in the schema: reports of earlier versions may lack them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:  # importing the judging package takes 100 ms, and not every function needs it
    from labgrader.judging.check import Kind
    from labgrader.judging.verdict import Status
    from labgrader.labs.lab import Visibility

Completeness = Literal["complete", "incomplete"]
"""``incomplete`` if a check is not graded."""

Milliseconds = dict[str, float]
"""Measurements by their names, such as ``p50`` and ``max``."""


class LabReference(TypedDict):
    """The lab of a report."""

    id: str
    version: str
    title: str


class StudentReference(TypedDict):
    """The student of a report."""

    student_id: str
    username: str
    name: str
    section: str


class ReportScore(TypedDict):
    """The score of a report. ``open_points`` are the points of checks that are not graded."""

    points: float
    max_points: float
    percent: float
    open_points: float


class CarriedOverMark(TypedDict):
    """The graded run that an audit takes the verdict of a check from."""

    run_id: str
    graded_at: str


class ReportCheck(TypedDict):
    """The result of one check. ``reason`` is a code of ``labgrader.reasons.Reason``; a passed check has none."""

    id: str
    check: str
    kind: Kind
    title: str
    task: str
    requires: NotRequired[list[str]]
    status: Status
    reason: NotRequired[str]
    points: float
    max_points: float
    message: str
    expected: str
    observed: str
    hint: str
    visibility: Visibility
    evidence: list[str]
    carried_over: NotRequired[CarriedOverMark]


class Advice(TypedDict):
    """Advice of the lab. No points depend on it."""

    id: str
    title: NotRequired[str]
    message: str
    hint: str
    reason: NotRequired[str]


class Cost(TypedDict):
    """What a load test costs."""

    requests: int
    gb_seconds: float
    usd: float


class LoadTestCost(TypedDict):
    """The cost of a load test: estimated, counted, and the cap that would have stopped it."""

    estimated: NotRequired[Cost]
    actual: NotRequired[Cost]
    cap_usd: NotRequired[float]


class WarmUp(TypedDict):
    """The warm-up of a load test: requests that are not counted in the result. ``p50`` and ``max`` are in ms."""

    requests: int
    succeeded: int
    cold_starts: int
    reported: NotRequired[int]
    p50: float
    max: float


class ReportLoadTest(TypedDict):
    """The measurements of one load test of a check or of advice. A sample is start and latency in ms, and outcome."""

    id: str
    title: NotRequired[str]
    visibility: NotRequired[Visibility]
    target: str
    model: str
    concurrency: int
    requests: int
    planned_requests: NotRequired[int]
    duration_s: float
    rate_rps: NotRequired[float]
    offered_rps: float
    achieved_rps: float
    dropped: NotRequired[int]
    succeeded: int
    throttled: int
    throttle_reason: NotRequired[str]
    throttle_reasons: NotRequired[dict[str, int]]
    function_errors: int
    function_error_kinds: NotRequired[dict[str, int]]
    application_errors: int
    failing_status: NotRequired[int]
    timeouts: int
    other_errors: int
    cold_starts: int
    reported: NotRequired[int]
    latency_ms: Milliseconds
    warm_latency_ms: Milliseconds
    cold_latency_ms: NotRequired[Milliseconds]
    service_ms: NotRequired[Milliseconds]
    p95_interval_ms: list[float]
    intervals_ms: NotRequired[dict[str, list[float]]]
    curve: NotRequired[list[list[float]]]
    retries: int
    connections: NotRequired[int]
    warm_up: NotRequired[WarmUp]
    cost: NotRequired[LoadTestCost]
    notes: NotRequired[list[str]]
    error_samples: NotRequired[list[str]]
    cut_short: NotRequired[str]
    samples: NotRequired[list[list[Any]]]


class ReportComparison(TypedDict):
    """The latencies of two targets that were measured in turn, in ms."""

    id: str
    title: NotRequired[str]
    visibility: NotRequired[Visibility]
    baseline: str
    candidate: str
    baseline_ms: list[float]
    candidate_ms: list[float]
    ratio: NotRequired[float]
    ratio_interval: NotRequired[list[float]]
    baseline_report: NotRequired[dict[str, float]]
    candidate_report: NotRequired[dict[str, float]]
    notes: NotRequired[list[str]]
    baseline_errors: NotRequired[list[str]]
    candidate_errors: NotRequired[list[str]]


Change = TypedDict("Change", {"check": str, "from": "Status", "to": "Status"})
"""A check with another status than in the previous run."""


class Previous(TypedDict):
    """What changed since the student's previous run. ``visible_points`` are without those of hidden checks."""

    run_id: str
    points: float
    visible_points: NotRequired[float]
    changes: list[Change]


class Hidden(TypedDict):
    """The checks that a self-check, or the student's copy of a report, leaves out."""

    checks: int
    points: float
    message: str


class OtherRun(TypedDict):
    """The run that an audit compares with, or carries verdicts over from."""

    run_id: str
    graded_at: str
    lab_version: str


Difference = TypedDict(
    "Difference",
    {
        "check": str,
        "title": str,
        "from": "Status",
        "to": "Status",
        "message": str,
        "reason": NotRequired[str],
        "points": float,
    },
)
"""A check that earns more or fewer points than in the previous run, with the points of the difference."""


class RunningResource(TypedDict):
    """A resource that costs money by the hour. ``stop`` is the command that stops it."""

    resource: str
    what: str
    usd_per_day: float
    stop: NotRequired[str]


class ReportAudit(TypedDict):
    """What an audit found since the previous run. ``compared_with`` is ``None`` in the first audit of a student."""

    compared_with: OtherRun | None
    drifted: list[Difference]
    mended: list[Difference]
    gone: list[str]
    running: list[RunningResource]
    usd_per_day: float
    carried_over_from: OtherRun | None


class Report(TypedDict):
    """The report of one student in one run."""

    schema: str
    run_id: str
    mode: str
    status: Completeness
    lab: LabReference
    student: StudentReference
    account_id: str
    region: str
    snapshot_taken_at: str
    graded_at: str
    score: ReportScore
    checks: list[ReportCheck]
    load_tests: list[ReportLoadTest]
    comparisons: NotRequired[list[ReportComparison]]
    advice: list[Advice]
    previous: NotRequired[Previous]
    hidden: NotRequired[Hidden]
    audit: NotRequired[ReportAudit]
    nothing_found: NotRequired[Literal[True]]
