"""A student's account as plain answers, so that a test says what AWS said and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item

ACCOUNT = "123456789012"
REGION = "eu-central-1"
OPTIMIZED = "user1-optimized-function"
BASELINE = "user1-baseline-function"
ERRORS = "user1-error-handling-function"
DASHBOARD = "user1-lambda-optimization"

BY_NAME = (
    "apigateway:GetRestApis",
    "apigateway:GetUsagePlans",
    "apigateway:GetApiKeys",
    "cloudwatch:DescribeAlarms",
    "events:ListRules",
    "lambda:ListEventSourceMappings",
    "logs:DescribeLogGroups",
    "sqs:ListQueues",
)
"""Lists with an answer that is an object by name."""

NAMES = ("dynamodb:ListTables", "s3:ListAllMyBuckets")
"""Lists with an answer that is only names."""


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
        self.lists: dict[str, dict[str, Any]] = {action: {} for action in BY_NAME}
        self.names: dict[str, list[str]] = {action: [] for action in NAMES}
        self.said: list[tuple[Question, Any]] = []

    def say(self, action: str, value: Any, **arguments: str) -> World:
        """Answer one question; the last answer to a question counts."""
        self.said.append((Question(action, arguments), value))
        return self

    def list(self, action: str, name: str, value: Any) -> World:
        """Add an entry to a list that is kept by name (``sqs:ListQueues``: the URL; ``events:ListRules``: the rule)."""
        self.lists[action][name] = value
        return self

    def api(self, name: str, api_id: str = "api1") -> World:
        self.lists["apigateway:GetRestApis"].setdefault(name, []).append({"id": api_id, "name": name})
        self.say("apigateway:GetResources", [], restApiId=api_id)
        return self.say("apigateway:GetStages", [], restApiId=api_id)

    def routes(self, api_id: str, routes: Mapping[tuple[str, str], Mapping[str, Any]]) -> World:
        """Give an API its routes: by path and method, what GetResources says of the method."""
        resources: dict[str, dict[str, Any]] = {}
        for (path, method), details in routes.items():
            resources.setdefault(path, {"path": path, "resourceMethods": {}})["resourceMethods"][method] = details
        return self.say("apigateway:GetResources", list(resources.values()), restApiId=api_id)

    def stages(self, api_id: str, *stages: Mapping[str, Any]) -> World:
        """Give an API its stages. Each has a deployment unless the test says otherwise, as on AWS."""
        deployed = [{"deploymentId": "deployment1", **stage} for stage in stages]
        return self.say("apigateway:GetStages", deployed, restApiId=api_id)

    def queue(self, name: str, **attributes: Any) -> World:
        url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        self.list("sqs:ListQueues", name, url)
        return self.say("sqs:GetQueueAttributes", {"QueueArn": arn, **attributes}, QueueUrl=url)

    def mapping(self, function: str, queue: str, **settings: Any) -> World:
        """Let a function read a queue."""
        entry = {
            "FunctionArn": function_arn(function),
            "EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            "State": "Enabled",
            **settings,
        }
        self.lists["lambda:ListEventSourceMappings"].setdefault(function, []).append(entry)
        return self

    def bucket(self, name: str, *notifications: Mapping[str, Any]) -> World:
        self.names["s3:ListAllMyBuckets"].append(name)
        return self.say("s3:GetBucketNotification", {"LambdaFunctionConfigurations": list(notifications)}, Bucket=name)

    def permit(self, function: str, *entries: Mapping[str, Any], qualifier: str = "") -> World:
        """Give a function, or one of its aliases, the statements of its policy."""
        at = {"Qualifier": qualifier} if qualifier else {}
        policy = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": list(entries)})}
        return self.say("lambda:GetPolicy", policy, FunctionName=function, **at)

    def table(self, name: str, **description: Any) -> World:
        self.names["dynamodb:ListTables"].append(name)
        return self.say(
            "dynamodb:DescribeTable", {"TableName": name, "TableStatus": "ACTIVE", **description}, TableName=name
        )

    def rule(self, name: str, *targets: str, **rule: Any) -> World:
        arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"
        self.list("events:ListRules", name, {"Name": name, "Arn": arn, "State": "ENABLED", **rule})
        entries = [{"Id": str(number), "Arn": target} for number, target in enumerate(targets, start=1)]
        return self.say("events:ListTargetsByRule", entries, Rule=name)

    def role(
        self,
        name: str,
        *attached: str,
        inline: Mapping[str, Any] | None = None,
        trusts: str = "lambda.amazonaws.com",
    ) -> World:
        """Make a role: the ARNs of its managed policies, and its inline policies' statements by name."""
        trust = {"Effect": "Allow", "Principal": {"Service": trusts}, "Action": "sts:AssumeRole"}
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        self.say(
            "iam:GetRole",
            {"RoleName": name, "Arn": arn, "AssumeRolePolicyDocument": {"Statement": [trust]}},
            RoleName=name,
        )
        policies = [{"PolicyArn": arn, "PolicyName": arn.rpartition("/")[2]} for arn in attached]
        self.say("iam:ListAttachedRolePolicies", policies, RoleName=name)
        self.say("iam:ListRolePolicies", list(inline or {}), RoleName=name)
        for policy, entries in (inline or {}).items():
            self.say("iam:GetRolePolicy", {"PolicyDocument": {"Statement": entries}}, RoleName=name, PolicyName=policy)
        return self

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
        for action, everything in self.lists.items():
            record(action, everything)
        for action, names in self.names.items():
            record(action, names)
        for question, value in self.said:
            record(question.action, value, **question.arguments)
        return Snapshot("user1", ACCOUNT, REGION, "2026-01-01T00:00:00Z", answers)

    def judge(self, check: str, **parameters: Any) -> Verdict:
        """What a check of the configuration says about this account."""
        return judge(item(check, **parameters), self.snapshot())


def item(check: str, **parameters: Any) -> Item:
    """One line of a lab."""
    return Item(id=check.replace("_", "-"), check=check, title="a title", parameters=parameters)


def layer_arn(name: str, version: int = 1, account: str = ACCOUNT) -> str:
    return f"arn:aws:lambda:{REGION}:{account}:layer:{name}:{version}"


def function_arn(name: str, qualifier: str = "") -> str:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


def attached(*arns: str) -> list[dict[str, str]]:
    """Layers as a function's configuration has them."""
    return [{"Arn": arn} for arn in arns]


def perfect() -> World:
    """A student who did everything that lambda-optimization asks for."""
    own = [layer_arn("user1-shared-dependencies"), layer_arn("user1-lambda-utils")]
    common: dict[str, Any] = {"Runtime": "python3.13", "Timeout": 30}
    optimized: dict[str, Any] = {**common, "Handler": "optimized_function.lambda_handler", "MemorySize": 512}
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
