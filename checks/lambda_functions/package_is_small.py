"""A function's package is small."""

from __future__ import annotations

from checks.wording import source_of
from checks.wording.advice import and_why, argument, existing, pluralize
from labgrader.evidence.snapshot import Function, Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed

MB = 1024 * 1024


@check(
    title="The package is small",
    hint="aws lambda update-function-code --function-name NAME --zip-file fileb://slim.zip",
)
def package_is_small(snapshot: Snapshot, *, functions: list[str], max_mb: int = 10, explanation: str = "") -> Verdict:
    """No function's zipped package is larger than it should be.

    Lambda refuses more than 50 MB in one upload, and the practice is to stay below. What a student writes has a few KB
    and boto3 alone about 15 MB, so that 10 MB tell code from dependencies.

    Args:
        functions: the functions; those that do not exist are passed over.
        max_mb: the largest zipped size, in MB of 1,048,576 bytes.
        explanation: added to the message, where the hand-out itself packs the dependencies.
    """
    deployed = existing(snapshot, functions)
    large = [one for one in deployed if one.package_type == "Zip" and (one.code_size or 0) > max_mb * MB]
    if not large:
        return passed()
    sizes = [f"{one.name} ({_size(one)})" for one in large]
    return failed(
        f"{pluralize(large, 'The package', 'The packages')} of {listed(sizes)} {pluralize(large, 'is', 'are')} large, "
        "and every cold start fetches all of it: what pip installed belongs in a layer, and boto3 comes with the "
        "runtime."
        f"{and_why(explanation)}",
        expected=f"at most {max_mb} MB",
        observed=listed(_size(one) for one in large),
        hint=_commands(snapshot, large),
    )


def _size(function: Function) -> str:
    return f"{(function.code_size or 0) / MB:.1f} MB"


def _commands(snapshot: Snapshot, functions: list[Function]) -> str:
    commands = [
        "pip install -r requirements.txt -t python/  # without boto3",
        "zip -r layer.zip python",
        f"aws lambda publish-layer-version --layer-name {snapshot.prefix}dependencies --zip-file fileb://layer.zip",
    ]
    for one in functions:
        layers = " ".join(argument(layer.arn) for layer in one.layers)
        commands += [
            f"zip slim.zip {source_of(one.handler)}",
            f"aws lambda update-function-code --function-name {one.name} --zip-file fileb://slim.zip",
            f"aws lambda wait function-updated-v2 --function-name {one.name}",
            f"aws lambda update-function-configuration --function-name {one.name} "
            f"--layers {layers + ' ' if layers else ''}LAYER-VERSION-ARN  # the one that was printed",
        ]
    return "\n".join(commands)
