"""The resources that probes may use: those of one student, by prefix, and never those of the grader."""

from __future__ import annotations

from dataclasses import dataclass

from labgrader.errors import NotGradedError


@dataclass(frozen=True)
class Ownership:
    """The student who owns the resources that may be used. IAM enforces the same; this is the second safeguard.

    Args:
        username: the student. Names of the student's resources begin with it and a hyphen.
        forbidden: the prefix of the grader's own resources.
    """

    username: str
    forbidden: str

    def owns(self, name: str) -> bool:
        """Return whether a name is that of a resource of the student."""
        return bool(self.username) and name.startswith(f"{self.username}-")

    def require(self, action: str, kind: str, name: str) -> str:
        """Return the name when it is that of a resource of the student's.

        Args:
            action: what would be done with it, as IAM calls it.
            kind: what it is: ``bucket``.
            name: its name.

        Raises:
            NotGradedError: it is not, or may be another's.
        """
        if self.forbidden and name.lower().startswith(self.forbidden.lower()):
            raise NotGradedError(action, f"the {kind} {name} belongs to the grader and is never touched for a student")
        if not self.owns(name):
            raise NotGradedError(
                action,
                f"the {kind} {name} does not begin with {self.username}- and may be another student's: not touched",
            )
        return name
