"""The requests about one student, and those about a role that a class shares; and the IAM actions of every question.

An entry's key is the question's action, which is also the IAM action that it takes. A question that takes more than one
request, or one of another kind, is a ``Composite``; it has a method in ``resolver.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.evidence.question import REDACTED, Json
from labgrader.recording.class_lists import CLASS_LISTS
from labgrader.recording.operation import Composite, Operation, Paging, keeping, picked
from labgrader.recording.quotas import IAM, Quota
from labgrader.recording.redaction import looks_secret, scrubbed, without_secrets

MANAGED_POLICY = "labgrader:ReadManagedPolicy"
"""What the default version of a managed policy says: GetPolicy, then GetPolicyVersion."""

READ_PACKAGE = "labgrader:ReadPackage"
"""The paths in a function's package, which lies behind the URL that GetFunction signs."""

READ_CODE = "labgrader:ReadCode"
"""What the student's own Python files in that package import and call: see ``code_reading.py``."""


MAX_ADDRESS = 1_000
"""Characters of an integration's address that are looked at."""


def _lambda_list(method: str, entries: str, keep: Callable[[Any], Json] = lambda value: value) -> Operation:
    return Operation("lambda", method, entries, Paging("Marker", "NextMarker"), keep)


def _resource(entry: Any) -> Json:
    """Return what is kept of a REST API's resource. The URL of an HTTP integration is scrubbed: it may hold a key."""
    integration = {"type": None, "httpMethod": None, "uri": None, "credentials": None, "timeoutInMillis": None}
    method = {"authorizationType": None, "apiKeyRequired": None, "methodIntegration": integration}
    kept: Json = picked(entry, {"path": None, "resourceMethods": {"*": method}})
    for method in kept.get("resourceMethods", {}).values():
        integration = method.get("methodIntegration", {})
        uri = text(integration.get("uri"))
        if uri and not uri.startswith("arn:"):
            integration["uri"] = scrubbed(uri[:MAX_ADDRESS])
    return kept


def kept_tag(key: str, value: str) -> str:
    """Return the value of a tag, unless it looks like a secret."""
    return REDACTED if looks_secret(key, value) else value


def _role(role: Any) -> Json:
    kept: Json = picked(role, {"RoleName": None, "Arn": None, "AssumeRolePolicyDocument": None})
    tags = {
        text(mapping(tag).get("Key")): text(mapping(tag).get("Value")) for tag in sequence(mapping(role).get("Tags"))
    }
    kept["Tags"] = [{"Key": key, "Value": kept_tag(key, of)} for key, of in tags.items()]
    return kept


_POSITION = Paging("position", "position", {"limit": 500})
_IAM = Paging("Marker", "Marker", {"MaxItems": 1000})
_DESTINATION = {"Destination": None}
_QUEUE_ATTRIBUTES = (
    "QueueArn",
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "DelaySeconds",
    "RedrivePolicy",
)
_FILTER = {"Key": {"FilterRules": [{"Name": None, "Value": None}]}}

