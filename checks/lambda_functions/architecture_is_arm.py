"""A function runs on arm64 where its code allows it."""

from __future__ import annotations

from checks.wording.advice import and_why, existing, names_of, pluralize
from labgrader.evidence.snapshot import Function, Snapshot
from labgrader.judging import Verdict, check, failed, passed

_COMPILED = (".so", ".pyd", ".dll", ".dylib", ".node")


@check(
    title="The function runs on arm64, which is cheaper",
    hint="aws lambda update-function-code --function-name NAME --architectures arm64 --zip-file fileb://function.zip",
)
def architecture_is_arm(snapshot: Snapshot, *, functions: list[str], explanation: str = "") -> Verdict:
    """No function runs on x86_64 although nothing in its package and layers keeps it from arm64.

    Compiled libraries in the package keep it, and so does a layer that is not known to be for arm64. Where that cannot
    be told (an image, another language than Python, a package too large to look into), nothing is said. A GB-second
    costs $0.0000133334 instead of $0.0000166667 (AWS Lambda Pricing, us-east-1).

    Args:
        functions: the functions; those that do not exist are passed over.
        explanation: added to the message, where the hand-out itself chooses x86_64.
    """
    movable = [one for one in existing(snapshot, functions) if _could_move(snapshot, one)]
    if not movable:
        return passed()
    return failed(
        f"{names_of(movable)} {pluralize(movable, 'runs', 'run')} on x86_64, though "
        f"{pluralize(movable, 'its package holds', 'their packages hold')} nothing that is compiled for it: on arm64 "
        f"the same code costs 20 % less for each millisecond.{and_why(explanation)}",
        expected="arm64",
        observed="x86_64",
        hint="\n".join(
            f"aws lambda update-function-code --function-name {one.name} --architectures arm64 "
            "--zip-file fileb://function.zip  # the same package again"
            for one in movable
        ),
    )


def _could_move(snapshot: Snapshot, function: Function) -> bool:
    if function.architectures != ("x86_64",) or not function.runtime.startswith("python"):
        return False
    if not all(_is_for_arm(snapshot, name) for name in function.layer_names):
        return False
    package = snapshot.package(function.name) if function.package_type == "Zip" else None
    if package is None or package.paths is None:
        return False
    return not any(path.lower().endswith(_COMPILED) or ".so." in path.lower() for path in package.paths)


def _is_for_arm(snapshot: Snapshot, layer: str) -> bool:
    """Say whether a layer says so itself: what lies in one that names no architecture may be compiled."""
    found = snapshot.layer(layer)
    return found is not None and "arm64" in found.compatible_architectures
