"""runtime_supported: advice on deprecated runtimes."""

from __future__ import annotations

from tests.checks.world import BASELINE, ERRORS, OPTIMIZED, perfect


def test_names_functions_on_a_deprecated_runtime() -> None:
    parameters = {
        "functions": [BASELINE, OPTIMIZED, ERRORS, "user1-missing"],
        "deprecated": ["python3.8", "python3.9"],
        "newer": "python3.13",
    }
    assert perfect().judge("runtime_supported", **parameters).status == "passed"
    world = perfect().configure(BASELINE, Runtime="python3.9").configure(ERRORS, Runtime="python3.9")
    verdict = world.judge("runtime_supported", **parameters)
    assert verdict.message == (
        f"{BASELINE} and {ERRORS} use python3.9, which AWS no longer supports: it gets no security updates, and you "
        "may not be able to create new functions with it. Use python3.13 instead."
    )
    assert verdict.hint.splitlines()[1] == (
        f"aws lambda update-function-configuration --function-name {ERRORS} --runtime python3.13"
    )
