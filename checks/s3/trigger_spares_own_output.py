"""A bucket's trigger spares what its function writes."""

from __future__ import annotations

from checks.wording.advice import and_why, argument, calls_in, existing, json_argument, place, some
from labgrader.evidence.snapshot import Call, Function, Notification, Snapshot
from labgrader.judging import Verdict, check, failed, passed, quote

_WRITES = ("put_object", "upload_file", "upload_fileobj", "copy_object", "create_multipart_upload")
"""How the methods are called that make an object in S3."""

_WRITES_OF_BOTO3 = ("put", "copy", "copy_from")
"""Those whose names many other things have, too: known to be S3's where the name leads back to boto3."""

_MADE_BY = ("Put", "Post", "Copy", "CompleteMultipartUpload")


@check(
    title="The trigger spares what the function writes",
    hint="aws s3api put-bucket-notification-configuration --bucket BUCKET --notification-configuration "
    "file://notification.json",
)
def trigger_spares_own_output(
    snapshot: Snapshot, *, functions: list[str], prefix: str = "", suffix: str = "", explanation: str = ""
) -> Verdict:
    """No bucket calls a function for every new object while the function's code writes objects itself.

    Whether it writes to the same bucket cannot be seen. Lambda's own recursive loop detection ends a loop through S3
    after about 16 calls (AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops";
    S3 since October 2024), where the function's SDK takes part in it. A trigger with a filter is taken for a good one.

    Args:
        functions: the functions; those that do not exist, or whose code cannot be read, are passed over.
        prefix: the prefix of the filter that is proposed, or empty.
        suffix: its suffix, or empty. Without both, the prefix ``uploads/`` is proposed.
        explanation: added to the message, where the hand-out itself leaves the filter out.
    """
    writers = {one.name: places for one in existing(snapshot, functions) if (places := _writes(snapshot, one))}
    if not writers:
        return passed()
    triggers = {bucket: snapshot.s3.notifications(bucket) for bucket in snapshot.s3.bucket_names()}
    open_ones = [
        trigger
        for notifications in triggers.values()
        for trigger in notifications
        if trigger.function in writers and not trigger.prefix and not trigger.suffix and _of_new_objects(trigger)
    ]
    if not open_ones:
        return passed()
    each = [
        f"every new object in {quote(one.bucket)} calls {one.function}, which writes objects itself: "
        f"{some(writers[one.function])}"
        for one in open_ones
    ]
    sentence = "; ".join(each)
    return failed(
        f"{sentence[:1].upper()}{sentence[1:]}. What it writes to the same bucket calls it once more; a filter keeps "
        "its own output out. Without one, code that does not tell its own output apart goes on until Lambda ends the "
        "loop, after about 16 calls."
        f"{and_why(explanation)}",
        expected="a filter that its own output does not match",
        observed="no filter",
        hint="\n".join(
            _command(bucket, triggers[bucket], open_ones, prefix, suffix)
            for bucket in dict.fromkeys(one.bucket for one in open_ones)
        ),
    )


def _writes(snapshot: Snapshot, function: Function) -> list[str]:
    return [place(source, call) for source, call in calls_in(snapshot, function) if _makes_objects(call)]


def _makes_objects(call: Call) -> bool:
    method = call.name.rpartition(".")[2]
    return method in _WRITES or (method in _WRITES_OF_BOTO3 and call.name.startswith("boto3."))


def _of_new_objects(trigger: Notification) -> bool:
    return any(trigger.includes(f"s3:ObjectCreated:{kind}") for kind in _MADE_BY)


def _command(bucket: str, every: list[Notification], open_ones: list[Notification], prefix: str, suffix: str) -> str:
    """The command that sets all of a bucket's triggers again, for it replaces them all."""
    proposed = {"prefix": prefix or ("" if suffix else "uploads/"), "suffix": suffix}
    configurations = []
    for one in every:
        rules = proposed if one in open_ones else {"prefix": one.prefix, "suffix": one.suffix}
        filled = [{"Name": name, "Value": value} for name, value in rules.items() if value]
        configuration = {"LambdaFunctionArn": one.function_arn, "Events": list(one.events)}
        configurations.append(
            {**configuration, "Filter": {"Key": {"FilterRules": filled}}} if filled else configuration
        )
    document = json_argument({"LambdaFunctionConfigurations": configurations})
    return (
        f"aws s3api put-bucket-notification-configuration --bucket {argument(bucket)} "
        f"--notification-configuration {document}"
    )
