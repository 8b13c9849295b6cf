"""The concurrent executions that load tests may use: half of an account's unreserved ones. No input or output.

Source: Lambda Developer Guide, "Understanding Lambda function scaling" and "Lambda quotas". Concurrency is counted for
each account and Region. Reserved concurrency of one function reduces that of the others. New accounts have 10.
"""

from __future__ import annotations

from dataclasses import dataclass

from labgrader.errors import NotGradedError
from labgrader.evidence.load.plan import LoadPlan
from labgrader.reasons import Reason

FEWER_LEFT = "as was planned when fewer were left"
"""Why load tests may use less than half of the unreserved executions of now."""


@dataclass(frozen=True)
class ConcurrencyBudget:
    """An account's concurrent executions for load tests.

    Args:
        account_limit: the account's limit in the Region.
        unreserved: executions that are not reserved for a function.
        reserved: executions that are reserved for the function under test; ``None`` if none are, or if no function is
            called.
        planned: executions for all load tests of the run together, as computed when the run was planned; ``None`` if
            that was not computed.
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
        """Executions for all load tests together: half of the unreserved ones, or what was planned if that is less.

        One test may use all of them; later ones wait.
        """
        return self.half if self.planned is None else min(self.half, self.planned)


def fit_plan(plan: LoadPlan, budget: ConcurrencyBudget) -> LoadPlan:
    """Reduce a plan to an account's budget.

    A reserved concurrency below the plan reduces nothing: counting the throttled requests is the purpose of such a
    test.

    Args:
        plan: the plan.
        budget: the account's budget now.

    Returns:
        The plan with at most the available concurrency, and a note for each change.

    Raises:
        NotGradedError: fewer than ``plan.least`` executions are available, which would make it another test.
    """
    if budget.available >= plan.concurrency:
        fitted = plan
    elif budget.available >= plan.least:
        fitted = plan.within(budget.available, _reduced(plan, budget))
    else:
        raise NotGradedError("", _refused(plan, budget), Reason.QUOTA)
    if budget.reserved is not None and budget.reserved < fitted.concurrency:
        fitted = fitted.within(fitted.concurrency, _reserved(budget.reserved))
    return fitted


def _reserved(executions: int) -> str:
    """Return a note that holds whether or not anything was throttled."""
    if executions == 0:
        return "0 executions are reserved for the function, which switches it off"
    said = "1 execution is" if executions == 1 else f"{executions} executions are"
    return f"{said} reserved for the function: AWS throttles requests above that, and they are counted separately"


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
