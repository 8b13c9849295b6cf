"""One simulated student: the calls that build their resources, and the changes that a mistake makes to those calls.

A lab's ``solution.py`` says what a perfect student does, step by step. A mistake never repeats it: it changes a step,
leaves one out, or adds one at the end.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=60)

_LONG_AGO = (2000, 1, 1, 0, 0, 0)


class Connections:
    """The clients that simulated students share, and the account they act in.

    Args:
        make_client: makes a boto3 client of a service; asked once for each.
        account_id, region: where the clients point.
    """

    def __init__(self, make_client: Callable[[str], Any], account_id: str, region: str) -> None:
        self._clients = {name: make_client(name) for name in ("lambda", "cloudwatch", "iam")}
        self.account_id = account_id
        self.region = region

    def client(self, service: str) -> Any:
        """The client of a service."""
        return self._clients[service]

    @cached_property
    def lab_role(self) -> str:
        """The ARN of the role that the hand-outs run functions under; made where it is not there, as in a course."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        try:
            iam.create_role(RoleName="LabRole", AssumeRolePolicyDocument=document)
            logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            iam.attach_role_policy(RoleName="LabRole", PolicyArn=logs)
        except iam.exceptions.EntityAlreadyExistsException:
            pass  # the course's own, or made by another student's thread a moment ago
        return f"arn:aws:iam::{self.account_id}:role/LabRole"


def connect(session: boto3.Session | None = None, endpoint_url: str = "") -> Connections:
    """Connect simulated students to an AWS.

    Args:
        session: where clients come from; the ordinary AWS environment where none is given.
        endpoint_url: the embedded AWS; empty for where boto3 points by itself.
    """
    session = session or boto3.Session()

    def make_client(service: str) -> Any:
        if not endpoint_url:
            return session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        # a proxy of this machine knows no loopback address
        config = _CONFIG.merge(Config(proxies={}))
        return session.client(service, config=config, endpoint_url=endpoint_url)  # type: ignore[call-overload]

    account_id = make_client("sts").get_caller_identity()["Account"]
    return Connections(make_client, account_id, make_client("lambda").meta.region_name)


@dataclass
class Step:
    """One call of a student.

    Args:
        operation: the method of the client (``create_alias``).
        target: what it is about, without the prefix (``optimized-function``).
        name: the alias or qualifier within it, without the prefix, or empty.
        parameters: what the call is given.
        files: what goes into its zip package, by path, or ``None`` where it takes none.
    """

    operation: str
    target: str
    name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] | None = None


Change = Callable[[Step], bool]
"""Changes a step in place; says whether it is still taken."""


@dataclass
class SimulatedStudent:
    """A student who builds a lab.

    Args:
        username: the prefix of everything they build, without the hyphen.
        connections: how AWS is reached.
        changes: what a mistake makes of the steps.
        epilogue: what a mistake does when everything is built.
    """

    username: str
    connections: Connections
    changes: list[Change] = field(default_factory=list)
    epilogue: list[Callable[[], None]] = field(default_factory=list)

    @property
    def account_id(self) -> str:
        return self.connections.account_id

    @property
    def region(self) -> str:
        return self.connections.region

    def named(self, suffix: str) -> str:
        """A name with the student's prefix: ``user1-baseline-function``."""
        return f"{self.username}-{suffix}"

    def layer_arn(self, suffix: str, version: int = 1) -> str:
        """The ARN of one of the student's layer versions."""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:layer:{self.named(suffix)}:{version}"

    # --- the steps of a lab -----------------------------------------------------------------------------------------

    def publish_layer(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> str | None:
        """Publish a layer; return its ARN, or ``None`` where a mistake leaves it out."""
        name = {"LayerName": self.named(suffix)}
        answer = self._take(Step("publish_layer_version", suffix, "", {**name, **parameters}, dict(files)))
        return None if answer is None else str(answer["LayerVersionArn"])

    def create_function(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> None:
        """Create a function; with ``Publish=True`` its version 1 too."""
        fixed = {
            "FunctionName": self.named(suffix),
            "Role": self.connections.lab_role,
        }
        self._take(Step("create_function", suffix, "", {**fixed, **parameters}, dict(files)))

    def update_code(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> None:
        """Give a function new code; with ``Publish=True`` publish it."""
        name = {"FunctionName": self.named(suffix)}
        self._take(Step("update_function_code", suffix, "", {**name, **parameters}, dict(files)))

    def create_alias(self, suffix: str, alias: str, version: str) -> None:
        """Create an alias, with the student's prefix."""
        given = {"FunctionName": self.named(suffix), "Name": self.named(alias), "FunctionVersion": version}
        self._take(Step("create_alias", suffix, alias, given))

    def reserve_concurrency(self, suffix: str, executions: int) -> None:
        """Reserve concurrent executions for a function."""
        given = {"FunctionName": self.named(suffix), "ReservedConcurrentExecutions": executions}
        self._take(Step("put_function_concurrency", suffix, "", given))

    def provision_concurrency(self, suffix: str, alias: str, executions: int) -> None:
        """Provision concurrent executions on an alias."""
        given = {
            "FunctionName": self.named(suffix),
            "Qualifier": self.named(alias),
            "ProvisionedConcurrentExecutions": executions,
        }
        self._take(Step("put_provisioned_concurrency_config", suffix, alias, given))

    def put_dashboard(self, suffix: str, body: str) -> None:
        """Create a dashboard."""
        self._take(
            Step("put_dashboard", suffix, "", {"DashboardName": self.named(suffix), "DashboardBody": body}),
        )

    def finish(self) -> None:
        """Do what a mistake does when everything is built."""
        for deed in self.epilogue:
            deed()

    # --- calls ------------------------------------------------------------------------------------------------------

    def call(self, operation: str, **parameters: Any) -> Any:
        """Make one call as it stands, past all changes; wait where Lambda is still busy with the last one."""
        client = self.connections.client("cloudwatch" if "dashboard" in operation else "lambda")
        try:
            return getattr(client, operation)(**parameters)
        except ClientError as error:
            busy = error.response.get("Error", {}).get("Code") == "ResourceConflictException"
            if not busy or "FunctionName" not in parameters or operation.startswith("create"):
                raise
        waiter = client.get_waiter("function_updated_v2")
        waiter.wait(FunctionName=parameters["FunctionName"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return getattr(client, operation)(**parameters)

    def _take(self, step: Step) -> Any:
        if not all(change(step) for change in self.changes):
            return None
        if step.files is None:
            return self.call(step.operation, **step.parameters)
        package = {"ZipFile": zipped(step.files)}
        wrapped = {"create_function": "Code", "publish_layer_version": "Content"}.get(step.operation)
        return self.call(step.operation, **step.parameters, **({wrapped: package} if wrapped else package))


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip of some files, the same bytes each time, so that the same code has the same hash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return content.getvalue()
