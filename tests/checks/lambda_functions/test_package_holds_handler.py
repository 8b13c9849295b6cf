"""package_holds_handler: the package contains the file that the handler names."""

from __future__ import annotations

import pytest

from tests.checks.world import OPTIMIZED, World, perfect


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
def test_passes_when_the_package_contains_the_handler(paths: list[str] | None, status: str) -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": paths}
    verdict = world.judge("package_holds_handler", function=OPTIMIZED, alias="user1-staging", explanation="As it is.")
    assert verdict.status == status
    if paths:
        assert status == "passed" or verdict.message == (
            f"The package of {OPTIMIZED} does not contain optimized_function.py, which its handler "
            "optimized_function.lambda_handler needs. Every invocation of $LATEST fails with an import error. "
            "The package contains optimized_function_v2.py. As it is."
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


def test_a_missing_function_fails_only_if_it_must_exist() -> None:
    assert World().judge("package_holds_handler", function=OPTIMIZED).status == "passed"
    verdict = World().judge("package_holds_handler", function=OPTIMIZED, must_exist=True)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {OPTIMIZED}.")


def test_without_an_alias_the_command_publishes_no_version() -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": ["other.py"]}
    verdict = world.judge("package_holds_handler", function=OPTIMIZED)
    assert verdict.message == (
        f"The package of {OPTIMIZED} does not contain optimized_function.py, which its handler "
        "optimized_function.lambda_handler needs. Every invocation of $LATEST fails with an import error. "
        "The package contains other.py."
    )
    assert verdict.hint.splitlines() == [
        "zip optimized_function.zip optimized_function.py",
        f"aws lambda update-function-code --function-name {OPTIMIZED} --zip-file fileb://optimized_function.zip",
    ]


@pytest.mark.parametrize("settings", [{"PackageType": "Image"}, {"Handler": ""}])
def test_passes_without_a_zip_file_or_a_handler(settings: dict[str, str]) -> None:
    world = perfect().configure(OPTIMIZED, **settings)
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": ["other.py"]}
    assert world.judge("package_holds_handler", function=OPTIMIZED).status == "passed"
