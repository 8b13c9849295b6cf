"""An EventBridge rule has its schedule and is enabled."""

from __future__ import annotations

import re

from checks.wording import missing
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, quote, share

_FIELDS = re.compile(r"^(cron|rate)\((.*)\)$")

_EVERY = (
    {"0/1", "0-59"},
    {"0/1", "0-23"},
    {"1/1", "1-31"},
    {"1/1", "1-12", "JAN-DEC"},
    {"1/1", "1-7", "SUN-SAT", "MON-SUN"},
    set[str](),
)
"""Other ways to write ``*`` in the fields of a cron expression: minutes, hours, days of the month, months, days of the
week, years. Source: Amazon EventBridge User Guide, "Creating an EventBridge rule that runs on a schedule"."""


@check(
    title="The rule runs on its schedule",
    hint="aws events put-rule --name {rule} --schedule-expression '{schedule}' --state ENABLED",
)
def rule_scheduled(snapshot: Snapshot, *, rule: str, schedule: str) -> Verdict:
    """Check that the rule exists on the default event bus, has the schedule and is enabled. Each is worth the same.

    Args:
        rule: the rule's name.
        schedule: ``cron(…)`` or ``rate(…)``. Other ways to write the same times count, too: ``02`` for ``2``, ``?`` and
            ``*`` swapped for the days, ``1/1`` for every day.

    Sources:
        A schedule is a rate or a cron expression with six fields:
            https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
    """
    expected = f"{schedule}, ENABLED"
    found = snapshot.events.rule(rule)
    if found is None:
        return failed(
            missing("rule", rule, [other.name for other in snapshot.events.rules()]),
            expected=expected,
            observed="no such rule",
        )
    wrong = []
    if _normal(found.schedule) != _normal(schedule):
        if found.schedule:
            wrong.append(f"the schedule is {quote(found.schedule)} instead of {schedule}")
        else:
            wrong.append(f"the schedule {schedule} is missing")
    if found.state != "ENABLED":
        wrong.append(f"its state is {quote(found.state) or 'unknown'} instead of ENABLED, so it never runs")
    return share(
        3 - len(wrong),
        3,
        f"{rule}: {'; '.join(wrong)}.",
        expected=expected,
        observed=f"{quote(found.schedule) or 'no schedule'}, {quote(found.state)}",
        # put-rule replaces both settings, so the command has both
        hint=f"aws events put-rule --name {rule} --schedule-expression '{schedule}' --state ENABLED",
    )


def _normal(schedule: str) -> str:
    """Return a schedule in a uniform notation: no leading zeros, ``*`` for all values of a field, single spaces."""
    found = _FIELDS.match(schedule.strip())
    if found is None:
        return schedule
    fields = [re.sub(r"\b0+(?=\d)", "", field).replace("?", "*") for field in found.group(2).split()]
    if found.group(1) == "cron" and len(fields) == len(_EVERY):
        pairs = zip(fields, _EVERY, strict=True)
        fields = ["*" if field.upper() in every or field == "*/1" else field for field, every in pairs]
    return f"{found.group(1)}({' '.join(fields)})"
