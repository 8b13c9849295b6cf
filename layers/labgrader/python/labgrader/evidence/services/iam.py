"""IAM: the roles that functions run under, and what those allow. Asked once an account: a class shares its roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.evidence.question import Answers, Question
from labgrader.evidence.services.policies import Statement, statements


@dataclass(frozen=True)
class Role:
    """An IAM role with its policies.

    Args:
        name: without its path.
        trust: who may take it on.
        attached: the ARNs of its managed policies.
        inline: the statements of its inline policies, by policy.
        tags: by key.
    """

    name: str
    arn: str = ""
    trust: tuple[Statement, ...] = ()
    attached: tuple[str, ...] = ()
    inline: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def role_name(arn: str) -> str:
    """Return the name in a role's ARN (``arn:aws:iam::ACCOUNT:role/path/NAME``), or ``""``."""
    return arn.rpartition("/")[2] if ":role/" in arn else ""


class Iam:
    """What AWS said about roles."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def role(self, name: str) -> Role | None:
        """Return a role with its policies, or ``None``."""
        answer = self._answers.ask(Question("iam:GetRole", {"RoleName": name})) if name else None
        if answer is None:
            return None
        attached = self._answers.ask(Question("iam:ListAttachedRolePolicies", {"RoleName": name}))
        inline = self._answers.ask(Question("iam:ListRolePolicies", {"RoleName": name}))
        return Role(
            name=name,
            arn=text(mapping(answer).get("Arn")),
            trust=statements(mapping(answer).get("AssumeRolePolicyDocument")),
            attached=tuple(text(mapping(policy).get("PolicyArn")) for policy in sequence(attached)),
            inline={text(policy): self._inline(name, text(policy)) for policy in sequence(inline)},
            tags={
                text(mapping(tag).get("Key")): text(mapping(tag).get("Value"))
                for tag in sequence(mapping(answer).get("Tags"))
            },
        )

    def managed_policy(self, arn: str) -> tuple[Statement, ...] | None:
        """Return the document of a managed policy's default version, or ``None`` if it cannot be read."""
        answer = self._answers.ask(Question("labgrader:ReadManagedPolicy", {"PolicyArn": arn}))
        return None if answer is None else statements(answer)

    def _inline(self, role: str, policy: str) -> tuple[Statement, ...]:
        answer = self._answers.ask(Question("iam:GetRolePolicy", {"RoleName": role, "PolicyName": policy}))
        return statements(mapping(answer).get("PolicyDocument"))
