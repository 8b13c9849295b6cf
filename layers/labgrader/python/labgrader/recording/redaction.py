"""Environment values that look like secrets, taken out before anything is stored."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from labgrader.evidence.question import REDACTED, Json

_SECRET_NAMES = re.compile(
    r"SECRET|PASSWORD|PASSWD|PASSPHRASE|PASSCODE|CREDENTIAL|BEARER|SIGNATURE|"
    r"(?:^|[_\W])(?:PASS|PWD|AUTH|DSN|PAT|SALT)(?:$|[_\W])|"
    r"TOKENS?(?:$|[_\W\d])|"  # MAX_TOKENS_PER_CALL has no secret, but losing a number costs nothing
    r"(?:^|[_\W]|API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|LICENSE)KEYS?(?:$|[_\W\d])",
    re.IGNORECASE,
)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_SECRET_PATTERNS = (
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}",  # access key ids
    r"(?<![\w+/=-])(?=[\w+/]{0,39}(?-i:[A-Z]))(?=[\w+/]{0,39}(?-i:[a-z]))(?=[\w+/]{0,39}\d)[A-Za-z0-9+/]{40}(?![\w+/=-])",
    r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*",  # JSON web tokens
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY",
    r"X-Amz-(?:Signature|Credential|Security-Token)=",  # presigned URLs
    r"[?&](?:sig|signature|token|access_token|api_?key|password)=[^&\s]{6,}",
    r"://[^/\s:@]+:[^/\s@]+@",  # user:password@ in a URL
    r"\b(?:password|passwd|pwd|secret|secretaccesskey|accountkey|client_secret)[\"']?\s*[=:]\s*[\"']?[^\s;\"']{3,}",
    r"\b(?:Bearer|Basic) [\w+/=.~-]{16,}",
    r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk-|sk_live_|rk_live_|pk_live_|SG\.|AIza)[\w.-]{16,}",
)

_SECRET_VALUES = re.compile("|".join(_SECRET_PATTERNS), re.IGNORECASE)

_WORD = re.compile(r"[A-Za-z0-9+=_-]{24,}")
_WORD_WITH_SLASHES = re.compile(r"[A-Za-z0-9+/=_-]{24,}")

MIN_ENTROPY_BITS = 3.5
"""Bits a character above which a long word may be random: 40 characters of base64 have about 4.7."""

MIN_SWITCHES = 0.3
"""The share of adjacent characters in a random word that differ in kind (upper, lower, digit). In a name it is below
0.2; a capital and the small letters after it count as one kind."""

_HEX = re.compile(r"[0-9a-fA-F]{32,}")


def without_secrets(configuration: Mapping[str, Json]) -> dict[str, Json]:
    """Return a function configuration with every environment value that looks like a secret replaced.

    Args:
        configuration: as any Lambda API returns it; is not changed. What is not of the expected shape stays as it is.
    """
    environment = configuration.get("Environment")
    if not isinstance(environment, Mapping):
        return dict(configuration)
    variables = environment.get("Variables")
    if not isinstance(variables, Mapping):
        return dict(configuration)
    kept = {name: REDACTED if looks_secret(str(name), value) else value for name, value in variables.items()}
    return {**configuration, "Environment": {**environment, "Variables": kept}}


def looks_secret(name: str, value: Any) -> bool:
    """Say whether a variable should not be stored, by its name or by what it holds.

    An empty value, ``true``, ``false`` and short numbers are not secrets, with any name of the variable.
    """
    text = value if isinstance(value, str) else str(value)
    if text.strip().lower() in ("", "true", "false", "yes", "no", "none", "null", "on", "off"):
        return False
    if _names_secret(name) and not (text.isdecimal() and len(text) < 4):
        return True
    return _SECRET_VALUES.search(text) is not None or _random_word(text)


def scrubbed(text: str, limit: int = 300) -> str:
    """Return an error message as one short line without keys, tokens and the signed part of a URL.

    Args:
        text: what AWS or a library said.
        limit: characters to keep.
    """
    line = " ".join(text[:10_000].split())
    line = re.sub(r"(https?://[^\s?\"']+)\?[^\s\"']*", rf"\1?{REDACTED}", line)
    line = _SECRET_VALUES.sub(REDACTED, line)
    line = re.sub(r"[A-Za-z0-9+/=_-]{80,}", REDACTED, line)  # encoded authorization messages
    return line if len(line) <= limit else f"{line[:limit]}…"


def _names_secret(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None or _SECRET_NAMES.search(_CAMEL.sub("_", name)) is not None


def _random_word(text: str) -> bool:
    """Say whether the text holds a long word in which letters and digits come in no order: a key, not a name."""
    paths = "/" in text and (text.startswith(("/", "arn:")) or "://" in text)
    return any(
        (_HEX.fullmatch(word) and len(set(word)) > 8)
        or (_entropy(word) >= MIN_ENTROPY_BITS and _switches(word) >= MIN_SWITCHES * len(word))
        for word in (_WORD if paths else _WORD_WITH_SLASHES).findall(text)
    )


def _entropy(word: str) -> float:
    """Return the entropy in bits a character. Source: Shannon, A Mathematical Theory of Communication, section 6."""
    total = len(word)
    return -sum(count / total * math.log2(count / total) for count in Counter(word).values())


def _switches(word: str) -> int:
    """Return how often the type of character (digit, upper case, lower case) changes from one to the next."""
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.isalpha() else "" for c in word]
    return sum(1 for first, other in pairwise(kinds) if first and other and first != other and first + other != "ul")
