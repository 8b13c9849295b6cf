"""Before a load test: no other run loads the student, the account has room, and what is warming is warm."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import boto3
from botocore.config import Config

from labgrader.errors import NOT_GRADED, LabgraderError, NotGradedError, ThrottledError
from labgrader.evidence.load.load_test import DEADLINE_S
from labgrader.evidence.load.plan import FunctionTarget, LoadPlan, Target
from labgrader.load_testing.concurrency_budget import ConcurrencyBudget, fit_plan
from labgrader.messages import quote
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.reasons import DENIED, Reason
from labgrader.recording.api_errors import AwsCallError, MissingResourceError

log = logging.getLogger(__name__)

GET_ACCOUNT_SETTINGS = "lambda:GetAccountSettings"

TEST_S = DEADLINE_S + 30
"""Seconds that a load test takes at most, waiting aside: its deadline, which its warm-up is part of, and the time to
ask what there is room for and to keep what was measured."""

LEASE_S = 300.0
"""Seconds that a student is leased where nobody says when the test is over; Run load test may run as long."""

POLL_S = 1.0
"""Seconds between two looks at a lease that another holds, or at provisioned concurrency that is being prepared."""

PROVISIONED_WAIT_S = 60.0
"""Seconds that provisioned concurrency is waited for; AWS takes a minute or two to prepare it.
Source: Lambda Developer Guide, "Configuring provisioned concurrency for a function"."""

TOO_LATE = "AWS took so long to say what the account has left that no time remained for the load test; try again later"
"""Why a test is not begun that would be cut off."""


class Leases(Protocol):
    """Where it is written who is load-testing what (``Store`` is one)."""

    def lease(self, name: str, holder: str, now: float, ends_at: float) -> bool:
        """Take a lease unless another holds it; say whether it is ours."""

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; one that another holds stays."""

    def acquire_permits(self, name: str, holder: str, wanted: int, most: int, now: float, ends_at: float) -> bool:
        """Take a part of what several share, unless all would have more than ``most``; say whether it is had."""

    def release_permits(self, name: str, holder: str) -> None:
        """Give a part back."""


def read_concurrency_budget(client: Any, retry_policy: RetryPolicy | None = None) -> ConcurrencyBudget:
    """Ask an account what it has.

    Args:
        client: a boto3 Lambda client that repeats nothing by itself.
        retry_policy: how often the question is repeated.

    Raises:
        AwsCallError: AWS refused, or kept failing.
    """
    try:
        answer = (retry_policy or RetryPolicy()).call(client.get_account_settings)["AccountLimit"]
    except MissingResourceError as error:
        raise AwsCallError(error.code, "AWS knows no such question") from None
    return ConcurrencyBudget(int(answer["ConcurrentExecutions"]), int(answer["UnreservedConcurrentExecutions"]))


