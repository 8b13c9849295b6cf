"""function_tagged: the function has its tags."""

from __future__ import annotations

import pytest

from tests.checks.world import ACCOUNT, REGION, World

FUNCTION = "user1-f"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
TAGS = {"Project": "Lambda Lab", "ManagedBy": "Terraform"}


def tagged(**tags: str) -> World:
    world = World().function(FUNCTION)
    world.functions[FUNCTION]["Tags"] = tags
    return world


def test_passes_with_more_tags() -> None:
    verdict = tagged(**TAGS, Owner="me").judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert (verdict.status, verdict.observed) == ("passed", "Project=Lambda Lab, ManagedBy=Terraform")


@pytest.mark.parametrize(
    ("tags", "fraction", "says"),
    [
        ({"Project": "Lambda Lab"}, 0.5, "the tag ManagedBy is missing"),
        (
            {"Project": "Lambda Lab", "Managedby": "Terraform"},
            0.5,
            "the tag ManagedBy is missing (but there is Managedby)",
        ),
        (
            {"Project": "lambda lab", "ManagedBy": "Terraform"},
            0.5,
            "the tag Project is “lambda lab” instead of “Lambda Lab”",
        ),
        ({}, 0.0, "the tag Project is missing; the tag ManagedBy is missing"),
        (
            {"Project": "<b>\n", "ManagedBy": "Terraform"},
            0.5,
            "the tag Project is “<b>�” instead of “Lambda Lab”",
        ),
    ],
)
def test_each_tag_is_worth_the_same(tags: dict[str, str], fraction: float, says: str) -> None:
    verdict = tagged(**tags).judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert (verdict.fraction, verdict.message) == (fraction, f"{FUNCTION}: {says}.")
    assert verdict.hint == f"aws lambda tag-resource --resource {ARN} --tags 'Project=Lambda Lab,ManagedBy=Terraform'"


def test_fails_without_tags_or_without_the_function() -> None:
    verdict = World().function(FUNCTION).judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert (verdict.status, verdict.observed) == ("failed", "none")
    verdict = World().judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert verdict.message == f"There is no function {FUNCTION}."
    assert verdict.hint == f"aws lambda get-function --function-name {FUNCTION} --query Tags"
