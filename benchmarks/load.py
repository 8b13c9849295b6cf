"""Compare the accuracy and the CPU cost of load testers on the same servers: labgrader's, the handout's and Locust.

Each tester and each server is a separate process, so that no tester pays for a server. All share the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.locust_venv import locust_python
from labgrader.http.event_loop import new_loop
from tests.load_testing.truth import serving, truth

OURS, HANDOUT, LOCUST = TESTERS = "labgrader", "handout's", "Locust"
PERCENTS = 50, 95, 99
IN_FLIGHT = 20
ROUNDS = 3
WAITS, WAIT_S = 200, 0.0002

EARLY_MS, LATE_MS = 1.0, 100.0
"""Allowed deviation of labgrader's tester. Nothing is faster than the truth; a faulty tester is 200 to 900 ms off."""

EARLY_FREEZE_MS = 20.0
"""The freeze begins with the first arrival, even if that is late."""

LEAST_RPS, MOST_CPU_MS = 4000, 0.35
"""Targets of labgrader's tester on one core against a local server, with no more connections than in flight."""


@dataclass(frozen=True)
class Trial:
    """One job for every tester.

    Args:
        server: the server's name.
        requests: number of requests.
        rate_rps: arrivals per second, for testers with an open model.
        timeout_s: maximum seconds for a response.
    """

    server: str
    requests: int
    rate_rps: float = 0.0
    timeout_s: float = 10.0
    in_flight: int = IN_FLIGHT


TRIALS = (
    Trial("constant", 400),
    Trial("uniform", 400),
    Trial("bimodal", 400),
    Trial("frozen", 320, rate_rps=200),
    Trial("refusing", 200),
    Trial("hanging", 120, timeout_s=1),
    Trial("dripping", 40),
    Trial("closing", 400),
)

FULL_SPEED = {
    OURS: (Trial("instant", 10_000), Trial("instant", 10_000, in_flight=200)),
    HANDOUT: (Trial("instant", 400),),
    LOCUST: (Trial("instant", 5000), Trial("instant", 5000, in_flight=200)),
}

SERVERS = """\
constant  50 ms
uniform   10 to 110 ms, evenly distributed
bimodal   850 ms for the first 20 (cold starts), then 50 ms
frozen    5 ms, but all requests wait during one second from 0.3975 s on. True values: 200 arrivals per second.
refusing  20 ms, refuses every 10th request (429).
hanging   20 ms, never answers every 20th request.
dripping  20 ms, then the body's last five bytes one by one, 0.2 s each.
closing   20 ms, closes the connection after each response without notice"""

NOTES = """\
Each tester has 20 requests in flight.
Frozen: labgrader uses the open model, Locust uses constant_throughput, the handout's tester is unchanged.
Bimodal: exactly 5% of 400 are cold. The 380th is warm, the 381st is cold, and p95 by nearest rank is the 380th.
Percentiles are of the requests that each tester counts as answered.
Those of Locust include its failures and have two digits above 100 ms.
The handout's tester does not read the body. Its timeout is 60 s; here it is 1 s (hanging) or 10 s, as for all.
Locust does not sign its requests, which saves it time. The other two do."""


