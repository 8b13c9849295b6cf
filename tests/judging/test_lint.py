"""`labgrader lint`: every mistake a teacher makes in a lab file, with its line and field."""

from pathlib import Path

import pytest

from labgrader.errors import BadInputError
from labgrader.judging.lint import lint
from labgrader.labs.lab import Lab, find_lab, load_lab
from tests.checks.test_labs import LABS, lab_file
from tests.judging.lint_samples import EXPECTING, GOOD, problems


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "check: alias_points_to",
            "check: alias_pints_to",
            "7: checks[0].check: there is no check 'alias_pints_to'; did you mean 'alias_points_to'?",
        ),
        ("check: alias_points_to", "check: xyz", "7: checks[0].check: there is no check 'xyz'"),
        (
            "title: An example",
            "title: An example for {username}",
            "3: title: the title of a lab cannot have placeholders: {username} would be shown to all students",
        ),
        (
            'version: "1"}',
            "version: 1}",
            "11: checks[0].with.version: must be text, not the number 1: write it in quotation marks",
        ),
        (
            "requires: [first]",
            "requires: [frist]",
            "17: checks[1].requires[0]: there is no check 'frist' to require; did you mean 'first'?",
        ),
        (
            "title: An example",
            "title: Your final  score",
            "3: title: Canvas drops a grade column with “final  score” in its heading: change the title",
        ),
        (
            "title: An example",
            "title: An example (2024)",
            "3: title: Canvas reads “(2024)” at the end of a heading as an id: change the end of the title",
        ),
        (
            "title: An example",
            "title: An example | 7",
            "3: title: Blackboard reads “| 7” at the end of a heading as an id: change the end of the title",
        ),
        ("points: 4", "points: 5", "4: points: the checks sum to 11 points, not 10"),
        ("requires: [first]", "requires: [zero]", "17: checks[1].requires[0]: there is no check 'zero' to require"),
        ("id: second", "id: first", "12: checks[1].id: id 'first' is already used on line 6"),
        (
            "title: An example",
            "titel: An example",
            "3: titel: unknown field; did you mean 'title'? "
            "A lab has: id, version, title, handout, points, checks, self_checks, regions, advice, unseen",
        ),
        ("title: An example\n", "", "1: title: is missing"),
        ("points: 4", "points: four", "10: checks[0].points: must be a number, not the text 'four'"),
        ("    points: 4", "    points: 4\n    points: 4", "11: checks[0]: 'points' is given twice"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_field(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert problems(tmp_path, GOOD.replace(old, new, 1)) == [expected]


def test_only_what_calls_a_function_needs_the_internet(tmp_path: Path) -> None:
    marked = "    points: 4\n    needs_internet: true\n"
    assert problems(tmp_path, EXPECTING.replace("    points: 4\n", marked, 1)) == []
    assert problems(tmp_path, GOOD.replace("    points: 4\n", marked, 1)) == [
        "11: checks[0].needs_internet: check alias_points_to reads only the configuration, so it cannot have "
        "needs_internet"
    ]
    assert problems(tmp_path, GOOD.replace("    points: 4\n", marked.replace("true", "sometimes"), 1)) == [
        "11: checks[0].needs_internet: must be true or false, not the text 'sometimes'"
    ]


def test_a_visible_check_must_not_require_a_hidden_one(tmp_path: Path) -> None:
    hidden = "    points: 4\n    visibility: hidden\n"
    first_hidden = GOOD.replace("    points: 4\n", hidden, 1)
    assert problems(tmp_path, first_hidden) == [
        "18: checks[1].requires[0]: check 'second' is visible and requires 'first', which is hidden: "
        "self-checks do not judge hidden checks; hide both, or neither"
    ]
    both_hidden = first_hidden.replace("    points: 6\n", hidden.replace("4", "6"), 1)
    assert problems(tmp_path, both_hidden) == []
    second_hidden = GOOD.replace("    points: 6\n", hidden.replace("4", "6"), 1)
    assert problems(tmp_path, second_hidden) == [], "what is hidden may require what everybody sees"


def test_an_unknown_parameter_is_refused_with_all_parameters(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path, GOOD.replace('alias: "{username}-prod", version: "1"}', 'alias: a, version: "1", verzion: "1"}')
    )
    assert problem == (
        "11: checks[0].with.verzion: check alias_points_to has no parameter 'verzion'; did you mean 'version'? "
        "It has: function, alias, version, or_newest"
    )
    (problem,) = problems(tmp_path, GOOD.replace('version: "1"}', 'version: "1", queue: q}'))
    assert problem == (
        "11: checks[0].with.queue: check alias_points_to has no parameter 'queue'; "
        "it has: function, alias, version, or_newest"
    )


def test_a_missing_parameter_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('function: "{username}-f", alias: "{username}-prod"', 'alias: "a"')) == [
        "11: checks[0].with: check alias_points_to needs the parameter function"
    ]
    assert problems(tmp_path, GOOD.replace('function: "{username}-f", alias: "{username}-prod", version: "1"', "")) == [
        "11: checks[0].with: check alias_points_to needs the parameters alias, function, version"
    ]


def test_cyclic_prerequisites_are_shown(tmp_path: Path) -> None:
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
        (b"", "lab.yaml: the file is empty; a lab has: id, version, title, points, checks"),
        (b"- a\n- b\n", "lab.yaml:1: the file must be a set of fields, not a list"),
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


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (problem,) = lint(tmp_path / "nothing.yaml")
    assert str(problem) == f"{tmp_path / 'nothing.yaml'}: No such file or directory"


def test_an_unknown_lab_is_refused_with_all_labs() -> None:
    with pytest.raises(BadInputError, match=r"there is no lab 'lab-5'; the labs are: .*lambda-optimization"):
        find_lab("lab-5")


@pytest.mark.parametrize("lab_id", sorted(LABS))
def test_every_built_in_lab_is_clean(lab_id: str) -> None:
    assert lint(lab_file(lab_id)) == []
    lab = find_lab(lab_id)
    assert Lab.from_dict(lab.to_dict()) == lab


def test_a_students_lab_has_the_students_names() -> None:
    lab = find_lab("lambda-optimization").for_student("user7", "111122223333", "eu-west-1")
    assert "{username}" not in str(lab.to_dict()["checks"])
    assert "user7-optimized-function" in str(lab.to_dict()["checks"])
