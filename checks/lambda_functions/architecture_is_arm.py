"""A function runs on arm64 if its code allows it."""

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
    """Check that no function runs on x86_64 if its package and layers would also run on arm64.

    A function stays on x86_64 if its package holds compiled libraries or if a layer is not known to support arm64. The
    check passes if this is not known: a container image, another language than Python, a package too large to read. A
    GB-second costs $0.0000133334 instead of $0.0000166667 (AWS Lambda Pricing, us-east-1).

    Args:
        functions: the functions' names. Missing functions are ignored.
        explanation: added to the message, for a handout that chooses x86_64.
    """
    movable = [function for function in existing(snapshot, functions) if _could_move(snapshot, function)]
    if not movable:
        return passed()
    return failed(
        f"{names_of(movable)} {pluralize(movable, 'runs', 'run')} on x86_64, but "
        f"{pluralize(movable, 'its package contains', 'their packages contain')} no compiled code. On arm64, the same "
        f"code costs 20% less for each millisecond.{and_why(explanation)}",
        expected="arm64",
        observed="x86_64",
        hint="\n".join(
            f"aws lambda update-function-code --function-name {function.name} --architectures arm64 "
            "--zip-file fileb://function.zip  # the same package again"
            for function in movable
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
    """Return whether a layer declares arm64. A layer that declares no architecture may hold compiled code."""
    found = snapshot.layer(layer)
    return found is not None and "arm64" in found.compatible_architectures
