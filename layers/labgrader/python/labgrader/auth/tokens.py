"""Bearer tokens: JSON Web Tokens (RFC 7519) that one stack signs, and reads again."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import jwt

from labgrader.errors import BadInputError, LabgraderError, Problem, RefusedError
from labgrader.messages import quote
from labgrader.moments import isoformat_utc
from labgrader.rosters import read_roster

Role = Literal["student", "instructor"]

ROLES: tuple[Role, ...] = get_args(Role)
"""A student sees what concerns that student; an instructor may do all that the API does."""

DEFAULT_DAYS, MAX_DAYS = 120, 400
"""How long a token is good: a term; at most a school year with what comes before and after it."""

MAX_TOKEN = 2_048
"""Characters of a token that is looked at: with the longest names ours have 600."""

MIN_KEY_BYTES = 32
"""The size of a key: as many bits as the hash has (RFC 7518, section 3.2)."""

ISSUER = "labgrader"

_ALGORITHM = "HS256"
"""The only one: what a token itself names is not asked."""

_CLAIMS = ("sub", "role", "jti", "iat", "exp", "iss", "aud")

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_JTI = re.compile(r"[0-9a-f]{16}")

_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, where Python's calendar ends."""


class BadTokenError(LabgraderError):
    """A token is not good. Its reason is for a log and quotes nothing of the token.

    Args:
        reason: why, as the end of a sentence.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the token is refused: {reason}")


@dataclass(frozen=True)
class Claims:
    """What a token says.

    Args:
        subject: whose it is: a username.
        role: one of ``ROLES``.
        jti: its id, by which it is recorded and revoked.
        issued_at, expires_at: in UTC, of whole seconds.
    """

    subject: str
    role: Role
    jti: str
    issued_at: datetime
    expires_at: datetime

    def to_record(self) -> dict[str, str]:
        """Return what the table keeps of a token: never the token itself."""
        return {
            "jti": self.jti,
            "subject": self.subject,
            "role": self.role,
            "issued_at": isoformat_utc(self.issued_at),
            "expires_at": isoformat_utc(self.expires_at),
        }


def fingerprint(key: str) -> str:
    """Return by what one signing key is known from another, in the records of tokens: nothing of it can be told."""
    return hashlib.sha256(b"labgrader" + key.encode()).hexdigest()[:8]


def check_request(subject: str, role: str, days: int) -> str:
    """Return whose token it shall be, as a roster has it: trimmed and in lower case; ``issue`` says of what.

    Raises:
        BadInputError: the subject is no username, the role is none, or the days are too many or too few.
    """
    problems = []
    try:
        subject = read_roster(json.dumps([{"username": subject}]).encode(), "")[0].username
    except BadInputError as error:
        problems += [Problem(problem.message, field="student") for problem in error.problems]
    if role not in ROLES:
        problems.append(Problem(f"{quote(role)} is not one of: {', '.join(ROLES)}", field="role"))
    if not 1 <= days <= MAX_DAYS:
        problems.append(Problem(f"a token is good for 1 to {MAX_DAYS} days, not {days}", field="days"))
    if problems:
        raise BadInputError(problems)
    return subject


def issue(key: str, subject: str, role: str, days: int, now: datetime, stack: str) -> tuple[str, Claims]:
    """Sign a token.

    Args:
        key: the stack's signing key.
        subject: a username, as a roster has it.
        role: one of ``ROLES``.
        days: how long it is good, 1 to ``MAX_DAYS``.
        now: when it is issued.
        stack: the name of the stack: the token opens no other.

    Returns:
        The token, and what it says. It opens nothing until that is recorded.

    Raises:
        BadInputError: the subject is no username, the role is none, or the days are too many or too few.
        RefusedError: the key is too short to sign with.
    """
    subject = check_request(subject, role, days)
    issued_at = now.astimezone(UTC).replace(microsecond=0)
    claims = Claims(subject, _role(role), secrets.token_hex(8), issued_at, issued_at + timedelta(days=days))
    token = jwt.encode(
        {
            "iss": ISSUER,
            "aud": stack,
            "sub": claims.subject,
            "role": claims.role,
            "jti": claims.jti,
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
        },
        _usable(key),
        algorithm=_ALGORITHM,
    )
    return token, claims


def read(token: str, key: str, stack: str, now: datetime) -> Claims:
    """Return what a token says, if this stack signed it and it is still good. Whether it was revoked, the table knows.

    Args:
        token: as it came.
        key: the stack's signing key.
        stack: the name of the stack.
        now: the moment it is used: at ``expires_at`` it is expired.

    Raises:
        BadTokenError: it is not one, is another's, was changed, or has expired.
        RefusedError: the key is too short to tell.
    """
    usable = _usable(key)
    if len(token) > MAX_TOKEN:
        raise BadTokenError(f"it is longer than {MAX_TOKEN:,} characters")
    if not _SHAPE.fullmatch(token):
        raise BadTokenError("it is not a token")
    claims = _verified(token, usable, stack)
    if claims["role"] not in ROLES:
        raise BadTokenError("its role is none")
    if not _JTI.fullmatch(claims["jti"]):
        raise BadTokenError("its id is none")
    read = Claims(claims["sub"], _role(claims["role"]), claims["jti"], _when(claims, "iat"), _when(claims, "exp"))
    if now >= read.expires_at:
        raise BadTokenError(f"it expired at {isoformat_utc(read.expires_at)}")
    return read


def _verified(token: str, key: bytes, stack: str) -> dict[str, Any]:
    """The claims of a token, its signature, issuer and audience proven; when it expires is for the caller's clock."""
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            issuer=ISSUER,
            audience=stack,
            options={
                "require": list(_CLAIMS),
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.MissingRequiredClaimError as error:
        raise BadTokenError(f"it has no {error.claim}") from None
    except jwt.InvalidSignatureError:
        raise BadTokenError("its signature is wrong") from None
    except jwt.InvalidAlgorithmError:
        raise BadTokenError(f"it is not signed with {_ALGORITHM}") from None
    except jwt.InvalidIssuerError:
        raise BadTokenError("somebody else issued it") from None
    except jwt.InvalidAudienceError:
        raise BadTokenError("it is for another stack") from None
    except (jwt.InvalidTokenError, ValueError, RecursionError):  # what PyJWT says of it quotes the token
        raise BadTokenError("it is not a token") from None


def _when(claims: dict[str, Any], name: str) -> datetime:
    seconds = claims[name]
    if type(seconds) is not int or not 0 <= seconds <= _LAST_SECOND:
        raise BadTokenError(f"its {name} is not a moment")
    return datetime.fromtimestamp(seconds, UTC)


def _role(name: str) -> Role:
    return "instructor" if name == "instructor" else "student"


def _usable(key: str) -> bytes:
    """The key as bytes; an empty or short one would let anybody sign."""
    content = key.encode()
    if len(content) < MIN_KEY_BYTES:
        raise RefusedError(f"the key that signs tokens has {len(content)} bytes; it must have {MIN_KEY_BYTES} or more")
    return content
