"""layer_published: the layer has a published version for a Python runtime."""

from __future__ import annotations

import pytest

from tests.checks.world import World

UTILS = "user1-lambda-utils"


@pytest.mark.parametrize(
    ("runtimes", "message"),
    [
        (("python3.9",), None),
        (("nodejs22.x", "python3.13"), None),
        ((), f"Version 3 of {UTILS} has no compatible runtimes. The lab publishes it for a Python runtime."),
        (
            ("nodejs22.x", "java21"),
            f"Version 3 of {UTILS} is for nodejs22.x and java21. The lab publishes it for a Python runtime.",
        ),
    ],
)
def test_the_layer_must_name_a_python_runtime(runtimes: tuple[str, ...], message: str | None) -> None:
    verdict = World().layer(UTILS, 3, runtimes).judge("layer_published", layer=UTILS)
    assert (verdict.status, verdict.fraction) == (("passed", 1.0) if message is None else ("partial", 0.5))
    assert verdict.message == (message or "")


def test_fails_when_the_layer_does_not_exist() -> None:
    verdict = World().layer("user1-lambda_utils").judge("layer_published", layer=UTILS)
    assert verdict.message == (
        "There is no layer user1-lambda-utils, but there is user1-lambda_utils: a name must match exactly."
    )
    assert verdict.hint == (
        "aws lambda publish-layer-version --layer-name user1-lambda-utils --zip-file fileb://LAYER.zip "
        "--compatible-runtimes python3.13"
    )


def test_fails_when_no_layer_has_a_similar_name() -> None:
    verdict = World().judge("layer_published", layer=UTILS)
    assert (verdict.status, verdict.message) == ("failed", f"There is no layer {UTILS}.")
