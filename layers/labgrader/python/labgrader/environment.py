"""The environment variables of a function. Only this module reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from labgrader.errors import LabgraderError


class MissingVariableError(LabgraderError):
    """An environment variable that a function needs is not set.

    Args:
        variable: its name.
    """

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(f"the environment variable {variable} is not set; deploy the stack again")


@dataclass(frozen=True)
class Environment:
    """The variables that the template sets for a function. No function has all of them.

    Every property raises ``MissingVariableError`` if its variable is not set.

    Args:
        variables: the variables by name; by default, those of this process.
    """

    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def bucket(self) -> str:
        """The name of the stack's bucket."""
        return self._read("BUCKET")

    @property
    def table(self) -> str:
        """The name of the stack's DynamoDB table."""
        return self._read("TABLE")

    @property
    def stack(self) -> str:
        """The name of the stack."""
        return self._read("STACK")

    @property
    def bus(self) -> str:
        """The name of the stack's event bus."""
        return self._read("BUS")

    @property
    def token_key_arn(self) -> str:
        """The ARN of the secret that signs tokens."""
        return self._read("TOKEN_KEY_ARN")

    @property
    def digest_topic_arn(self) -> str:
        """The ARN of the SNS topic for digests."""
        return self._read("DIGEST_TOPIC_ARN")

    @property
    def grade_class_arn(self) -> str:
        """The ARN of the state machine that grades a class."""
        return self._read("GRADE_CLASS_ARN")

    @property
    def grade_student_arn(self) -> str:
        """The ARN of the state machine that runs a self-check."""
        return self._read("GRADE_STUDENT_ARN")

    @property
    def log_level(self) -> str:
        """The level from which the function logs, by its name in Python; without the variable, INFO."""
        return self.variables.get("POWERTOOLS_LOG_LEVEL") or "INFO"

    @property
    def on_lambda(self) -> bool:
        """Whether this process runs on Lambda."""
        return "AWS_LAMBDA_FUNCTION_NAME" in self.variables

    def _read(self, variable: str) -> str:
        value = self.variables.get(variable, "")
        if not value:
            raise MissingVariableError(variable)
        return value
