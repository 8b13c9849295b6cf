"""Measure how long a student waits for a self-check, from POST to finished report, and estimate the time on AWS.

The measurement uses HTTP and the deployed API on its own embedded AWS, warm, with one student at a time. The time of
load tests, from the execution's history, is subtracted. ``on_aws`` estimates the time on AWS.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.on_aws import PARTS, STATE_S, Work, seconds, snapshot_requests
from checks.simulation.classes import Enrolled, build_class
from checks.simulation.connections import Connections
from checks.simulation.teardown import delete_class
from cli.api_client import Api
from cli.commands.self_check import follow
from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.signing_key import signing_key
from cli.target import Target, embedded_target
from labgrader.auth.tokens import issue
from labgrader.runs.execution import execution_arn

LABS = ("serverless-foundations", "lambda-optimization")
"""One lab without load tests, and one with two of them."""

STUDENTS = 20

MEMORY_MB = 1769
"""Memory of the functions of a self-check, in the template."""

BOUND_S = 10
"""Maximum seconds from POST to finished report, at the 95th percentile."""

WARM_UP = "warm"
"""The first student: this self-check warms up the functions and is not counted."""

MAPS = ("Run checks", "Run probes", "Run load tests")

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Waited:
    """The measurements of one self-check.

    Args:
        total_s: seconds from POST to finished report, by the student's clock.
        load_tests_s: of these, seconds in the state of the load tests.
        requests: number of requests to the API.
        work: its steps on AWS.
    """

    total_s: float
    load_tests_s: float
    requests: int
    work: Work

    @property
    def counted_s(self) -> float:
        """The seconds without load tests."""
        return self.total_s - self.load_tests_s


class CountingApi(Api):
    """The command's API client, with a count of its requests."""

    requests = 0

    def _request(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        self.requests += 1
        return super()._request(method, path, body)


def wait_for(target: Target, outputs: Mapping[str, str], key: str, lab_id: str, username: str) -> Waited:
    """Run a self-check for one student with a new token, as `labgrader self-check` does.

    Raises:
        RuntimeError: it did not end with a complete report.
    """
    token, claims = issue(key, username, "student", 1, datetime.now(UTC), "labgrader")
    target.store(dict(outputs)).record_token(claims.to_record())
    api = CountingApi(outputs["ApiUrl"], token)
    began = time.perf_counter()
    run_id = api.start_self_check(lab_id)["run_id"]
    answer = follow(api, run_id)
    total = time.perf_counter() - began
    if answer["status"] != "complete":
        raise RuntimeError(f"the self-check of {username} is {answer['status']}: {answer.get('error', '')}")
    pages = target.client("stepfunctions").get_paginator("get_execution_history")
    answers = pages.paginate(executionArn=execution_arn(outputs["GradeStudentArn"], run_id))
    history = [event for page in answers for event in page["events"]]
    return Waited(total, spent_in("Run load tests", history), api.requests, counted(history))


def spent_in(state: str, history: list[Event]) -> float:
    """Return the seconds between entering and leaving a state."""
    (entered,) = [
        event["timestamp"] for event in history if event.get("stateEnteredEventDetails", {}).get("name") == state
    ]
    (left,) = [event["timestamp"] for event in history if event.get("stateExitedEventDetails", {}).get("name") == state]
    return float((left - entered).total_seconds())


def counted(history: list[Event]) -> Work:
    """Count the entered states and the invoked functions, without those of load tests.

    The embedded AWS records no items of a map in its history. Each item here is one task, which counts as one state.
    """
    entered, tasks, inside = 0, dict.fromkeys(("", *MAPS), 0), ""
    for event in history:
        name = event.get("stateEnteredEventDetails", {}).get("name", "")
        entered += bool(name)
        if name in MAPS:
            inside = name
        elif event["type"] == "MapStateExited":
            inside = ""
        tasks[inside] += event["type"] == "TaskScheduled"
    busy = sum(spent_in(state, history) for state in ("Plan run", *MAPS[:2], "Write report", "Summarise run"))
    return Work(entered, tasks[""], tasks["Run checks"], tasks["Run probes"], busy)


def measure(target: Target, outputs: Mapping[str, str], lab_id: str, students: int = STUDENTS) -> list[Waited]:
    """Build a perfect class, run a self-check for each student, and delete the class."""
    usernames = [f"bench{number}" for number in range(1, students + 1)]
    connections = Connections(target.client, target.account_id, target.region)
    key = signing_key(target, outputs)
    everybody = [WARM_UP, *usernames]
    build_class(lab_id, [Enrolled(student) for student in everybody], connections)
    try:
        wait_for(target, outputs, key, lab_id, WARM_UP)
        return [wait_for(target, outputs, key, lab_id, username) for username in usernames]
    finally:
        delete_class(connections, everybody)


def percentile(values: list[float], share: float) -> float:
    """Return the percentile of a share by nearest rank."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


def main() -> None:
    """Print the measurements, and the estimate for AWS."""
    with server.temporary(enforce_iam=True) as running:
        target = embedded_target(running)
        outputs = deploy(target)
        measured = {lab_id: measure(target, outputs, lab_id) for lab_id in LABS}
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.0f}"
    print(f"POST to finished report without load tests, {STUDENTS} students in turn, embedded AWS on {load}, warm:")
    print("| lab | p50 | p95 | max | states | functions called | requests to the API |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for lab_id, waited in measured.items():
        times = [wait.counted_s for wait in waited]
        figures = " | ".join(
            f"{value:.1f} s" for value in (statistics.median(times), percentile(times, 0.95), max(times))
        )
        work, requests = waited[0].work, statistics.median(wait.requests for wait in waited)
        print(f"| {lab_id} | {figures} | {work.states} | {work.called} | {requests:.0f} |")
    print(f"\nEstimate for AWS from the counted steps, with functions of {MEMORY_MB} MB:")
    print(f"| lab | calls to AWS | {' | '.join(PARTS)} | warm | all cold | a state may take |")
    print(f"| --- | --- |{' --- |' * (len(PARTS) + 3)}")
    for lab_id, waited in measured.items():
        work, snapshot = undisturbed(waited), snapshot_requests(lab_id)
        warm, cold = (seconds(work, snapshot, MEMORY_MB, cold=cold) for cold in (False, True))
        parts = " | ".join(f"{warm[part]:.1f} s" for part in PARTS)
        totals = [sum(part_seconds.values()) for part_seconds in (warm, cold)]
        bears = STATE_S + (BOUND_S - totals[0]) / (work.entered + work.rounds)
        print(
            f"| {lab_id} | {snapshot.calls} | {parts} | {totals[0]:.1f} s | {totals[1]:.1f} s | {1000 * bears:.0f} ms |"
        )


def undisturbed(waited: list[Waited]) -> Work:
    """Return the steps of the self-check that other work on this machine disturbed least."""
    return min((wait.work for wait in waited), key=lambda work: work.cpu_s)


if __name__ == "__main__":
    main()
