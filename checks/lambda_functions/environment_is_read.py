"""The code reads the environment variables of its function."""

from __future__ import annotations

import sys

from checks.wording.advice import and_why, deploy_again
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed

_READS_NOTHING = (set(sys.stdlib_module_names) | {"boto3", "botocore"}) - {"os", "posix", "subprocess"}
"""Modules that cannot read environment variables. Any other module may."""


@check(title="The code reads its environment variables", hint="# at the top of the code: import os")
def environment_is_read(snapshot: Snapshot, *, function: str, variables: list[str], explanation: str = "") -> Verdict:
    """Check that the code of a function with environment variables imports ``os``, or a module that may read them.

    The check passes if none of the variables is set or if the code cannot be read.

    Args:
        function: the function's name. A missing function is ignored.
        variables: the variables that the lab sets.
        explanation: added to the message, for a handout with code that reads none.
    """
    deployed = snapshot.function(function)
    set_ones = [name for name in variables if deployed is not None and name in deployed.environment]
    sources = snapshot.code(function) if set_ones else None
    if not sources or any(source.problem for source in sources):
        return passed()
    own = {source.path.removesuffix(".py").split("/")[0] for source in sources}
    imported = {module.split(".")[0] for source in sources for module in source.imports}
    if deployed is None or imported - own - _READS_NOTHING:
        return passed()
    return failed(
        f"The code of {function} does not read the environment variable {listed(set_ones)}: no file of its package "
        f"imports os.{and_why(explanation)}",
        expected=f"os.environ[{variables[0]!r}]",
        observed="no import of os",
        hint=f"# in the code: import os, then os.environ[{variables[0]!r}]\n{deploy_again([deployed])}",
    )
