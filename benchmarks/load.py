"""How far load testers are from the truth, and what they cost: ours, the hand-out's and Locust, on the same servers.

Each tester and each server is a process of its own: no tester pays for a server, but all of them share the machine.
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

OURS, HANDOUT, LOCUST = TESTERS = "ours", "hand-out's", "Locust"
PERCENTS = 50, 95, 99
IN_FLIGHT = 20
ROUNDS = 3
WAITS, WAIT_S = 200, 0.0002

EARLY_MS, LATE_MS = 1.0, 100.0
"""How far our own may be from the truth: nothing is faster than it is, and a wrong tester is 200 to 900 ms off."""

EARLY_FREEZE_MS = 20.0
"""The freeze begins with the first arrival, due or late."""

LEAST_RPS, MOST_CPU_MS = 4000, 0.35
"""What our own shall reach on one core against a local server, connections no more than in flight."""


@dataclass(frozen=True)
class Trial:
    """What is asked of every tester about one server.

    Args:
        server: which.
        requests: how many.
        rate_rps: arrivals a second, for those who can let requests arrive on schedule.
        timeout_s: seconds that an answer may take.
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
uniform   10 to 110 ms, evenly
bimodal   850 ms for the first 20 (cold starts), then 50 ms
frozen    5 ms, but for one second from 0.3975 s on everything is held; the truth is what 200 arrivals a second feel
refusing  20 ms, every 10th is refused (429)
hanging   20 ms, every 20th is never answered
dripping  20 ms, the body's last five bytes one by one, 0.2 s each
closing   20 ms, closes the connection after each answer without having said so"""

NOTES = """\
Each with 20 in flight. Frozen: ours in the open model, Locust with constant_throughput, the hand-out's as it is.
Bimodal: of 400 just 5% are cold, so the 380th is warm and the 381st is cold: p95 by nearest rank is the 380th.
Percentiles are those of what each counts as answered; Locust's hold its failures, too, and two digits above 100 ms.
The hand-out's does not read the body. It would wait 60 s for an answer; here 1 s (hanging) or 10, as all do.
Locust does not sign its requests, which flatters it; ours and the hand-out's do."""


class Tester:
    """A load tester that runs, and does one trial after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, trial: Trial) -> dict[str, Any]:
        """Return what it measured, and what the server ``saw``; empty where it broke down."""
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
    """Start every tester that can be had, warm it up, and end it; say which cannot."""
    python, missing = locust_python()
    if missing:
        print(f"Locust {missing}\n")
    commands = {
        OURS: [sys.executable, "-m", "benchmarks.our_tester"],
        HANDOUT: [sys.executable, "-m", "benchmarks.handout_tester"],
        LOCUST: [python, "-P", str(Path(__file__).parent / "locust_tester.py")],  # beside it lie modules of other names
    }
    with contextlib.ExitStack() as stack:
        found = {}
        for name, command in commands.items():
            if not command[0]:
                continue
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.callback(process.communicate)  # its standard input ends, and so does it
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
    """Print whether our own percentiles are as near to the truth as they shall be."""
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
    print(f"\nOurs, at most {EARLY_MS:g} ms early (frozen: {EARLY_FREEZE_MS:g}) and {LATE_MS:g} ms late: ", end="")
    print(f"NOT KEPT: {', '.join(off)}" if off else "kept")


def print_timers() -> None:
    """Print how long a wait of 0.2 ms takes in the loop of load tests, and in asyncio's own."""
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
    """Print what each tester counted beside what there was to count."""
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
    for server in ("refusing", "hanging"):  # what is sent behind the user's back
        cells = [measured.get((server, name)) for name in TESTERS]
        line = f"{server + ': requests':<22}{trials[server].requests:>10}"
        print(line + "".join(f"{cell['saw']['requests'] if cell else '-':>12}" for cell in cells))


def print_speed(found: dict[str, Tester]) -> None:
    """Print what a request costs each tester at full speed, and whether ours keeps what it shall."""
    print(f"\nFull speed, against a server that answers at once; the fastest of {ROUNDS} rounds\n")
    print(
        f"{'':<12}{'in flight':>10}{'requests':>10}{'requests/s':>12}{'CPU ms each':>13}{'per CPU s':>11}"
        f"{'connections':>13}"
    )
    best: dict[tuple[str, int], dict[str, Any]] = {}
    for _ in range(ROUNDS):  # in turn, so that whatever else the machine does hits all
        for name, tester in found.items():
            for trial in FULL_SPEED[name]:
                one, key = tester.run(trial), (name, trial.in_flight)
                if one and (key not in best or one["seconds"] < best[key]["seconds"]):
                    best[key] = one
    for (name, in_flight), result in best.items():
        print(
            f"{name:<12}{in_flight:>10}{result['requests']:>10}{_rps(result):>12,.0f}{_cpu_ms(result):>13.3f}"
            f"{1000 / _cpu_ms(result):>11,.0f}{result['saw']['connections']:>13}"
        )
    ours = best[OURS, IN_FLIGHT]
    connections = ours["saw"]["connections"]
    print("\nWhat ours shall reach")
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
