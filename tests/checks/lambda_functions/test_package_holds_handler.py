"""package_holds_handler: the package contains the file that the handler names."""

from __future__ import annotations

import pytest

from tests.checks.world import OPTIMIZED, World, perfect


@pytest.mark.parametrize(
    ("paths", "status"),
    [
        (["optimized_function.py"], "passed"),
        (["optimized_function/__init__.py"], "passed"),
        (["optimized_function.pyc"], "passed"),
        (["optimized_function.cpython-313-x86_64-linux-gnu.so"], "passed"),
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


@pytest.mark.parametrize(
    ("paths", "contains"),
    [
        (["src/optimized_function.py", "src/a.py"], "src/optimized_function.py and src/a.py"),
        (["a/src/optimized_function.py"], "a/src/optimized_function.py"),
    ],
)
def test_names_the_folder_of_a_file_that_is_not_at_the_root(paths: list[str], contains: str) -> None:
    world = perfect()
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": paths}
    verdict = world.judge("package_holds_handler", function=OPTIMIZED, explanation="As it is.")
    folder = paths[0].removesuffix("/optimized_function.py")
    assert verdict.message == (
        f"The package of {OPTIMIZED} does not contain optimized_function.py, which its handler "
        "optimized_function.lambda_handler needs. Every invocation of $LATEST fails with an import error. "
        f"The package contains {contains}. optimized_function.py is in the folder {folder}. Zip the files of this "
        "folder, not the folder. As it is."
    )


def test_a_file_in_a_folder_passes_if_the_handler_names_the_folder() -> None:
    world = perfect().configure(OPTIMIZED, Handler="src.optimized_function.lambda_handler")
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": ["src/optimized_function.py"]}
    assert world.judge("package_holds_handler", function=OPTIMIZED).status == "passed"


@pytest.mark.parametrize(
    ("runtime", "path", "status"),
    [
        ("python3.13", "optimized_function.txt", "failed"),
        ("python3.13", "optimized_function.py.zip", "failed"),
        ("nodejs22.x", "optimized_function.mjs", "passed"),
    ],
)
def test_a_python_function_needs_a_python_module(runtime: str, path: str, status: str) -> None:
    world = perfect().configure(OPTIMIZED, Runtime=runtime)
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": [path]}
    assert world.judge("package_holds_handler", function=OPTIMIZED).status == status
