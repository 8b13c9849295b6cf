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
    """Check that no function's zipped package is larger than the maximum.

    Lambda accepts at most 50 MB in one upload. A student's code has a few KB, and boto3 alone has about 15 MB. So a
    package above 10 MB contains dependencies.

    Args:
        functions: the functions' names. Missing functions are ignored.
        max_mb: the largest zipped size, in MB of 1,048,576 bytes.
        explanation: added to the message, for a handout that packs the dependencies.
    """
    deployed = existing(snapshot, functions)
    large = [
        function for function in deployed if function.package_type == "Zip" and (function.code_size or 0) > max_mb * MB
    ]
    if not large:
        return passed()
    sizes = [f"{function.name} ({_size(function)})" for function in large]
    return failed(
        f"{pluralize(large, 'The package', 'The packages')} of {listed(sizes)} {pluralize(large, 'is', 'are')} large, "
        "and every cold start downloads all of it. Put dependencies into a layer. boto3 comes with the runtime."
        f"{and_why(explanation)}",
        expected=f"at most {max_mb} MB",
        observed=listed(_size(function) for function in large),
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
    for function in functions:
        layers = " ".join(argument(layer.arn) for layer in function.layers)
        commands += [
            f"zip slim.zip {source_of(function.handler)}",
            f"aws lambda update-function-code --function-name {function.name} --zip-file fileb://slim.zip",
            f"aws lambda wait function-updated-v2 --function-name {function.name}",
            f"aws lambda update-function-configuration --function-name {function.name} "
            f"--layers {layers + ' ' if layers else ''}LAYER-VERSION-ARN  # publish-layer-version printed it",
        ]
    return "\n".join(commands)
