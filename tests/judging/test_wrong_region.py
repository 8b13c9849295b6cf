"""One check names the wrong Region, the others wait for it, and no points change."""

from __future__ import annotations

from labgrader.evidence.elsewhere import OTHER_REGIONS
from labgrader.evidence.question import Answer, Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed
from labgrader.judging.wrong_region import name_wrong_region
from labgrader.labs.lab import Item, Visibility
from labgrader.reasons import Reason


def check(name: str, *requires: str, visibility: Visibility = "visible") -> Item:
    return Item(name, "function_can_run", name.title(), points=10, requires=requires, visibility=visibility)


def snapshot(found: dict[str, str] | None) -> Snapshot:
    answers = Answers()
    if found:
        answers.record(OTHER_REGIONS, Answer(found))
    return Snapshot("user1", "111122223333", "us-east-1", answers=answers)


IN_WEST = snapshot({"Region": "us-west-2", "List": "lambda:ListFunctions"})
ITEMS = [check("secret", visibility="hidden"), check("second", "first"), check("first"), check("role"), check("open")]
OWN = {
    "secret": failed("There is no function user1-s."),
    "second": failed("There is no function user1-f."),
    "first": failed("There is no function user1-f."),
    "role": partial(0.5, "half"),
    "open": not_graded("denied", Reason.DENIED),
}


def test_one_check_names_the_region_and_the_others_are_skipped() -> None:
    verdicts = name_wrong_region(ITEMS, OWN, IN_WEST)
    assert verdicts["first"] == failed(
        "Your functions are in us-west-2; this course is graded in us-east-1. Build them again in us-east-1.",
        expected="resources in us-east-1",
        observed="functions in us-west-2",
        hint="aws configure set region us-east-1",
    )
    assert {name: verdicts[name].status for name in OWN} == {
        "secret": "skipped",
        "second": "skipped",
        "first": "failed",
        "role": "partial",
        "open": "not_graded",
    }
    assert verdicts["secret"].message == "Skipped: first build in the right Region."


def test_points_stay_what_they_are() -> None:
    before, after = (score(ITEMS, verdicts) for verdicts in (OWN, name_wrong_region(ITEMS, OWN, IN_WEST)))
    assert (after.points, after.open_points) == (before.points, before.open_points) == (5, 10)


def test_a_class_without_resources_elsewhere_keeps_its_verdicts() -> None:
    for unknown in (snapshot(None), snapshot({"Region": "us-west-2", "List": "logs:DescribeLogGroups"})):
        assert name_wrong_region(ITEMS, OWN, unknown) == OWN


def test_verdicts_that_another_run_left_and_passed_checks_stay() -> None:
    carried = Verdict("failed", 0.0, "from the last run", reason=Reason.CARRIED_OVER)
    kept = {"first": carried, "second": passed(), "secret": not_graded("x")}
    assert name_wrong_region(ITEMS, kept, IN_WEST) == kept
