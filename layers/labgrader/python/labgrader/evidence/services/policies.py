"""IAM policy documents: of a function (who may call it), of a role (who may take it on, what it may do)."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labgrader.evidence.coerce import mapping, sequence, text


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Args:
        effect: ``Allow`` or ``Deny``.
        actions: ``s3:GetObject``, ``s3:*``; empty for ``NotAction``.
        resources: ARNs or patterns of them; empty in a trust policy, and for ``NotResource``.
        principals: service names, account ids, ARNs or ``*``; empty in a role's own policies.
        conditions: by operator and key: ``{"ArnLike": {"AWS:SourceArn": "arn:…"}}``.
        excludes: whether it is written with ``NotAction`` or ``NotResource``: everything but what it names.
    """

    effect: str
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sid: str = ""
    excludes: bool = False

    def allows(self, action: str) -> bool:
        """Say whether it allows an action (``s3:GetObject``) on something; conditions are not looked at."""
        return self.effect == "Allow" and any(matches(pattern, action) for pattern in self.actions)

    def covers(self, resource: str) -> bool:
        """Say whether one of its resources is, or matches, an ARN."""
        return any(_fits(resource, pattern) for pattern in self.resources)

    def condition_values(self, key: str) -> tuple[str, ...]:
        """Return the values of a condition key (``AWS:SourceArn``), of every operator and in any case."""
        return tuple(
            text(value)
            for keys in self.conditions.values()
            for name, values in mapping(keys).items()
            if name.lower() == key.lower()
            for value in sequence(values)
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Statement:
        """Read one entry of a policy's ``Statement``."""
        principal = document.get("Principal")
        named = principal.values() if isinstance(principal, Mapping) else [principal]
        return cls(
            effect=text(document.get("Effect")),
            actions=tuple(text(action) for action in sequence(document.get("Action"))),
            resources=tuple(text(resource) for resource in sequence(document.get("Resource"))),
            principals=tuple(text(principal) for value in named for principal in sequence(value)),
            conditions=mapping(document.get("Condition")),
            sid=text(document.get("Sid")),
            excludes="NotAction" in document or "NotResource" in document,
        )


def statements(policy: Any) -> tuple[Statement, ...]:
    """Return the statements of a policy document, which is JSON text or an object; none if it is neither."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except (ValueError, RecursionError):
            return ()
    return tuple(
        Statement.from_document(mapping(statement)) for statement in sequence(mapping(policy).get("Statement"))
    )


def matches(pattern: str, action: str) -> bool:
    """Say whether an action of a policy (``s3:Get*``) includes an action; case does not count, as for IAM."""
    return _fits(action.lower(), pattern.lower())


def _fits(value: str, pattern: str) -> bool:
    """Compare as IAM does, which knows ``*`` and ``?`` but no brackets."""
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))
