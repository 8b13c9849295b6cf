"""bucket_notifies and object_is_processed."""

from __future__ import annotations

from typing import Any

import pytest

from checks.wording.buckets import key_for
from labgrader.errors import NotGradedError
from labgrader.evidence.snapshot import Notification
from tests.checks.world import ACCOUNT, REGION, World, dropped, function_arn, probed

FUNCTION = "user1-files"
BUCKET = "user1-lab-1"
FREE: dict[str, Any] = {"function": FUNCTION, "key_ending": ".txt", "own_results": "analysis/"}
FIXED: dict[str, Any] = {"function": FUNCTION, "prefix": "uploads/", "suffix": ".json"}
EVERY = ("s3:ObjectCreated:*",)
NEVER = " So it is never called for what the lab wants."


def notification(
    prefix: str = "", suffix: str = "", events: tuple[str, ...] = EVERY, function: str = FUNCTION
) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in (("Prefix", prefix), ("suffix", suffix)) if value]
    return {
        "LambdaFunctionArn": function_arn(function),
        "Events": list(events),
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }


def student(*notifications: dict[str, Any], bucket: str = BUCKET) -> World:
    return World().function(FUNCTION).bucket(bucket, *notifications)


# --- bucket_notifies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [("", ""), ("", ".txt"), ("uploads/", ""), ("in", "t"), ("", "-file.txt")],
)
def test_a_free_filter_may_keep_the_results_out(prefix: str, suffix: str) -> None:
    verdict = student(notification(prefix, suffix)).judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize(
    ("prefix", "suffix", "says"),
    [
        ("", ".jpg", "the suffix .jpg, so no file that ends with .txt reaches it"),
        ("in/", ".TXT", "the prefix in/ and the suffix .TXT, so no file that ends with .txt reaches it"),
        ("analysis/", "", "the prefix analysis/, so it sees only what the function itself writes"),
        (
            "analysis/a",
            ".txt",
            "the prefix analysis/a and the suffix .txt, so it sees only what the function itself writes",
        ),
        ("", "*.txt", "the suffix *.txt, but S3 knows no wildcards there: * stands for itself"),
        ("/uploads", "", "the prefix /uploads, but no key begins with a slash"),
    ],
)
def test_a_free_filter_that_lets_nothing_right_through_costs_a_third(prefix: str, suffix: str, says: str) -> None:
    verdict = student(notification(prefix, suffix)).judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.fraction) == ("partial", 1 / 6)
    assert verdict.message == f"{FUNCTION}: the notification of {BUCKET} has {says}.{NEVER}"


def test_a_fixed_filter_is_right_when_it_is_the_same() -> None:
    verdict = student(notification("uploads/", ".json")).judge("bucket_notifies", **FIXED)
    assert verdict.status == "passed"
    assert verdict.observed == f"{BUCKET}: s3:ObjectCreated:*, the prefix uploads/ and the suffix .json"


@pytest.mark.parametrize(
    ("prefix", "suffix", "has"),
    [
        ("", "", "no filter"),
        ("uploads", ".json", "the prefix uploads and the suffix .json"),
        ("uploads/", "", "the prefix uploads/"),
    ],
)
def test_a_fixed_filter_costs_a_third_when_it_differs(prefix: str, suffix: str, has: str) -> None:
    verdict = student(notification(prefix, suffix)).judge("bucket_notifies", **FIXED)
    assert (verdict.status, verdict.fraction) == ("partial", 2 / 3)
    assert verdict.message == (
        f"{FUNCTION}: the notification of {BUCKET} has {has} instead of the prefix uploads/ and the suffix .json."
    )


@pytest.mark.parametrize(
    ("prefix", "suffix", "has", "why"),
    [
        ("upload/", ".json", "the prefix upload/ and the suffix .json", ""),
        ("uploads/", ".JSON", "the prefix uploads/ and the suffix .JSON", ""),
        (
            "/uploads/",
            ".json",
            "the prefix /uploads/ and the suffix .json",
            ", but no key begins with a slash",
        ),
        (
            "uploads/*",
            ".json",
            "the prefix uploads/* and the suffix .json",
            ", but S3 knows no wildcards there: * stands for itself",
        ),
    ],
)
def test_a_fixed_filter_that_lets_nothing_through_earns_a_sixth(prefix: str, suffix: str, has: str, why: str) -> None:
    verdict = student(notification(prefix, suffix)).judge("bucket_notifies", **FIXED)
    assert (verdict.status, verdict.fraction) == ("partial", 1 / 6)
    assert verdict.message == (
        f"{FUNCTION}: the notification of {BUCKET} has {has} instead of the prefix uploads/ and the suffix .json{why}."
        f"{NEVER}"
    )


def test_a_notification_of_removals_alone_earns_a_sixth() -> None:
    removals = notification("uploads/", ".json", events=("s3:ObjectRemoved:*",))
    verdict = student(removals).judge("bucket_notifies", **FIXED)
    assert (verdict.status, verdict.fraction) == ("partial", 1 / 6)
    assert verdict.message == (
        f"{FUNCTION}: {BUCKET} calls it for s3:ObjectRemoved:*, not for s3:ObjectCreated:*.{NEVER}"
    )


