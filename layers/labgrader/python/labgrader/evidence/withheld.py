"""A part of a successful answer that AWS left out and replaced with an error. It is unknown, not empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgrader.errors import NotGradedError
from labgrader.evidence.coerce import mapping, text
from labgrader.evidence.question import Json
from labgrader.messages import quote
from labgrader.reasons import Reason, reason_of

MAX_MESSAGE = 300
"""Characters of AWS's message that are kept. Lambda's message about a KMS key has about 250."""


class Withheld(Mapping[str, str]):
    """A mapping that AWS did not return. Every use of it raises ``NotGradedError``.

    Args:
        what: what is missing, for a sentence (``the tags of user1-f``).
        permission: the IAM action that AWS needs to return it (``lambda:ListTags``).
        error: AWS's error: ``{"ErrorCode": …, "Message": …}``.
    """

    def __init__(self, what: str, permission: str, error: Mapping[str, Json]) -> None:
        self._what = what
        self._permission = permission
        self._error = error

    def __getitem__(self, key: str) -> str:
        raise self._refusal()

    def __iter__(self) -> Iterator[str]:
        raise self._refusal()

    def __len__(self) -> int:
        raise self._refusal()

    __eq__ = object.__eq__  # a comparison of contents would raise
    __hash__ = object.__hash__

    def _refusal(self) -> NotGradedError:
        code, message = text(self._error.get("ErrorCode")), text(self._error.get("Message"))
        said = quote(": ".join(part for part in (code, message) if part), MAX_MESSAGE)
        return NotGradedError(self._permission, f"AWS did not return {self._what}: {said}", withheld_reason(code))


def readable(value: Mapping[str, str], what: str, permission: str, error: Json) -> Mapping[str, str]:
    """Return the value, or a ``Withheld`` one if AWS replaced it with an error.

    Args:
        value: what AWS returned.
        what, permission: as for ``Withheld``.
        error: the error in the answer; anything but an object with content is not one.
    """
    return Withheld(what, permission, mapping(error)) if mapping(error) else value


def withheld_reason(code: str) -> Reason:
    """Return the reason code of an error inside a successful answer.

    An unknown code says nothing about the cause: a KMS key can be disabled, too.
    """
    reason = reason_of(code)
    return Reason.INCONCLUSIVE if reason is Reason.GRADER else reason
