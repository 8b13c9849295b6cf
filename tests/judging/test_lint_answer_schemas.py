"""`labgrader lint`: what is wrong with the schema of an answer, with its line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.errors import BadInputError
from labgrader.labs.lab import load_lab
from tests.judging.lint_samples import EXPECTING, problems


def test_a_schema_of_an_answer_is_part_of_a_good_file(tmp_path: Path) -> None:
    assert "matches" in EXPECTING
    assert problems(tmp_path, EXPECTING) == []


WITHIN = "checks[0].with.matches"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "type: object",
            "type: objekt",
            f"15: {WITHIN}.type: 'objekt' is not a type; did you mean 'object'? "
            "The types are: array, boolean, integer, null, number, object, string",
        ),
        (
            "type: string",
            "type: [string, null]",
            f'18: {WITHIN}.properties.user_id.type: write "null" in quotation marks: without them, YAML reads it as '
            "nothing",
        ),
        (
            "required: [user_id]",
            "required: user_id",
            f"16: {WITHIN}.required: must be a list, not the text 'user_id'",
        ),
        (
            "required: [user_id]",
            "requird: [user_id]",
            f"16: {WITHIN}.requird: the keyword 'requird' is not allowed here; did you mean 'required'?",
        ),
        (
            'pattern: "^u"',
            'patern: "^u"',
            f"18: {WITHIN}.properties.user_id.patern: the keyword 'patern' is not allowed here; "
            "did you mean 'pattern'?",
        ),
        (
            'pattern: "^u"',
            'pattern: "("',
            f"18: {WITHIN}.properties.user_id.pattern: '(' is not a regular expression: missing ), unterminated "
            "subpattern at position 0",
        ),
        (
            'pattern: "^u"',
            'pattern: "^(u+)+$"',
            f"18: {WITHIN}.properties.user_id.pattern: '^(u+)+$' has a repetition within a repetition, which "
            "may take forever: use one repetition",
        ),
        (
            'pattern: "^u"',
            "format: email",
            f"18: {WITHIN}.properties.user_id.format: formats are not checked: use a pattern",
        ),
        (
            "type: object",
            '$ref: "https://example.com/user.json"',
            f"15: {WITHIN}.$ref: 'https://example.com/user.json' is somewhere else, and nothing is fetched: write it "
            "here, under $defs",
        ),
        ("type: object", '$ref: "#/$defs/user"', f"15: {WITHIN}.$ref: there is nothing at '#/$defs/user'"),
        ("type: object", '$ref: "#"', f"14: {WITHIN}: refers to itself without end"),
        (
            "type: object",
            "$schema: http://json-schema.org/draft-07/schema#",
            f"15: {WITHIN}.$schema: must be 'https://json-schema.org/draft/2020-12/schema', not the text "
            "'http://json-schema.org/draft-07/schema#'",
        ),
    ],
)
def test_a_bad_schema_is_named_with_its_line_and_field(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = EXPECTING.replace(old, new, 1)
    assert problems(tmp_path, text) == [expected]
    with pytest.raises(BadInputError) as refused:  # and no run begins with it
        load_lab(tmp_path / "lab.yaml")
    assert str(refused.value) == f"{tmp_path / 'lab.yaml'}:{expected}"


@pytest.mark.parametrize("matches", ["[1]", "true", "{}"])
def test_an_answer_schema_must_be_an_object(tmp_path: Path, matches: str) -> None:
    start, end = EXPECTING.index("      matches:"), EXPECTING.index("  - id: second")
    (problem,) = problems(tmp_path, f"{EXPECTING[:start]}      matches: {matches}\n{EXPECTING[end:]}")
    assert problem.startswith("14: checks[0].with.matches: ")
