"""labgrader's load tester in a separate process: it reads jobs as lines of JSON and prints the measurements."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from botocore.credentials import Credentials

from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
from labgrader.evidence.load.result import LoadResult
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.targets import FunctionLoadTarget

EVENT = b'{"body": "{\\"operation\\": \\"default\\"}"}'
NO_CAP_USD = 1000


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run one job, in the open model if it has a rate, otherwise in the closed model."""
    endpoint = InvokeEndpoint(job["url"], "us-east-1", Credentials("AKIDEXAMPLE", "secret"))
    target = FunctionLoadTarget(endpoint, FunctionTarget("user1-f", memory_mb=256), EVENT)
    rate = job["rate_rps"]
    if rate:
        seconds = job["requests"] / rate
        plan = LoadPlan("open", job["requests"], rate_rps=rate, duration_s=seconds, cost_cap_usd=NO_CAP_USD)
    else:
        plan = LoadPlan("closed", job["in_flight"], requests=job["requests"], cost_cap_usd=NO_CAP_USD)
    began, used = time.perf_counter(), time.process_time()
    answer = run_load(target, plan, request_timeout_s=job["timeout_s"])
    used, took = time.process_time() - used, time.perf_counter() - began
    result = LoadResult.from_dict(answer.value)
    return {
        **{name: result.latency_ms[name] for name in ("p50", "p95", "p99")},
        "requests": result.requests,
        "succeeded": result.succeeded,
        "throttled": result.throttled,
        "timeouts": result.timeouts,
        "cold_starts": result.cold_starts,
        "other": result.failures - result.timeouts,
        "seconds": took,
        "cpu_s": used,
    }


def main() -> None:
    """Run jobs until the input ends."""
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
