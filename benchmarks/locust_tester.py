"""Locust as a load tester, as a library in its own process and environment. Run it with ``-P`` and its path.

It does not sign its requests, which saves it work. Its percentiles include failed requests, and have two digits above
100 ms, as Locust rounds them.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

import gevent
from locust import FastHttpUser, constant, constant_throughput, task
from locust.env import Environment
from locust.exception import StopUser

PATH = "/2015-03-31/functions/user1-f/invocations"
EVENT = json.dumps({"body": json.dumps({"operation": "default"})})


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run one job, with one user for each request in flight, at a constant throughput if the job has a rate."""
    state = {"left": job["requests"], "over": 0, "throttled": 0, "timeouts": 0, "ended": 0.0}
    rate = job["rate_rps"]

    class Caller(FastHttpUser):
        host = job["url"]
        wait_time = constant_throughput(rate / job["in_flight"]) if rate else constant(0)
        network_timeout = job["timeout_s"]
        connection_timeout = job["timeout_s"]

        @task
        def call(self) -> None:
            if not state["left"]:
                raise StopUser
            state["left"] -= 1
            response = self.client.post(PATH, data=EVENT, headers={"Content-Type": "application/json"})
            state["over"] += 1
            state["throttled"] += response.status_code == 429
            state["timeouts"] += response.status_code == 0 and "timed out" in str(response.error)
            state["ended"] = time.perf_counter()

    environment = Environment(user_classes=[Caller])
    runner = environment.create_local_runner()
    began, used = time.perf_counter(), time.process_time()
    runner.start(job["in_flight"], spawn_rate=job["in_flight"])
    while state["over"] < job["requests"]:
        gevent.sleep(0.02)
    used = time.process_time() - used
    runner.quit()
    total = environment.stats.total
    return {
        **{f"p{percent}": total.get_response_time_percentile(percent / 100) for percent in (50, 95, 99)},
        "requests": total.num_requests,
        "succeeded": total.num_requests - total.num_failures,
        "throttled": state["throttled"],
        "timeouts": state["timeouts"],
        "cold_starts": None,
        "other": total.num_failures - state["throttled"] - state["timeouts"],
        "seconds": state["ended"] - began,
        "cpu_s": used,
    }


def main() -> None:
    """Run jobs until the input ends."""
    logging.getLogger("locust").setLevel(logging.ERROR)  # it warns about users that all start at once
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