@pytest.mark.parametrize(
    ("world", "named"),
    [
        (student(), "aws lambda add-permission --function-name user1-files"),
        (World().function(FUNCTION), f"aws s3 mb s3://user1-bucket-{ACCOUNT}"),
    ],
)
def test_the_commands_name_a_bucket_also_where_none_calls_yet(world: World, named: str) -> None:
    hint = world.judge("bucket_notifies", **FIXED).hint
    assert hint.startswith(named)
    assert "YOUR-BUCKET" not in hint


def test_no_filter_can_be_what_is_wanted() -> None:
    wanted = {"function": FUNCTION, "prefix": "", "suffix": ""}
    assert student(notification()).judge("bucket_notifies", **wanted).status == "passed"
    verdict = student(notification("a/")).judge("bucket_notifies", **wanted)
    assert verdict.message == f"{FUNCTION}: the notification of {BUCKET} has the prefix a/ instead of no filter."


def test_one_side_of_a_filter_can_be_wanted_alone() -> None:
    wanted = {"function": FUNCTION, "suffix": ".json"}
    assert student(notification("any/", ".json")).judge("bucket_notifies", **wanted).status == "passed"


@pytest.mark.parametrize(
    "events",
    [
        ("s3:ObjectCreated:*",),
        (
            "s3:ObjectCreated:Put",
            "s3:ObjectCreated:Post",
            "s3:ObjectCreated:Copy",
            "s3:ObjectCreated:CompleteMultipartUpload",
        ),
        ("s3:ObjectRemoved:*", "s3:ObjectCreated:*"),
    ],
)
def test_all_ways_to_create_an_object_are_all_of_them(events: tuple[str, ...]) -> None:
    assert student(notification(events=events)).judge("bucket_notifies", **FREE).status == "passed"


def test_events_may_be_spread_over_notifications_of_one_bucket_with_one_filter() -> None:
    first = notification(events=("s3:ObjectCreated:Put", "s3:ObjectCreated:Post"))
    second = notification(events=("s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload"))
    assert student(first, second).judge("bucket_notifies", **FREE).status == "passed"
    assert student(first).bucket("user1-2", second).judge("bucket_notifies", **FREE).status == "partial"


def test_fewer_events_cost_a_third() -> None:
    verdict = student(notification(events=("s3:ObjectCreated:Put",))).judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.fraction) == ("partial", 2 / 3)
    assert verdict.message == (f"{FUNCTION}: {BUCKET} calls it for s3:ObjectCreated:Put, not for s3:ObjectCreated:*.")


def test_events_that_are_named_may_come_from_a_pattern() -> None:
    wanted = {**FREE, "events": ["s3:ObjectRemoved:Delete"]}
    assert student(notification(events=("s3:ObjectRemoved:*",))).judge("bucket_notifies", **wanted).status == "passed"
    verdict = student(notification()).judge("bucket_notifies", **wanted)
    assert verdict.message == (
        f"{FUNCTION}: {BUCKET} calls it for s3:ObjectCreated:*, not for s3:ObjectRemoved:Delete.{NEVER}"
    )


def test_the_best_of_several_notifications_counts() -> None:
    world = student(notification(suffix=".jpg")).bucket("user1-2", notification())
    verdict = world.judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.observed) == ("passed", "user1-2: s3:ObjectCreated:*, no filter")


def test_an_alias_of_the_function_is_the_function() -> None:
    entry = {"LambdaFunctionArn": function_arn(FUNCTION, "prod"), "Events": list(EVERY)}
    assert student(entry).judge("bucket_notifies", **FREE).status == "passed"


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (World(), f"There is no function {FUNCTION}."),
        (
            World().function(FUNCTION),
            f"There is no bucket whose name begins with user1-, so nothing can call {FUNCTION}.",
        ),
        (student(), f"Your bucket {BUCKET} does not call {FUNCTION} when an object is created."),
        (
            student(notification(function="user1-other")).bucket("user1-2"),
            f"Your buckets {BUCKET} and user1-2 do not call {FUNCTION} when an object is created. "
            "They call user1-other instead.",
        ),
    ],
)
def test_without_a_notification_it_is_said_what_is_there(world: World, message: str) -> None:
    verdict = world.judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.message) == ("failed", message)


@pytest.mark.parametrize(("old", "new"), [(f":{ACCOUNT}:", ":210987654321:"), (f":{REGION}:", ":us-east-1:")])
def test_a_function_of_the_same_name_elsewhere_is_not_called(old: str, new: str) -> None:
    arn = function_arn(FUNCTION).replace(old, new)
    verdict = student({**notification(), "LambdaFunctionArn": arn}).judge("bucket_notifies", **FREE)
    assert verdict.message == (
        f"Your bucket {BUCKET} does not call {FUNCTION} when an object is created. It calls {arn} instead."
    )


