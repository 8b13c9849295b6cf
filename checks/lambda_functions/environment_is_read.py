"""The code reads the environment variables that were set for it."""

from __future__ import annotations

import sys

from checks.wording.advice import and_why, deploy_again
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed

_READS_NOTHING = (set(sys.stdlib_module_names) | {"boto3", "botocore"}) - {"os", "posix", "subprocess"}
"""Modules that do not hand a program its environment; any other may."""


@check(title="The code reads its environment", hint="# at the top of the code: import os")
def environment_is_read(snapshot: Snapshot, *, function: str, variables: list[str], explanation: str = "") -> Verdict:
    """Where variables are set, some file of the function imports ``os``, or a module that may read them for it.

    Says nothing where none of the variables is set, or the code cannot be read.

    Args:
        function: the function; one that does not exist is passed over.
        variables: the variables that the lab sets.
        explanation: added to the message, where the hand-out's own code reads none.
    """
    deployed = snapshot.function(function)
    set_ones = [name for name in variables if deployed is not None and name in deployed.environment]
    sources = snapshot.code(function) if set_ones else None
    if not sources or any(source.problem for source in sources):
        return passed()
    own = {source.path.removesuffix(".py").split("/")[0] for source in sources}
    imported = {one.split(".")[0] for source in sources for one in source.imports}
    if deployed is None or imported - own - _READS_NOTHING:
        return passed()
    return failed(
        f"{function} has the environment variable {listed(set_ones)}, but no file of its package imports os, so "
        f"nothing reads it.{and_why(explanation)}",
        expected=f"os.environ[{variables[0]!r}]",
        observed="no import of os",
        hint=f"# in the code: import os, then os.environ[{variables[0]!r}]\n{deploy_again([deployed])}",
    )
