"""A signing key, and handmade tokens: those of an attacker, or of a faulty issuer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

KEY = "k" * 32
STACK = "labgrader"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ISSUED_AT = int(NOW.timestamp())

CLAIMS: dict[str, Any] = {
    "iss": "labgrader",
    "aud": STACK,
    "sub": "user1",
    "role": "student",
    "jti": "0123456789abcdef",
    "iat": ISSUED_AT,
    "exp": ISSUED_AT + 3600,
}


def hand_made(
    claims: Mapping[str, Any] | bytes, *, key: str = KEY, header: Mapping[str, Any] | bytes | None = None
) -> str:
    """Sign any claims with any key and any header, always by HMAC with SHA-256."""
    header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = ".".join(encoded(part) for part in parts)
    return f"{signed}.{encoded(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
