"""Tokens: what ``issue`` signs, ``read`` accepts, and everything else is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from labgrader.auth.tokens import BadTokenError, Claims, issue, read
from labgrader.errors import BadInputError, RefusedError
from tests.auth.hand_made import CLAIMS, ISSUED_AT, KEY, NOW, STACK, encoded, hand_made


def refused(token: str, *, key: str = KEY, stack: str = STACK, now: datetime = NOW) -> str:
    with pytest.raises(BadTokenError) as caught:
        read(token, key, stack, now)
    assert str(caught.value) == f"the token is refused: {caught.value.reason}"
    return caught.value.reason


def test_a_token_has_the_claims_it_was_issued_for() -> None:
    token, claims = issue(KEY, " User1 ", "student", 120, NOW, STACK)
    assert read(token, KEY, STACK, NOW) == claims
    assert (claims.subject, claims.role) == ("user1", "student")
    assert claims.expires_at == NOW + timedelta(days=120)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_an_instructors_token_has_the_instructor_role() -> None:
    token, _ = issue(KEY, "ada", "instructor", 1, NOW, STACK)
    assert read(token, KEY, STACK, NOW).role == "instructor"


def test_no_two_tokens_are_the_same() -> None:
    assert issue(KEY, "user1", "student", 1, NOW, STACK)[1].jti != issue(KEY, "user1", "student", 1, NOW, STACK)[1].jti


def test_the_longest_token_that_is_issued_is_read() -> None:
    token, claims = issue(KEY, "u" * 80, "instructor", 400, NOW, "s" * 128)
    assert read(token, KEY, "s" * 128, NOW) == claims


def test_the_record_does_not_contain_the_token() -> None:
    token, claims = issue(KEY, "user1", "student", 1, datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC), STACK)
    record = claims.to_record()
    assert record == {
        "jti": claims.jti,
        "subject": "user1",
        "role": "student",
        "issued_at": "2026-03-01T12:00:00Z",
        "expires_at": "2026-03-02T12:00:00Z",
    }
    assert not any(part in json.dumps(record) for part in token.split("."))


@pytest.mark.parametrize("days", [1, 400])
def test_days_within_their_bounds_are_accepted(days: int) -> None:
    assert issue(KEY, "user1", "student", days, NOW, STACK)[1].expires_at == NOW + timedelta(days=days)


@pytest.mark.parametrize("days", [-1, 0, 401])
def test_days_beyond_their_bounds_are_refused(days: int) -> None:
    with pytest.raises(BadInputError) as caught:
        issue(KEY, "user1", "student", days, NOW, STACK)
    assert str(caught.value) == f"days: a token is valid for 1 to 400 days, not {days}"


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(BadInputError) as caught:
        issue(KEY, "../etc", "root\x1b", 0, NOW, STACK)
    assert [str(problem) for problem in caught.value.problems] == [
        "student: ../etc is not letters, digits, hyphens and underscores, beginning and ending with a letter or digit, "
        "at most 80 characters",
        "role: root\ufffd is not one of: student, instructor",
        "days: a token is valid for 1 to 400 days, not 0",
    ]


@pytest.mark.parametrize("name", ["", "user 1", 'user1"}', "\ud800", "labgrader-user"])
def test_a_username_that_no_roster_allows_gets_no_token(name: str) -> None:
    with pytest.raises(BadInputError):
        issue(KEY, name, "student", 1, NOW, STACK)


@pytest.mark.parametrize("key", ["", "k" * 31])
def test_a_short_key_signs_and_reads_nothing(key: str) -> None:
    said = f"the key that signs tokens has {len(key)} bytes; it needs at least 32"
    with pytest.raises(RefusedError, match=said):
        issue(key, "user1", "student", 1, NOW, STACK)
    with pytest.raises(RefusedError, match=said):
        read(hand_made(CLAIMS, key=key), key, STACK, NOW)


def test_a_token_is_valid_until_it_expires() -> None:
    token, claims = issue(KEY, "user1", "student", 1, NOW, STACK)
    assert read(token, KEY, STACK, claims.expires_at - timedelta(seconds=1)) == claims
    assert refused(token, now=claims.expires_at) == "it expired at 2026-03-02T12:00:00Z"
    assert refused(token, now=claims.expires_at + timedelta(days=1)) == "it expired at 2026-03-02T12:00:00Z"


def test_a_clock_that_is_behind_refuses_nothing() -> None:
    token, claims = issue(KEY, "user1", "student", 1, NOW, STACK)
    assert read(token, KEY, STACK, NOW - timedelta(minutes=5)) == claims


def test_a_correct_handmade_token_is_read() -> None:
    moment = datetime.fromtimestamp(ISSUED_AT, UTC)
    expected = Claims("user1", "student", "0123456789abcdef", moment, moment + timedelta(hours=1))
    assert read(hand_made(CLAIMS), KEY, STACK, NOW) == expected


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "None"}, {"alg": "NONE"}, {"alg": "nOnE"}, {"alg": "HS512"}, {"alg": "RS256"}, {}],
    ids=str,
)
def test_another_algorithm_is_refused(header: dict[str, str]) -> None:
    assert refused(hand_made(CLAIMS, header=header)) == "it is not signed with HS256"


def test_alg_none_without_a_signature_is_refused() -> None:
    # PyJWT demands None as the key of "none", and its annotation leaves None out
    unsigned = jwt.encode(CLAIMS, None, algorithm="none")  # type: ignore[arg-type]
    assert unsigned.endswith(".")
    assert refused(unsigned) == "it is not a token"
    assert refused(f"{unsigned}AA") == "it is not signed with HS256"


def test_a_key_inside_the_token_is_ignored() -> None:
    header = {
        "alg": "HS256",
        "jwk": {"kty": "oct", "k": encoded(b"a" * 32)},
        "kid": "../../dev/null",
        "jku": "http://x",
    }
    assert refused(hand_made(CLAIMS, key="a" * 32, header=header)) == "its signature is wrong"


def test_a_token_of_another_key_is_refused() -> None:
    assert refused(hand_made(CLAIMS, key="a" * 32)) == "its signature is wrong"


def test_changed_claims_are_refused() -> None:
    header, _, signature = hand_made(CLAIMS).split(".")
    promoted = encoded(json.dumps({**CLAIMS, "role": "instructor"}).encode())
    assert refused(f"{header}.{promoted}.{signature}") == "its signature is wrong"


def test_a_changed_signature_is_refused() -> None:
    signed, _, signature = hand_made(CLAIMS).rpartition(".")
    other = "A" if signature[0] != "A" else "B"
    assert refused(f"{signed}.{other}{signature[1:]}") == "its signature is wrong"


@pytest.mark.parametrize("audience", ["other", "labgrader2", ["labgrader", "other"], ["labgrader"], "", 7, None])
def test_another_audience_is_refused(audience: Any) -> None:
    expected = "it has no aud" if not audience else "it is for another stack"
    assert refused(hand_made({**CLAIMS, "aud": audience})) == expected


def test_a_token_of_another_stack_with_the_same_key_is_refused() -> None:
    assert refused(issue(KEY, "user1", "student", 1, NOW, STACK)[0], stack="labgrader2") == "it is for another stack"


@pytest.mark.parametrize("issuer", ["Labgrader", "https://example.org", "", 7, ["labgrader"]])
def test_another_issuer_is_refused(issuer: Any) -> None:
    assert refused(hand_made({**CLAIMS, "iss": issuer})) == "it has another issuer"


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_a_missing_claim_is_refused(name: str) -> None:
    assert refused(hand_made({key: value for key, value in CLAIMS.items() if key != name})) == f"it has no {name}"


@pytest.mark.parametrize("role", ["admin", "Instructor", "instructor ", "", ["instructor"], {"a": 1}, 1, True])
def test_an_unknown_role_is_refused(role: Any) -> None:
    assert refused(hand_made({**CLAIMS, "role": role})) == "its role is unknown"


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("value", [-1, 253_402_300_800, 1e20, "4102444800", True, [1], 1.5])
def test_an_invalid_time_is_refused(name: str, value: Any) -> None:
    assert refused(hand_made({**CLAIMS, name: value})) == f"its {name} is not a time"


def test_the_last_second_of_the_year_9999_is_accepted() -> None:
    assert read(hand_made({**CLAIMS, "exp": 253_402_300_799}), KEY, STACK, NOW).expires_at.year == 9999


@pytest.mark.parametrize("jti", ["0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0", "../RUNS", ""])
def test_a_malformed_id_is_refused(jti: str) -> None:
    assert refused(hand_made({**CLAIMS, "jti": jti})) == "its id is malformed"


@pytest.mark.parametrize(("claim", "value"), [("jti", 7), ("sub", 7), ("sub", {"a": "b"})])
def test_a_claim_that_is_not_text_is_refused(claim: str, value: Any) -> None:
    assert refused(hand_made({**CLAIMS, claim: value})) == "it is not a token"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c.d",
        "..",
        "a.b.",
        "ä.b.c",
        "\ud800.b.c",
        "a.b.c\n",
        f"{hand_made(CLAIMS)}=",
        hand_made(b"[]"),
        hand_made(b"not json"),
        hand_made(b"\xff\xfe"),
        hand_made(b"[" * 1200),
        hand_made(CLAIMS, header=b"\xff"),
        hand_made(CLAIMS, header=b"[]"),
        hand_made(CLAIMS, header=b"[" * 900),
        hand_made(CLAIMS, header={"alg": "HS256", "b64": False, "crit": ["b64"]}),
        hand_made(CLAIMS, header={"alg": "HS256", "crit": ["unknown"]}),
    ],
    ids=range(19),
)
def test_text_that_is_not_a_token_is_refused(token: str) -> None:
    assert refused(token) == "it is not a token"


def test_a_token_has_a_maximum_length() -> None:
    def padded(length: int) -> str:
        for size in range(2000):
            token = hand_made({**CLAIMS, "pad": "x" * size})
            if len(token) >= length:
                return token
        raise AssertionError

    longest = padded(2048)
    assert len(longest) == 2048
    assert read(longest, KEY, STACK, NOW).subject == "user1"
    assert refused(padded(2049)) == "it is longer than 2,048 characters"
    assert refused("a.b." + "c" * 10_000_000) == "it is longer than 2,048 characters"
