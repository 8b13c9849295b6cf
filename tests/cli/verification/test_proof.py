"""A proof holds if every named check fails, no other check fails, and skipped checks require a named check."""

from __future__ import annotations

import pytest

from checks.simulation.mistake import Mistake
from checks.simulation.pack import Pack
from cli.verification.proof import cases, differences
from cli.verification.record import PERFECT, USERNAME
from labgrader.errors import BadInputError
from labgrader.labs.lab import Item, Lab

LAB = Lab(
    "a-lab",
    "1.0.0",
    "A lab",
    "",
    3,
    (
        Item("base", "c", "Base", points=1),
        Item("middle", "c", "Middle", points=1, requires=("base",)),
        Item("top", "c", "Top", points=1, requires=("middle",)),
    ),
)


def mistake(*fails: str, slow: bool = False) -> Mistake:
    return Mistake("wrong", "does it wrong", frozenset(fails), lambda _: None, slow)


def report(base: str = "passed", middle: str = "passed", top: str = "passed", points: float = 3) -> dict[str, object]:
    statuses = {"base": base, "middle": middle, "top": top}
    return {
        "score": {"points": points, "max_points": 3},
        "checks": [{"id": name, "status": status, "message": "because"} for name, status in statuses.items()],
    }


def test_a_perfect_student_has_full_points() -> None:
    assert list(differences(LAB, None, report())) == []
    assert list(differences(LAB, None, report(points=2.99))) == ["the solution scored 2.99 of 3 points"]


@pytest.mark.parametrize("found", ["failed", "partial"])
def test_a_mistake_is_found_and_later_checks_are_skipped(found: str) -> None:
    assert list(differences(LAB, mistake("base"), report(base=found, middle="skipped", top="skipped"))) == []


@pytest.mark.parametrize(
    ("fails", "statuses", "problem"),
    [
        ({"base"}, {}, "base passed, but it must fail"),
        ({"base"}, {"base": "not_graded"}, "base was not graded, but it must fail"),
        ({"middle"}, {"middle": "skipped"}, "middle was skipped, but it must fail"),
        (set(), {"top": "failed"}, "top failed, but it must pass: because"),
        (set(), {"top": "not_graded"}, "top was not graded, but it must pass: because"),
        (
            {"top"},
            {"top": "failed", "middle": "skipped"},
            "middle was skipped, but the mistake names none of its prerequisites",
        ),
        ({"none"}, {}, "the mistake names the check none, which the lab does not have"),
    ],
)
def test_a_wrong_result_is_a_problem_of_the_proof(fails: set[str], statuses: dict[str, str], problem: str) -> None:
    assert list(differences(LAB, mistake(*fails), report(**statuses))) == [problem]  # type: ignore[arg-type]


def test_a_check_without_access_must_not_be_graded() -> None:
    unseen = Mistake("unseen", "", frozenset(), lambda _: None, not_graded=frozenset({"middle"}))
    right = report(middle="not_graded", top="not_graded")
    assert list(differences(LAB, unseen, right)) == []
    assert list(differences(LAB, unseen, report(middle="failed", top="passed"))) == [
        "middle failed, but it must not be graded",
        "top passed, but it must not be graded",
    ]


def test_a_proof_has_a_perfect_student_and_one_for_each_mistake() -> None:
    quick = Mistake("quick", "", frozenset(), lambda _: None)
    slow = Mistake("slow", "", frozenset(), lambda _: None, slow=True)
    pack = Pack("a-lab", lambda _: None, (quick, slow))
    assert [(case.id, case.username) for case in cases(pack)] == [
        (PERFECT, USERNAME),
        ("quick", "student01"),
        ("slow", "student02"),
    ]
    assert [case.id for case in cases(pack, slow=False)] == [PERFECT, "quick"]
    assert [(case.id, case.username) for case in cases(pack, ["slow"], slow=False)] == [
        (PERFECT, USERNAME),
        ("slow", "student02"),
    ]
    with pytest.raises(BadInputError, match="lab a-lab has no mistake 'none'"):
        cases(pack, ["none"])