def test_the_commands_name_the_bucket_and_the_permission_first() -> None:
    verdict = student(notification()).judge("bucket_notifies", **FIXED)
    assert verdict.hint.splitlines() == [
        f"aws lambda add-permission --function-name {FUNCTION} --statement-id s3-invoke "
        f"--action lambda:InvokeFunction --principal s3.amazonaws.com --source-arn arn:aws:s3:::{BUCKET} "
        "--source-account 123456789012  # not needed where S3 may call it already",
        f"aws s3api put-bucket-notification-configuration --bucket {BUCKET} --notification-configuration "
        '\'{"LambdaFunctionConfigurations": [{"LambdaFunctionArn": '
        '"arn:aws:lambda:eu-central-1:123456789012:function:user1-files", "Events": ["s3:ObjectCreated:*"], '
        '"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}, '
        '{"Name": "suffix", "Value": ".json"}]}}}]}\'  # this replaces all notifications of the bucket',
    ]


def test_a_hostile_filter_is_quoted() -> None:
    world = student(notification("<script>\n", "x" * 500))
    verdict = world.judge("bucket_notifies", **FIXED)
    assert "\n" not in verdict.message
    assert "<script>�" in verdict.message
    assert len(verdict.message) < 400


# --- object_is_processed ----------------------------------------------------------------------------------------------

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
def test_the_object_has_a_key_that_the_trigger_sees(prefix: str, suffix: str, key: str) -> None:
    found = {**RIGHT, "file": key}
    verdict, asked = probed(student(notification(prefix, suffix)), "object_is_processed", [dropped(found)], **COUNTS)
    assert verdict.status == "passed"
    assert len(asked) == 1
    arguments = asked[0].arguments
    assert (arguments["Bucket"], arguments["Key"], arguments["AwaitKey"]) == (BUCKET, key, f"analysis/{key}.json")
    assert (arguments["Body"], arguments["ContentType"]) == ("one two\nthree 100%", "text/plain")


@pytest.mark.parametrize(
    ("suffix", "ending", "key"),
    [(".jpg", ".txt", None), ("/x.txt", ".txt", None), ("", ".txt", "labgrader.txt"), (".txt", "", "labgrader.txt")],
)
def test_a_key_for_a_filter(suffix: str, ending: str, key: str | None) -> None:
    assert key_for(Notification(BUCKET, function_arn(FUNCTION), suffix=suffix), "labgrader", ending) == key


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
    assert (verdict.status, verdict.fraction) == (status, pytest.approx(fraction))
    assert verdict.message == f"In analysis/{KEY}.json, {says}."


@pytest.mark.parametrize("found", ["lines: 2", "[1]", '{"a": ', "[" * 5000, '{"lines": NaN}'])
def test_a_result_that_is_no_json_object_is_said(found: str) -> None:
    verdict, _ = probed(student(notification()), "object_is_processed", [dropped(found)], **COUNTS)
    assert verdict.status == "failed"
    assert verdict.message.startswith(f"analysis/{KEY}.json is not a JSON object: “{found[:20]}")


def test_no_result_comes_with_the_commands_that_show_why() -> None:
    verdict, _ = probed(student(notification("in/")), "object_is_processed", [dropped()], **COUNTS)
    assert verdict.status == "failed"
    assert verdict.message == (
        f"in/{KEY} was put into {BUCKET}, and after 45 s there was no analysis/in/{KEY}.json: {FUNCTION} did not run, "
        "failed, or saved its result under another name, where it stays until you delete it. See step 5.3."
    )
    assert verdict.hint.splitlines() == [
        r"printf 'one two\nthree 100%%' > test-file.txt",
        f"aws s3 cp test-file.txt s3://{BUCKET}/in/ --content-type text/plain",
        f"aws logs tail /aws/lambda/{FUNCTION} --since 10m",
    ]


def test_what_could_not_be_deleted_is_said() -> None:
    left = dropped(RIGHT, left_behind=[KEY])
    verdict, _ = probed(student(notification()), "object_is_processed", [left], **COUNTS)
    assert (verdict.status, verdict.evidence) == ("passed", (f"could not be deleted from {BUCKET}: {KEY}",))


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (World(), f"There is no function {FUNCTION}."),
        (student(), f"Your bucket {BUCKET} does not call {FUNCTION} when an object is created."),
        (
            student(notification(suffix=".jpg")),
            f"The filter of the trigger of {FUNCTION} lets no key that ends with .txt through.",
        ),
        (
            student(notification(events=("s3:ObjectRemoved:*",))),
            f"The trigger of {FUNCTION} is not about objects that are put.",
        ),
    ],
)
def test_nothing_is_put_where_nothing_is_triggered(world: World, message: str) -> None:
    verdict, asked = probed(world, "object_is_processed", [], **COUNTS)
    assert (verdict.status, verdict.message, asked) == ("failed", message, [])


def test_a_bucket_of_somebody_else_is_not_touched() -> None:
    world = student(notification(), bucket="user10-lab")
    with pytest.raises(NotGradedError, match="not touched"):
        probed(world, "object_is_processed", [], **COUNTS)
