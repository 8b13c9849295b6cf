"""A name that is unknown suggests the known name that comes nearest."""

from __future__ import annotations

import pytest

from labgrader.errors import BadInputError
from labgrader.labs.lab import find_lab, lab_ids
from labgrader.labs.suggestions import closest_name, unknown_name

KNOWN = ["function", "alias", "version", "or_newest"]


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("functon", "function"),
        ("Function", "function"),
        ("or-newest", "or_newest"),
        ("verzion", "version"),
        ("queue", ""),
        ("", ""),
    ],
)
def test_the_closest_name_ignores_case_and_hyphens(name: str, closest: str) -> None:
    assert closest_name(name, KNOWN) == closest


@pytest.mark.parametrize(("name", "closest"), [("user", "username"), ("usr", "")])
def test_a_name_is_suggested_from_the_least_likeness_on(name: str, closest: str) -> None:
    """The likeness of ``user`` and ``username`` is 0.67, that of ``usr`` is 0.55."""
    assert closest_name(name, ["username"]) == closest


@pytest.mark.parametrize(
    ("name", "listing", "sentence"),
    [
        ("verzion", "", "no verzion; did you mean 'version'?"),
        ("queue", "", "no queue"),
        ("verzion", "it has", "no verzion; did you mean 'version'? It has: function, alias, version, or_newest"),
        ("queue", "it has", "no queue; it has: function, alias, version, or_newest"),
    ],
)
def test_an_unknown_name_is_one_sentence_with_or_without_a_list(name: str, listing: str, sentence: str) -> None:
    assert unknown_name(f"no {name}", name, KNOWN, listing) == sentence


def test_a_list_of_no_names_says_none() -> None:
    assert unknown_name("no x", "x", [], "it has") == "no x; it has: none"


def test_an_unknown_lab_suggests_the_lab_that_was_meant() -> None:
    with pytest.raises(BadInputError) as refused:
        find_lab("lamda-optimization")
    assert str(refused.value) == (
        "there is no lab 'lamda-optimization'; did you mean 'lambda-optimization'? "
        f"The labs are: {', '.join(lab_ids())}"
    )
