"""architecture_is_arm: advice on functions that could run on arm64."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.two_functions import A, B, advise, two_functions
from tests.checks.world import World, attached, layer_arn


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_if_nothing_is_known(world: World) -> None:
    verdict = advise(world, "architecture_is_arm")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_functions_on_x86_that_could_run_on_arm() -> None:
    verdict = advise(
        two_functions(Architectures=["x86_64"]), "architecture_is_arm", explanation="The handout says x86_64."
    )
    assert verdict.message == (
        "user1-a and user1-b run on x86_64, but their packages contain no compiled code. On arm64, the same code costs "
        "20% less for each millisecond. The handout says x86_64."
    )
    assert verdict.hint.splitlines()[0] == (
        "aws lambda update-function-code --function-name user1-a --architectures arm64 "
        "--zip-file fileb://function.zip  # the same package again"
    )


def test_names_a_single_function_in_the_singular() -> None:
    verdict = advise(
        two_functions(Architectures=["arm64"]).configure(B, Architectures=["x86_64"]), "architecture_is_arm"
    )
    assert verdict.message == (
        "user1-b runs on x86_64, but its package contains no compiled code. On arm64, the same code costs 20% less for "
        "each millisecond."
    )


@pytest.mark.parametrize(
    "paths", [["psutil/_psutil_linux.abi3.so"], ["lib/libx.SO"], ["numpy.libs/libopenblas.so.3"], ["m.pyd"], None]
)
def test_compiled_libraries_keep_a_function_on_x86(paths: list[str] | None) -> None:
    world = two_functions(Architectures=["x86_64"])
    world.packages = {A: {"Size": 1, "Paths": paths}, B: None}
    assert advise(world, "architecture_is_arm").status == "passed"


@pytest.mark.parametrize("settings", [{"Runtime": "nodejs22.x"}, {"PackageType": "Image"}, {"Runtime": None}])
def test_gives_no_advice_if_the_package_cannot_be_read(settings: dict[str, Any]) -> None:
    assert advise(two_functions(Architectures=["x86_64"], **settings), "architecture_is_arm").status == "passed"


@pytest.mark.parametrize(
    ("architectures", "status"),
    [(["arm64"], "failed"), (["x86_64", "arm64"], "failed"), (["x86_64"], "passed"), ([], "passed"), (None, "passed")],
)
def test_a_layer_must_be_for_arm_too(architectures: list[str] | None, status: str) -> None:
    world = two_functions(Architectures=["x86_64"], Layers=attached(layer_arn("user1-layer"))).layer("user1-layer")
    world.layers["user1-layer"]["CompatibleArchitectures"] = architectures
    assert advise(world, "architecture_is_arm").status == status


def test_gives_no_advice_with_a_layer_of_another_account() -> None:
    layers = attached(layer_arn("AWSSDKPandas-Python313", account="336392948345"))
    assert advise(two_functions(Architectures=["x86_64"], Layers=layers), "architecture_is_arm").status == "passed"