def default_concurrency_budget() -> ConcurrencyBudget:
    """Ask the account that this function runs in; raises as ``read_concurrency_budget`` does."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=5)
    # Plan run has a minute: a run never fails because this is not known
    return read_concurrency_budget(
        boto3.client("lambda", config=config), RetryPolicy(attempts=4, max_delay_s=4.0, budget_s=10.0)
    )


@dataclass(frozen=True)
class Admission:
    """Admits load tests of one student.

    Args:
        client: a boto3 Lambda client of the student's account that repeats nothing by itself.
        place: ``ACCOUNT REGION`` of what is called; part of the lease's name.
        student: whose functions and stages are called; the other part of it.
        in_flight: what all load tests of the run may have together in that account, as was computed when the run was
            planned; ``None`` where nothing was.
        leases: where leases are kept; ``None`` for none taken.
        holder: who takes them: the run's id.
        ends_at: seconds since the epoch when whoever runs the test is over; infinity where nobody knows.
        retry_policy: how often a question is repeated.
        clock, sleep: the time, in seconds since the epoch, and how to wait.
    """

    client: Any
    place: str = ""
    student: str = ""
    in_flight: int | None = None
    leases: Leases | None = None
    holder: str = "labgrader"
    ends_at: float = float("inf")
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Callable[[], float] = field(default_factory=lambda: time.time)
    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep)

    @contextmanager
    def admit(self, targets: tuple[Target, ...], plan: LoadPlan) -> Iterator[LoadPlan]:
        """Keep other runs off the student for as long as the block lasts; give the plan as it fits, with its notes.

        One lease serves all that is the student's: aliases share their function's executions, and a stage calls
        functions, too.

        Args:
            targets: whom the test calls; each is the student's own, which the caller has made sure of.
            plan: what was planned.

        Raises:
            NotGradedError: another run is loading the student's, the account has no room, or would not say what it has
                in time.
            ThrottledError: other load tests had the account's executions for as long as could be waited, so that the
                test is worth a second try; or the table of leases was throttled.
            ServiceFaultError: the table of leases failed.
        """
        until = min(self.ends_at, self.clock() + LEASE_S) - TEST_S
        functions = sorted({target.function for target in targets if isinstance(target, FunctionTarget)})
        aliases = sorted({(one.function, one.qualifier) for one in targets if isinstance(one, FunctionTarget)})
        with self._leased(until):
            budget = self._budget()
            reserved, notes = self._reserved(functions)
            fitting = fit_plan(plan, replace(budget, reserved=reserved))
            for function, qualifier in aliases:
                if qualifier not in ("", "$LATEST"):  # neither can have any
                    notes += self._warm(function, qualifier, until)
            with self._executions(fitting.concurrency, budget, until):
                if self.clock() + DEADLINE_S > self.ends_at:  # what was measured then would be lost
                    raise NotGradedError("", TOO_LATE, Reason.TIME_OVER)
                yield replace(fitting, notes=(*fitting.notes, *notes))

    @contextmanager
    def _leased(self, until: float) -> Iterator[None]:
        """Keep other runs off the student. A run itself loads a student once at a time."""
        if (leases := self.leases) is None:
            yield
            return
        name, holder = f"{self.place} student {self.student}", self._holder()
        said = f"another run is load-testing what {quote(self.student)} built; run this student again when it is done"
        if not self._wait(lambda now, ends_at: leases.lease(name, holder, now, ends_at), until):
            raise NotGradedError("", said, Reason.QUOTA)
        with self._given_back(name, leases.release, holder):
            yield

    @contextmanager
    def _executions(self, wanted: int, budget: ConcurrencyBudget, until: float) -> Iterator[None]:
        """Have a part of the account's executions, when it is free: all load tests together keep the bound.

        With little left one test goes after the other. Who waited in vain has sent nothing, and may try again.
        """
        if (leases := self.leases) is None:
            yield
            return
        name, holder, most = f"{self.place} executions", self._holder(), budget.available
        said = (
            f"other load tests had so many of the {most:,} concurrent executions that load tests may take of this "
            f"account that {wanted} were not free; try again later"
        )
        if not self._wait(lambda now, ends_at: leases.acquire_permits(name, holder, wanted, most, now, ends_at), until):
            # what the student reads where no second try gets in either
            raise ThrottledError(f"{NOT_GRADED}: {said}", Reason.QUOTA)
        with self._given_back(name, leases.release_permits, holder):
            yield

    def _holder(self) -> str:
        """Who takes a lease: two deliveries of one task are two."""
        return f"{self.holder} {uuid.uuid4()}"

    def _wait(self, take: Callable[[float, float], bool], until: float) -> bool:
        """Try to take something, given the time and when it ends, until it is ours; say whether it ever was."""
        while not take(self.clock(), min(self.ends_at, self.clock() + LEASE_S)):
            if self.clock() + POLL_S > until:
                return False
            self.sleep(POLL_S)
        return True

    @contextmanager
    def _given_back(self, name: str, give_back: Callable[[str, str], None], holder: str) -> Iterator[None]:
        try:
            yield
        finally:
            try:
                give_back(name, holder)
            except LabgraderError:  # it ends by itself, and what was measured is not lost for it
                log.warning("%s was not given back", name, exc_info=True)

    def _budget(self) -> ConcurrencyBudget:
        try:
            return replace(read_concurrency_budget(self.client, self.retry_policy), planned=self.in_flight)
        except AwsCallError as refusal:
            raise NotGradedError("", _unknown(refusal), refusal.reason_code) from None

    def _reserved(self, functions: list[str]) -> tuple[int | None, list[str]]:
        """The smallest concurrency that is reserved for one of the functions, and which could not be read.

        It decides nothing, so that a refusal stops nothing.
        """
        found: list[int] = []
        notes = []
        for function in functions:
            try:
                answer = self.retry_policy.call(partial(self.client.get_function_concurrency, FunctionName=function))
                found += [answer["ReservedConcurrentExecutions"]] if "ReservedConcurrentExecutions" in answer else []
            except MissingResourceError:
                continue  # the test finds out by itself
            except AwsCallError as refusal:
                notes.append(f"what is reserved for {function} could not be read ({refusal.code})")
        return min(found, default=None), notes

    def _warm(self, function: str, qualifier: str, until: float) -> list[str]:
        """Wait until a qualifier's provisioned concurrency is ready, within a bound; return what there is to say."""
        ask = partial(self.client.get_provisioned_concurrency_config, FunctionName=function, Qualifier=qualifier)
        began = self.clock()
        until = min(began + PROVISIONED_WAIT_S, until)
        try:
            while (answer := self.retry_policy.call(ask)).get(
                "Status"
            ) == "IN_PROGRESS" and self.clock() + POLL_S <= until:
                self.sleep(POLL_S)
        except MissingResourceError:
            return []
        except AwsCallError as refusal:
            return [f"the provisioned concurrency of {function}:{qualifier} could not be read ({refusal.code})"]
        waited_s = self.clock() - began
        wanted = answer.get("RequestedProvisionedConcurrentExecutions", 0)
        if answer.get("Status") == "IN_PROGRESS":
            ready = f"{answer.get('AvailableProvisionedConcurrentExecutions', 0)} of {wanted}"
            why = f"was still being prepared ({ready}) after {waited_s:.0f} s"
        elif answer.get("Status") == "FAILED":
            why = f"could not be prepared ({quote(answer.get('StatusReason') or 'AWS gives no reason')})"
        elif waited_s >= POLL_S:
            return [f"{waited_s:.0f} s were waited until provisioned concurrency ({wanted}) was ready"]
        else:
            return []
        return [f"provisioned concurrency {why}: cold starts are to be expected"]


def _unknown(refusal: AwsCallError) -> str:
    """Why nothing is loaded where the account does not say what it has; AWS's text is last, for it may be cut."""
    if refusal.code in DENIED:
        return (
            f"labgrader may not ask what the account has left, so nothing was loaded: its role there must allow "
            f"{GET_ACCOUNT_SETTINGS} ({refusal})"
        )
    return f"AWS did not say what the account has left, so nothing was loaded; try again later ({refusal})"
