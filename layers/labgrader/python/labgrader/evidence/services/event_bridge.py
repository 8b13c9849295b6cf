"""EventBridge: the rules on the default event bus, and their targets."""

from __future__ import annotations

from dataclasses import dataclass

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.evidence.question import Answers, Question


@dataclass(frozen=True)
class Rule:
    """An EventBridge rule.

    ``state`` is ``ENABLED`` or ``DISABLED``; ``schedule`` is ``cron(…)`` or ``rate(…)``, or empty.
    """

    name: str
    arn: str = ""
    state: str = ""
    schedule: str = ""
    event_pattern: str = ""


class EventBridge:
    """What AWS said about the student's rules."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def rules(self) -> list[Rule]:
        """Return the student's rules, by name. One call to AWS is shared by the students of an account."""
        answer = mapping(self._answers.ask(Question("events:ListRules")))
        return [
            Rule(
                name=name,
                arn=text(mapping(rule).get("Arn")),
                state=text(mapping(rule).get("State")),
                schedule=text(mapping(rule).get("ScheduleExpression")),
                event_pattern=text(mapping(rule).get("EventPattern")),
            )
            for name, rule in sorted(answer.items())
        ]

    def rule(self, name: str) -> Rule | None:
        """Return one rule, or ``None``."""
        return next((rule for rule in self.rules() if rule.name == name), None)

    def targets(self, rule: str) -> list[str]:
        """Return the ARNs of a rule's targets; none if there is no such rule."""
        answer = self._answers.ask(Question("events:ListTargetsByRule", {"Rule": rule}))
        return [text(mapping(target).get("Arn")) for target in sequence(answer)]
