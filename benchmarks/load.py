"""What our load tester costs, and how far its numbers are from the truth: ``python -m benchmarks.load``.

The server runs in a process of its own, on the same machine: its processor time is not counted, but it competes.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

from botocore.credentials import Credentials

from labgrader.evidence.live.closed_load import run_closed_load
from labgrader.evidence.live.invoke_api import InvokeEndpoint
from labgrader.evidence.load import LoadResult

EVENT = b'{"body": "{\\"operation\\": \\"default\\"}"}'


@contextlib.contextmanager
def stub(latency_s: float) -> Iterator[InvokeEndpoint]:
    """Start a server that answers every request after ``latency_s`` seconds."""
    command = [sys.executable, "-m", "tests.load.stub_lambda", str(latency_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield InvokeEndpoint(f"http://127.0.0.1:{port}", "us-east-1", Credentials("AKIDEXAMPLE", "secret"))
        process.communicate()  # its standard input ends, and so does it


def measure(latency_s: float, concurrency: int, requests: int) -> tuple[LoadResult, float]:
    """Return what a load test measured, and the processor time it took, in milliseconds for each request."""
    with stub(latency_s) as endpoint:
        run_closed_load(endpoint, "user1-f", "", EVENT, concurrency=1, requests=20)  # imports, caches
        began = time.process_time()
        answer = run_closed_load(endpoint, "user1-f", "", EVENT, concurrency=concurrency, requests=requests)
        used = time.process_time() - began
    return LoadResult.from_dict(answer.value), 1000 * used / requests


def main() -> None:
    """Print the tables."""
    print("Load tester: as fast as it can, against a server that answers at once")
    print(f"{'in flight':>10} {'requests':>9} {'requests/s':>11} {'CPU ms/request':>15} {'not answered':>13}")
    for concurrency, requests in ((1, 1000), (20, 4000)):
        result, cpu = measure(0, concurrency, requests)
        print(f"{concurrency:>10} {requests:>9} {result.offered_rps:>11,.0f} {cpu:>15.2f} {result.failures:>13}")
    print()
    print("Percentiles: measured minus true, in ms, against a server of known latency, 20 in flight")
    print(f"{'true ms':>10} {'requests':>9} {'p50':>11} {'p95':>15} {'p99':>13} {'time over ideal':>17}")
    for latency_ms, requests in ((20, 400), (100, 200), (500, 100)):
        result, _ = measure(latency_ms / 1000, 20, requests)
        off = [result.latency_ms[name] - latency_ms for name in ("p50", "p95", "p99")]
        ideal_s = requests / 20 * latency_ms / 1000
        print(
            f"{latency_ms:>10} {requests:>9} {off[0]:>+11.1f} {off[1]:>+15.1f} {off[2]:>+13.1f} "
            f"{result.duration_s / ideal_s:>16.2f}x"
        )


if __name__ == "__main__":
    main()
