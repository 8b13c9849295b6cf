"""How many executions load tests may keep in flight, so that they leave an account half of what it has. Pure.

Source of the limits: Lambda Developer Guide, "Understanding Lambda function scaling" and "Lambda quotas": executions
are counted for an account in a Region, what is reserved for a function is taken from the others, new accounts have 10.
"""

from __future__ import annotations

from dataclasses import dataclass

from labgrader.errors import NotGradedError
from labgrader.evidence.load.plan import LoadPlan
from labgrader.reasons import Reason

FEWER_LEFT = "as was planned when fewer were left"
"""Why load tests may take less than half of what is left now."""


@dataclass(frozen=True)
class ConcurrencyBudget:
    """What an account has for load tests, in concurrent executions.

    Args:
        account_limit: the account's limit in the Region.
        unreserved: what of it is not reserved for single functions.
        reserved: what is reserved for the function under test; ``None`` for nothing, or where no function is called.
        planned: what all load tests of the run may have together, as was computed when it was planned; ``None`` where
            nothing was.
    """

    account_limit: int
    unreserved: int
    reserved: int | None = None
    planned: int | None = None

    @property
    def half(self) -> int:
        """Half of the unreserved executions, rounded down."""
        return max(0, self.unreserved // 2)

    @property
    def available(self) -> int:
        """What all load tests may have in flight together: half of what is left, or what was planned if that is less.

        One of them may have all of it; whoever comes later waits.
        """
        return self.half if self.planned is None else min(self.half, self.planned)


def fit_plan(plan: LoadPlan, budget: ConcurrencyBudget) -> LoadPlan:
    """Return the plan as it fits into an account, with a note for each thing that is other than planned.

    A reserved concurrency below the plan reduces nothing: the requests that it throttles are counted, as is wanted.

    Args:
        plan: what was planned.
        room: what the account has now.

    Raises:
        NotGradedError: less than ``plan.least`` would fit, and that would be another test.
    """
    if budget.available >= plan.concurrency:
        fitting = plan
    elif budget.available >= plan.least:
        fitting = plan.within(budget.available, _reduced(plan, budget))
    else:
        raise NotGradedError("", _refused(plan, budget), Reason.QUOTA)
    if budget.reserved is not None and budget.reserved < fitting.concurrency:
        fitting = fitting.within(fitting.concurrency, _reserved(budget.reserved))
    return fitting


def _reserved(executions: int) -> str:
    """True whether or not anything was throttled in the end."""
    if executions == 0:
        return "0 executions are reserved for the function, which switches it off"
    said = "1 execution is" if executions == 1 else f"{executions} executions are"
    return f"{said} reserved for the function: what is beyond that is throttled by AWS, and counted apart"


def _reduced(plan: LoadPlan, budget: ConcurrencyBudget) -> str:
    why = f"this account has {budget.unreserved:,} concurrent executions left, half of them for load tests"
    if budget.available < budget.half:
        may = f"{budget.available:,} of this account's concurrent executions, {FEWER_LEFT}"
        why = f"load tests of this run may take {may}"
    if plan.model == "open":
        allowed = f"at most {budget.available} were allowed"
        return f"up to {plan.concurrency} requests in flight were planned; {why}, so {allowed}"
    return f"{plan.concurrency} requests in flight were planned; {why}, so {budget.available} were kept in flight"


def _refused(plan: LoadPlan, budget: ConcurrencyBudget) -> str:
    limit = f"this account allows {budget.account_limit:,} concurrent executions"
    more = "the instructor can ask AWS for more in Service Quotas (AWS Lambda, “Concurrent executions”)"
    rest = "them"
    if (taken := budget.account_limit - budget.unreserved) > 0:
        limit += f", of which {taken:,} are reserved"
        more += ", or free reserved ones"
        rest = "the rest"
    may = f"half of {rest}, {budget.half:,} of {budget.unreserved:,}"
    if budget.available < budget.half:
        may = f"{budget.available:,} of them, {FEWER_LEFT}"
    return f"{limit}, and a load test may take {may}: it needs at least {plan.least}; {more}"
