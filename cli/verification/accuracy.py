"""Compare the reports of a simulated class with the mistakes of its students. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from checks.simulation.classes import Enrolled, Kind
from checks.simulation.pack import Pack
from cli.verification.proof import prerequisites
from labgrader.labs.lab import Lab

_COSTS_POINTS = frozenset({"failed", "partial"})

_WORDS = {"not_graded": "was not graded", "partial": "cost points", "skipped": "was skipped"}


@dataclass(frozen=True)
class Accuracy:
    """How accurately a class was graded.

    Args:
        planted: the number of mistakes that the students made.
        found: the number of mistakes that cost points in every check that the mistake names.
        missed: a sentence for each check that did not find its mistake.
        false_alarms: a sentence for each check that cost points without a mistake. Checks that it caused to be skipped
            are not counted.
        unexpected: a sentence for each check that was not graded although it should be, or the other way around.
        undecided: a sentence for each comparison that was too close to call on a busy machine. Its check gives half of
            the points.
    """

    planted: int
    found: int
    missed: tuple[str, ...] = ()
    false_alarms: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def perfect(self) -> bool:
        """Whether every report is right, except for comparisons that were too close to call."""
        return not (self.missed or self.false_alarms or self.unexpected)

    def problems(self) -> list[str]:
        """Return a line for each wrong result, with the student and the check."""
        kinds = {
            "missed": self.missed,
            "false alarm": self.false_alarms,
            "not as expected": self.unexpected,
            "too close to call": self.undecided,
        }
        return [f"{kind}: {sentence}" for kind, sentences in kinds.items() for sentence in sentences]

    def summary(self) -> str:
        """Return the result in one line: ``8 of 8 planted mistakes found, no false alarms``."""
        parts = [f"{self.found} of {self.planted} planted mistake{'' if self.planted == 1 else 's'} found"]
        if not self.planted:
            parts = ["no mistakes planted"]
        alarms = len(self.false_alarms)
        parts.append(f"{alarms or 'no'} false alarm{'' if alarms == 1 else 's'}")
        if others := len(self.unexpected):
            parts.append(f"{others} check{'' if others == 1 else 's'} not as expected")
        if self.undecided:
            parts.append(f"{len(self.undecided)} too close to call on this machine")
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {
            "planted": self.planted,
            "found": self.found,
            "missed": list(self.missed),
            "false_alarms": list(self.false_alarms),
            "unexpected": list(self.unexpected),
            "undecided": list(self.undecided),
        }


def compare(lab: Lab, pack: Pack, enrolled: Sequence[Enrolled], reports: Mapping[str, Mapping[str, Any]]) -> Accuracy:
    """Compare the reports of a class with the mistakes of its students.

    Args:
        lab: the lab, for the prerequisites of its checks.
        pack: the mistakes of the lab.
        enrolled: the class.
        reports: the report of each student, by username.
    """
    planted = found = 0
    missed: list[str] = []
    false_alarms: list[str] = []
    unexpected: list[str] = []
    undecided: list[str] = []
    for student in enrolled:
        checks = {str(check["id"]): check for check in reports[student.username]["checks"]}
        for mistake in map(pack.mistake, student.mistakes):
            planted += 1
            failures = [name for name in sorted(mistake.fails) if checks[name]["status"] not in _COSTS_POINTS]
            found += not failures
            missed += [
                f"{student.username} {mistake.description} ({mistake.id}), but the check {name} {_was(checks[name])}"
                for name in failures
            ]
        for name, check in _deviating(lab, student, checks):
            costs_points = check["status"] in {*_COSTS_POINTS, "skipped"}
            because = f": {check['message']}" if check["message"] else ""
            fact = f"{student.username} made no mistake here"
            if name in _ungradable(lab, student):
                fact = f"labgrader cannot see the work of {student.username}"
            sentence = f"{fact}, but the check {name} {_was(check)}{because}"
            if check["status"] == "partial" and _is_undecided(lab, name, reports[student.username]):
                undecided.append(sentence)
            else:
                (false_alarms if costs_points else unexpected).append(sentence)
    return Accuracy(planted, found, tuple(missed), tuple(false_alarms), tuple(unexpected), tuple(undecided))


def _is_undecided(lab: Lab, name: str, report: Mapping[str, Any]) -> bool:
    """Return whether a check's comparison is too close to call: its factor is within the confidence interval."""
    factor = lab.item(name).parameters.get("factor")
    intervals = [
        comparison["ratio_interval"] for comparison in report.get("comparisons", ()) if comparison["id"] == name
    ]
    return factor is not None and any(low < factor <= high for low, high in intervals)


def _deviating(
    lab: Lab, student: Enrolled, checks: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the checks with an unexpected status that no mistake of the student names."""
    lost = {name for name, check in checks.items() if check["status"] in _COSTS_POINTS}
    ungradable = _ungradable(lab, student)
    for name, check in checks.items():
        if name in student.fails:
            continue
        expected = "not_graded" if name in ungradable else "passed"
        follows = check["status"] == "skipped" and prerequisites(lab, name) & lost
        if check["status"] != expected and not follows:
            yield name, check


def _ungradable(lab: Lab, student: Enrolled) -> AbstractSet[str]:
    """Return the checks that cannot be graded for a student."""
    names = {item.id for item in lab.checks}
    if student.kind is Kind.ACCESS_DENIED:
        return names
    return {name for name in names if name in student.not_graded or prerequisites(lab, name) & set(student.not_graded)}


def _was(check: Mapping[str, Any]) -> str:
    return _WORDS.get(str(check["status"]), str(check["status"]))
