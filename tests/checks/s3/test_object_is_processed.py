"""object_is_processed: an uploaded object yields the result."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.replies import dropped, probed
from tests.checks.s3.samples import BUCKET, FUNCTION, notification, student
from tests.checks.world import World

COUNTS: dict[str, Any] = {
    "function": FUNCTION,
    "body": "one two\nthree 100%",
    "result": "analysis/{key}.json",
    "contains": {"file": "{key}", "lines": 2, "words": 4},
    "explanation": "See step 5.3.",
}
KEY = "labgrader-user1.txt"
RIGHT = {"file": KEY, "lines": 2, "words": 4, "characters": 18}


@pytest.mark.parametrize(
    ("prefix", "suffix", "key"),
    [
        ("", "", KEY),
        ("", ".txt", KEY),
        ("uploads/", "", f"uploads/{KEY}"),
        ("up", "", f"up/{KEY}"),
        ("a/b/", "-in.txt", "a/b/labgrader-user1-in.txt"),
    ],
)
def test_passes_with_a_key_that_fits_the_trigger(prefix: str, suffix: str, key: str) -> None:
    found = {**RIGHT, "file": key}
    verdict, questions = probed(
        student(notification(prefix, suffix)), "object_is_processed", [dropped(found)], **COUNTS
    )
    assert verdict.status == "passed"
    assert len(questions) == 1
    arguments = questions[0].arguments
    assert (arguments["Bucket"], arguments["Key"], arguments["AwaitKey"]) == (BUCKET, key, f"analysis/{key}.json")
    assert (arguments["Body"], arguments["ContentType"]) == ("one two\nthree 100%", "text/plain")


@pytest.mark.parametrize(
    ("found", "status", "fraction", "says"),
    [
        ({**RIGHT, "words": 5}, "partial", 2 / 3, "words is 5 instead of 4"),
        ({**RIGHT, "words": "4"}, "partial", 2 / 3, 'words is "4" instead of 4'),
        ({"file": KEY}, "partial", 1 / 3, "lines is missing (there is file); words is missing (there is file)"),
        (
            {"lineCount": 2},
            "failed",
            0.0,
            "file is missing (there is lineCount); lines is missing (there is "
            "lineCount); words is missing (there is lineCount)",
        ),
    ],
)
def test_each_value_of_the_result_counts(found: Any, status: str, fraction: float, says: str) -> None:
    verdict, _ = probed(student(notification()), "object_is_processed", [dropped(found)], **COUNTS)
    assert verdict.status == status
    assert verdict.fraction == pytest.approx(fraction)
    assert verdict.message == f"In analysis/{KEY}.json, {says}."


@pytest.mark.parametrize("found", ["lines: 2", "[1]", '{"a": ', "[" * 5000, '{"lines": NaN}'])
def test_fails_when_the_result_is_not_a_json_object(found: str) -> None:
    verdict, _ = probed(student(notification()), "object_is_processed", [dropped(found)], **COUNTS)
    assert verdict.status == "failed"
    assert verdict.message.startswith(f"analysis/{KEY}.json is not a JSON object: “{found[:20]}")


def test_fails_without_a_result_and_gives_commands_to_find_out_why() -> None:
    verdict, _ = probed(student(notification("in/")), "object_is_processed", [dropped()], **COUNTS)
    assert verdict.status == "failed"
    assert verdict.message == (
        f"labgrader uploaded in/{KEY} to {BUCKET}, but analysis/in/{KEY}.json did not appear within 45 s. {FUNCTION} "
        "did not run, failed, or saved its result under another name. If it saved a result under another name, "
        "delete that result: labgrader cannot find it. See step 5.3."
    )
    assert verdict.hint.splitlines() == [
        r"printf 'one two\nthree 100%%' > test-file.txt",
        f"aws s3 cp test-file.txt s3://{BUCKET}/in/ --content-type text/plain",
        f"aws logs tail /aws/lambda/{FUNCTION} --since 10m",
    ]


def test_names_objects_that_could_not_be_deleted() -> None:
    left = dropped(RIGHT, left_behind=[KEY])
    verdict, _ = probed(student(notification()), "object_is_processed", [left], **COUNTS)
    assert (verdict.status, verdict.evidence) == ("passed", (f"could not be deleted from {BUCKET}: {KEY}",))


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (World(), f"There is no function {FUNCTION}."),
        (student(), f"Your bucket {BUCKET} does not invoke {FUNCTION} when an object is created."),
        (
            student(notification(suffix=".jpg")),
            f"The trigger of {FUNCTION} has a filter that matches no key that ends with .txt.",
        ),
        (
            student(notification(events=("s3:ObjectRemoved:*",))),
            f"The trigger of {FUNCTION} does not include s3:ObjectCreated:Put.",
        ),
    ],
)
def test_nothing_is_uploaded_without_a_trigger(world: World, message: str) -> None:
    verdict, questions = probed(world, "object_is_processed", [], **COUNTS)
    assert (verdict.status, verdict.message, questions) == ("failed", message, [])


def test_a_bucket_of_another_student_is_not_touched() -> None:
    world = student(notification(), bucket="user10-lab")
    with pytest.raises(NotGradedError, match="not touched"):
        probed(world, "object_is_processed", [], **COUNTS)
