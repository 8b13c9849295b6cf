"""What a self-check takes on AWS: what was counted of it, times what each of those takes there.

No published figure was found for what Step Functions takes from one state to the next: what is assumed says so. The
benchmark says how long a state may take before the bound breaks.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from benchmarks.labs import FIXTURES
from benchmarks.stub_aws import Clock
from labgrader.recording.rate_limiter import RateLimiter
from statemachines.student import CHECKS_AT_ONCE_ALONE, PROBES_AT_ONCE_ALONE

STATE_S = 0.05
"""From one state to the next. Assumed."""

INVOKE_S = 0.05
"""From a state to a warm function and back. Assumed."""

STORE_S = 0.15
"""What a function waits for S3 and DynamoDB: six requests of 25 ms. Assumed."""

CALL_S = 0.05
"""One control-plane request, or one download of a package. Measured: at 50 ms, 15 a second are 0.75 in flight."""

REQUEST_S = 0.3
"""One request to the API: API Gateway, ``authorize`` and ``api``, both warm, with their reads. Assumed."""

WHOLE_CPU_MB = 1769
"""Memory at which a function has one vCPU; below, it has its share of one. Source: Lambda, "Configure memory"."""

COLD_S = 0.5
"""What a cold start takes besides imports: an environment, and three layers in it. Assumed."""

IMPORT_S = 0.45
"""What importing a function takes. Measured by ``bundles``: 0.27 to 0.42 s on a whole CPU, and ``api`` 0.76; a
function has one while it starts, whatever its memory."""

FIRST_CLIENT_S = 0.2
"""What the first clients take in a function that was just started: 0.06 s, more with less than a CPU. Measured."""

COLD_IN_A_ROW = 8
"""Functions that start one after the other where all are cold: authorize and api, and those of the workflow."""

PARTS = ("API", "states", "snapshot", "functions")


@dataclass(frozen=True)
class Work:
    """What one self-check took of AWS, without load tests.

    Args:
        entered: states entered outside the maps.
        alone: functions called outside the maps.
        checks, probes: functions called inside them.
        cpu_s: seconds that the functions took here, maps by their wall time, without the snapshot's.
    """

    entered: int
    alone: int
    checks: int
    probes: int
    cpu_s: float

    @property
    def rounds(self) -> int:
        """How many checks and probes come one after the other."""
        return math.ceil(self.checks / CHECKS_AT_ONCE_ALONE) + math.ceil(self.probes / PROBES_AT_ONCE_ALONE)

    @property
    def states(self) -> int:
        """All states entered: what is paid for. An item of a map is one."""
        return self.entered + self.checks + self.probes

    @property
    def called(self) -> int:
        """All functions called by the workflow."""
        return self.alone + self.checks + self.probes


@dataclass(frozen=True)
class SnapshotRequests:
    """What a snapshot of one student takes.

    Args:
        calls: requests to AWS, and downloads.
        paced_s: seconds that the recorder waits so that it stays below the quotas.
    """

    calls: int
    paced_s: float


def snapshot_requests(lab_id: str) -> SnapshotRequests:
    """Count the questions about a lab's perfect student, and let a rate limiter wait for them in their order."""
    record = json.loads((FIXTURES / lab_id / "perfect.json").read_text(encoding="utf-8"))
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    actions = [key.partition(" ")[0] for key in record["snapshot"]["answers"]]
    began = clock()
    for action in actions:
        rate_limiter.take("here", action)
        clock.sleep(CALL_S)
    return SnapshotRequests(len(actions), clock() - began - len(actions) * CALL_S)


def seconds(work: Work, snapshot: SnapshotRequests, memory_mb: int, *, cold: bool) -> dict[str, float]:
    """Add up what a self-check takes on AWS, by part.

    Args:
        work: what was counted.
        snapshot: what was asked.
        memory_mb: the functions' memory.
        cold: whether every function has to start.
    """
    in_a_row = work.alone + work.rounds
    start = (COLD_S + IMPORT_S + FIRST_CLIENT_S) if cold else 0.0
    return {
        "API": 2 * REQUEST_S + (2 * start if cold else 0),
        "states": (work.entered + work.rounds) * STATE_S + in_a_row * INVOKE_S,
        "snapshot": snapshot.calls * CALL_S + snapshot.paced_s + start,
        "functions": in_a_row * STORE_S + work.cpu_s * max(1.0, WHOLE_CPU_MB / memory_mb) + (COLD_IN_A_ROW - 3) * start,
    }
