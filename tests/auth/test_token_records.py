"""The records of tokens: each is written once and revoked once."""

from __future__ import annotations

from labgrader.store import Store

RECORD = {
    "jti": "0123456789abcdef",
    "subject": "user1",
    "role": "student",
    "issued_at": "2026-03-01T12:00:00Z",
    "expires_at": "2026-06-29T12:00:00Z",
}


def test_a_token_is_recorded_and_its_record_may_be_repeated(store: Store) -> None:
    assert store.token("0123456789abcdef") is None
    assert store.record_token(RECORD)
    assert store.record_token(RECORD)
    assert store.token("0123456789abcdef") == RECORD


def test_an_id_of_another_token_is_refused(store: Store) -> None:
    store.record_token(RECORD)
    assert not store.record_token({**RECORD, "role": "instructor", "issued_at": "2026-03-01T12:00:01Z"})
    assert store.token("0123456789abcdef") == RECORD


def test_a_revoked_token_stays_revoked(store: Store) -> None:
    store.record_token(RECORD)
    first = store.revoke_token("0123456789abcdef", "2026-03-02T00:00:00Z")
    assert first == {**RECORD, "revoked_at": "2026-03-02T00:00:00Z"}
    assert store.revoke_token("0123456789abcdef", "2026-03-03T00:00:00Z") == first
    assert not store.record_token(RECORD)
    assert store.token("0123456789abcdef") == first


def test_revoking_an_unknown_token_records_nothing(store: Store) -> None:
    assert store.revoke_token("0123456789abcdef", "2026-03-02T00:00:00Z") is None
    assert store.tokens() == []


def test_tokens_are_listed_newest_first_and_by_subject(store: Store) -> None:
    later = {**RECORD, "jti": "1" * 16, "issued_at": "2026-03-02T12:00:00Z"}
    other = {**RECORD, "jti": "2" * 16, "subject": "user10"}
    for record in (RECORD, later, other):
        store.record_token(record)
    assert [token["jti"] for token in store.tokens()] == ["1" * 16, "2" * 16, "0123456789abcdef"]
    assert [token["jti"] for token in store.tokens("user1")] == ["1" * 16, "0123456789abcdef"]
    assert store.tokens("user") == []
