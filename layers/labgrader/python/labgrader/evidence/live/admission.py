"""Before a load test: nobody else loads the same function, the account has room for it, and what is warming is warm."""

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

from labgrader.errors import LabgraderError, NotGradedError
from labgrader.evidence.calls import DENIED, MissingResourceError, NotAnsweredError
from labgrader.evidence.headroom import Room, fitted
from labgrader.evidence.live.patience import Patience
from labgrader.evidence.load import DEADLINE_S
from labgrader.evidence.load_plan import FunctionTarget, LoadPlan, Target
from labgrader.messages import quote

log = logging.getLogger(__name__)

GET_ACCOUNT_SETTINGS = "lambda:GetAccountSettings"

TEST_S = DEADLINE_S + 30
"""Seconds that a load test takes at most, waiting aside: its deadline, which its warm-up is part of, and the time to
ask what there is room for and to keep what was measured."""

LEASE_S = 300.0
"""Seconds that a function is leased where nobody says when the test is over; Run load test may run as long."""

POLL_S = 1.0
"""Seconds between two looks at a lease that another holds, or at provisioned concurrency that is being prepared."""

PROVISIONED_WAIT_S = 60.0
"""Seconds that provisioned concurrency is waited for; AWS takes a minute or two to prepare it.
Source: Lambda Developer Guide, "Configuring provisioned concurrency for a function"."""


class Leases(Protocol):
    """Where it is written who is load-testing what (``Store`` is one)."""

    def lease(self, name: str, holder: str, now: float, ends_at: float) -> bool:
        """Take a lease unless another holds it; say whether it is ours."""

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; one that another holds stays."""


def read_room(client: Any, patience: Patience | None = None) -> Room:
    """Ask an account what it has, for one student at a time.

    Args:
        client: a boto3 Lambda client that repeats nothing by itself.
        patience: how often the question is repeated.

    Raises:
        NotAnsweredError: AWS refused, or kept failing.
    """
    try:
        answer = (patience or Patience()).insist(client.get_account_settings)["AccountLimit"]
    except MissingResourceError as error:
        raise NotAnsweredError(error.code, "AWS knows no such question") from None
    return Room(int(answer["ConcurrentExecutions"]), int(answer["UnreservedConcurrentExecutions"]))


def room_of_this_account() -> Room:
    """Ask the account that this function runs in; raises as ``read_room`` does."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
    return read_room(boto3.client("lambda", config=config))


