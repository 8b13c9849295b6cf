"""layer_published, layers_attached, package_is_slim, package_holds_handler."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from tests.checks.world import OPTIMIZED, World, attached, layer_arn, perfect

UTILS = "user1-lambda-utils"
SHARED = "user1-shared-dependencies"
BOTH = [SHARED, UTILS]


@pytest.mark.parametrize(
    ("runtimes", "message"),
    [
        (("python3.9",), None),
        (("nodejs22.x", "python3.13"), None),
        ((), f"Version 3 of {UTILS} does not say which runtimes it is for; the lab publishes it for a Python runtime."),
        (
            ("nodejs22.x", "java21"),
            f"Version 3 of {UTILS} says it is for nodejs22.x and java21; the lab publishes it for a Python runtime.",
        ),
    ],
)
def test_a_layer_is_for_python(runtimes: tuple[str, ...], message: str | None) -> None:
    verdict = World().layer(UTILS, 3, runtimes).judge("layer_published", layer=UTILS)
    assert (verdict.status, verdict.fraction) == (("passed", 1.0) if message is None else ("partial", 0.5))
    assert verdict.message == (message or "")


def test_a_missing_layer() -> None:
    verdict = World().layer("user1-lambda_utils").judge("layer_published", layer=UTILS)
    assert verdict.message == (
        "There is no layer user1-lambda-utils, but there is user1-lambda_utils: a name must match exactly."
    )
    assert verdict.hint == (
        "aws lambda publish-layer-version --layer-name user1-lambda-utils --zip-file fileb://LAYER.zip "
        "--compatible-runtimes python3.13"
    )


def test_both_layers_are_attached() -> None:
    assert perfect().judge("layers_attached", function=OPTIMIZED, layers=BOTH).status == "passed"


def test_no_layer_is_attached() -> None:
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
        (layer_arn(UTILS, 1, "210987654321"), f"{UTILS} is attached from account 210987654321, which is not yours"),
    ],
)
def test_another_layer_in_its_place_is_named(other: str, message: str) -> None:
    world = perfect().configure(OPTIMIZED, Layers=attached(layer_arn(SHARED), other))
    verdict = world.judge("layers_attached", function=OPTIMIZED, layers=BOTH)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == f"{OPTIMIZED}: {message}."


def test_a_layer_that_was_never_published() -> None:
    world = perfect().configure(OPTIMIZED, Layers=attached(layer_arn(SHARED)))
    del world.layers[UTILS]
    verdict = world.judge("layers_attached", function=OPTIMIZED, layers=BOTH)
    assert verdict.message == f"{OPTIMIZED}: {UTILS} is not attached, and not published either."


@pytest.mark.parametrize(
    ("newest", "published", "fraction"), [(True, 1, 1.0), (True, 2, 0.75), (False, 2, 1.0), (True, 0, 1.0)]
)
def test_an_old_version_is_worth_half_of_its_layer(newest: bool, published: int, fraction: float) -> None:
    world = perfect().layer(UTILS, published)
    verdict = world.judge("layers_attached", function=OPTIMIZED, layers=BOTH, newest=newest)
    assert verdict.fraction == fraction
    if fraction < 1:
        assert verdict.message == f"{OPTIMIZED}: {UTILS} is attached at version 1, but version 2 is newer."
        assert layer_arn(UTILS, 2) in verdict.hint


def test_a_layer_that_is_no_arn() -> None:
    world = perfect().configure(OPTIMIZED, Layers=[{"Arn": "lambda-utils"}, {}, "x"])
    assert world.judge("layers_attached", function=OPTIMIZED, layers=BOTH).status == "failed"


SLIM = {"function": OPTIMIZED, "modules": ["requests", "boto3", "lambda_utils"], "max_kb": 250}


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["optimized_function.py"], ""),
        (["optimized_function.py", "requests_cache.py", "my/helpers.py"], ""),
        (["optimized_function.py", "requests/api.py", "boto3/__init__.py"], "boto3 and requests"),
        (["package/requests/api.py"], "requests"),
        (["lambda_utils.py"], "lambda_utils"),
        (["certifi-2026.1.1.dist-info/RECORD"], "certifi-2026.1.1"),
    ],
)
def test_dependencies_in_the_package_are_named(paths: list[str], found: str) -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": 2048, "Paths": paths}
    verdict = world.judge("package_is_slim", **SLIM)
    assert verdict.status == ("failed" if found else "passed")
    if found:
        assert verdict.message == (
            f"The package of {OPTIMIZED} holds {found}: what a layer provides does not belong in the package."
        )
        assert verdict.hint.splitlines()[0] == "zip slim.zip optimized_function.py"


@pytest.mark.parametrize(("size", "status"), [(250 * 1024, "passed"), (250 * 1024 + 1, "failed")])
def test_a_package_too_large_to_look_into_is_judged_by_its_size(size: int, status: str) -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": size, "Paths": None}
    verdict = world.judge("package_is_slim", **SLIM)
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            f"The package of {OPTIMIZED} has 250 KB, too much to be its own code: the dependencies belong in layers."
        )


def test_a_package_that_nobody_gave_us_costs_nothing() -> None:
    world = perfect()
    world.packages[OPTIMIZED] = None
    with pytest.raises(NotGradedError, match="AWS gave no package"):
        world.judge("package_is_slim", **SLIM)
    assert world.configure(OPTIMIZED, PackageType="Image").judge("package_is_slim", **SLIM).status == "failed"
    assert World().judge("package_is_slim", **SLIM).status == "failed"


@pytest.mark.parametrize(
    ("paths", "status"),
    [
        (["optimized_function.py"], "passed"),
        (["optimized_function/__init__.py"], "passed"),
        (["optimized_function_v2.py"], "failed"),
        ([], "failed"),
        (None, "passed"),
    ],
)
def test_the_handlers_module_is_in_the_package(paths: list[str] | None, status: str) -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": paths}
    verdict = world.judge("package_holds_handler", function=OPTIMIZED, alias="user1-staging", explanation="As it is.")
    assert verdict.status == status
    if paths:
        assert status == "passed" or verdict.message == (
            f"The package of {OPTIMIZED} holds optimized_function_v2.py, but no optimized_function.py, which its "
            "handler optimized_function.lambda_handler needs: every call of $LATEST fails with an import error. "
            "As it is."
        )
    if status == "failed":
        assert verdict.hint.splitlines() == [
            "zip optimized_function.zip optimized_function.py",
            f"aws lambda update-function-code --function-name {OPTIMIZED} --zip-file fileb://optimized_function.zip",
            f"aws lambda wait function-updated-v2 --function-name {OPTIMIZED}",
            f"aws lambda publish-version --function-name {OPTIMIZED}",
            f"aws lambda update-alias --function-name {OPTIMIZED} --name user1-staging --function-version N"
            "  # the number that publish-version printed",
        ]


def test_advice_about_a_missing_function_is_silent() -> None:
    assert World().judge("package_holds_handler", function=OPTIMIZED).status == "passed"
    verdict = World().judge("package_holds_handler", function=OPTIMIZED, must_exist=True)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {OPTIMIZED}.")
