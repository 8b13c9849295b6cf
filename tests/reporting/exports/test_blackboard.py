"""The gradebook for Blackboard, uploaded by its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.reporting.exports.blackboard import render_blackboard
from tests.reporting.exports.example_class import GRADES, gradebook, old_gradebook
from tests.reporting.exports.importers.blackboard import upload
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"
USERNAMES = ("ada", "bob", "kim", "lee", "eve")


def test_every_graded_student_gets_the_points_in_a_new_column() -> None:
    assert upload(render_blackboard(gradebook()), USERNAMES) == {"Lab 5, Lambda": GRADES}
    assert upload(render_blackboard(old_gradebook()), USERNAMES) == {"lambda-optimization": GRADES}


def test_the_file_is_this() -> None:
    assert render_blackboard(gradebook()).decode("utf-8-sig").split("\r\n") == [
        '"Last Name","First Name","Username","Student ID","Lab 5, Lambda"',
        '"ada","Name of","ada","000ada","87.5"',
        '"bob","Name of","bob","000bob","0"',
        '"=Kim ""K""","Jr","kim","000kim","0.7"',
        '"","","lee","","100"',
        "",
    ]


def test_it_begins_with_a_byte_order_mark_so_that_names_are_read_as_utf_8() -> None:
    content = render_blackboard(gradebook(students=[{**gradebook()["students"][0], "name": "Zoë 張"}]))
    assert content.startswith(b"\xef\xbb\xbf")
    assert upload(content, USERNAMES) == {"Lab 5, Lambda": {"ada": 87.5}}
    with pytest.raises(UnicodeDecodeError):
        upload(content[3:], USERNAMES)


def test_the_importer_takes_a_file_of_the_platform_and_refuses_what_the_platform_refuses() -> None:
    sample = (SAMPLES / "blackboard_upload.xls").read_bytes()
    assert upload(sample, USERNAMES, ["664617"]) == {"664617": {"ada": 87.5}}
    with pytest.raises(RefusedError, match="no column 664617"):
        upload(sample, USERNAMES)
    with pytest.raises(RefusedError, match="no column Username"):
        upload(b"Student ID,Lab\n1,2\n", USERNAMES)
