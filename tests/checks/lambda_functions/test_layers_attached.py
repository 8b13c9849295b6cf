"""layers_attached: the student's layers are attached to the function."""

from __future__ import annotations

import pytest

from tests.checks.world import OPTIMIZED, World, attached, layer_arn, perfect

UTILS = "user1-lambda-utils"
SHARED = "user1-shared-dependencies"
BOTH = [SHARED, UTILS]


def test_passes_when_both_layers_are_attached() -> None:
    assert perfect().judge("layers_attached", function=OPTIMIZED, layers=BOTH).status == "passed"


def test_fails_when_no_layer_is_attached() -> None:
    verdict = perfect().configure(OPTIMIZED, Layers=None).judge("layers_attached", function=OPTIMIZED, layers=BOTH)
    assert (verdict.status, verdict.observed) == ("failed", "no layers")
    assert verdict.message == f"{OPTIMIZED}: {SHARED} is not attached; {UTILS} is not attached."
    assert verdict.hint == (
        f"aws lambda update-function-configuration --function-name {OPTIMIZED} --layers "
        f"{layer_arn(SHARED)} {layer_arn(UTILS)}"
    )


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (layer_arn("user2-lambda-utils"), f"user2-lambda-utils is attached instead of {UTILS}"),
        (layer_arn("lambda-utils"), f"lambda-utils is attached instead of {UTILS}"),
        (layer_arn("user1-lambda-util"), f"user1-lambda-util is attached instead of {UTILS}"),
        (layer_arn(UTILS, 1, "210987654321"), f"the attached {UTILS} is from account 210987654321, which is not yours"),
    ],
)
def test_names_another_layer_in_its_place(other: str, message: str) -> None:
    world = perfect().configure(OPTIMIZED, Layers=attached(layer_arn(SHARED), other))
    verdict = world.judge("layers_attached", function=OPTIMIZED, layers=BOTH)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == f"{OPTIMIZED}: {message}."


def test_names_a_layer_that_was_never_published() -> None:
    world = perfect().configure(OPTIMIZED, Layers=attached(layer_arn(SHARED)))
    del world.layers[UTILS]
    verdict = world.judge("layers_attached", function=OPTIMIZED, layers=BOTH)
    assert verdict.message == f"{OPTIMIZED}: {UTILS} is neither published nor attached."


@pytest.mark.parametrize(
    ("newest", "published", "fraction"), [(True, 1, 1.0), (True, 2, 0.75), (False, 2, 1.0), (True, 0, 1.0)]
)
def test_an_old_version_earns_half_of_its_layer(newest: bool, published: int, fraction: float) -> None:
    world = perfect().layer(UTILS, published)
    verdict = world.judge("layers_attached", function=OPTIMIZED, layers=BOTH, newest=newest)
    assert verdict.fraction == fraction
    if fraction < 1:
        assert verdict.message == f"{OPTIMIZED}: version 1 of {UTILS} is attached, but version 2 is newer."
        assert layer_arn(UTILS, 2) in verdict.hint


def test_fails_with_layers_that_are_not_arns() -> None:
    world = perfect().configure(OPTIMIZED, Layers=[{"Arn": "lambda-utils"}, {}, "x"])
    verdict = world.judge("layers_attached", function=OPTIMIZED, layers=BOTH)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{OPTIMIZED}: {SHARED} is not attached; {UTILS} is not attached.",
    )


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("layers_attached", function=OPTIMIZED, layers=BOTH)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {OPTIMIZED}.")
