"""The target of a command: the embedded AWS, or with ``--aws`` the user's AWS account."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.embedded_aws import server
from cli.embedded_aws.gateway_responses import address_here
from cli.errors import TargetError
from cli.output import console
from labgrader.store import Store

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=60, max_pool_connections=32
)

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"})


@dataclass(frozen=True)
class Target:
    """An account and Region, and how to reach it.

    Args:
        session: makes the clients.
        account_id: the account.
        region: the Region.
        endpoint: the address of the embedded AWS; empty for AWS itself.
        profile: the AWS profile in use, or empty.
        enforces_iam: whether the embedded AWS enforces roles and policies; False for AWS itself.
        identity: the ARN of the caller in AWS; empty for the embedded AWS.
    """

    session: boto3.Session
    account_id: str
    region: str
    endpoint: str = ""
    profile: str = ""
    enforces_iam: bool = False
    identity: str = ""

    @property
    def embedded(self) -> bool:
        """Return whether this is the embedded AWS."""
        return bool(self.endpoint)

    def client(self, service: str, **options: Any) -> Any:
        """Return a client of one service. A client of the embedded AWS always has its address."""
        return self.session.client(service, **self._options(options))  # type: ignore[call-overload]

    def store(self, outputs: dict[str, str]) -> Store:
        """Return the store of the stack with these outputs: its bucket and its table."""
        table = self.session.resource("dynamodb", **self._options({})).Table(outputs["Table"])
        return Store(self.client("s3"), outputs["Bucket"], table)

    def outputs(self, deployed: Mapping[str, str]) -> dict[str, str]:
        """Return the outputs of a stack, with the address of the API on the embedded AWS."""
        if not self.runs_here:
            return dict(deployed)
        endpoint = self.endpoint or self.client("apigateway").meta.endpoint_url
        return {name: address_here(value, endpoint) if name == "ApiUrl" else value for name, value in deployed.items()}

    @cached_property
    def runs_here(self) -> bool:
        """Whether functions run on this machine: on the embedded AWS, or on another one that boto3 is set to use."""
        if self.embedded:
            return True
        host = urllib.parse.urlsplit(self.client("lambda").meta.endpoint_url).hostname
        return host in ("127.0.0.1", "localhost", "::1")

    def __str__(self) -> str:
        if self.endpoint:
            return f"embedded AWS at {self.endpoint} (account {self.account_id}, {self.region})"
        profile = f" (profile {self.profile})" if self.profile else ""
        return f"AWS account {self.account_id} in {self.region}{profile}{self._elsewhere}"

    @property
    def description(self) -> str:
        """Return the first line of a command: account, Region, partition and identity of AWS."""
        if self.endpoint:
            return str(self)
        parts = [
            f"AWS account {self.account_id}",
            f"Region {self.region}",
            f"partition {self.client('sts').meta.partition}",
            f"identity {self.identity or 'unknown'}",
        ]
        if self.profile:
            parts.append(f"profile {self.profile}")
        return ", ".join(parts) + self._elsewhere

    @property
    def _elsewhere(self) -> str:
        """The address that boto3 is set to use, after `` at ``; empty if it is AWS's own."""
        address = self.client("sts").meta.endpoint_url
        official = urllib.parse.urlsplit(address).hostname or ""
        return "" if official.endswith((".amazonaws.com", ".amazonaws.com.cn")) else f" at {address}"

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        config = _CONFIG.merge(Config(proxies={})) if self.endpoint else _CONFIG
        if self.endpoint:
            options = {**options, "endpoint_url": self.endpoint}
        return {"config": config, **options}


def choose(aws: bool) -> Target:
    """Return the target of a command, and print it to standard error.

    Args:
        aws: whether ``--aws`` was given.

    Raises:
        TargetError: no embedded AWS is running, or the AWS credentials are missing, expired or rejected.
    """
    target = real_target() if aws else running_target()
    console.info(target.description)
    return target


