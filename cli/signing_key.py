"""The key of a deployed stack that signs tokens, as an instructor's command reads it."""

from __future__ import annotations

from collections.abc import Mapping

from cli.errors import TargetError
from cli.target import Target
from labgrader.auth.signing_key import read_key


def signing_key(target: Target, outputs: Mapping[str, str]) -> str:
    """Return the key that signs the stack's tokens.

    Raises:
        TargetError: the stack is of a time before there were tokens.
        LabgraderError: Secrets Manager could not be reached, or refused.
    """
    if "TokenKeyArn" not in outputs:
        how = f"labgrader deploy{'' if target.embedded else ' --aws'}"
        raise TargetError(f"the stack has no key for tokens (output TokenKeyArn); deploy it again with `{how}`")
    return read_key(target.client("secretsmanager"), outputs["TokenKeyArn"])
