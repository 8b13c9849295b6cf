"""Hostile text in messages."""

from labgrader.messages import listed, quote


def test_quote_replaces_unprintable_characters() -> None:
    assert quote("a\x1b[31mb\u202ec\nd\ud800") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c" + (
        "\N{REPLACEMENT CHARACTER}d\N{REPLACEMENT CHARACTER}"
    )


def test_long_text_is_cut_and_says_so() -> None:
    assert quote("x" * 200) == "x" * 200
    assert quote("x" * 201) == "x" * 200 + "… (1 more characters)"


def test_quote_shows_values_as_json() -> None:
    assert quote({"a": [1, None]}) == '{"a": [1, null]}'


def test_listed_joins_words_with_and() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed("abc")] == ["nothing", "a", "a and b", "a, b and c"]
