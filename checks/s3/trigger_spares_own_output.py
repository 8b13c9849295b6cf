"""A bucket's trigger ignores what its function writes."""

from __future__ import annotations

from checks.wording.advice import and_why, argument, calls_in, existing, json_argument, place, some
from labgrader.evidence.snapshot import Call, Function, Notification, Snapshot
from labgrader.judging import Verdict, check, failed, passed, quote

_WRITES = ("put_object", "upload_file", "upload_fileobj", "copy_object", "create_multipart_upload")
"""Methods that create an object in S3."""

_WRITES_OF_BOTO3 = ("put", "copy", "copy_from")
"""Methods with common names, which count only if the call's name begins with boto3."""

_MADE_BY = ("Put", "Post", "Copy", "CompleteMultipartUpload")


@check(
    title="The trigger ignores what the function writes",
    hint="aws s3api put-bucket-notification-configuration --bucket BUCKET --notification-configuration "
    "file://notification.json",
)
def trigger_spares_own_output(
    snapshot: Snapshot, *, functions: list[str], prefix: str = "", suffix: str = "", explanation: str = ""
) -> Verdict:
    """Check that no bucket invokes a function for every new object if the function's code writes objects itself.

    The code does not show whether it writes to the same bucket. Lambda's recursive loop detection ends a loop through
    S3 after about 16 invocations if the function's SDK supports it (AWS Lambda Developer Guide, "Use Lambda recursive
    loop detection to prevent infinite loops"; S3 since October 2024). Every trigger with a filter passes.

    Args:
        functions: the functions. Those that do not exist or have unreadable code are skipped.
        prefix: the prefix of the suggested filter, or empty.
        suffix: the suffix of the suggested filter, or empty. Without both, the prefix is ``uploads/``.
        explanation: added to the message if the handout itself omits the filter.

    Sources:
        Lambda ends a recursive loop through S3 after about 16 invocations:
            https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    deployed = existing(snapshot, functions)
    writers = {function.name: places for function in deployed if (places := _writes(snapshot, function))}
    if not writers:
        return passed()
    triggers = {bucket: snapshot.s3.notifications(bucket) for bucket in snapshot.s3.bucket_names()}
    unfiltered = [
        trigger
        for notifications in triggers.values()
        for trigger in notifications
        if trigger.function in writers and not trigger.prefix and not trigger.suffix and _of_new_objects(trigger)
    ]
    if not unfiltered:
        return passed()
    each = [
        f"Every new object in {quote(trigger.bucket)} invokes {trigger.function}, which writes objects itself: "
        f"{some(writers[trigger.function])}."
        for trigger in unfiltered
    ]
    return failed(
        f"{' '.join(each)} A result in the same bucket invokes the function again. A filter excludes the function's "
        "own results. Without a filter, code that does not recognize its own results runs until Lambda ends the loop "
        "after about 16 invocations."
        f"{and_why(explanation)}",
        expected="a filter that excludes its own results",
        observed="no filter",
        hint="\n".join(
            _command(bucket, triggers[bucket], unfiltered, prefix, suffix)
            for bucket in dict.fromkeys(trigger.bucket for trigger in unfiltered)
        ),
    )


def _writes(snapshot: Snapshot, function: Function) -> list[str]:
    return [place(source, call) for source, call in calls_in(snapshot, function) if _makes_objects(call)]


def _makes_objects(call: Call) -> bool:
    method = call.name.rpartition(".")[2]
    return method in _WRITES or (method in _WRITES_OF_BOTO3 and call.name.startswith("boto3."))


def _of_new_objects(trigger: Notification) -> bool:
    return any(trigger.includes(f"s3:ObjectCreated:{kind}") for kind in _MADE_BY)


def _command(bucket: str, every: list[Notification], unfiltered: list[Notification], prefix: str, suffix: str) -> str:
    """Return the command that sets all triggers of a bucket, because it replaces the existing ones."""
    suggested = {"prefix": prefix or ("" if suffix else "uploads/"), "suffix": suffix}
    configurations = []
    for trigger in every:
        rules = suggested if trigger in unfiltered else {"prefix": trigger.prefix, "suffix": trigger.suffix}
        filled = [{"Name": name, "Value": value} for name, value in rules.items() if value]
        configuration = {"LambdaFunctionArn": trigger.function_arn, "Events": list(trigger.events)}
        configurations.append(
            {**configuration, "Filter": {"Key": {"FilterRules": filled}}} if filled else configuration
        )
    document = json_argument({"LambdaFunctionConfigurations": configurations})
    return (
        f"aws s3api put-bucket-notification-configuration --bucket {argument(bucket)} "
        f"--notification-configuration {document}"
    )
