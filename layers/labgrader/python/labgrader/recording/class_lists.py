"""The lists that are asked once for a whole class. A student's part of them is found by the prefix of the names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.evidence.coerce import arn_parts, text
from labgrader.recording.operation import MAX_CLASS_PAGES, ClassList, Operation, Paging, field_of, keeping
from labgrader.recording.quotas import Quota

LOG_GROUPS = "/aws/lambda/"
"""What the name of a function's log group begins with."""

_MARKER = Paging("Marker", "NextMarker")
_POSITION = Paging("position", "position", {"limit": 500})
_NEXT = Paging("NextToken", "NextToken")


def _class(service: str, method: str, entries: str, paging: Paging, **more: Any) -> Operation:
    return Operation(service, method, entries, paging, most=MAX_CLASS_PAGES, **more)


def _log_group_function(entry: Any) -> str:
    name = field_of("logGroupName")(entry)
    return name.removeprefix(LOG_GROUPS) if name.startswith(LOG_GROUPS) else ""


def _mapped_function(entry: Any) -> str:
    return arn_parts(field_of("FunctionArn")(entry))[6]


CLASS_LISTS: Mapping[str, ClassList] = {
    "lambda:ListFunctions": ClassList(
        _class("lambda", "list_functions", "Functions", _MARKER),
        field_of("FunctionName"),
        values=False,
    ),
    "lambda:ListLayers": ClassList(
        _class(
            "lambda",
            "list_layers",
            "Layers",
            _MARKER,
            keep=lambda entry: entry.get("LatestMatchingVersion"),
        ),
        field_of("LayerName"),
    ),
    "lambda:ListEventSourceMappings": ClassList(
        _class(
            "lambda",
            "list_event_source_mappings",
            "EventSourceMappings",
            Paging("Marker", "NextMarker", {"MaxItems": 100}),
            keep=keeping(
                "FunctionArn",
                "EventSourceArn",
                "State",
                "BatchSize",
                "MaximumBatchingWindowInSeconds",
                "FunctionResponseTypes",
                ScalingConfig={"MaximumConcurrency": None},
            ),
        ),
        _mapped_function,
        unique=False,
    ),
    "cloudwatch:ListDashboards": ClassList(
        _class(
            "cloudwatch",
            "list_dashboards",
            "DashboardEntries",
            _NEXT,
            quota=Quota("cloudwatch:ListDashboards", 10),
        ),
        field_of("DashboardName"),
        values=False,
    ),
    "cloudwatch:DescribeAlarms": ClassList(
        _class(
            "cloudwatch",
            "describe_alarms",
            "MetricAlarms",
            Paging("NextToken", "NextToken", {"MaxRecords": 100}),
            fixed={"AlarmTypes": ["MetricAlarm"]},
            quota=Quota("cloudwatch:DescribeAlarms", 9),  # CloudWatch quotas
            keep=keeping(
                "Namespace",
                "MetricName",
                "Statistic",
                "ExtendedStatistic",
                "Period",
                "EvaluationPeriods",
                "Threshold",
                "ComparisonOperator",
                "ActionsEnabled",
                "AlarmActions",
                Dimensions=[{"Name": None, "Value": None}],
            ),
        ),
        field_of("AlarmName"),
    ),
    "logs:DescribeLogGroups": ClassList(
        _class(
            "logs",
            "describe_log_groups",
            "logGroups",
            Paging("nextToken", "nextToken", {"limit": 50}),
            fixed={"logGroupNamePrefix": LOG_GROUPS},
            quota=Quota("logs:DescribeLogGroups", 10),  # CloudWatch Logs quotas
            keep=keeping("retentionInDays"),
        ),
        _log_group_function,
    ),
    "apigateway:GetRestApis": ClassList(
        _class(
            "apigateway",
            "get_rest_apis",
            "items",
            _POSITION,
            keep=keeping(
                "id",
                "name",
                "description",
                "createdDate",
                "disableExecuteApiEndpoint",
                endpointConfiguration={"types": None},
            ),
            api_path="/restapis",
        ),
        field_of("name"),
        unique=False,
    ),
    "apigateway:GetUsagePlans": ClassList(
        _class(
            "apigateway",
            "get_usage_plans",
            "items",
            _POSITION,
            keep=keeping(
                "id",
                "name",
                throttle={"rateLimit": None, "burstLimit": None},
                quota={"limit": None, "period": None},
                apiStages=[{"apiId": None, "stage": None}],
            ),
            api_path="/usageplans",
        ),
        field_of("name"),
        unique=False,
    ),
    "apigateway:GetApiKeys": ClassList(
        _class(
            "apigateway",
            "get_api_keys",
            "items",
            _POSITION,
            fixed={"includeValues": False},
            keep=keeping("id", "name", "enabled"),  # the embedded AWS gives their values all the same
            api_path="/apikeys",
        ),
        field_of("name"),
        unique=False,
    ),
    "sqs:ListQueues": ClassList(
        _class("sqs", "list_queues", "QueueUrls", Paging("NextToken", "NextToken", {"MaxResults": 1000}), keep=text),
        lambda url: text(url).rpartition("/")[2],
    ),
    "events:ListRules": ClassList(
        _class(
            "events",
            "list_rules",
            "Rules",
            Paging("NextToken", "NextToken", {"Limit": 100}),
            keep=keeping("Arn", "State", "ScheduleExpression", "EventPattern"),
        ),
        field_of("Name"),
    ),
    "s3:ListAllMyBuckets": ClassList(
        _class(
            "s3",
            "list_buckets",
            "Buckets",
            Paging("ContinuationToken", "ContinuationToken", {"MaxBuckets": 1000}),
            quota=Quota("s3:ListBuckets", 5),  # AWS publishes none: a cautious guess
            everywhere=True,
        ),
        field_of("Name"),
        values=False,
    ),
    "dynamodb:ListTables": ClassList(
        _class(
            "dynamodb",
            "list_tables",
            "TableNames",
            Paging("ExclusiveStartTableName", "LastEvaluatedTableName", {"Limit": 100}),
        ),
        text,
        values=False,
    ),
}
"""The questions that one answer settles for all students of an account."""

LISTS = tuple(CLASS_LISTS)
"""Their actions."""
