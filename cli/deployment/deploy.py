"""Deploy the stack: the same template to the embedded AWS and to AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.deployment.bundles import LAYER, Bundle, Python, bundle, running_python
from cli.deployment.deployed_labs import OUTPUT, deployable_problems, digests, no_longer_deployed
from cli.deployment.template import local_code, read_template, runtime, write_template
from cli.embedded_aws.gateway_responses import add_gateway_responses
from cli.errors import TargetError
from cli.project import DEFAULT_STACK, TEMPLATE
from cli.target import Target, reached
from labgrader.aws import error_code
from labgrader.errors import BadInputError

WAIT_SECONDS = 30 * 60.0
"""Maximum seconds of a deployment."""

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

_BROKEN = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS"})
"""Statuses of a stack that was never complete. It can only be deleted."""


@dataclass(frozen=True)
class Package:
    """A template that is ready to deploy.

    Args:
        template: the template as YAML, with references to a bucket.
        parameters: the names of its parameters.
        bundles: the files to upload to the bucket.
    """

    template: str
    parameters: frozenset[str]
    bundles: tuple[Bundle, ...]


def deploy(
    target: Target,
    stack: str = DEFAULT_STACK,
    *,
    template: Path = TEMPLATE,
    build: Path | None = None,
    parameters: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """Create or update the stack and wait until it is complete.

    Args:
        target: the account.
        stack: the name of the stack.
        template: the SAM template.
        parameters: values of parameters. Other parameters keep their values.
        build: the folder for bundles; ``None`` for the user's cache folder.
        tell: prints a line of progress.

    Returns:
        The outputs of the stack.

    Raises:
        BadInputError: a lab or the template is invalid, or the template has no such parameter.
        TargetError: AWS refused a request or could not create a resource; the message has the reason.
    """
    if problems := deployable_problems():
        raise BadInputError(problems)
    tell("building the functions and layers")
    with reached():
        bucket = f"labgrader-artifacts-{target.account_id}-{target.region}"
        made = package(template, bucket, running_python(ours=target.embedded) if target.runs_here else None, build)
        here = {"PlainHttp": "take"} if target.runs_here and "PlainHttp" in made.parameters else {}
        given = {**here, **(parameters or {})}
        if unknown := sorted(set(given) - made.parameters):
            known = ", ".join(sorted(made.parameters))
            raise BadInputError(
                [f"the template has no parameter {name}; its parameters are: {known}" for name in unknown]
            )
        s3 = target.client("s3")
        _ensure_bucket(s3, bucket, target)
        for bundle in made.bundles:
            _upload(s3, bucket, bundle.key, bundle.file.read_bytes(), target)
        key = f"templates/{stack}.yaml"
        s3.put_object(Bucket=bucket, Key=key, Body=made.template.encode(), ExpectedBucketOwner=target.account_id)
        request = {
            "StackName": stack,
            "TemplateURL": f"{s3.meta.endpoint_url}/{bucket}/{key}",
            "Capabilities": _CAPABILITIES,
        }
        tell(f"deploying the stack {stack}")
        before = _describe(target.client("cloudformation"), stack) or {}
        if gone := no_longer_deployed(
            {output["OutputKey"]: output["OutputValue"] for output in before.get("Outputs", ())}
        ):
            tell(f"this removes from the stack: {', '.join(gone)}; to keep them, give their folder with --labs")
        pause = 0.1 if target.runs_here else 3.0
        cloudformation = target.client("cloudformation")
        outputs = _apply(cloudformation, request, made.parameters, given, pause)
        if target.runs_here:
            add_gateway_responses(read_template(template), stack, cloudformation, target.client("apigateway"))
        return target.outputs(outputs)


def package(template: Path, bucket: str, python: Python | None, build: Path | None = None) -> Package:
    """Build every bundle of a template, and replace local paths in the template by references to the bucket.

    Args:
        template: the SAM template.
        bucket: the bucket for the bundles.
        python: the interpreter that runs the functions; ``None`` for the runtime and architecture of the template.
        build: the folder for bundles; ``None`` for the user's cache folder.

    Raises:
        BadInputError: the template is invalid.
        TargetError: the dependencies could not be downloaded.
    """
    document = read_template(template)
    references = list(local_code(document, template.parent))
    interpreter = python or Python(*runtime(document))
    bundles = []
    for reference in references:
        made = bundle(reference.path, interpreter, build)
        bundles.append(made)
        document["Resources"][reference.resource]["Properties"][reference.field] = {"Bucket": bucket, "Key": made.key}
        if reference.path == LAYER:
            text = json.dumps(digests(), separators=(",", ":"), sort_keys=True)
            document.setdefault("Outputs", {})[OUTPUT] = {"Value": text}
    return Package(write_template(document), frozenset(document.get("Parameters", {})), tuple(bundles))


def _ensure_bucket(s3: Any, bucket: str, target: Target) -> None:
    """Create the bucket for bundles if it does not exist. It is encrypted (S3's default) and blocks public access.

    Raises:
        TargetError: the bucket belongs to another account, or access is denied.
    """
    try:
        # Bucket names are global. Another account that owns this name could replace the code of our functions.
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=target.account_id)
        return
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchBucket"):
            raise TargetError(
                f"the bucket {bucket} belongs to another account, or your access to it is denied: {error}"
            ) from error
    location = (
        {} if target.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": target.region}}
    )
    s3.create_bucket(Bucket=bucket, **location)
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )


def _upload(s3: Any, bucket: str, key: str, content: bytes, target: Target) -> None:
    """Upload a bundle if the bucket does not have it. Its key depends on its content."""
    try:
        s3.head_object(Bucket=bucket, Key=key, ExpectedBucketOwner=target.account_id)
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchKey"):
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=content, ExpectedBucketOwner=target.account_id)


def _apply(
    cloudformation: Any, request: dict[str, Any], parameters: frozenset[str], given: Mapping[str, str], pause: float
) -> dict[str, str]:
    """Create or update the stack, with new and earlier values of its parameters. Return its outputs.

    Args:
        cloudformation: a client.
        request: the name, the template and the capabilities of the stack.
        parameters: the names of the template's parameters.
        given: new values.
        pause: seconds between two polls.

    Raises:
        TargetError: another deployment is in progress, or the stack could not be deployed.
    """
    stack = request["StackName"]
    chosen = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    good: tuple[str, ...] = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    found = _describe(cloudformation, stack)
    if found is not None and found["StackStatus"] in _BROKEN:
        cloudformation.delete_stack(StackName=stack)
        found = _wait(cloudformation, stack, pause)
    if found is not None and found["StackStatus"].endswith("_IN_PROGRESS"):
        raise TargetError(
            f"the stack {stack} is already being changed ({found['StackStatus']}); wait until that ends and try again"
        )
    if found is None:
        cloudformation.create_stack(**request, Parameters=chosen)
    else:
        before = {parameter["ParameterKey"] for parameter in found.get("Parameters", ())} & parameters - given.keys()
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(before)]
        try:
            cloudformation.update_stack(**request, Parameters=[*kept, *chosen])
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            good = (*good, "UPDATE_ROLLBACK_COMPLETE")  # the stack is already as wanted, after a failed update
    done = _wait(cloudformation, stack, pause)
    if done is None or done["StackStatus"] not in good:
        raise TargetError(_failure(cloudformation, stack, done["StackStatus"] if done else "it was deleted"))
    return {output["OutputKey"]: output["OutputValue"] for output in done.get("Outputs", ())}


def _describe(cloudformation: Any, stack: str) -> Mapping[str, Any] | None:
    """Return the description of a stack, or ``None`` if it does not exist."""
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _wait(cloudformation: Any, stack: str, pause: float) -> Mapping[str, Any] | None:
    """Wait until no change of the stack is in progress. Return its description, or ``None`` if it was deleted.

    Raises:
        TargetError: this took longer than ``WAIT_SECONDS``.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = _describe(cloudformation, stack)
        if found is None or not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found
        time.sleep(pause)
    raise TargetError(
        f"the stack {stack} was not complete after {WAIT_SECONDS / 60:.0f} minutes; see its events in CloudFormation"
    )


def _failure(cloudformation: Any, stack: str, status: str) -> str:
    """Return a message with each resource that failed in the last deployment, the first one first."""
    lines = []
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    for page in pages:
        for event in page["StackEvents"]:
            reason = event.get("ResourceStatusReason", "")
            if event["ResourceType"] == "AWS::CloudFormation::Stack" and reason == "User Initiated":
                break
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                lines.append(f"  {event['LogicalResourceId']} ({event['ResourceType']}): {reason or 'no reason given'}")
        else:
            continue
        break
    return "\n".join([f"the stack {stack} could not be deployed ({status}):", *reversed(lines)])
