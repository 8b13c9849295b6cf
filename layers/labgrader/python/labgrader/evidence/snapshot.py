"""The read side of a snapshot: what AWS said about one student's resources at one moment.

A missing resource is ``None``. A question that was denied or throttled to the end raises ``NotGradedError`` naming the
action. A question that was never asked raises ``MissingEvidenceError``, which the recorder answers and a regrade
reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labgrader.errors import NotGradedError
from labgrader.evidence.coerce import mapping, sequence
from labgrader.evidence.naming import closest, owns
from labgrader.evidence.question import REDACTED, Answers, Json, Question
from labgrader.evidence.resources import (
    Alias,
    Dashboard,
    Function,
    LayerReference,
    LayerVersion,
    Metric,
    Package,
    ProvisionedConcurrency,
)
from labgrader.evidence.services.api_gateway import (
    ApiGateway,
    ApiKey,
    MethodCaching,
    RestApi,
    Route,
    Stage,
    UsagePlan,
)
from labgrader.evidence.services.code import Call, Source
from labgrader.evidence.services.dynamodb import DynamoDb, Table
from labgrader.evidence.services.event_bridge import EventBridge, Rule
from labgrader.evidence.services.event_sources import EventInvokeConfig, EventSourceMapping
from labgrader.evidence.services.iam import Iam, Role, role_name
from labgrader.evidence.services.monitoring import Alarm, LogGroup, Monitoring
from labgrader.evidence.services.policies import Statement, matches, statements
from labgrader.evidence.services.s3 import S3, Notification
from labgrader.evidence.services.sqs import Queue, Sqs

__all__ = [
    "REDACTED",
    "Alarm",
    "Alias",
    "ApiKey",
    "Call",
    "Dashboard",
    "EventInvokeConfig",
    "EventSourceMapping",
    "Function",
    "LayerReference",
    "LayerVersion",
    "LogGroup",
    "MethodCaching",
    "Metric",
    "Notification",
    "Package",
    "ProvisionedConcurrency",
    "Queue",
    "RestApi",
    "Role",
    "Route",
    "Rule",
    "Snapshot",
    "Source",
    "Stage",
    "Statement",
    "Table",
    "UsagePlan",
    "closest",
    "matches",
    "owns",
    "role_name",
]

SCHEMA = "labgrader.snapshot/1"


@dataclass
class Snapshot:
    """The recorded answers about one student.

    Args:
        username: the prefix of the student's resources, without the hyphen.
        account_id: the AWS account they lie in.
        region: its Region.
        taken_at: when the recording was complete, ISO 8601 in UTC.
        answers: what AWS said.
    """

    username: str
    account_id: str
    region: str
    taken_at: str = ""
    answers: Answers = field(default_factory=Answers)

    @property
    def prefix(self) -> str:
        """What every name of the student begins with: ``user1-``."""
        return f"{self.username}-"

    # --- Lambda -----------------------------------------------------------------------------------------------------

    def function_names(self) -> list[str]:
        """Return the names of the student's functions (one list serves the whole class)."""
        return list(self.answers.ask(Question("lambda:ListFunctions")) or ())

    def function(self, name: str, qualifier: str = "") -> Function | None:
        """Return a function, or what one of its versions or aliases serves; ``None`` if it does not exist."""
        try:
            if name not in self.function_names():
                return None
        except NotGradedError:  # the list is denied; the function itself may not be
            pass
        answer = self.answers.ask(_about("lambda:GetFunction", name, qualifier))
        return None if answer is None else Function.from_answer(name, answer)

    def versions(self, function: str) -> list[Function]:
        """Return the published versions of a function, oldest first, without ``$LATEST``."""
        answer = self._about_existing("lambda:ListVersionsByFunction", function) or ()
        published = [Function.from_configuration(function, version) for version in answer]
        return sorted(
            (version for version in published if version.version.isdecimal()), key=lambda version: int(version.version)
        )

    def aliases(self, function: str) -> list[Alias]:
        """Return the aliases of a function, by name."""
        answer = self._about_existing("lambda:ListAliases", function) or ()
        return sorted((Alias.from_answer(alias) for alias in answer), key=lambda alias: alias.name)

    def alias(self, function: str, name: str) -> Alias | None:
        """Return one alias of a function, or ``None``."""
        return next((alias for alias in self.aliases(function) if alias.name == name), None)

    def provisioned_concurrency(self, function: str) -> list[ProvisionedConcurrency] | None:
        """Return all provisioned concurrency of a function; ``None`` without a list of it (as in the embedded AWS)."""
        answer = self._about_existing("lambda:ListProvisionedConcurrencyConfigs", function)
        if answer is None:
            return None
        return [
            ProvisionedConcurrency.from_answer(str(config.get("FunctionArn", "")).rpartition(":")[2], config)
            for config in answer
        ]

    def provisioned_concurrency_of(self, function: str, qualifier: str) -> ProvisionedConcurrency | None:
        """Return the provisioned concurrency of one alias or version of a function, or ``None``."""
        every = self.provisioned_concurrency(function)
        if every is not None:
            return next((config for config in every if config.qualifier == qualifier), None)
        if self.function(function) is None:
            return None
        answer = self.answers.ask(_about("lambda:GetProvisionedConcurrencyConfig", function, qualifier))
        return None if answer is None else ProvisionedConcurrency.from_answer(qualifier, answer)

    def package(self, function: str) -> Package | None:
        """Return the paths in the deployed package of ``$LATEST``, from the URL that GetFunction gives."""
        answer = self._about_existing("labgrader:ReadPackage", function)
        return None if answer is None else Package.from_answer(answer)

    def layer_names(self) -> list[str]:
        """Return the names of the student's layers (one list serves the whole class)."""
        return sorted(self._layers())

    def layer(self, name: str) -> LayerVersion | None:
        """Return the newest version of a layer, or ``None`` if no version is published."""
        answer = self._layers().get(name)
        return None if answer is None else LayerVersion.from_answer(name, answer)

    def layer_versions(self, name: str) -> list[LayerVersion]:
        """Return every published version of a layer, oldest first."""
        if name not in self._layers():
            return []
        answer = self.answers.ask(Question("lambda:ListLayerVersions", {"LayerName": name})) or ()
        return sorted(
            (LayerVersion.from_answer(name, version) for version in answer), key=lambda version: version.version
        )

    def policy(self, function: str, qualifier: str = "") -> tuple[Statement, ...]:
        """Return the statements of the resource-based policy of a function, or of one of its aliases or versions."""
        if self.function(function) is None:
            return ()
        answer = self.answers.ask(_about("lambda:GetPolicy", function, qualifier))
        return statements(mapping(answer).get("Policy"))

    def event_source_mappings(self, function: str) -> list[EventSourceMapping]:
        """Return the queues and streams that Lambda reads for a function (one list serves the whole class)."""
        answer = mapping(self.answers.ask(Question("lambda:ListEventSourceMappings")))
        return [EventSourceMapping.from_answer(mapping(entry)) for entry in sequence(answer.get(function))]

    def event_invoke_config(self, function: str, qualifier: str = "") -> EventInvokeConfig | None:
        """Return how a function's asynchronous calls are handled, or ``None`` if nothing is configured."""
        if self.function(function) is None:
            return None
        answer = self.answers.ask(_about("lambda:GetFunctionEventInvokeConfig", function, qualifier))
        return None if answer is None else EventInvokeConfig.from_answer(mapping(answer))

    def code(self, function: str) -> list[Source] | None:
        """Return what the student's own Python files in the package of ``$LATEST`` import and call.

        ``None`` where there is nothing to read: no such function, an image, another language, too large a package.
        """
        answer = self._about_existing("labgrader:ReadCode", function)
        return None if answer is None else [Source.from_answer(mapping(file)) for file in sequence(answer)]

    # --- CloudWatch -------------------------------------------------------------------------------------------------

    def dashboard_names(self) -> list[str]:
        """Return the names of the student's dashboards (one list serves the whole class)."""
        return list(self.answers.ask(Question("cloudwatch:ListDashboards")) or ())

    def dashboard(self, name: str) -> Dashboard | None:
        """Return a dashboard with its parsed body, or ``None``."""
        try:
            if name not in self.dashboard_names():
                return None
        except NotGradedError:
            pass
        answer = self.answers.ask(Question("cloudwatch:GetDashboard", {"DashboardName": name}))
        return None if answer is None else Dashboard.from_body(name, str(answer.get("DashboardBody", "")))

    # --- other services ---------------------------------------------------------------------------------------------

    @property
    def api_gateway(self) -> ApiGateway:
        """REST APIs with their routes, stages, usage plans and keys."""
        return ApiGateway(self.answers)

    @property
    def sqs(self) -> Sqs:
        """Queues."""
        return Sqs(self.answers)

    @property
    def s3(self) -> S3:
        """Buckets and their notifications."""
        return S3(self.answers)

    @property
    def events(self) -> EventBridge:
        """Rules and their targets."""
        return EventBridge(self.answers)

    @property
    def dynamodb(self) -> DynamoDb:
        """Tables."""
        return DynamoDb(self.answers)

    @property
    def iam(self) -> Iam:
        """Roles."""
        return Iam(self.answers)

    @property
    def monitoring(self) -> Monitoring:
        """Alarms and log groups."""
        return Monitoring(self.answers)

    # --- as a document ----------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Json]:
        """Return the snapshot as one JSON document."""
        return {
            "schema": SCHEMA,
            "username": self.username,
            "account_id": self.account_id,
            "region": self.region,
            "taken_at": self.taken_at,
            "answers": self.answers.to_dict(),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Snapshot:
        """Read what ``to_dict`` wrote; it is judged to the same verdicts."""
        return cls(
            username=document["username"],
            account_id=document["account_id"],
            region=document["region"],
            taken_at=document["taken_at"],
            answers=Answers.from_dict(document["answers"]),
        )

    def _layers(self) -> Mapping[str, Json]:
        return self.answers.ask(Question("lambda:ListLayers")) or {}

    def _about_existing(self, action: str, function: str) -> Json:
        """Ask about a function only if it exists."""
        if self.function(function) is None:
            return None
        return self.answers.ask(_about(action, function))


def _about(action: str, function: str, qualifier: str = "") -> Question:
    arguments = {"FunctionName": function}
    return Question(action, {**arguments, "Qualifier": qualifier} if qualifier else arguments)
