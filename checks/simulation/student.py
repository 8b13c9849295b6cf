"""One simulated student: the calls that build their resources, and the changes that a mistake makes to those calls.

A lab's ``solution.py`` says what a perfect student does, step by step. A mistake never repeats it: it changes a step,
leaves one out, or adds one at the end. The steps of Lambda and of dashboards are methods here; those of the other
services are functions in ``builders``, which take the student first.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from checks.simulation.connections import Connections, connect

__all__ = ["Change", "Connections", "SimulatedStudent", "Step", "connect", "zipped"]

_LONG_AGO = (2000, 1, 1, 0, 0, 0)

_CREATING = frozenset(
    {
        "create_alias",
        "create_api_key",
        "create_bucket",
        "create_function",
        "create_log_group",
        "create_queue",
        "create_rest_api",
        "create_role",
        "create_table",
        "create_usage_plan",
        "put_rule",
    }
)
"""Without these there is nothing that later steps of the same service on the same target and name could be about."""

_THERE_ALREADY = {
    "add_permission": "ResourceConflictException",
    "create_bucket": "BucketAlreadyOwnedByYou",
    "create_event_source_mapping": "ResourceConflictException",
    "create_log_group": "ResourceAlreadyExistsException",
    "create_role": "EntityAlreadyExists",
    "create_table": "ResourceInUseException",
}
"""What AWS says when a call is made again; invoking a function makes its log group, too."""

_NOT_SETTLED = {
    "create_event_source_mapping": "does not have permissions",
    "create_function": "cannot be assumed",
    "put_bucket_notification_configuration": "Unable to validate",
}
"""What AWS says while a new role or permission is not yet known everywhere, which takes some seconds."""

_SETTLE_SECONDS = 30.0


@dataclass
class Step:
    """One call of a student.

    Args:
        operation: the method of the client (``create_alias``).
        target: what it is about, without the prefix (``optimized-function``).
        name: what within it, without the prefix (an alias, a route, a policy), or empty.
        parameters: what the call is given.
        files: what goes into its zip package, by path, or ``None`` where it takes none.
        service: whose client it is, as boto3 calls it.
    """

    operation: str
    target: str
    name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] | None = None
    service: str = "lambda"


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
        left_out: the service, target and name of what a mistake left out: later steps about it are not taken either.
        resources: the ids of an API's resources by the path they were meant to have, by the API's id.
    """

    username: str
    connections: Connections
    changes: list[Change] = field(default_factory=list)
    epilogue: list[Callable[[], None]] = field(default_factory=list)
    left_out: set[tuple[str, str, str]] = field(default_factory=set)
    resources: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def account_id(self) -> str:
        """The account that the student builds in."""
        return self.connections.account_id

    @property
    def region(self) -> str:
        """The Region that the student builds in."""
        return self.connections.region

    def named(self, suffix: str) -> str:
        """A name with the student's prefix: ``user1-baseline-function``."""
        return f"{self.username}-{suffix}"

    def layer_arn(self, suffix: str, version: int = 1) -> str:
        """The ARN of one of the student's layer versions."""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:layer:{self.named(suffix)}:{version}"

    def function_arn(self, suffix: str, qualifier: str = "") -> str:
        """The ARN of one of the student's functions, or of an alias or version of it; the qualifier as it stands."""
        arn = f"arn:aws:lambda:{self.region}:{self.account_id}:function:{self.named(suffix)}"
        return f"{arn}:{qualifier}" if qualifier else arn

    # --- the steps of a lab -----------------------------------------------------------------------------------------

    def publish_layer(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> str | None:
        """Publish a layer; return its ARN, or ``None`` where a mistake leaves it out."""
        given = {"LayerName": self.named(suffix), **parameters}
        answer = self.perform(Step("publish_layer_version", suffix, "", given, dict(files)))
        return None if answer is None else str(answer["LayerVersionArn"])

    def create_function(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> str | None:
        """Create a function, with ``Publish=True`` its version 1 too; without a ``Role`` it runs under the course's.

        Returns:
            its ARN, or ``None`` where a mistake leaves it out.
        """
        given = {"FunctionName": self.named(suffix), **parameters}
        given["Role"] = given.get("Role") or self.connections.lab_role
        step = Step("create_function", suffix, "", given, dict(files))
        if self.perform(step) is None:
            return None
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{step.parameters['FunctionName']}"

    def update_code(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> None:
        """Give a function new code; with ``Publish=True`` publish it."""
        given = {"FunctionName": self.named(suffix), **parameters}
        self.perform(Step("update_function_code", suffix, "", given, dict(files)))

    def publish_version(self, suffix: str, **parameters: Any) -> str | None:
        """Publish a version of a function; return its number, or ``None`` where a mistake leaves it out."""
        answer = self.take("lambda", "publish_version", suffix, FunctionName=self.named(suffix), **parameters)
        return None if answer is None else str(answer["Version"])

    def create_alias(
        self, suffix: str, alias: str, version: str | None, *, prefixed: bool = True, **parameters: Any
    ) -> str | None:
        """Create an alias, with the student's prefix or without.

        Returns:
            its ARN, or ``None`` where a mistake leaves it, or the version, out.
        """
        if version is None:
            self.left_out.add(("lambda", suffix, alias))
            return None
        name = self.named(alias) if prefixed else alias
        given = {"FunctionName": self.named(suffix), "Name": name, "FunctionVersion": version, **parameters}
        step = Step("create_alias", suffix, alias, given)
        if self.perform(step) is None:
            return None
        made = step.parameters
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{made['FunctionName']}:{made['Name']}"

    def reserve_concurrency(self, suffix: str, executions: int) -> None:
        """Reserve concurrent executions for a function."""
        given = {"FunctionName": self.named(suffix), "ReservedConcurrentExecutions": executions}
        self.perform(Step("put_function_concurrency", suffix, "", given))

    def provision_concurrency(self, suffix: str, alias: str, executions: int, *, prefixed: bool = True) -> None:
        """Provision concurrent executions on an alias."""
        given = {
            "FunctionName": self.named(suffix),
            "Qualifier": self.named(alias) if prefixed else alias,
            "ProvisionedConcurrentExecutions": executions,
        }
        self.perform(Step("put_provisioned_concurrency_config", suffix, alias, given))

    def put_dashboard(self, suffix: str, body: str) -> None:
        """Create a dashboard."""
        self.take("cloudwatch", "put_dashboard", suffix, DashboardName=self.named(suffix), DashboardBody=body)

    def finish(self) -> None:
        """Do what a mistake does when everything is built."""
        for deed in self.epilogue:
            deed()

    # --- calls ------------------------------------------------------------------------------------------------------

    def take(
        self,
        service: str,
        operation: str,
        target: str,
        name: str = "",
        files: Mapping[str, str] | None = None,
        /,
        **parameters: Any,
    ) -> Any:
        """Take one step, as a mistake changes it; return AWS's answer, or ``None`` where the mistake leaves it out."""
        packed = None if files is None else dict(files)
        return self.perform(Step(operation, target, name, parameters, packed, service))

    def perform(self, step: Step) -> Any:
        """Take a step, as ``take`` does; afterwards it says what the call was given in the end."""
        if self.lacks(step.service, step.target, step.name):
            return None
        if not all(change(step) for change in self.changes):
            if step.operation in _CREATING:
                self.left_out.add((step.service, step.target, step.name))
            return None
        package: dict[str, Any] = {}
        if step.files is not None:
            wrapped = {"create_function": "Code", "publish_layer_version": "Content"}.get(step.operation)
            package = {"ZipFile": zipped(step.files)}
            package = {wrapped: package} if wrapped else package
        try:
            return self.call(step.operation, step.service, **step.parameters, **package)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != _THERE_ALREADY.get(step.operation):
                raise
            return {}

    def lacks(self, service: str, target: str, name: str = "") -> bool:
        """Say whether a mistake left out what a step would be about."""
        return not self.left_out.isdisjoint({(service, target, ""), (service, target, name)})

    def call(self, operation: str, service: str = "", /, **parameters: Any) -> Any:
        """Make one call as it stands, past all changes; wait where AWS is still busy with what came before.

        Args:
            operation: the method of the client.
            service: whose client; where it is empty, CloudWatch's for dashboards and else Lambda's.
        """
        client = self.connections.client(service or ("cloudwatch" if "dashboard" in operation else "lambda"))
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            try:
                return getattr(client, operation)(**parameters)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                busy = code == "ResourceConflictException" and "FunctionName" in parameters
                unsettled = _NOT_SETTLED.get(operation, "\0") in str(error)
                if unsettled and time.monotonic() < deadline:
                    time.sleep(2)
                    continue
                if not busy or operation.startswith("create") or operation in _THERE_ALREADY:
                    raise
            waiter = client.get_waiter("function_updated_v2")
            waiter.wait(FunctionName=parameters["FunctionName"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
            return getattr(client, operation)(**parameters)


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip of some files, the same bytes each time, so that the same code has the same hash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return content.getvalue()
