"""A simulated student: the API calls that build the resources, and the changes of a mistake to those calls.

A lab's ``solution.py`` contains the steps of a perfect student. A mistake does not repeat them: it changes or omits a
step, or adds one at the end. The steps of Lambda and of dashboards are methods of the student. The steps of the other
services are functions in ``builders``, ``rest_api`` and ``operations``.
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

_FIXED_DATE = (2000, 1, 1, 0, 0, 0)

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
"""Operations that create a resource. If one is omitted, later steps for the same resource are omitted, too."""

_ALREADY_EXISTS = {
    "add_permission": "ResourceConflictException",
    "create_bucket": "BucketAlreadyOwnedByYou",
    "create_event_source_mapping": "ResourceConflictException",
    "create_log_group": "ResourceAlreadyExistsException",
    "create_role": "EntityAlreadyExists",
    "create_table": "ResourceInUseException",
}
"""Error code of AWS if the resource already exists. An invocation of a function also creates its log group."""

_PROPAGATING = {
    "create_event_source_mapping": "does not have permissions",
    "create_function": "cannot be assumed",
    "put_bucket_notification_configuration": "Unable to validate",
}
"""Error message of AWS while a new role or permission is propagating, which takes a few seconds."""

_PROPAGATION_SECONDS = 30.0


@dataclass
class Step:
    """One API call of a student.

    Args:
        operation: the method of the client (``create_alias``).
        target: the resource, without the prefix (``optimized-function``).
        name: the part of the resource, without the prefix (an alias, a route, a policy), or empty.
        parameters: the parameters of the call.
        files: the files of its .zip file, by path. ``None`` for a call without one.
        service: the boto3 name of the client's service.
    """

    operation: str
    target: str
    name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] | None = None
    service: str = "lambda"


Change = Callable[[Step], bool]
"""A change to a step in place. It returns False to omit the step."""


@dataclass
class SimulatedStudent:
    """A student who builds a lab.

    Args:
        username: the prefix of the student's resources, without the hyphen.
        connections: the AWS clients.
        changes: the changes of mistakes to the steps.
        epilogue: the steps that mistakes add after everything is built.
        left_out: the service, target and name of each omitted resource. Later steps for it are omitted, too.
        resources: for each API id, the ids of its resources by the path in the solution.
    """

    username: str
    connections: Connections
    changes: list[Change] = field(default_factory=list)
    epilogue: list[Callable[[], None]] = field(default_factory=list)
    left_out: set[tuple[str, str, str]] = field(default_factory=set)
    resources: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def account_id(self) -> str:
        """The student's account."""
        return self.connections.account_id

    @property
    def region(self) -> str:
        """The student's Region."""
        return self.connections.region

    def named(self, suffix: str) -> str:
        """Return a name with the student's prefix: ``user1-baseline-function``."""
        return f"{self.username}-{suffix}"

    def layer_arn(self, suffix: str, version: int = 1) -> str:
        """Return the ARN of one of the student's layer versions."""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:layer:{self.named(suffix)}:{version}"

    def function_arn(self, suffix: str, qualifier: str = "") -> str:
        """Return the ARN of one of the student's functions, or of its qualifier, which must include its prefix."""
        arn = f"arn:aws:lambda:{self.region}:{self.account_id}:function:{self.named(suffix)}"
        return f"{arn}:{qualifier}" if qualifier else arn

    # --- the steps of a lab -----------------------------------------------------------------------------------------

    def publish_layer(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> str | None:
        """Publish a layer. Return its ARN, or ``None`` if a mistake omits it."""
        given = {"LayerName": self.named(suffix), **parameters}
        answer = self.perform(Step("publish_layer_version", suffix, "", given, dict(files)))
        return None if answer is None else str(answer["LayerVersionArn"])

    def create_function(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> str | None:
        """Create a function, and with ``Publish=True`` also version 1. Without a ``Role``, it has the course's role.

        Returns:
            its ARN, or ``None`` if a mistake omits it.
        """
        given = {"FunctionName": self.named(suffix), **parameters}
        given["Role"] = given.get("Role") or self.connections.lab_role
        step = Step("create_function", suffix, "", given, dict(files))
        if self.perform(step) is None:
            return None
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{step.parameters['FunctionName']}"

    def update_code(self, suffix: str, files: Mapping[str, str], **parameters: Any) -> None:
        """Update a function's code. With ``Publish=True``, also publish a version."""
        given = {"FunctionName": self.named(suffix), **parameters}
        self.perform(Step("update_function_code", suffix, "", given, dict(files)))

    def publish_version(self, suffix: str, **parameters: Any) -> str | None:
        """Publish a version of a function. Return its number, or ``None`` if a mistake omits it."""
        answer = self.take("lambda", "publish_version", suffix, FunctionName=self.named(suffix), **parameters)
        return None if answer is None else str(answer["Version"])

    def create_alias(
        self, suffix: str, alias: str, version: str | None, *, prefixed: bool = True, **parameters: Any
    ) -> str | None:
        """Create an alias, with or without the student's prefix.

        Returns:
            its ARN, or ``None`` if a mistake omits it or its version.
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
        """Set the reserved concurrency of a function."""
        given = {"FunctionName": self.named(suffix), "ReservedConcurrentExecutions": executions}
        self.perform(Step("put_function_concurrency", suffix, "", given))

    def provision_concurrency(self, suffix: str, alias: str, executions: int, *, prefixed: bool = True) -> None:
        """Set the provisioned concurrency of an alias."""
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
        """Run the steps that mistakes add after everything is built."""
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
        """Run one step with the changes of mistakes. Return AWS's response, or ``None`` if a mistake omits the step."""
        packed = None if files is None else dict(files)
        return self.perform(Step(operation, target, name, parameters, packed, service))

    def perform(self, step: Step) -> Any:
        """Run a step, like ``take``. Afterwards the step contains the parameters that were sent."""
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
            if error.response.get("Error", {}).get("Code") != _ALREADY_EXISTS.get(step.operation):
                raise
            return {}

    def lacks(self, service: str, target: str, name: str = "") -> bool:
        """Return whether a mistake omitted the resource of a step."""
        return not self.left_out.isdisjoint({(service, target, ""), (service, target, name)})

    def call(self, operation: str, service: str = "", /, **parameters: Any) -> Any:
        """Make one API call without the changes of mistakes. Wait and retry if AWS is still busy with an earlier call.

        Args:
            operation: the method of the client.
            service: the client's service. If empty, CloudWatch for dashboards, otherwise Lambda.
        """
        client = self.connections.client(service or ("cloudwatch" if "dashboard" in operation else "lambda"))
        deadline = time.monotonic() + _PROPAGATION_SECONDS
        while True:
            try:
                return getattr(client, operation)(**parameters)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                busy = code == "ResourceConflictException" and "FunctionName" in parameters
                propagating = _PROPAGATING.get(operation, "\0") in str(error)
                if propagating and time.monotonic() < deadline:
                    time.sleep(2)
                    continue
                if not busy or operation.startswith("create") or operation in _ALREADY_EXISTS:
                    raise
            waiter = client.get_waiter("function_updated_v2")
            waiter.wait(FunctionName=parameters["FunctionName"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
            return getattr(client, operation)(**parameters)


def zipped(files: Mapping[str, str]) -> bytes:
    """Return a .zip file with these files. Equal files give equal bytes, so that equal code has the same hash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _FIXED_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return content.getvalue()