@dataclass(frozen=True)
class Admission:
    """Admits load tests of one student.

    Args:
        client: a boto3 Lambda client of the student's account that repeats nothing by itself.
        place: ``ACCOUNT REGION`` of what is called; part of the leases' names.
        students: students of that account who are load-tested side by side, this one included.
        in_flight: one student's part as it was computed when the run was planned; ``None`` where it was not.
        leases: where leases are kept; ``None`` for none taken.
        holder: who takes them: the run's id.
        ends_at: seconds since the epoch when whoever runs the test is over; infinity where nobody knows.
        patience: how often a question is repeated.
        clock, sleep: the time, in seconds since the epoch, and how to wait.
    """

    client: Any
    place: str = ""
    students: int = 1
    in_flight: int | None = None
    leases: Leases | None = None
    holder: str = "labgrader"
    ends_at: float = float("inf")
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def admit(self, targets: tuple[Target, ...], plan: LoadPlan) -> Iterator[LoadPlan]:
        """Keep others off the targets for as long as the block lasts; give the plan as it fits, with its notes.

        Args:
            targets: whom the test calls; each is the student's own, which the caller has made sure of.
            plan: what was planned.

        Raises:
            NotGradedError: another run is loading a target, the account has no room, or would not say what it has.
            ServiceFaultError, ThrottledError: the table of leases failed.
        """
        until = min(self.ends_at, self.clock() + LEASE_S) - TEST_S
        functions = sorted({target.function for target in targets if isinstance(target, FunctionTarget)})
        aliases = sorted({(one.function, one.qualifier) for one in targets if isinstance(one, FunctionTarget)})
        with self._leased(targets, until):
            room = self._room()
            reserved, notes = self._reserved(functions)
            fitting = fitted(plan, replace(room, reserved=reserved), self.in_flight)
            for function, qualifier in aliases:
                if qualifier not in ("", "$LATEST"):  # neither can have any
                    notes += self._warm(function, qualifier, until)
            yield replace(fitting, notes=(*fitting.notes, *notes))

    @contextmanager
    def _leased(self, targets: tuple[Target, ...], until: float) -> Iterator[None]:
        """Take a lease on each target, in the order of their names, so that two who want the same two never lock."""
        holder = f"{self.holder} {uuid.uuid4()}"
        taken: list[str] = []
        try:
            for name, shown in sorted({self._lease_name(target) for target in targets}):
                self._take(name, shown, holder, until)
                taken.append(name)
            yield
        finally:
            for name in taken:
                self._release(name, holder)

    def _lease_name(self, target: Target) -> tuple[str, str]:
        """What the lease on a target is called, and what a student calls it; aliases share a function's executions."""
        if isinstance(target, FunctionTarget):
            return f"{self.place} function {target.function}", target.function
        return f"{self.place} stage {target.api.id} {target.stage}", f"{target.api.name}/{target.stage}"

    def _take(self, name: str, shown: str, holder: str, until: float) -> None:
        if self.leases is None:
            return
        while not self.leases.lease(name, holder, self.clock(), min(self.ends_at, self.clock() + LEASE_S)):
            if self.clock() + POLL_S > until:
                said = f"another run is load-testing {quote(shown)}; run this student again when it is done"
                raise NotGradedError("", said)
            self.sleep(POLL_S)

    def _release(self, name: str, holder: str) -> None:
        try:
            if self.leases is not None:
                self.leases.release(name, holder)
        except LabgraderError:  # it ends by itself, and what was measured is not lost for it
            log.warning("the lease on %s was not released", name, exc_info=True)

    def _room(self) -> Room:
        try:
            return replace(read_room(self.client, self.patience), students=self.students)
        except NotAnsweredError as refusal:
            raise NotGradedError("", _unknown(refusal)) from None

    def _reserved(self, functions: list[str]) -> tuple[int | None, list[str]]:
        """The smallest concurrency that is reserved for one of the functions, and which could not be read.

        It decides nothing, so that a refusal stops nothing.
        """
        found: list[int] = []
        notes = []
        for function in functions:
            try:
                answer = self.patience.insist(partial(self.client.get_function_concurrency, FunctionName=function))
                found += [answer["ReservedConcurrentExecutions"]] if "ReservedConcurrentExecutions" in answer else []
            except MissingResourceError:
                continue  # the test finds out by itself
            except NotAnsweredError as refusal:
                notes.append(f"what is reserved for {function} could not be read ({refusal.code})")
        return min(found, default=None), notes

    def _warm(self, function: str, qualifier: str, until: float) -> list[str]:
        """Wait until a qualifier's provisioned concurrency is ready, within a bound; return what there is to say."""
        ask = partial(self.client.get_provisioned_concurrency_config, FunctionName=function, Qualifier=qualifier)
        began = self.clock()
        until = min(began + PROVISIONED_WAIT_S, until)
        try:
            while (answer := self.patience.insist(ask)).get(
                "Status"
            ) == "IN_PROGRESS" and self.clock() + POLL_S <= until:
                self.sleep(POLL_S)
        except MissingResourceError:
            return []
        except NotAnsweredError as refusal:
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


def _unknown(refusal: NotAnsweredError) -> str:
    """Why nothing is loaded where the account does not say what it has; AWS's text is last, for it may be cut."""
    if refusal.code in DENIED:
        return (
            f"labgrader may not ask what the account has left, so nothing was loaded: its role there must allow "
            f"{GET_ACCOUNT_SETTINGS} ({refusal})"
        )
    return f"AWS did not say what the account has left, so nothing was loaded; try again later ({refusal})"
