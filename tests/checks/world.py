"""A student's account as plain answers, so that a test says what AWS said and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labgrader.evidence.load import Comparison, LoadResult
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question, UnaskedError
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from labgrader.lab import Item

ACCOUNT = "123456789012"
REGION = "eu-central-1"
OPTIMIZED = "user1-optimized-function"
BASELINE = "user1-baseline-function"
ERRORS = "user1-error-handling-function"
DASHBOARD = "user1-lambda-optimization"


class World:
    """What AWS says about ``user1``. Resources are added one by one; ``snapshot`` records the answers."""

    def __init__(self) -> None:
        self.functions: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.aliases: dict[str, list[dict[str, Any]]] = {}
        self.provisioned: dict[str, list[dict[str, Any]] | None] = {}
        self.packages: dict[str, dict[str, Any] | None] = {}
        self.layers: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    def function(self, name: str, reserved: int | None = None, **configuration: Any) -> World:
        concurrency = {} if reserved is None else {"Concurrency": {"ReservedConcurrentExecutions": reserved}}
        settings = {"FunctionName": name, "State": "Active", "LastUpdateStatus": "Successful", **configuration}
        self.functions[name] = {"Configuration": settings, **concurrency}
        self.packages.setdefault(name, {"Size": 1000, "Paths": ["optimized_function.py"]})
        return self

    def configure(self, name: str, **configuration: Any) -> World:
        self.functions[name]["Configuration"].update(configuration)
        return self

    def version(self, function: str, number: int, sha: str = "", **configuration: Any) -> World:
        entry = {"Version": str(number), "CodeSha256": sha or f"sha-{number}", **configuration}
        self.versions.setdefault(function, [{"Version": "$LATEST"}]).append(entry)
        return self

    def alias(self, function: str, name: str, version: str, weights: Mapping[str, float] | None = None) -> World:
        routing = {"RoutingConfig": {"AdditionalVersionWeights": dict(weights)}} if weights else {}
        self.aliases.setdefault(function, []).append({"Name": name, "FunctionVersion": version, **routing})
        return self

    def provision(
        self, function: str, qualifier: str, requested: int, status: str = "READY", reason: str = ""
    ) -> World:
        entry = {
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:{qualifier}",
            "RequestedProvisionedConcurrentExecutions": requested,
            "AvailableProvisionedConcurrentExecutions": 0,
            "Status": status,
            **({"StatusReason": reason} if reason else {}),
        }
        self.provisioned.setdefault(function, [])
        listed = self.provisioned[function]
        assert listed is not None
        listed.append(entry)
        return self

    def layer(self, name: str, version: int = 1, runtimes: tuple[str, ...] = ("python3.13",)) -> World:
        self.layers[name] = {"Version": version, "CompatibleRuntimes": list(runtimes)}
        return self

    def dashboard(self, name: str, *rows: Any, body: str | None = None) -> World:
        widgets = [{"type": "metric", "properties": {"metrics": list(rows)}}]
        self.dashboards[name] = json.dumps({"widgets": widgets}) if body is None else body
        return self

    def snapshot(self) -> Snapshot:
        answers = Answers()

        def record(action: str, value: Any, **arguments: str) -> None:
            code = self.refused.get(action)
            answer = Answer(error_code=code, error_message="not allowed") if code else Answer(value)
            answers.record(Question(action, arguments), answer)

        record("lambda:ListFunctions", list(self.functions))
        record("lambda:ListLayers", self.layers)
        record("cloudwatch:ListDashboards", list(self.dashboards))
        for name, answer in self.functions.items():
            record("lambda:GetFunction", answer, FunctionName=name)
            record("lambda:ListVersionsByFunction", self.versions.get(name, []), FunctionName=name)
            record("lambda:ListAliases", self.aliases.get(name, []), FunctionName=name)
            every = self.provisioned.get(name, [])
            record("lambda:ListProvisionedConcurrencyConfigs", every, FunctionName=name)
            record("labgrader:ReadPackage", self.packages[name], FunctionName=name)
        for name, body in self.dashboards.items():
            record("cloudwatch:GetDashboard", {"DashboardBody": body}, DashboardName=name)
        return Snapshot("user1", ACCOUNT, REGION, "2026-01-01T00:00:00Z", answers)

    def judge(self, check: str, **parameters: Any) -> Verdict:
        """What a check of the configuration says about this account."""
        return judge(item(check, **parameters), self.snapshot())


def item(check: str, **parameters: Any) -> Item:
    """One line of a lab."""
    return Item(id=check.replace("_", "-"), check=check, title="a title", parameters=parameters)


def layer_arn(name: str, version: int = 1, account: str = ACCOUNT) -> str:
    return f"arn:aws:lambda:{REGION}:{account}:layer:{name}:{version}"


def attached(*arns: str) -> list[dict[str, str]]:
    """Layers as a function's configuration has them."""
    return [{"Arn": arn} for arn in arns]


