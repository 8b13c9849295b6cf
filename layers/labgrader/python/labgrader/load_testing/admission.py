"""Admission of a load test: no other run loads the student, the account has free executions, and functions are warm."""

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
"""Maximum seconds of a load test, without waiting: its deadline, plus time to read limits and to store the result."""

LEASE_S = 300.0
"""Seconds of a lease if the end of the test is not known. Run load test may run this long."""

POLL_S = 1.0
"""Seconds between two checks of a lease that another run holds, or of provisioned concurrency that is not ready."""

PROVISIONED_WAIT_S = 60.0
"""Maximum seconds to wait for provisioned concurrency; AWS takes a minute or two to prepare it.
Source: Lambda Developer Guide, "Configuring provisioned concurrency for a function"."""

TOO_LATE = "AWS took so long to return the account's free concurrency that the load test had no time; try again later"
"""Why a test does not begin that could not finish."""


class Leases(Protocol):
    """Stores who is load-testing what. ``Store`` implements it."""

    def lease(self, name: str, holder: str, now: float, ends_at: float) -> bool:
        """Take a lease unless another holder has it. Return whether it succeeded."""

    def release(self, name: str, holder: str) -> None:
        """Give a lease back, if this holder has it."""

    def acquire_permits(self, name: str, holder: str, wanted: int, most: int, now: float, ends_at: float) -> bool:
        """Acquire permits from a shared pool of ``most`` permits. Return whether it succeeded."""

    def release_permits(self, name: str, holder: str) -> None:
        """Give this holder's permits back."""


def read_concurrency_budget(client: Any, retry_policy: RetryPolicy | None = None) -> ConcurrencyBudget:
    """Read an account's concurrency limits.

    Args:
        client: a boto3 Lambda client without retries of its own.
        retry_policy: how often the call is retried.

    Raises:
        AwsCallError: AWS refused, or kept failing.
    """
    try:
        answer = (retry_policy or RetryPolicy()).call(client.get_account_settings)["AccountLimit"]
    except MissingResourceError as error:
        raise AwsCallError(error.code, "AWS does not support this request") from None
    return ConcurrencyBudget(int(answer["ConcurrentExecutions"]), int(answer["UnreservedConcurrentExecutions"]))


def default_concurrency_budget() -> ConcurrencyBudget:
    """Read the limits of the account that this function runs in.

    Raises:
        AwsCallError: AWS refused, or kept failing.
    """
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=5)
    # Plan run has one minute, and goes on without the limits
    return read_concurrency_budget(
        boto3.client("lambda", config=config), RetryPolicy(attempts=4, max_delay_s=4.0, budget_s=10.0)
    )


