"""The workflow retries a load test that had no time left. The retry continues with the measurements."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from labgrader.errors import NotGradedError, ThrottledError
from labgrader.evidence.load.result import Comparison
from labgrader.evidence.question import REFUSED, Answer, Question
from labgrader.load_testing.admission import TEST_S
from labgrader.reasons import Reason
from labgrader.steps.error_reason import reason_in_text
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.steps.write_report import write_report
from labgrader.store import MissingError, Store
from tests.steps.loaded_student import KEYS, LAB, RUN, recorded

OTHERS = "could not be graded, and no points are lost: other load tests had so many of the 15 concurrent executions"


def test_load_test_without_time_left_is_started_by_the_next_delivery(store: Store) -> None:
    """Nothing is stored: the retry of the workflow is the first that counts."""
    recorded(store)
    asked = []

    def others_are_at_it(question: Question) -> Answer:
        asked.append(question.action)
        if len(asked) == 1:
            raise ThrottledError(OTHERS)
        return Answer(error_code=REFUSED, error_message="begun")

    with pytest.raises(ThrottledError, match=OTHERS):
        run_live_check(store, RUN, "user1", "loads", others_are_at_it, Delivery("request-1", time.time() + 300))
    with pytest.raises(MissingError):
        store.get_json(KEYS.evidence("user1", "loads"))
    with pytest.raises(NotGradedError, match="begun"):
        run_live_check(store, RUN, "user1", "loads", others_are_at_it, Delivery("request-2", time.time() + 300))
    assert asked == ["labgrader:LoadTest"] * 2


FASTER = {
    "baseline": "{username}-f",
    "candidate": "{username}-f",
    "operation": "x",
    "factor": 3.0,
    "baseline_by_design_ms": 100.0,
    "most_rounds": 20,
}


class TwoMeasurements:
    """Answers a check that compares twice, because the first comparison did not decide."""

    def __init__(self, on_second: Callable[[], None] = lambda: None) -> None:
        self.asked: list[float] = []
        self.on_second = on_second

    def __call__(self, question: Question) -> Answer:
        factor = question.arguments["Factor"]
        self.asked.append(factor)
        if factor == 1.0:
            self.on_second()
            return Answer(Comparison("f", "g", (100.0,) * 20, (50.0,) * 20, (), (), 2.0, (1.9, 2.1)).to_dict())
        return Answer(Comparison("f", "g", (100.0,) * 5, (50.0,) * 5, (), (), 2.0, (0.9, 2.5)).to_dict())


def test_next_delivery_continues_with_the_measurements(store: Store) -> None:
    """The second load test of a check has no time left: the first is not sent, and not paid for, again."""
    recorded(store, replace(LAB, checks=(replace(LAB.checks[0], check="faster_than", parameters=FASTER),)))

    def others_are_at_it() -> None:
        raise ThrottledError(OTHERS)

    first, second = TwoMeasurements(others_are_at_it), TwoMeasurements()
    with pytest.raises(ThrottledError, match=OTHERS):
        run_live_check(store, RUN, "user1", "loads", first, Delivery("request-1", time.time() + 300))
    verdict = run_live_check(store, RUN, "user1", "loads", second, Delivery("request-2", time.time() + 300))
    assert (first.asked, second.asked) == ([3.0, 1.0], [1.0])
    assert verdict.status == "partial"
    assert len(store.get_json(KEYS.evidence("user1", "loads"))["answers"]) == 2


@pytest.mark.parametrize(("left_s", "asked"), [(TEST_S + 30, [3.0, 1.0]), (TEST_S + 3, [3.0])])
def test_second_load_test_without_time_left_waits_for_the_next_delivery(
    store: Store, left_s: float, asked: list[float]
) -> None:
    recorded(store, replace(LAB, checks=(replace(LAB.checks[0], check="faster_than", parameters=FASTER),)))
    measured = TwoMeasurements()

    def answer(question: Question) -> Answer:
        time.sleep(0.0 if len(asked) == 2 else 3.1)  # the time of other load tests
        return measured(question)

    delivery = Delivery("request-1", time.time() + left_s)
    if len(asked) == 2:
        assert run_live_check(store, RUN, "user1", "loads", answer, delivery).status == "partial"
    else:
        said = "and no points are lost: the time for this check ended before all of its requests were sent"
        with pytest.raises(ThrottledError, match=said):
            run_live_check(store, RUN, "user1", "loads", answer, delivery)
        again = Delivery("request-2", time.time() + 300)
        assert run_live_check(store, RUN, "user1", "loads", measured, again).status == "partial"
        assert measured.asked == [3.0, 1.0], "each load test runs once"
    assert measured.asked[: len(asked)] == asked


def test_load_test_without_time_and_retry_is_explained_in_the_report(store: Store) -> None:
    recorded(store)
    with pytest.raises(ThrottledError) as refused, reason_in_text():
        raise ThrottledError(f"{OTHERS} …; try again later", Reason.QUOTA)
    cause = json.dumps({"errorMessage": str(refused.value), "errorType": "ThrottledError"})
    outcome = {"check": "loads", "status": "not_graded", "error": "ThrottledError", "cause": cause}
    report = write_report(store, RUN, "grade", "user1", [outcome])
    (check,) = report["checks"]
    assert (check["status"], check["reason"]) == ("not_graded", "quota")
    assert check["message"] == f"{OTHERS} …; try again later"
    assert report["score"]["open_points"] == 10