def perfect() -> World:
    """A student who did everything that lambda-optimization asks for."""
    own = [layer_arn("user1-shared-dependencies"), layer_arn("user1-lambda-utils")]
    common = {"Runtime": "python3.13", "Timeout": 30}
    optimized = {**common, "Handler": "optimized_function.lambda_handler", "MemorySize": 512}
    world = (
        World()
        .function(BASELINE, **common, Handler="baseline_function.lambda_handler", MemorySize=128)
        .function(
            OPTIMIZED,
            reserved=10,
            **optimized,
            Layers=attached(*own),
            Environment={"Variables": {"GITHUB_API_URL": "https://api.github.com/repos/aws/aws-sdk-python"}},
        )
        .function(
            ERRORS,
            **common,
            Handler="error_handling_function.lambda_handler",
            MemorySize=256,
            Layers=attached(own[1]),
        )
        .version(OPTIMIZED, 1, **optimized)
        .version(OPTIMIZED, 2, **optimized)
        .alias(OPTIMIZED, "user1-dev", "$LATEST")
        .alias(OPTIMIZED, "user1-prod", "1")
        .alias(OPTIMIZED, "user1-staging", "2")
        .provision(OPTIMIZED, "user1-prod", 2)
        .layer("user1-shared-dependencies")
        .layer("user1-lambda-utils")
    )
    return world.dashboard(
        DASHBOARD,
        ["AWS/Lambda", "Duration", "FunctionName", BASELINE],
        [".", ".", ".", OPTIMIZED],
        ["AWS/Lambda", "Invocations", "FunctionName", BASELINE],
        [".", ".", ".", OPTIMIZED],
    )


# --- what calls come back with ----------------------------------------------------------------------------------------


def answer(status: int = 200, body: Any = None, version: str = "1") -> Invocation:
    """A function that answered."""
    payload = json.dumps({"statusCode": status, "body": json.dumps({"ok": True}) if body is None else body})
    return Invocation("t", "answered", payload, len(payload), executed_version=version)


def raw(payload: str, *, truncated: bool = False, size: int | None = None) -> Invocation:
    """A function that answered with just this text."""
    return Invocation("t", "answered", payload, len(payload) if size is None else size, truncated)


def crash(kind: str, message: str, version: str = "1", log: str = "") -> Invocation:
    """A function that raised."""
    payload = json.dumps({"errorType": kind, "errorMessage": message})
    return Invocation(
        "t", "function_error", payload, len(payload), executed_version=version, error="Unhandled", log_tail=log
    )


def probed(world: World, check: str, calls: list[Invocation], **parameters: Any) -> tuple[Verdict, list[Question]]:
    """Judge a check that invokes, answering its calls in order; say what it asked."""
    snapshot, answers, asked = world.snapshot(), Answers(), list[Question]()
    left = list(calls)
    while True:
        try:
            return judge(item(check, **parameters), snapshot, answers), asked
        except UnaskedError as unasked:
            question = unasked.question
        asked.append(question)
        assert left, f"one call too many: {question.key}"
        answers.record(question, Answer(left.pop(0).to_dict()))


def loaded(world: World, check: str, *results: LoadResult | Comparison | None, **parameters: Any) -> Verdict:
    """Judge a check that loads, answering what it asks in order."""
    snapshot, answers = world.snapshot(), Answers()
    left = list(results)
    while True:
        try:
            return judge(item(check, **parameters), snapshot, answers)
        except UnaskedError as unasked:
            result = left.pop(0)
            document = None if result is None else json.loads(json.dumps(result.to_dict()))
            answers.record(unasked.question, Answer(document))


def load_result(succeeded: int = 100, **counts: Any) -> LoadResult:
    """A load test that ended so."""
    kinds = ("throttled", "function_errors", "application_errors", "timeouts", "other_errors")
    requests = succeeded + sum(counts.get(kind, 0) for kind in kinds)
    settings: dict[str, Any] = {
        "target": f"{OPTIMIZED}:user1-prod",
        "model": "closed",
        "concurrency": 20,
        "requests": requests,
        "planned_requests": 100,
        "duration_s": 1.0,
        "offered_rps": 100.0,
        "achieved_rps": float(succeeded),
        "succeeded": succeeded,
        **dict.fromkeys(kinds, 0),
        "cold_starts": 0,
        "latency_ms": {"p50": 20.0, "p95": 55.0} if succeeded else {},
        "warm_latency_ms": {},
        "p95_interval_ms": (0.0, 0.0),
    }
    return LoadResult(**{**settings, **counts})


def comparison(
    baseline_ms: tuple[float, ...], candidate_ms: tuple[float, ...], **errors: tuple[str, ...]
) -> Comparison:
    """Two functions that were measured in turn."""
    return Comparison(BASELINE, f"{OPTIMIZED}:user1-prod", baseline_ms, candidate_ms, **errors)