def running_target() -> Target:
    """Return the embedded AWS that ``up`` started.

    Raises:
        TargetError: none is running.
    """
    return embedded_target(running_embedded())


def running_embedded() -> server.Embedded:
    """Return the embedded AWS that ``up`` started.

    Raises:
        TargetError: none runs.
    """
    found = server.running()
    if found is None:
        raise TargetError(
            "no embedded AWS is running; start it with `labgrader up`, or use your AWS account with --aws"
        )
    return found


def embedded_target(running: server.Embedded) -> Target:
    """Return an embedded AWS as a target, with its own address and keys. AWS variables and files have no effect."""
    session = _embedded_session(server.ACCESS_KEY)
    return Target(session, server.ACCOUNT_ID, server.REGION, running.endpoint, enforces_iam=running.enforce_iam)


def embedded_account(target: Target, account_id: str) -> Target:
    """Return another account of an embedded AWS. Every account exists from the start, and is empty."""
    return replace(target, session=_embedded_session(account_id), account_id=account_id)


def _embedded_session(access_key: str) -> boto3.Session:
    """Return a session with keys of the embedded AWS. The access key of an account's root user is the account's id."""
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key=server.SECRET_KEY,
        region_name=server.REGION,
        botocore_session=core,
    )


def real_target() -> Target:
    """Return the AWS account of the user's profile or environment variables.

    As in the AWS CLI, ``AWS_REGION`` takes precedence over ``AWS_DEFAULT_REGION``, and that over the profile. boto3
    itself does not read ``AWS_REGION`` (AWS SDKs and Tools Reference Guide, "AWS Region").

    Raises:
        TargetError: the credentials are missing, expired or rejected, or no Region is set.
    """
    with reached():
        session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
        if not session.region_name:
            raise TargetError("no AWS Region is set; set AWS_REGION, or a region in your AWS profile")
        answer = session.client("sts", config=_CONFIG).get_caller_identity()
    profile = os.environ.get("AWS_PROFILE", "")
    return Target(session, answer["Account"], session.region_name, profile=profile, identity=answer.get("Arn", ""))


@contextmanager
def reached() -> Iterator[None]:
    """Turn errors of botocore into errors with a sentence for the user.

    Raises:
        TargetError: AWS could not be reached, or it refused a request.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise TargetError(explained(error)) from error


def explained(error: BotoCoreError | ClientError) -> str:
    """Return a sentence that says what AWS refused or why it could not be reached, and what to do."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        if code in _EXPIRED:
            return "your AWS credentials have expired; sign in again with `aws sso login`, or get new keys"
        if code in _UNKNOWN:
            return f"AWS rejected your credentials ({code}); check AWS_PROFILE or your keys"
        return str(error)
    name = type(error).__name__
    if name in ("NoCredentialsError", "PartialCredentialsError"):
        return "no AWS credentials were found; sign in with `aws configure` or `aws sso login`, or set AWS_PROFILE"
    if name in ("TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError"):
        return "your AWS sign-in has expired; sign in again with `aws sso login`"
    return f"AWS could not be reached: {error}"


def stack_outputs(target: Target, stack: str) -> dict[str, str]:
    """Return the outputs of the deployed stack.

    Raises:
        TargetError: the stack is not deployed, or an output is missing.
    """
    how = f"labgrader deploy{'' if target.embedded else ' --aws'}" + (
        "" if stack == "labgrader" else f" --stack {stack}"
    )
    with reached():
        try:
            found = target.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise TargetError(f"the stack {stack} is not deployed in {target}; deploy it with `{how}`") from None
    outputs = target.outputs({output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())})
    missing = sorted({"Bucket", "Table", "GradeClassArn"} - set(outputs))
    if missing:
        raise TargetError(
            f"the stack {stack} ({found['StackStatus']}) has no output {', '.join(missing)}; "
            f"deploy it again with `{how}`"
        )
    return outputs
