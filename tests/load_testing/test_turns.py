"""All load tests together keep half of what the account has left: side by side, or in turn."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labgrader.errors import NOT_GRADED, ThrottledError
from labgrader.evidence.load.plan import LoadPlan
from labgrader.load_testing.admission import TEST_S
from labgrader.store import Store
from tests.load_testing.stub_account import FUNCTION, MINE, NOW, PLAN, Aws


def test_all_runs_together_use_at_most_half_of_the_account(store: Store) -> None:
    """Each of two runs may have 50 of the 100 that are left; while one has 40, the other waits for its 20."""
    first, second = Aws().account(1_000, 100).reserved(), Aws().account(1_000, 100).reserved()
    loading = first.admission(leases=store, holder="run-1").admit((FUNCTION,), LoadPlan("closed", 40, requests=100))
    loading.__enter__()
    waits = itertools.count(1)

    def end_of_the_first() -> None:
        if next(waits) == 2:
            loading.__exit__(None, None, None)

    second.while_waiting = end_of_the_first
    assert second.admitted(leases=store, holder="run-2", student="user2") == PLAN
    assert second.now == NOW + 2


def test_a_test_takes_what_others_leave_or_retries_later(store: Store) -> None:
    others = LoadPlan("closed", 30, requests=100)
    with Aws().account(1_000, 100).reserved().admission(leases=store).admit((FUNCTION,), others):
        aws = Aws().account(1_000, 100).reserved()
        assert aws.admitted(leases=store, student="user2") == PLAN
        assert aws.now == NOW
        late = Aws().account(1_000, 100).reserved()
        more = LoadPlan("closed", 21, requests=100)
        assert late.kept_waiting(plan=more, leases=store, student="user3", ends_at=NOW + TEST_S + 5) == (
            f"{NOT_GRADED}: other load tests had so many of the 50 concurrent executions that load tests may take of "
            "this account that 21 were not free; try again later"
        )
        assert late.now == NOW + 5
    again = Aws().account(1_000, 100).reserved()
    assert again.admitted(plan=more, leases=store, student="user3") == more, "nothing of its own stands in the way"
    assert again.now == NOW


@pytest.mark.parametrize(("others", "waits"), [(10, False), (11, True)])
def test_the_tests_of_a_run_stay_within_its_plan(store: Store, others: int, waits: bool) -> None:
    """Though the account has more by now."""
    loading = LoadPlan("closed", others, requests=100)
    with Aws().account().reserved().admission(leases=store, in_flight=30).admit((FUNCTION,), loading):
        aws = Aws().account().reserved()
        given: dict[str, Any] = {"leases": store, "student": "user2", "in_flight": 30, "ends_at": NOW + TEST_S}
        if waits:
            assert "so many of the 30 concurrent executions" in aws.kept_waiting(**given)
        else:
            assert aws.admitted(**given) == PLAN


class Clock:
    """The time of several threads: it moves on when all of them wait, to when the first of them is due."""

    def __init__(self, threads: int) -> None:
        self.now = NOW
        self.awake = threads
        self.alarms: list[float] = []
        self.changed = threading.Condition()

    def sleep(self, seconds: float) -> None:
        with self.changed:
            due = self.now + seconds
            self.alarms.append(due)
            self._rest()
            assert self.changed.wait_for(lambda: self.now >= due, timeout=300)

    def leave(self) -> None:
        """One thread less."""
        with self.changed:
            self._rest()

    def _rest(self) -> None:
        self.awake -= 1
        if self.awake == 0 and self.alarms:
            self.now = min(self.alarms)
            self.awake = self.alarms.count(self.now)
            self.alarms = [alarm for alarm in self.alarms if alarm > self.now]
            self.changed.notify_all()


class Class:
    """Students who are load-tested, as the workflow does it, four side by side; what they have together is watched."""

    def __init__(self, store: Store, unreserved: int, test_s: float) -> None:
        self.store = store
        self.unreserved = unreserved
        self.test_s = test_s
        self.clock = Clock(4)
        self.counting = threading.Lock()
        self.in_flight: dict[str, int] = {}
        self.most = 0
        self.most_tests = 0
        self.waited_in_vain = 0
        self.fitted: dict[str, LoadPlan] = {}

    def graded(self, plans: dict[str, LoadPlan]) -> dict[str, LoadPlan]:
        """Load-test everybody; give what was kept in flight."""
        students = iter(plans)

        def side_by_side() -> None:
            try:
                while (student := self.next_of(students)) is not None:
                    self.load(student, plans[student])
            finally:
                self.clock.leave()

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(side_by_side) for _ in range(4)]:
                done.result()
        return self.fitted

    def next_of(self, students: Iterator[str]) -> str | None:
        with self.counting:
            return next(students, None)

    def load(self, student: str, plan: LoadPlan) -> None:
        """Load one student, as often as the workflow tries."""
        for _ in range(1 + MAX_ATTEMPTS):
            aws = Aws().account(1_000, self.unreserved).reserved()
            times = {"clock": lambda: self.clock.now, "sleep": self.clock.sleep, "ends_at": self.clock.now + 300}
            admission = aws.admission(leases=self.store, student=student, in_flight=self.unreserved // 2, **times)
            try:
                with admission.admit((FUNCTION,), plan) as fitting:
                    return self.hold(student, fitting)
            except ThrottledError:
                with self.counting:
                    self.waited_in_vain += 1
        raise AssertionError(f"{student} never had its turn")

    def hold(self, student: str, fitting: LoadPlan) -> None:
        with self.counting:
            self.in_flight[student] = fitting.concurrency
            self.most = max(self.most, sum(self.in_flight.values()))
            self.most_tests = max(self.most_tests, len(self.in_flight))
            self.fitted[student] = fitting
        self.clock.sleep(self.test_s)
        with self.counting:
            del self.in_flight[student]


MAX_ATTEMPTS = 6
"""How often a throttled task is tried again (``statemachines/student.py``)."""


@pytest.mark.parametrize(("test_s", "waited_in_vain"), [(20, 0), (80, 1)])
def test_in_a_small_account_four_students_run_in_turn(store: Store, test_s: float, waited_in_vain: int) -> None:
    """30 are left, 15 of them for load tests: no two of at least 10 fit. Of four times 80 s the last is tried again."""
    small = Class(store, 30, test_s)
    fitted = small.graded({f"user{number}": PLAN for number in range(4)})
    note = (
        "20 requests in flight were planned; this account has 30 concurrent executions left, half of them for load "
        "tests, so 15 were kept in flight"
    )
    assert fitted == {f"user{number}": PLAN.within(15, note) for number in range(4)}
    assert (small.most, small.most_tests) == (15, 1)
    assert small.waited_in_vain == waited_in_vain
    assert small.clock.now - NOW >= 4 * test_s


def test_in_a_large_account_four_students_run_in_parallel(store: Store) -> None:
    large = Class(store, 160, 20)
    assert set(large.graded({f"user{number}": PLAN for number in range(4)}).values()) == {PLAN}
    assert (large.most, large.most_tests) == (80, 4)


@pytest.mark.parametrize("students", [1, 3, 12])
@pytest.mark.parametrize("unreserved", [30, 81, 100])
def test_for_any_class_and_order_tests_never_use_more_than_half(store: Store, students: int, unreserved: int) -> None:
    wanted = random.Random(students * unreserved).choices([1, 5, 10, 20, 28], k=students)
    plans = {
        f"user{number}": LoadPlan("closed", concurrency, requests=100) for number, concurrency in enumerate(wanted)
    }
    some = Class(store, unreserved, 20)
    had = {student: plan.concurrency for student, plan in some.graded(plans).items()}
    assert had == {student: min(plan.concurrency, unreserved // 2) for student, plan in plans.items()}
    assert 0 < some.most <= unreserved // 2
    item = store._get_item("LEASES", f"{MINE['quota_scope']} executions") or {}
    assert item["parts"] == {}, "all is given back"


def test_each_region_has_its_own_concurrency(store: Store) -> None:
    most = LoadPlan("closed", 50, requests=100)
    with Aws().account(1_000, 100).reserved().admission(leases=store).admit((FUNCTION,), most):
        elsewhere = Aws().account(1_000, 100).reserved()
        assert elsewhere.admitted(plan=most, leases=store, quota_scope="111122223333 eu-west-1") == most
