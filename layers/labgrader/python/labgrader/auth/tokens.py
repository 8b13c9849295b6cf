"""Bearer tokens: JSON Web Tokens (RFC 7519) that a stack signs and verifies."""

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

Role = Literal["student", "instructor"]

ROLES: tuple[Role, ...] = get_args(Role)
"""A student sees only that student's own work and results. An instructor may use the whole API."""

DEFAULT_DAYS, MAX_DAYS = 120, 400
"""Days that a token is valid: by default a term, at most a school year with some weeks before and after."""

MAX_TOKEN = 2_048
"""Maximum characters of a token. Real ones have at most 600, with the longest names."""

MIN_KEY_BYTES = 32
"""Minimum bytes of a key: as many bits as the hash (RFC 7518, section 3.2)."""

ISSUER = "labgrader"

_ALGORITHM = "HS256"
"""The only algorithm. The one that a token names is not trusted."""

_CLAIMS = ("sub", "role", "jti", "iat", "exp", "iss", "aud")

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_JTI = re.compile(r"[0-9a-f]{16}")

_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, the last date that Python can represent."""


class BadTokenError(LabgraderError):
    """A token is invalid.

    Args:
        reason: why, for the log. It quotes nothing of the token.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the token is refused: {reason}")


@dataclass(frozen=True)
class Claims:
    """The content of a token.

    Args:
        subject: the owner's username.
        role: one of ``ROLES``.
        jti: the token's id, for its record and its revocation.
        issued_at, expires_at: in UTC, in whole seconds.
    """

    subject: str
    role: Role
    jti: str
    issued_at: datetime
    expires_at: datetime

    def to_record(self) -> dict[str, str]:
        """Return the token's record for the table. It does not contain the token."""
        return {
            "jti": self.jti,
            "subject": self.subject,
            "role": self.role,
            "issued_at": isoformat_utc(self.issued_at),
            "expires_at": isoformat_utc(self.expires_at),
        }


def fingerprint(key: str) -> str:
    """Return a short hash that identifies a signing key in the records of tokens. It reveals nothing about the key."""
    return hashlib.sha256(b"labgrader" + key.encode()).hexdigest()[:8]


def check_request(subject: str, role: str, days: int) -> str:
    """Check the arguments of ``issue``. Return the username as in a roster: trimmed and in lower case.

    Raises:
        BadInputError: the subject is not a username, the role is unknown, or the days are out of range.
    """
    from labgrader.rosters.reader import read_roster  # only to issue tokens: the authorizer starts without it

    problems = []
    try:
        subject = read_roster(json.dumps([{"username": subject}]).encode(), "")[0].username
    except BadInputError as error:
        problems += [Problem(problem.message, field="student") for problem in error.problems]
    if role not in ROLES:
        problems.append(Problem(f"{quote(role)} is not one of: {', '.join(ROLES)}", field="role"))
    if not 1 <= days <= MAX_DAYS:
        problems.append(Problem(f"a token is valid for 1 to {MAX_DAYS} days, not {days}", field="days"))
    if problems:
        raise BadInputError(problems)
    return subject


def issue(key: str, subject: str, role: str, days: int, now: datetime, stack: str) -> tuple[str, Claims]:
    """Sign a token.

    Args:
        key: the stack's signing key.
        subject: a username, as in a roster.
        role: one of ``ROLES``.
        days: days that it is valid, 1 to ``MAX_DAYS``.
        now: the time of issue.
        stack: the name of the stack. The token is valid for this stack only.

    Returns:
        The token and its claims. It is valid only after the caller records the claims.

    Raises:
        BadInputError: the subject is not a username, the role is unknown, or the days are out of range.
        RefusedError: the key is too short.
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
    """Verify a token and return its claims. This does not check whether the token is revoked: the table has that.

    Args:
        token: as the client sent it.
        key: the stack's signing key.
        stack: the name of the stack.
        now: the time of use. The token is expired from ``expires_at`` on.

    Raises:
        BadTokenError: it is malformed, is from another issuer or for another stack, was changed, or has expired.
        RefusedError: the key is too short.
    """
    usable = _usable(key)
    if len(token) > MAX_TOKEN:
        raise BadTokenError(f"it is longer than {MAX_TOKEN:,} characters")
    if not _SHAPE.fullmatch(token):
        raise BadTokenError("it is not a token")
    claims = _verified(token, usable, stack)
    if claims["role"] not in ROLES:
        raise BadTokenError("its role is unknown")
    if not _JTI.fullmatch(claims["jti"]):
        raise BadTokenError("its id is malformed")
    read = Claims(claims["sub"], _role(claims["role"]), claims["jti"], _when(claims, "iat"), _when(claims, "exp"))
    if now >= read.expires_at:
        raise BadTokenError(f"it expired at {isoformat_utc(read.expires_at)}")
    return read


def _verified(token: str, key: bytes, stack: str) -> dict[str, Any]:
    """Verify a token's signature, issuer and audience. Return its claims. The caller checks the expiry."""
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
        raise BadTokenError("it has another issuer") from None
    except jwt.InvalidAudienceError:
        raise BadTokenError("it is for another stack") from None
    except (jwt.InvalidTokenError, ValueError, RecursionError):  # PyJWT's message quotes the token
        raise BadTokenError("it is not a token") from None


def _when(claims: dict[str, Any], name: str) -> datetime:
    seconds = claims[name]
    if type(seconds) is not int or not 0 <= seconds <= _LAST_SECOND:
        raise BadTokenError(f"its {name} is not a time")
    return datetime.fromtimestamp(seconds, UTC)


def _role(name: str) -> Role:
    return "instructor" if name == "instructor" else "student"


def _usable(key: str) -> bytes:
    """Return the key as bytes. Refuse an empty or short key: anyone could sign with it."""
    content = key.encode()
    if len(content) < MIN_KEY_BYTES:
        raise RefusedError(f"the key that signs tokens has {len(content)} bytes; it needs at least {MIN_KEY_BYTES}")
    return content