OPERATIONS: Mapping[str, Operation] = {
    "lambda:ListVersionsByFunction": _lambda_list("list_versions_by_function", "Versions", without_secrets),
    "lambda:ListAliases": _lambda_list("list_aliases", "Aliases"),
    "lambda:ListLayerVersions": _lambda_list("list_layer_versions", "LayerVersions"),
    "lambda:GetProvisionedConcurrencyConfig": Operation("lambda", "get_provisioned_concurrency_config"),
    "lambda:GetPolicy": Operation(
        "lambda",
        "get_policy",
        keep=keeping("Policy"),
        quota=Quota("lambda:GetPolicy", 15),  # Lambda quotas, API requests
    ),
    "lambda:GetFunctionEventInvokeConfig": Operation(
        "lambda",
        "get_function_event_invoke_config",
        keep=keeping(
            "MaximumRetryAttempts",
            "MaximumEventAgeInSeconds",
            DestinationConfig={"OnSuccess": _DESTINATION, "OnFailure": _DESTINATION},
        ),
    ),
    "cloudwatch:GetDashboard": Operation(
        "cloudwatch",
        "get_dashboard",
        keep=lambda answer: {"DashboardBody": answer.get("DashboardBody") or ""},
        quota=Quota("cloudwatch:GetDashboard", 10),
    ),
    "apigateway:GetResources": Operation(
        "apigateway",
        "get_resources",
        "items",
        _POSITION,
        fixed={"embed": ["methods"]},
        keep=_resource,
        quota=Quota("apigateway:GetResources", 2.5),  # API Gateway quotas: 5 requests every 2 seconds
        api_path="/restapis/*/resources",
    ),
    "apigateway:GetStages": Operation(
        "apigateway",
        "get_stages",
        "item",
        keep=lambda stages: picked(  # never their variables: they may be secret
            stages,
            [
                {
                    "stageName": None,
                    "deploymentId": None,
                    "cacheClusterEnabled": None,
                    "cacheClusterSize": None,
                    "cacheClusterStatus": None,
                    "methodSettings": {
                        "*": {
                            "cachingEnabled": None,
                            "cacheTtlInSeconds": None,
                            "requireAuthorizationForCacheControl": None,
                        }
                    },
                    "tracingEnabled": None,
                    "webAclArn": None,
                }
            ],
        ),
        api_path="/restapis/*/stages",
    ),
    "apigateway:GetUsagePlanKeys": Operation(
        "apigateway",
        "get_usage_plan_keys",
        "items",
        _POSITION,
        keep=keeping("id", "name", "type"),  # never their value
        api_path="/usageplans/*/keys",
    ),
    "sqs:GetQueueAttributes": Operation(
        "sqs",
        "get_queue_attributes",
        "Attributes",
        fixed={"AttributeNames": list(_QUEUE_ATTRIBUTES)},
        keep=keeping(*_QUEUE_ATTRIBUTES),
    ),
    "s3:GetBucketNotification": Operation(
        "s3",
        "get_bucket_notification_configuration",
        keep=keeping(LambdaFunctionConfigurations=[{"LambdaFunctionArn": None, "Events": None, "Filter": _FILTER}]),
    ),
    "events:ListTargetsByRule": Operation(
        "events",
        "list_targets_by_rule",
        "Targets",
        Paging("NextToken", "NextToken", {"Limit": 100}),
        keep=keeping("Id", "Arn"),  # never their input: it may be secret
    ),
    "dynamodb:DescribeTable": Operation(
        "dynamodb",
        "describe_table",
        "Table",
        keep=keeping(
            "TableName",
            "TableStatus",
            KeySchema=[{"KeyType": None, "AttributeName": None}],
            AttributeDefinitions=[{"AttributeName": None, "AttributeType": None}],
            BillingModeSummary={"BillingMode": None},
        ),
    ),
}
"""What is asked about one student."""

ACCOUNT_OPERATIONS: Mapping[str, Operation] = {
    "iam:GetRole": Operation("iam", "get_role", "Role", keep=_role, everywhere=True),
    "iam:ListAttachedRolePolicies": Operation(
        "iam",
        "list_attached_role_policies",
        "AttachedPolicies",
        _IAM,
        keep=keeping("PolicyName", "PolicyArn"),
        everywhere=True,
    ),
    "iam:ListRolePolicies": Operation("iam", "list_role_policies", "PolicyNames", _IAM, everywhere=True),
    "iam:GetRolePolicy": Operation("iam", "get_role_policy", keep=keeping("PolicyDocument"), everywhere=True),
}
"""What one answer settles for everybody in an account who asks the same: students share their roles."""

_PACKAGE_DOWNLOADS = Quota("package downloads", 60)
"""S3 serves thousands of packages a second; we take 60."""

COMPOSITES: Mapping[str, Composite] = {
    "lambda:GetFunction": Composite(
        ("lambda:GetFunction", "lambda:ListTags"),  # without ListTags the answer has no tags
        Quota("lambda:GetFunction", 100),  # Lambda quotas, API requests
    ),
    "lambda:ListProvisionedConcurrencyConfigs": Composite(("lambda:ListProvisionedConcurrencyConfigs",)),
    MANAGED_POLICY: Composite(("iam:GetPolicy", "iam:GetPolicyVersion"), IAM),
    READ_PACKAGE: Composite(("lambda:GetFunction",), _PACKAGE_DOWNLOADS),
    READ_CODE: Composite(("lambda:GetFunction",), _PACKAGE_DOWNLOADS),
}
"""The questions that a method of ``resolver.py`` answers."""

SINGLE_OPERATIONS: Mapping[str, Operation] = {
    **{action: class_list.operation for action, class_list in CLASS_LISTS.items()},
    **OPERATIONS,
    **ACCOUNT_OPERATIONS,
}
"""The questions that one operation answers."""

IAM_ACTIONS: Mapping[str, tuple[str, ...]] = {
    **{action: operation.permissions(action) for action, operation in SINGLE_OPERATIONS.items()},
    **{action: composite.iam_actions for action, composite in COMPOSITES.items()},
}
"""The IAM actions that each question takes in the account that is read; all of them only read. To enter another account
takes ``sts:AssumeRole`` in ours."""

API_PATHS = tuple(operation.api_path for operation in SINGLE_OPERATIONS.values() if operation.api_path)
"""The paths that ``apigateway:GET`` must be allowed on."""

_ROWS: Mapping[str, Operation | Composite] = {**SINGLE_OPERATIONS, **COMPOSITES}

QUOTAS: Mapping[str, Quota] = {action: row.quota for action, row in _ROWS.items() if row.quota}
"""The quotas of the questions that have one of their own, and do not count against that of their service."""