class Tester:
    """A running load tester. It runs trials in turn."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, trial: Trial) -> dict[str, Any]:
        """Return the measurements, and what the server ``saw``; empty if the tester failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with serving(trial.server) as server:
            job = {
                "url": server.url,
                "requests": trial.requests,
                "in_flight": trial.in_flight,
                "rate_rps": trial.rate_rps,
                "timeout_s": trial.timeout_s,
            }
            try:
                self._process.stdin.write(f"{json.dumps(job)}\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return {}
            line = self._process.stdout.readline()
        return {**json.loads(line), "saw": server.seen} if line else {}


@contextlib.contextmanager
def testers() -> Iterator[dict[str, Tester]]:
    """Start every available tester, warm it up, and end it. Print which are not available."""
    python, missing = locust_python()
    if missing:
        print(f"Locust {missing}\n")
    commands = {
        OURS: [sys.executable, "-m", "benchmarks.our_tester"],
        HANDOUT: [sys.executable, "-m", "benchmarks.handout_tester"],
        LOCUST: [python, "-P", str(Path(__file__).parent / "locust_tester.py")],  # its folder must not be on the path
    }
    with contextlib.ExitStack() as stack:
        found = {}
        for name, command in commands.items():
            if not command[0]:
                continue
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.callback(process.communicate)  # it ends at the end of its standard input
            found[name] = Tester(process)
            found[name].run(Trial("instant", 2 * IN_FLIGHT))
        yield found


def print_errors(measured: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Print measured minus true, for each server and tester."""
    print("Measured minus true, in ms\n")
    print(f"{'':<9}{'true':^24}" + "".join(f"  {name:^24}" for name in TESTERS))
    print(f"{'':<9}" + "  ".join("".join(f"{f'p{percent}':>8}" for percent in PERCENTS) for _ in range(4)))
    for trial in TRIALS:
        true = truth(trial.server, trial.requests, trial.rate_rps)
        line = f"{trial.server:<9}" + "".join(f"{true.percentile(percent):>8.1f}" for percent in PERCENTS)
        for name in TESTERS:
            found = measured.get((trial.server, name))
            cells = (
                f"{found[f'p{percent}'] - true.percentile(percent):>+8.1f}" if found else f"{'-':>8}"
                for percent in PERCENTS
            )
            line += "  " + "".join(cells)
        print(line)
    print(f"\n{SERVERS}\n\n{NOTES}")
    print_accuracy(measured)


def print_accuracy(measured: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Print whether the percentiles of labgrader's tester are within the allowed deviation."""
    errors = {
        (trial.server, f"p{percent}"): measured[trial.server, OURS][f"p{percent}"]
        - truth(trial.server, trial.requests, trial.rate_rps).percentile(percent)
        for trial in TRIALS
        for percent in PERCENTS
    }
    early = {server: EARLY_FREEZE_MS if server == "frozen" else EARLY_MS for server, _ in errors}
    off = [
        f"{server} {name} {error:+.1f}"
        for (server, name), error in errors.items()
        if not -early[server] <= error <= LATE_MS
    ]
    print(f"\nlabgrader: at most {EARLY_MS:g} ms early (frozen: {EARLY_FREEZE_MS:g}) and {LATE_MS:g} ms late: ", end="")
    print(f"NOT KEPT: {', '.join(off)}" if off else "kept")


def print_timers() -> None:
    """Print how long a wait of 0.2 ms takes in the loop of load tests, and in asyncio's default loop."""
    print(f"\nA wait of {1000 * WAIT_S} ms takes, in ms\n\n{'':<24}{'least':>8}{'median':>8}{'most':>8}")
    for name, make in (("loop of load tests", new_loop), ("asyncio's own", asyncio.new_event_loop)):
        loop = make()
        took = sorted(loop.run_until_complete(_waits()))
        loop.close()
        print(f"{name:<24}{took[0]:>8.3f}{statistics.median(took):>8.3f}{took[-1]:>8.3f}")


async def _waits() -> list[float]:
    took = []
    for _ in range(WAITS):
        began = time.perf_counter()
        await asyncio.sleep(WAIT_S)
        took.append(1000 * (time.perf_counter() - began))
    return took


def print_counts(measured: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Print the counts of each tester next to the true ones."""
    trials = {trial.server: trial for trial in TRIALS}
    counted = {trial.server: truth(trial.server, trial.requests, trial.rate_rps) for trial in TRIALS}
    rows = (
        ("bimodal", "cold starts", "cold_starts", counted["bimodal"].cold),
        ("refusing", "throttled", "throttled", counted["refusing"].refused),
        ("hanging", "timeouts", "timeouts", counted["hanging"].hung),
        ("closing", "lost", "other", 0),
    )
    print(f"\nCounted\n\n{'':<22}{'true':>10}" + "".join(f"{name:>12}" for name in TESTERS))
    for server, words, key, number in rows:
        cells = [measured.get((server, name)) for name in TESTERS]
        line = f"{server + ': ' + words:<22}{number:>10}"
        print(line + "".join(f"{cell[key] if cell and cell[key] is not None else '-':>12}" for cell in cells))
    for server in ("refusing", "hanging"):  # retries that the user does not see
        cells = [measured.get((server, name)) for name in TESTERS]
        line = f"{server + ': requests':<22}{trials[server].requests:>10}"
        print(line + "".join(f"{cell['saw']['requests'] if cell else '-':>12}" for cell in cells))


def print_speed(found: dict[str, Tester]) -> None:
    """Print the cost of a request for each tester at full speed, and whether labgrader's reaches its targets."""
    print(f"\nFull speed, with a server that responds at once; the fastest of {ROUNDS} rounds\n")
    print(
        f"{'':<12}{'in flight':>10}{'requests':>10}{'requests/s':>12}{'CPU ms each':>13}{'per CPU s':>11}"
        f"{'connections':>13}"
    )
    best: dict[tuple[str, int], dict[str, Any]] = {}
    for _ in range(ROUNDS):  # in turn, so that other work on the machine affects all of them
        for name, tester in found.items():
            for trial in FULL_SPEED[name]:
                result, key = tester.run(trial), (name, trial.in_flight)
                if result and (key not in best or result["seconds"] < best[key]["seconds"]):
                    best[key] = result
    for (name, in_flight), result in best.items():
        print(
            f"{name:<12}{in_flight:>10}{result['requests']:>10}{_rps(result):>12,.0f}{_cpu_ms(result):>13.3f}"
            f"{1000 / _cpu_ms(result):>11,.0f}{result['saw']['connections']:>13}"
        )
    ours = best[OURS, IN_FLIGHT]
    connections = ours["saw"]["connections"]
    print("\nTargets of labgrader's tester")
    for words, kept in (
        (f"at least {LEAST_RPS:,} requests a second: {_rps(ours):,.0f}", _rps(ours) >= LEAST_RPS),
        (f"at most {MOST_CPU_MS} ms of CPU each: {_cpu_ms(ours):.3f}", _cpu_ms(ours) <= MOST_CPU_MS),
        (f"connections no more than in flight ({IN_FLIGHT}): {connections}", connections <= IN_FLIGHT),
    ):
        print(f"  {words}, {'kept' if kept else 'NOT KEPT'}")


def _rps(result: dict[str, Any]) -> float:
    return float(result["requests"] / result["seconds"])


def _cpu_ms(result: dict[str, Any]) -> float:
    return float(1000 * result["cpu_s"] / result["requests"])


def main() -> None:
    """Print the tables."""
    print(f"On {os.cpu_count()} cores; load average of the minute before: {os.getloadavg()[0]:.1f}\n")
    with testers() as found:
        measured = {}
        for trial in TRIALS:
            for name, tester in found.items():
                if result := tester.run(trial):
                    measured[trial.server, name] = result
        print_errors(measured)
        print_counts(measured)
        print_speed(found)
    print_timers()


if __name__ == "__main__":
    main()
