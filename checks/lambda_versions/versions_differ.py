"""A function has published versions with different code."""

from __future__ import annotations

from checks.wording import missing_function, plural
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, partial, passed

_NEW_CODE = "aws lambda update-function-code --function-name {} --zip-file fileb://NEW-CODE.zip\n"


@check(
    title="Versions with different code are published",
    hint="aws lambda publish-version --function-name {function}",
)
def versions_differ(snapshot: Snapshot, *, function: str, at_least: int = 2) -> Verdict:
    """Check that the function has enough published versions with different code.

    Args:
        function: the function's name.
        at_least: the number of versions, each with different code.
    """
    expected = f"{at_least} versions with different code" if at_least > 1 else "a published version"
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    versions = snapshot.versions(function)
    observed = f"published: {listed(version.version for version in versions)}"
    if len(versions) < at_least:
        return failed(
            f"{function} has {plural(len(versions), 'published version')}. The lab publishes {at_least}.",
            expected=expected,
            observed=observed,
            hint=f"{_NEW_CODE.format(function) if at_least > 1 else ''}"
            f"aws lambda publish-version --function-name {function}",
        )
    if len({version.code_sha256 for version in versions}) >= at_least:
        return passed(expected=expected, observed=observed)
    return partial(
        0.5,
        f"The versions {listed(version.version for version in versions)} of {function} have the same code. "
        "Change the code before you publish again.",
        expected=expected,
        observed=f"{observed}, with the same code",
        hint=f"{_NEW_CODE.format(function)}aws lambda publish-version --function-name {function}",
    )
