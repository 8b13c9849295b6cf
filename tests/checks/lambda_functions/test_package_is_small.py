"""package_is_small: advice on large packages."""

from __future__ import annotations

import pytest

from tests.checks.two_functions import HOSTILE, A, advise, two_functions
from tests.checks.world import World, attached, layer_arn

MB = 1024 * 1024


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_if_nothing_is_known(world: World) -> None:
    verdict = advise(world, "package_is_small")
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize(("size", "status"), [(10 * MB, "passed"), (10 * MB + 1, "failed"), (None, "passed")])
def test_bound_of_the_package_size(size: int | None, status: str) -> None:
    assert advise(two_functions(CodeSize=size), "package_is_small").status == status
    assert advise(two_functions(CodeSize=size), "package_is_small", max_mb=50).status == "passed"


def test_the_command_moves_dependencies_into_a_layer() -> None:
    own = layer_arn("user1-utils", 3)
    world = two_functions(CodeSize=1000).configure(A, CodeSize=15 * MB, Layers=attached(own, f"arn:{HOSTILE}"))
    verdict = advise(world, "package_is_small")
    assert (verdict.expected, verdict.observed) == ("at most 10 MB", "15.0 MB")
    assert verdict.message == (
        "The package of user1-a (15.0 MB) is large, and every cold start downloads all of it. "
        "Put dependencies into a layer. boto3 comes with the runtime."
    )
    assert verdict.hint.splitlines() == [
        "pip install -r requirements.txt -t python/  # without boto3",
        "zip -r layer.zip python",
        "aws lambda publish-layer-version --layer-name user1-dependencies --zip-file fileb://layer.zip",
        "zip slim.zip app.py",
        "aws lambda update-function-code --function-name user1-a --zip-file fileb://slim.zip",
        "aws lambda wait function-updated-v2 --function-name user1-a",
        f"aws lambda update-function-configuration --function-name user1-a --layers {own} "
        "'arn:x'\"'\"'; rm -rf / #' LAYER-VERSION-ARN  # publish-layer-version printed it",
    ]


def test_names_two_large_packages_and_ignores_images() -> None:
    world = two_functions(CodeSize=20 * MB)
    verdict = advise(world, "package_is_small", explanation="Step 3 packs boto3.")
    assert verdict.message.startswith("The packages of user1-a (20.0 MB) and user1-b (20.0 MB) are large, and ")
    assert verdict.message.endswith(" Step 3 packs boto3.")
    assert advise(two_functions(CodeSize=20 * MB, PackageType="Image"), "package_is_small").status == "passed"
