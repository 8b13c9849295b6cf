"""`labgrader lint`: every mistake a teacher makes in a lab file, with its line and field."""

from pathlib import Path

import pytest

from labgrader.errors import BadInputError
from labgrader.judging.lint import lint
from labgrader.labs.lab import Lab, find_lab, load_lab
from tests.checks.test_labs import LABS, lab_file

GOOD = """\
id: example
version: 1.0.0
title: An example
points: 10
checks:
  - id: first
    check: alias_points_to
    title: The alias prod serves version 1
    task: Task 1
    points: 4
    with: {function: "{username}-f", alias: "{username}-prod", version: "1"}
  - id: second
    check: alias_points_to
    title: The alias dev serves $LATEST
    task: Task 1
    points: 6
    requires: [first]
    with: {function: "{username}-f", alias: "{username}-dev", version: "$LATEST"}
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "lab.yaml"
    file.write_text(text, encoding="utf-8")
    return [str(problem).removeprefix(f"{file}:") for problem in lint(file)]


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("check: alias_points_to", "check: alias_pints_to", "7: checks[0].check: there is no check 'alias_pints_to'"),
        (
            "title: An example",
            "title: An example for {username}",
            "3: title: the title of a lab has no placeholders: {username} would stand there for everybody",
        ),
        ('version: "1"}', "version: 1}", "11: checks[0].with.version: 1 is not of type 'string'"),
        ("points: 4", "points: 5", "4: points: the checks sum to 11 points, not 10"),
        ("requires: [first]", "requires: [zero]", "17: checks[1].requires[0]: there is no check 'zero' to require"),
        ("id: second", "id: first", "12: checks[1].id: id 'first' is already used on line 6"),
        ("title: An example", "titel: An example", "1: 'title' is a required property"),
        ("points: 4", "points: four", "10: checks[0].points: 'four' is not of type 'number'"),
        ("    points: 4", "    points: 4\n    points: 4", "11: checks[0]: 'points' is given twice"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_field(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in problems(tmp_path, GOOD.replace(old, new, 1))


EXPECTING = GOOD.replace(
    """    check: alias_points_to
    title: The alias prod serves version 1""",
    """    check: event_answered
    title: The function answers""",
).replace(
    """    with: {function: "{username}-f", alias: "{username}-prod", version: "1"}""",
    """    with:
      function: "{username}-f"
      event: {}
      matches:
        type: object
        required: [user_id]
        properties:
          user_id: {type: string, pattern: "^u"}""",
)


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
            f"15: {WITHIN}.type: 'objekt' is no type; there are: array, boolean, integer, null, number, object, string",
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
            f"16: {WITHIN}.required: not a JSON Schema: 'user_id' is not of type 'array'",
        ),
        (
            "required: [user_id]",
            "requird: [user_id]",
            f"16: {WITHIN}.requird: there is no keyword 'requird' that could be used here",
        ),
        (
            'pattern: "^u"',
            'patern: "^u"',
            f"18: {WITHIN}.properties.user_id.patern: there is no keyword 'patern' that could be used here",
        ),
        (
            'pattern: "^u"',
            'pattern: "("',
            f"18: {WITHIN}.properties.user_id.pattern: not a JSON Schema: '(' is not a 'regex'",
        ),
        (
            'pattern: "^u"',
            'pattern: "^(u+)+$"',
            f"18: {WITHIN}.properties.user_id.pattern: '^(u+)+$' repeats a repetition, which may take for ever: "
            "write it with one",
        ),
        (
            'pattern: "^u"',
            "format: email",
            f"18: {WITHIN}.properties.user_id.format: a format is not checked: say it with a pattern",
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
            f"15: {WITHIN}.$schema: there is no keyword '$schema' that could be used here",
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
def test_what_is_no_object_is_no_schema_of_an_answer(tmp_path: Path, matches: str) -> None:
    start, end = EXPECTING.index("      matches:"), EXPECTING.index("  - id: second")
    (problem,) = problems(tmp_path, f"{EXPECTING[:start]}      matches: {matches}\n{EXPECTING[end:]}")
    assert problem.startswith("14: checks[0].with.matches: ")


def test_only_what_calls_a_function_needs_the_internet(tmp_path: Path) -> None:
    marked = "    points: 4\n    needs_internet: true\n"
    assert problems(tmp_path, EXPECTING.replace("    points: 4\n", marked, 1)) == []
    assert problems(tmp_path, GOOD.replace("    points: 4\n", marked, 1)) == [
        "11: checks[0].needs_internet: check alias_points_to reads the configuration: that needs no internet"
    ]
    assert problems(tmp_path, GOOD.replace("    points: 4\n", marked.replace("true", "sometimes"), 1)) == [
        "11: checks[0].needs_internet: 'sometimes' is not of type 'boolean'"
    ]


def test_a_visible_check_requires_no_hidden_one(tmp_path: Path) -> None:
    hidden = "    points: 4\n    visibility: hidden\n"
    first_hidden = GOOD.replace("    points: 4\n", hidden, 1)
    assert problems(tmp_path, first_hidden) == [
        "18: checks[1].requires[0]: check 'second' is visible and requires 'first', which is hidden: "
        "a self-check judges no hidden check; hide both, or neither"
    ]
    both_hidden = first_hidden.replace("    points: 6\n", hidden.replace("4", "6"), 1)
    assert problems(tmp_path, both_hidden) == []
    second_hidden = GOOD.replace("    points: 6\n", hidden.replace("4", "6"), 1)
    assert problems(tmp_path, second_hidden) == [], "what is hidden may require what everybody sees"


def test_an_unknown_parameter_lists_those_there_are(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path, GOOD.replace('alias: "{username}-prod", version: "1"}', 'alias: a, version: "1", verzion: "1"}')
    )
    assert problem.startswith("11: checks[0].with.verzion: check alias_points_to has no parameter 'verzion'; it has: ")


def test_a_missing_parameter_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('function: "{username}-f", alias: "{username}-prod"', 'alias: "a"')) == [
        "11: checks[0].with: check alias_points_to needs the parameter function"
    ]


def test_prerequisites_that_loop_show_the_loop(tmp_path: Path) -> None:
    looped = GOOD.replace("    points: 4", "    points: 4\n    requires: [second]")
    assert problems(tmp_path, looped) == [
        "11: checks[0].requires: the prerequisites loop: first → second → first",
        "18: checks[1].requires: the prerequisites loop: second → first → second",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"id: [", "not YAML"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"", "None is not of type 'object'"),
        (b"- a\n- b\n", "is not of type 'object'"),
        (b"a: !!python/object/apply:os.system [ls]\n", "not YAML"),
    ],
)
def test_what_is_not_a_lab_is_refused_with_a_sentence(tmp_path: Path, content: bytes, expected: str) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(content)
    (problem,) = lint(file)
    assert expected in str(problem)
    with pytest.raises(BadInputError, match=expected):
        load_lab(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (problem,) = lint(tmp_path / "nothing.yaml")
    assert str(problem) == f"{tmp_path / 'nothing.yaml'}: No such file or directory"


def test_an_unknown_lab_lists_those_there_are() -> None:
    with pytest.raises(BadInputError, match=r"there is no lab 'lab-5'; the labs are: .*lambda-optimization"):
        find_lab("lab-5")


@pytest.mark.parametrize("lab_id", sorted(LABS))
def test_every_lab_of_ours_is_clean(lab_id: str) -> None:
    assert lint(lab_file(lab_id)) == []
    lab = find_lab(lab_id)
    assert Lab.from_dict(lab.to_dict()) == lab


def test_a_students_lab_has_the_students_names() -> None:
    lab = find_lab("lambda-optimization").for_student("user7", "111122223333", "eu-west-1")
    assert "{username}" not in str(lab.to_dict()["checks"])
    assert "user7-optimized-function" in str(lab.to_dict()["checks"])


KNOWN = "{username}, {account_id}, {region}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'function: "{username}-f", alias: "{username}-prod"',
            'function: "{user}-f", alias: "{username}-prod"',
            f"11: checks[0].with.function: there is no placeholder {{user}}; there are: {KNOWN}. "
            "For the text itself write {{user}}",
        ),
        (
            "title: The alias prod serves version 1",
            'title: "{alias} serves version 1"',
            f"8: checks[0].title: there is no placeholder {{alias}}; there are: {KNOWN}. "
            "For the text itself write {{alias}}",
        ),
        (
            "    points: 4",
            '    points: 4\n    hint: "aws {function} {functon}"',
            f"11: checks[0].hint: there is no placeholder {{functon}}; there are: {KNOWN}, "
            "{function}, {alias}, {version}. For the text itself write {{functon}}",
        ),
    ],
)
def test_an_unknown_placeholder_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert problems(tmp_path, GOOD.replace(old, new, 1)) == [expected]


def test_text_in_braces_is_written_with_double_braces(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('function: "{username}-f"', 'function: "{{user}}-f"', 1)) == []


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        ("routes_offered", '{function: "{username}-f", routes: ["GET /todos/{id}", "ANY /{proxy+}"]}'),
        (
            "role_grants",
            '{function: f, actions: [s3:GetObject], resource: "arn:aws:s3:::{bucket}/*", what: x, policy_name: P}',
        ),
        ("event_answered", '{function: f, event: {body: \'{"a": {"b": 1}}\'}, matches: {pattern: "^[a-z]{1,3}$"}}'),
    ],
)
def test_braces_that_are_no_placeholders_of_ours_are_good(tmp_path: Path, check: str, parameters: str) -> None:
    start = GOOD.index("    check: alias_points_to")
    end = GOOD.index("  - id: second")
    one = f"    check: {check}\n    title: It is\n    task: Task 1\n    points: 4\n    with: {parameters}\n"
    assert problems(tmp_path, GOOD[:start] + one + GOOD[end:]) == []


def test_a_placeholder_that_another_check_fills_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD.replace('function: "{username}-f"', 'function: "{bucket}"', 1))
    assert problem.startswith("11: checks[0].with.function: there is no placeholder {bucket}; ")
