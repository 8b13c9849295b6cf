"""Hostile text is safe to quote in a sentence."""

from labgrader.messages import listed, quote


def test_unprintable_characters_are_replaced() -> None:
    assert quote("a\x1b[31mb\u202ec\nd\ud800") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c" + (
        "\N{REPLACEMENT CHARACTER}d\N{REPLACEMENT CHARACTER}"
    )


def test_long_text_is_cut_and_says_so() -> None:
    assert quote("x" * 200) == "x" * 200
    assert quote("x" * 201) == "x" * 200 + "… (1 more characters)"


def test_quote_shows_values_as_json() -> None:
    assert quote({"a": [1, None]}) == '{"a": [1, null]}'


def test_lists_are_joined_for_a_sentence() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed("abc")] == ["nothing", "a", "a and b", "a, b and c"]
