"""The load tester that students write in Lab 9, as in its handout, in a separate process.

It uses a new thread pool for each batch, waits for the slowest of the batch, and pauses 0.1 s between batches. One
boto3 client has boto3's default retries and ten connections. Percentiles are ``sorted[int(n * share)]``, one rank too
high if ``n * share`` is an integer. The handout has only p95; p50 and p99 use the same formula.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import boto3
from botocore.config import Config

REST_S = 0.1


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run one job. The only change to the handout is the read timeout of the client."""
    client = boto3.client(
        "lambda",
        endpoint_url=job["url"],
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",  # noqa: S106  # the server does not check it
        config=Config(read_timeout=job["timeout_s"]),
    )
    event = json.dumps({"body": json.dumps({"operation": "default"})})

    def invoke(_: int) -> float | str:
        began = time.time()
        try:
            client.invoke(FunctionName="user1-f", InvocationType="RequestResponse", Payload=event)
        except Exception as error:  # noqa: BLE001  # as in the handout
            return str(error)
        return 1000 * (time.time() - began)

    began, used = time.perf_counter(), time.process_time()
    outcomes: list[float | str] = []
    while len(outcomes) < job["requests"]:
        batch = min(job["in_flight"], job["requests"] - len(outcomes))
        with ThreadPoolExecutor(max_workers=batch) as pool:
            futures = [pool.submit(invoke, number) for number in range(batch)]
            outcomes += [future.result() for future in as_completed(futures)]
        time.sleep(REST_S)
    used, took = time.process_time() - used, time.perf_counter() - began
    times = sorted(outcome for outcome in outcomes if isinstance(outcome, float))
    errors = [outcome for outcome in outcomes if isinstance(outcome, str)]
    return {
        **{f"p{percent}": times[int(len(times) * percent / 100)] for percent in (50, 95, 99)},
        "requests": len(outcomes),
        "succeeded": len(times),
        "throttled": sum("TooManyRequests" in error for error in errors),
        "timeouts": sum("timeout" in error.lower() for error in errors),
        "cold_starts": None,
        "other": sum("TooManyRequests" not in error and "timeout" not in error.lower() for error in errors),
        "seconds": took,
        "cpu_s": used,
    }


def main() -> None:
    """Run jobs until the input ends."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns about each connection that does not fit in the pool
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