@dataclass(frozen=True)
class Admission:
    """Admits the load tests of one student.

    Args:
        client: a boto3 Lambda client of the student's account, without retries of its own.
        quota_scope: ``ACCOUNT REGION`` of the functions and stages; part of the lease's name.
        student: the owner of the functions and stages; the other part of the lease's name.
        in_flight: executions for all load tests of the run together in that account, as computed when the run was
            planned; ``None`` if that was not computed.
        leases: stores the leases; ``None`` to take none.
        holder: the run's id, which the leases are taken for.
        ends_at: seconds since the epoch when the test must have ended; infinity if that is not known.
        retry_policy: how often a call is retried.
        clock: returns the time, in seconds since the epoch.
        sleep: waits, in seconds.
    """

    client: Any
    quota_scope: str = ""
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
        """Lock the student's resources for the block, and fit the plan into the account.

        One lease covers everything the student owns: aliases share their function's executions, and a stage calls
        functions as well.

        Args:
            targets: the targets of the test. The caller has checked that they are the student's own.
            plan: the plan.

        Yields:
            The plan that may be carried out, with notes on what was changed.

        Raises:
            NotGradedError: another run is load-testing the student, the account has too few executions, or AWS did not
                return its limits in time.
            ThrottledError: other load tests used the account's executions until the time was over, so a second try
                makes sense; or the table of leases was throttled.
            ServiceFaultError: the table of leases failed.
        """
        wait_until = min(self.ends_at, self.clock() + LEASE_S) - TEST_S
        functions = sorted({target.function for target in targets if isinstance(target, FunctionTarget)})
        aliases = sorted(
            {(target.function, target.qualifier) for target in targets if isinstance(target, FunctionTarget)}
        )
        with self._student_lease(wait_until):
            budget = self._budget()
            reserved, notes = self._reserved(functions)
            fitted = fit_plan(plan, replace(budget, reserved=reserved))
            for function, qualifier in aliases:
                if qualifier not in ("", "$LATEST"):  # neither can have provisioned concurrency
                    notes += self._wait_until_warm(function, qualifier, wait_until)
            with self._executions(fitted.concurrency, budget, wait_until):
                if self.clock() + DEADLINE_S > self.ends_at:  # the result would be lost
                    raise NotGradedError("", TOO_LATE, Reason.TIME_OVER)
                yield replace(fitted, notes=(*fitted.notes, *notes))

    @contextmanager
    def _student_lease(self, wait_until: float) -> Iterator[None]:
        """Hold the student's lease, so that no other run load-tests the student. One run tests a student only once."""
        if (leases := self.leases) is None:
            yield
            return
        name, holder = f"{self.quota_scope} student {self.student}", self._holder()
        message = (
            f"another run is load-testing what {quote(self.student)} built; grade this student again when it is done"
        )
        if not self._wait(lambda now, ends_at: leases.lease(name, holder, now, ends_at), wait_until):
            raise NotGradedError("", message, Reason.QUOTA)
        with self._releasing(name, leases.release, holder):
            yield

    @contextmanager
    def _executions(self, wanted: int, budget: ConcurrencyBudget, wait_until: float) -> Iterator[None]:
        """Hold permits for executions of the account, so that all load tests together stay within its budget.

        If few are available, tests run one after the other. A test that waited too long has sent nothing, and may be
        tried again.
        """
        if (leases := self.leases) is None:
            yield
            return
        name, holder, most = f"{self.quota_scope} executions", self._holder(), budget.available
        message = (
            f"other load tests had so many of the {most:,} concurrent executions that load tests may take of this "
            f"account that {wanted} were not free; try again later"
        )
        if not self._wait(
            lambda now, ends_at: leases.acquire_permits(name, holder, wanted, most, now, ends_at), wait_until
        ):
            # the student reads this if the second try fails, too
            raise ThrottledError(f"{NOT_GRADED}: {message}", Reason.QUOTA)
        with self._releasing(name, leases.release_permits, holder):
            yield

    def _holder(self) -> str:
        """Return a new holder: two deliveries of one task are two holders."""
        return f"{self.holder} {uuid.uuid4()}"

    def _wait(self, acquire: Callable[[float, float], bool], wait_until: float) -> bool:
        """Try to acquire a lease or permits until it succeeds.

        Args:
            acquire: is given the time and the end of the lease, in seconds since the epoch.
            wait_until: when to give up, in seconds since the epoch.

        Returns:
            Whether it succeeded.
        """
        while not acquire(self.clock(), min(self.ends_at, self.clock() + LEASE_S)):
            if self.clock() + POLL_S > wait_until:
                return False
            self.sleep(POLL_S)
        return True

    @contextmanager
    def _releasing(self, name: str, release: Callable[[str, str], None], holder: str) -> Iterator[None]:
        try:
            yield
        finally:
            try:
                release(name, holder)
            except LabgraderError:  # the lease expires on its own; the result must not be lost
                log.warning("%s was not released", name, exc_info=True)

    def _budget(self) -> ConcurrencyBudget:
        try:
            return replace(read_concurrency_budget(self.client, self.retry_policy), planned=self.in_flight)
        except AwsCallError as refusal:
            raise NotGradedError("", _limits_unknown(refusal), refusal.reason_code) from None

    def _reserved(self, functions: list[str]) -> tuple[int | None, list[str]]:
        """Read the smallest reserved concurrency of the functions.

        A refusal does not stop the test, because reserved concurrency does not change its plan.

        Returns:
            The executions, or ``None`` if none are reserved; and a note for each function that could not be read.
        """
        reserved: list[int] = []
        notes = []
        for function in functions:
            try:
                answer = self.retry_policy.call(partial(self.client.get_function_concurrency, FunctionName=function))
                reserved += [answer["ReservedConcurrentExecutions"]] if "ReservedConcurrentExecutions" in answer else []
            except MissingResourceError:
                continue  # the test will report that
            except AwsCallError as refusal:
                notes.append(f"what is reserved for {function} could not be read ({refusal.code})")
        return min(reserved, default=None), notes

    def _wait_until_warm(self, function: str, qualifier: str, wait_until: float) -> list[str]:
        """Wait until an alias's or a version's provisioned concurrency is ready, at most ``PROVISIONED_WAIT_S``.

        Returns:
            Notes: how long that took, or why it is not ready.
        """
        ask = partial(self.client.get_provisioned_concurrency_config, FunctionName=function, Qualifier=qualifier)
        began = self.clock()
        wait_until = min(began + PROVISIONED_WAIT_S, wait_until)
        try:
            while (answer := self.retry_policy.call(ask)).get(
                "Status"
            ) == "IN_PROGRESS" and self.clock() + POLL_S <= wait_until:
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
        return [f"provisioned concurrency {why}: expect cold starts"]


def _limits_unknown(refusal: AwsCallError) -> str:
    """Return why nothing is load-tested without the account's limits. AWS's text comes last: it may be cut."""
    if refusal.code in DENIED:
        return (
            "labgrader cannot read the account's free concurrency, so the load test did not run: its role here "
            f"must allow {GET_ACCOUNT_SETTINGS} ({refusal})"
        )
    return (
        f"AWS did not return the account's free concurrency, so the load test did not run; try again later ({refusal})"
    )
