"""Course files: all problems are reported at once, with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.courses.course import CourseLab
from labgrader.courses.course_file import CourseFiles, read_course
from labgrader.errors import BadInputError
from labgrader.labs.lab import lab_ids
from labgrader.rosters.reader import read_roster
from labgrader.runs.request import Request
from labgrader.store import CourseKeys
from tests.courses.course_folder import COURSE, FIRST, make_folder

LABS = ", ".join(lab_ids())
ROSTER_NAME = "the name of a file beside the course file: letters, digits, dots, hyphens and underscores, no folders"
DUE = "is not a date and a time of day in the course's time zone, such as 2026-12-01 23:59"


def read(folder: Path, old: str = "", new: str = "", **rosters: str) -> CourseFiles:
    assert old in COURSE
    return read_course(make_folder(folder, COURSE.replace(old, new, 1), **rosters))


def refused(folder: Path, old: str = "", new: str = "", **rosters: str) -> list[str]:
    """Return the problems without the name of the folder."""
    with pytest.raises(BadInputError) as caught:
        read(folder, old, new, **rosters)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_read_course_returns_the_course_and_its_class_lists(tmp_path: Path) -> None:
    files = read(tmp_path)
    assert (files.course.id, files.course.title) == ("serverless-2026", "Serverless 2026")
    assert (files.course.time_zone, files.course.audit_time) == ("Europe/Berlin", "22:30")
    assert files.course.labs == (
        CourseLab("lambda-optimization", "first.csv", "2026-12-01 23:59"),
        CourseLab("performance-scaling", "second.csv"),
    )
    assert files.content == COURSE.encode()
    assert files.students["first.csv"] == read_roster(FIRST.encode(), "first.csv")
    assert {username: set(rows) for username, rows in files.rows.items()} == {
        "user1": {"lambda-optimization"},
        "user2": {"lambda-optimization", "performance-scaling"},
        "user3": {"performance-scaling"},
    }


def test_read_course_accepts_a_bom_blanks_and_windows_line_ends(tmp_path: Path) -> None:
    file = make_folder(tmp_path)
    plain = read_course(file).course
    text = COURSE.replace("title: Serverless 2026", 'title: "  Serverless 2026 "').replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_course(file).course == plain


@pytest.mark.parametrize(("written", "results"), [("published", "published"), ("at_once", "at_once"), ("", "at_once")])
def test_a_course_says_when_students_see_results(tmp_path: Path, written: str, results: str) -> None:
    make_folder(tmp_path, COURSE.replace("labs:", f"results: {written}\nlabs:", 1))
    assert read_course(tmp_path / "course.yaml").course.results == results


@pytest.mark.parametrize("written", ["later", "Published", "at once"])
def test_another_value_of_results_is_refused(tmp_path: Path, written: str) -> None:
    make_folder(tmp_path, COURSE.replace("labs:", f"results: {written}\nlabs:", 1))
    with pytest.raises(BadInputError) as caught:
        read_course(tmp_path / "course.yaml")
    (problem,) = caught.value.problems
    assert (problem.field, problem.message) == ("results", f"{written} is not at_once or published")


def test_read_course_reports_all_problems_in_the_order_of_the_lines(tmp_path: Path) -> None:
    course = (
        "id: Bad Id\n"
        'title: ""\n'
        "time_zone: Europe/Berln\n"
        "audit_time: 25:00\n"
        "color: red\n"
        "audit_tme: 22:30\n"
        "labs:\n"
        "  - lab: lab-5\n"
        "    roster: ../x.csv\n"
        "    due: 2026-12-01\n"
        "  - lab: lambda-optimization\n"
        "    roster: first.csv\n"
        "    due: 2026-02-30 10:00\n"
        "  - lab: lambda-optimization\n"
        "    roster: none.csv\n"
        "    due: 2026-12-01T10:00Z\n"
        "    extra: 1\n"
        "  - lab: [a]\n"
        "  - text\n"
    )
    make_folder(tmp_path, course, first="username,account_id\nuser1,12\nuser1,\n")
    with pytest.raises(BadInputError) as caught:
        read_course(tmp_path / "course.yaml")
    assert [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems] == [
        "course.yaml:1: id: Bad Id is not 1 to 40 lower-case letters, digits and hyphens, beginning with a letter or "
        "digit",
        "course.yaml:2: title: is empty; it is 1 to 200 characters on one line",
        "course.yaml:3: time_zone: there is no time zone Europe/Berln; did you mean Europe/Berlin?",
        "course.yaml:4: audit_time: 25:00 is not a time of day, HH:MM from 00:00 to 23:59",
        "course.yaml:5: color: unknown field; a course has: id, title, time_zone, audit_time, results, labs",
        "course.yaml:6: audit_tme: unknown field; did you mean 'audit_time'? A course has: id, title, time_zone, "
        "audit_time, results, labs",
        f"course.yaml:8: labs[0].lab: there is no lab lab-5; the labs are: {LABS}",
        f"course.yaml:9: labs[0].roster: ../x.csv is not {ROSTER_NAME}",
        "course.yaml:10: labs[0].due: 2026-12-01 has no time of day; write 2026-12-01 23:59 for the end of that day",
        "course.yaml:13: labs[1].due: 2026-02-30 10:00 is not a valid date and time of day",
        "course.yaml:14: labs[2].lab: lambda-optimization is already on line 11",
        "course.yaml:15: labs[2].roster: none.csv: No such file or directory",
        "course.yaml:16: labs[2].due: 2026-12-01T10:00Z contains a time zone; write the time in the course's zone: "
        "2026-12-01 10:00",
        "course.yaml:17: labs[2].extra: unknown field; a lab of a course has: lab, roster, due",
        "course.yaml:18: labs[3].roster: is missing",
        "course.yaml:18: labs[3].lab: must be text, not a list",
        "course.yaml:19: labs[4]: must be a set of fields, not the text 'text'",
        "first.csv:2: account_id: 12 is not 12 digits",
        "first.csv:3: username: user1 is already on line 2",
    ]


@pytest.mark.parametrize("hour", ["00:00", "23:59", "02:30", "22:30", "10:00"])
def test_read_course_accepts_valid_audit_times(tmp_path: Path, hour: str) -> None:
    assert read(tmp_path, "22:30", hour).course.audit_time == hour


@pytest.mark.parametrize("hour", ["24:00", "25:00", "23:60", "2:30", "02:30:00", "0230", "noon", "-1:00", "２２:30"])
def test_read_course_refuses_invalid_audit_times(tmp_path: Path, hour: str) -> None:
    assert refused(tmp_path, "22:30", hour) == [
        f"course.yaml:4: audit_time: {hour} is not a time of day, HH:MM from 00:00 to 23:59"
    ]


@pytest.mark.parametrize("line", ["", "audit_time:\n", 'audit_time: ""\n'])
def test_read_course_accepts_a_course_without_an_audit_time(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, "audit_time: 22:30\n", line).course.audit_time == ""


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_read_course_accepts_valid_time_zones(tmp_path: Path, zone: str) -> None:
    assert read(tmp_path, "Europe/Berlin", zone).course.time_zone == zone


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Mars/Olympus", "there is no time zone Mars/Olympus; write a name such as Europe/Berlin"),
        ("europe/berlin", "there is no time zone europe/berlin; did you mean Europe/Berlin?"),
        ("Europe", "there is no time zone Europe; write a name such as Europe/Berlin"),
        ("localtime", "there is no time zone localtime; write a name such as Europe/Berlin"),
        ("../../etc/passwd", "../../etc/passwd is not a time zone such as Europe/Berlin"),
        ("/etc/localtime", "/etc/localtime is not a time zone such as Europe/Berlin"),
    ],
)
def test_read_course_refuses_unknown_time_zones(tmp_path: Path, zone: str, said: str) -> None:
    assert refused(tmp_path, "Europe/Berlin", zone) == [f"course.yaml:3: time_zone: {said}"]


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/passwd", "folder/x.csv", "..", ".hidden", "a..b.csv", "x\\\\y.csv", "a b.csv"]
)
def test_read_course_refuses_a_class_list_in_another_folder(tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "x.csv").write_text("username\nuser9\n")
    assert refused(tmp_path, "roster: first.csv", f'roster: "{name}"') == [
        f"course.yaml:7: labs[0].roster: {name.replace(chr(92) * 2, chr(92))} is not {ROSTER_NAME}"
    ]


def test_every_name_of_a_class_list_is_valid_in_a_request(tmp_path: Path) -> None:
    name = "A_class-list.2026" + "x" * 179 + ".csv"
    assert len(name) == 200
    (tmp_path / name).write_text("username\nuser1\n")
    course = read(tmp_path, "roster: first.csv", f"roster: {name}").course
    asked = {"lab": "lambda-optimization", "roster": CourseKeys(course.id).roster(course.labs[0].roster)}
    assert Request.from_dict(asked).roster == f"courses/serverless-2026/rosters/{name}"
    assert refused(tmp_path, "roster: first.csv", f"roster: x{name}")[0].startswith("course.yaml:7: labs[0].roster: x")


def test_read_course_accepts_an_id_of_40_characters_and_refuses_41(tmp_path: Path) -> None:
    assert read(tmp_path, "serverless-2026", "a" * 40).course.id == "a" * 40
    assert refused(tmp_path, "serverless-2026", "a" * 41)[0].startswith(f"course.yaml:1: id: {'a' * 41} is not 1 to 40")


@pytest.mark.parametrize("due", ["2026-12-01 23:59", "2026-12-01T23:59", "2026-12-01 23:59:00", '"2026-12-01 23:59"'])
def test_read_course_stores_due_dates_in_one_format(tmp_path: Path, due: str) -> None:
    assert read(tmp_path, "2026-12-01 23:59", due).course.labs[0].due == "2026-12-01 23:59"


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-12-01", "2026-12-01 has no time of day; write 2026-12-01 23:59 for the end of that day"),
        ("2026-13-01 10:00", "2026-13-01 10:00 is not a valid date and time of day"),
        ("2026-12-01 24:01", "2026-12-01 24:01 is not a valid date and time of day"),
        (
            "2026-12-01 10:00+01:00",
            "2026-12-01 10:00+01:00 contains a time zone; write the time in the course's zone: 2026-12-01 10:00",
        ),
        ("soon", f"soon {DUE}"),
        ("1.12.2026 10:00", f"1.12.2026 10:00 {DUE}"),
    ],
)
def test_read_course_refuses_invalid_due_dates(tmp_path: Path, due: str, said: str) -> None:
    assert refused(tmp_path, "2026-12-01 23:59", due) == [f"course.yaml:8: labs[0].due: {said}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "course.yaml: the file is empty; a course has: id, title, time_zone, audit_time, results, labs"),
        ("[1, 2]\n", "course.yaml:1: the file must be a set of fields, not a list"),
        ("just words\n", "course.yaml:1: the file must be a set of fields, not the text 'just words'"),
        ("id: a\nid: b\ntitle: x\ntime_zone: UTC\nlabs: []\n", "course.yaml:2: 'id' is given twice"),
        ("id: [\n", "course.yaml:2: not YAML: expected the node content, but found '<stream end>'"),
        ("id: x\n\ttitle: y\n", "course.yaml:2: not YAML: found character '\\t' that cannot start any token"),
        ("a: &a [*a]\n", "course.yaml:1: not YAML: found unconstructable recursive node"),
    ],
)
def test_read_course_refuses_other_yaml_documents(tmp_path: Path, text: str, said: str) -> None:
    make_folder(tmp_path, text)
    with pytest.raises(BadInputError) as caught:
        read_course(tmp_path / "course.yaml")
    assert any(str(problem).replace(f"{tmp_path}/", "").startswith(said) for problem in caught.value.problems)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    file = make_folder(tmp_path)
    file.write_bytes(b"id: \xff\n")
    with pytest.raises(BadInputError, match=r"course\.yaml: not UTF-8 text"):
        read_course(file)


def test_read_course_refuses_a_course_without_labs(tmp_path: Path) -> None:
    course = COURSE[: COURSE.index("labs:")]
    make_folder(tmp_path, course + "labs: []\n")
    with pytest.raises(BadInputError, match=r"course\.yaml:5: labs: is empty; a course has at least one lab"):
        read_course(tmp_path / "course.yaml")
    make_folder(tmp_path, course)
    with pytest.raises(BadInputError, match=r"course\.yaml:1: labs: is missing"):
        read_course(tmp_path / "course.yaml")


def test_problems_of_a_shared_class_list_are_reported_once(tmp_path: Path) -> None:
    files = read(tmp_path, "second.csv", "first.csv")
    assert list(files.students) == ["first.csv"]
    assert refused(tmp_path, "second.csv", "first.csv", first="username\nuser1\nuser1\n") == [
        "first.csv:3: username: user1 is already on line 2"
    ]


def test_a_misspelled_field_is_one_problem_and_a_misspelled_lab_has_a_suggestion(tmp_path: Path) -> None:
    assert refused(tmp_path, "time_zone: Europe/Berlin", "timezone: Europe/Berlin") == [
        "course.yaml:3: timezone: unknown field; did you mean 'time_zone'? "
        "A course has: id, title, time_zone, audit_time, results, labs"
    ]
    assert refused(tmp_path, "lab: lambda-optimization", "lab: lamda-optimisation") == [
        "course.yaml:6: labs[0].lab: there is no lab lamda-optimisation; did you mean lambda-optimization? "
        f"The labs are: {LABS}"
    ]


def test_each_missing_field_is_named_once_at_the_entry_that_lacks_it(tmp_path: Path) -> None:
    make_folder(tmp_path, "id: a\nlabs:\n  - due: 2026-12-01 23:59\n")
    with pytest.raises(BadInputError) as caught:
        read_course(tmp_path / "course.yaml")
    assert [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems] == [
        "course.yaml:1: title: is missing",
        "course.yaml:1: time_zone: is missing",
        "course.yaml:3: labs[0].lab: is missing",
        "course.yaml:3: labs[0].roster: is missing",
    ]


def test_a_class_list_without_students_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, second="username\n") == ["second.csv: the roster has no students"]


def test_read_course_refuses_a_folder_as_class_list(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path, "roster: first.csv", "roster: folder") == [
        "course.yaml:7: labs[0].roster: folder: Is a directory"
    ]


def test_problems_do_not_contain_external_ids(tmp_path: Path) -> None:
    rows = FIRST.replace("user2", "user1")
    assert refused(tmp_path, first=rows) == ["first.csv:3: username: user1 is already on line 2"]
