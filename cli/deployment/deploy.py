"""Deploy the stack: the same template to the embedded AWS and to AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.deployment.bundles import LAYER, Bundle, Python, bundle, running_python
from cli.deployment.deployed_labs import OUTPUT, deployable_problems, digests, no_longer_deployed
from cli.deployment.stack import create_or_update, describe, pause_of
from cli.deployment.template import local_code, read_template, runtime, write_template
from cli.embedded_aws.gateway_responses import add_gateway_responses
from cli.errors import TargetError
from cli.project import DEFAULT_STACK, TEMPLATE
from cli.target import Target, reached
from labgrader.aws import error_code
from labgrader.errors import BadInputError

TEMPLATES = "templates/"
"""The prefix of the templates in the bucket for bundles: one template for each stack."""

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


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
        bucket = artifact_bucket(target)
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
        key = template_key(stack)
        s3.put_object(Bucket=bucket, Key=key, Body=made.template.encode(), ExpectedBucketOwner=target.account_id)
        request = {
            "StackName": stack,
            "TemplateURL": f"{s3.meta.endpoint_url}/{bucket}/{key}",
            "Capabilities": _CAPABILITIES,
        }
        tell(f"deploying the stack {stack}")
        before = describe(target.client("cloudformation"), stack) or {}
        if gone := no_longer_deployed(
            {output["OutputKey"]: output["OutputValue"] for output in before.get("Outputs", ())}
        ):
            tell(f"this removes from the stack: {', '.join(gone)}; to keep them, give their folder with --labs")
        cloudformation = target.client("cloudformation")
        outputs = create_or_update(cloudformation, request, made.parameters, given, pause_of(target))
        if target.runs_here:
            add_gateway_responses(read_template(template), stack, cloudformation, target.client("apigateway"))
        return target.outputs(outputs)


def is_deployed(target: Target, stack: str) -> bool:
    """Return whether a stack exists, in any status.

    Raises:
        TargetError: AWS could not be reached, or it refused a request.
    """
    with reached():
        return describe(target.client("cloudformation"), stack) is not None


def artifact_bucket(target: Target) -> str:
    """Return the name of the bucket for bundles. All stacks of an account and Region share it."""
    return f"labgrader-artifacts-{target.account_id}-{target.region}"


def template_key(stack: str) -> str:
    """Return the key of a stack's template in the bucket for bundles."""
    return f"{TEMPLATES}{stack}.yaml"


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
