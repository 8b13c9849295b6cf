"""How many executions a load test may keep in flight, so that a class leaves the account half of what it has. Pure.

Source of the limits: Lambda Developer Guide, "Understanding Lambda function scaling" and "Lambda quotas": executions
are counted for an account in a Region, what is reserved for a function is taken from the others, new accounts have 10.
"""

from __future__ import annotations

from dataclasses import dataclass

from labgrader.errors import NotGradedError
from labgrader.evidence.load_plan import LoadPlan


@dataclass(frozen=True)
class Room:
    """What an account has for load tests, in concurrent executions.

    Args:
        account_limit: the account's limit in the Region.
        unreserved: what of it is not reserved for single functions.
        reserved: what is reserved for the function under test; ``None`` for nothing, or where no function is called.
        students: students of this account who are load-tested side by side.
    """

    account_limit: int
    unreserved: int
    reserved: int | None = None
    students: int = 1

    @property
    def part(self) -> int:
        """One student's part: all of them together never have more than half of the unreserved executions in flight."""
        return max(0, self.unreserved // 2) // max(1, self.students)


def fitted(plan: LoadPlan, room: Room, share: int | None = None) -> LoadPlan:
    """Return the plan as it fits into an account, with a note for each thing that is other than planned.

    A reserved concurrency below the plan reduces nothing: the requests that it throttles are counted, as is wanted. One
    of 0 is for the check to judge.

    Args:
        plan: what was planned.
        room: what the account has now.
        share: the part that was computed when the run was planned, ``None`` where none was; the smaller one holds.

    Raises:
        NotGradedError: less than ``plan.least`` would fit, and that would be another test.
    """
    part = room.part if share is None else min(room.part, share)
    if part >= plan.concurrency:
        fitting = plan
    elif part >= plan.least:
        fitting = plan.within(part, _reduced(plan, room, part))
    else:
        raise NotGradedError("", _refused(plan, room, part))
    if room.reserved and room.reserved < fitting.concurrency:
        executions = "1 execution is" if room.reserved == 1 else f"{room.reserved} executions are"
        said = "requests beyond that are throttled, and counted apart"
        fitting = fitting.within(fitting.concurrency, f"{executions} reserved for the function: {said}")
    return fitting


def _reduced(plan: LoadPlan, room: Room, part: int) -> str:
    whom = "load tests" if room.students == 1 else f"{room.students} students at once"
    left = f"this account has {room.unreserved:,} concurrent executions left, half of them for {whom}"
    if plan.model == "open":
        return f"up to {plan.concurrency} requests in flight were planned; {left}, so at most {part} were allowed"
    return f"{plan.concurrency} requests in flight were planned; {left}, so {part} were kept in flight"


def _refused(plan: LoadPlan, room: Room, part: int) -> str:
    limit = f"this account allows {room.account_limit:,} concurrent executions"
    taken = room.account_limit - room.unreserved
    if taken > 0:
        limit += f", of which {taken:,} are reserved"
    whom = "a load test" if room.students == 1 else f"the load test of each of {room.students} students at once"
    more = "the instructor can ask AWS for more in Service Quotas (AWS Lambda, “Concurrent executions”)"
    if taken > 0:
        more += ", or free reserved ones"
    return f"{limit}, and {whom} may take {part or 'none'} of them: it needs at least {plan.least}; {more}"
