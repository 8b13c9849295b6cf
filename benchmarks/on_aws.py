"""Estimate how long a self-check takes on AWS, from its counted steps and the time of each step there.

AWS publishes no time for a transition from one state to the next. Assumed values are marked. The benchmark prints how
long a state may take before a self-check exceeds its maximum.
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
"""Seconds from one state to the next. Assumed."""

INVOKE_S = 0.05
"""Seconds to invoke a warm function from a state. Assumed."""

STORE_S = 0.15
"""Seconds that a function waits for S3 and DynamoDB: six requests of 25 ms. Assumed."""

CALL_S = 0.05
"""Seconds of a control-plane request, or of a download of a package. Measured: at 50 ms, 15 per second are 0.75 in
flight."""

REQUEST_S = 0.3
"""Seconds of a request to the API: API Gateway, ``authorize`` and ``api``, both warm, with their reads. Assumed."""

WHOLE_CPU_MB = 1769
"""MB of memory with which a function has one vCPU; with less, it has a share. Source: Lambda, "Configure memory"."""

COLD_S = 0.5
"""Seconds of a cold start without imports: an environment with three layers. Assumed."""

IMPORT_S = 0.45
"""Seconds to import a function. Measured by ``bundles``: 0.27 to 0.42 s on a full CPU, and 0.76 s for ``api``. During
its start, a function has a full CPU with any memory."""

FIRST_CLIENT_S = 0.2
"""Seconds to create the first clients in a new environment: 0.06 s, and more with less than a CPU. Measured."""

COLD_IN_A_ROW = 8
"""Functions that start in turn if all are cold: authorize and api, and those of the workflow."""

PARTS = ("API", "states", "snapshot", "functions")


@dataclass(frozen=True)
class Work:
    """The steps of one self-check on AWS, without load tests.

    Args:
        entered: states entered outside the maps.
        alone: functions invoked outside the maps.
        checks, probes: functions invoked inside the maps.
        cpu_s: seconds that the functions took here without the snapshot; for maps, their wall time.
    """

    entered: int
    alone: int
    checks: int
    probes: int
    cpu_s: float

    @property
    def rounds(self) -> int:
        """Number of checks and probes that run in turn."""
        return math.ceil(self.checks / CHECKS_AT_ONCE_ALONE) + math.ceil(self.probes / PROBES_AT_ONCE_ALONE)

    @property
    def states(self) -> int:
        """All entered states, which AWS bills. An item of a map is one."""
        return self.entered + self.checks + self.probes

    @property
    def called(self) -> int:
        """All functions that the workflow invokes."""
        return self.alone + self.checks + self.probes


@dataclass(frozen=True)
class SnapshotRequests:
    """The cost of one student's snapshot.

    Args:
        calls: requests to AWS, and downloads.
        paced_s: seconds that the recorder waits to stay below the quotas.
    """

    calls: int
    paced_s: float


def snapshot_requests(lab_id: str) -> SnapshotRequests:
    """Count the questions about a lab's perfect student, and measure how long a rate limiter waits for them."""
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
    """Return the seconds of a self-check on AWS, by part.

    Args:
        work: the counted steps.
        snapshot: the cost of the snapshot.
        memory_mb: the functions' memory.
        cold: whether every function has a cold start.
    """
    in_a_row = work.alone + work.rounds
    start = (COLD_S + IMPORT_S + FIRST_CLIENT_S) if cold else 0.0
    return {
        "API": 2 * REQUEST_S + (2 * start if cold else 0),
        "states": (work.entered + work.rounds) * STATE_S + in_a_row * INVOKE_S,
        "snapshot": snapshot.calls * CALL_S + snapshot.paced_s + start,
        "functions": in_a_row * STORE_S + work.cpu_s * max(1.0, WHOLE_CPU_MB / memory_mb) + (COLD_IN_A_ROW - 3) * start,
    }
