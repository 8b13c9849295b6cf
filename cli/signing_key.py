"""Read the key with which a deployed stack signs tokens."""

from __future__ import annotations

from collections.abc import Mapping

from cli.errors import TargetError
from cli.target import Target
from labgrader.auth.signing_key import read_key


def signing_key(target: Target, outputs: Mapping[str, str]) -> str:
    """Return the key that signs the tokens of a stack.

    Raises:
        TargetError: the stack has no key, because an older version of labgrader deployed it.
        LabgraderError: Secrets Manager could not be reached, or it refused the request.
    """
    if "TokenKeyArn" not in outputs:
        how = f"labgrader deploy{'' if target.embedded else ' --aws'}"
        raise TargetError(f"the stack has no key for tokens (output TokenKeyArn); deploy it again with `{how}`")
    return read_key(target.client("secretsmanager"), outputs["TokenKeyArn"])
