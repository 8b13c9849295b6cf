"""bucket_notifies: a bucket of the student invokes the function, with the events and the filter of the lab."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.s3.samples import BUCKET, EVERY, FUNCTION, notification, student
from tests.checks.world import ACCOUNT, REGION, World, function_arn

FREE: dict[str, Any] = {"function": FUNCTION, "key_ending": ".txt", "own_results": "analysis/"}
FIXED: dict[str, Any] = {"function": FUNCTION, "prefix": "uploads/", "suffix": ".json"}
NEVER = " So it is never invoked for the lab's objects."


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [("", ""), ("", ".txt"), ("uploads/", ""), ("in", "t"), ("", "-file.txt")],
)
def test_passes_with_a_free_filter(prefix: str, suffix: str) -> None:
    verdict = student(notification(prefix, suffix)).judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize(
    ("prefix", "suffix", "says"),
    [
        ("", ".jpg", "the suffix .jpg, so it matches no key that ends with .txt"),
        ("in/", ".TXT", "the prefix in/ and the suffix .TXT, so it matches no key that ends with .txt"),
        ("analysis/", "", "the prefix analysis/, so it matches only the function's own results"),
        (
            "analysis/a",
            ".txt",
            "the prefix analysis/a and the suffix .txt, so it matches only the function's own results",
        ),
        ("", "*.txt", "the suffix *.txt, but S3 filters do not support the wildcard *"),
        ("/uploads", "", "the prefix /uploads, but no key begins with a slash"),
    ],
)
def test_a_free_filter_that_matches_nothing_earns_a_sixth(prefix: str, suffix: str, says: str) -> None:
    verdict = student(notification(prefix, suffix)).judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.fraction) == ("partial", 1 / 6)
    assert verdict.message == f"{FUNCTION}: the notification of {BUCKET} has {says}.{NEVER}"


def test_passes_with_the_fixed_filter() -> None:
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
            ", but S3 filters do not support the wildcard *",
        ),
    ],
)
def test_a_fixed_filter_that_matches_nothing_earns_a_sixth(prefix: str, suffix: str, has: str, why: str) -> None:
    verdict = student(notification(prefix, suffix)).judge("bucket_notifies", **FIXED)
    assert (verdict.status, verdict.fraction) == ("partial", 1 / 6)
    assert verdict.message == (
        f"{FUNCTION}: the notification of {BUCKET} has {has} instead of the prefix uploads/ and the suffix .json{why}."
        f"{NEVER}"
    )


def test_a_notification_for_removals_only_earns_a_sixth() -> None:
    removals = notification("uploads/", ".json", events=("s3:ObjectRemoved:*",))
    verdict = student(removals).judge("bucket_notifies", **FIXED)
    assert (verdict.status, verdict.fraction) == ("partial", 1 / 6)
    assert verdict.message == (
        f"{FUNCTION}: {BUCKET} invokes it for s3:ObjectRemoved:*, not for s3:ObjectCreated:*.{NEVER}"
    )


@pytest.mark.parametrize(
    ("world", "named"),
    [
        (student(), "aws lambda add-permission --function-name user1-files"),
        (World().function(FUNCTION), f"aws s3 mb s3://user1-bucket-{ACCOUNT}"),
    ],
)
def test_the_commands_name_a_bucket_even_if_none_invokes_the_function(world: World, named: str) -> None:
    hint = world.judge("bucket_notifies", **FIXED).hint
    assert hint.startswith(named)
    assert "YOUR-BUCKET" not in hint


def test_the_lab_may_require_no_filter() -> None:
    wanted = {"function": FUNCTION, "prefix": "", "suffix": ""}
    assert student(notification()).judge("bucket_notifies", **wanted).status == "passed"
    verdict = student(notification("a/")).judge("bucket_notifies", **wanted)
    assert verdict.message == f"{FUNCTION}: the notification of {BUCKET} has the prefix a/ instead of no filter."


def test_the_lab_may_require_only_a_suffix() -> None:
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
def test_all_four_creation_events_equal_the_wildcard(events: tuple[str, ...]) -> None:
    assert student(notification(events=events)).judge("bucket_notifies", **FREE).status == "passed"


def test_events_may_be_spread_over_notifications_of_one_bucket_with_one_filter() -> None:
    first = notification(events=("s3:ObjectCreated:Put", "s3:ObjectCreated:Post"))
    second = notification(events=("s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload"))
    assert student(first, second).judge("bucket_notifies", **FREE).status == "passed"
    assert student(first).bucket("user1-2", second).judge("bucket_notifies", **FREE).status == "partial"


def test_fewer_events_cost_a_third() -> None:
    verdict = student(notification(events=("s3:ObjectCreated:Put",))).judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.fraction) == ("partial", 2 / 3)
    assert verdict.message == (f"{FUNCTION}: {BUCKET} invokes it for s3:ObjectCreated:Put, not for s3:ObjectCreated:*.")


def test_a_pattern_includes_the_events_of_the_lab() -> None:
    wanted = {**FREE, "events": ["s3:ObjectRemoved:Delete"]}
    assert student(notification(events=("s3:ObjectRemoved:*",))).judge("bucket_notifies", **wanted).status == "passed"
    verdict = student(notification()).judge("bucket_notifies", **wanted)
    assert verdict.message == (
        f"{FUNCTION}: {BUCKET} invokes it for s3:ObjectCreated:*, not for s3:ObjectRemoved:Delete.{NEVER}"
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
            f"You have no bucket with a name that begins with user1-, so no bucket invokes {FUNCTION}.",
        ),
        (student(), f"Your bucket {BUCKET} does not invoke {FUNCTION} when an object is created."),
        (
            student(notification(function="user1-other")).bucket("user1-2"),
            f"Your buckets {BUCKET} and user1-2 do not invoke {FUNCTION} when an object is created. "
            "They invoke user1-other instead.",
        ),
    ],
)
def test_fails_without_a_notification_and_names_what_exists(world: World, message: str) -> None:
    verdict = world.judge("bucket_notifies", **FREE)
    assert (verdict.status, verdict.message) == ("failed", message)


@pytest.mark.parametrize(("old", "new"), [(f":{ACCOUNT}:", ":210987654321:"), (f":{REGION}:", ":us-east-1:")])
def test_a_function_of_the_same_name_in_another_account_or_region_does_not_count(old: str, new: str) -> None:
    arn = function_arn(FUNCTION).replace(old, new)
    verdict = student({**notification(), "LambdaFunctionArn": arn}).judge("bucket_notifies", **FREE)
    assert verdict.message == (
        f"Your bucket {BUCKET} does not invoke {FUNCTION} when an object is created. It invokes {arn} instead."
    )


def test_the_commands_grant_the_permission_first() -> None:
    verdict = student(notification()).judge("bucket_notifies", **FIXED)
    assert verdict.hint.splitlines() == [
        f"aws lambda add-permission --function-name {FUNCTION} --statement-id s3-invoke "
        f"--action lambda:InvokeFunction --principal s3.amazonaws.com --source-arn arn:aws:s3:::{BUCKET} "
        "--source-account 123456789012  # not needed if S3 already has this permission",
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
