"""package_is_slim: the package contains no dependencies."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from tests.checks.world import OPTIMIZED, World, perfect

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
def test_names_dependencies_in_the_package(paths: list[str], found: str) -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": 2048, "Paths": paths}
    verdict = world.judge("package_is_slim", **SLIM)
    assert verdict.status == ("failed" if found else "passed")
    if found:
        assert verdict.message == (
            f"The package of {OPTIMIZED} contains dependencies: {found}. Dependencies belong in a layer."
        )
        assert verdict.hint.splitlines()[0] == "zip slim.zip optimized_function.py"


@pytest.mark.parametrize(("size", "status"), [(250 * 1024, "passed"), (250 * 1024 + 1, "failed")])
def test_judges_a_large_package_by_its_size(size: int, status: str) -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": size, "Paths": None}
    verdict = world.judge("package_is_slim", **SLIM)
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            f"The package of {OPTIMIZED} has 250 KB, so it contains dependencies. Dependencies belong in layers."
        )


def test_is_not_graded_without_a_package() -> None:
    world = perfect()
    world.packages[OPTIMIZED] = None
    with pytest.raises(NotGradedError, match="AWS returned no deployment package for"):
        world.judge("package_is_slim", **SLIM)
    assert world.configure(OPTIMIZED, PackageType="Image").judge("package_is_slim", **SLIM).status == "failed"
    assert World().judge("package_is_slim", **SLIM).status == "failed"


def test_fails_for_a_container_image() -> None:
    verdict = perfect().configure(OPTIMIZED, PackageType="Image").judge("package_is_slim", **SLIM)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{OPTIMIZED} is a container image, which contains its dependencies. The lab deploys a .zip file.",
    )


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("package_is_slim", **SLIM)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {OPTIMIZED}.")
