"""alarm_watches: the alarm watches the metric, with its statistic, period and threshold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.world import World

ALARM = "user1-f-Errors"
WANTED: dict[str, Any] = {
    "alarm": ALARM,
    "metric": "Errors",
    "dimensions": {"FunctionName": "user1-f"},
    "statistic": "Sum",
    "period_s": 300,
    "above": 5,
}
COMMAND = (
    f"aws cloudwatch put-metric-alarm --alarm-name {ALARM} --namespace AWS/Lambda --metric-name Errors "
    "--dimensions Name=FunctionName,Value=user1-f --statistic Sum --period 300 --evaluation-periods 1 "
    "--threshold 5 --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching"
)


def alarmed(name: str = ALARM, **settings: Any) -> World:
    """Give a student an alarm that is correct except for the settings."""
    right = {
        "AlarmName": name,
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "user1-f"}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return World().list("cloudwatch:DescribeAlarms", name, {**right, **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"Threshold": 5},
        {"Threshold": 5.99},
        {"Threshold": 6.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
        {"Threshold": 5.01, "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
        {"EvaluationPeriods": 3, "AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:mail"]},
    ],
)
def test_passes_with_every_equal_threshold(settings: dict[str, Any]) -> None:
    verdict = alarmed(**settings).judge("alarm_watches", **WANTED)
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize(
    ("settings", "fraction", "says"),
    [
        (
            {"ComparisonOperator": "GreaterThanOrEqualToThreshold"},
            0.875,
            "it goes into ALARM at 5 (GreaterThanOrEqualToThreshold) instead of above 5",
        ),
        ({"Threshold": 6.0}, 0.75, "it goes into ALARM when the value is greater than 6 instead of greater than 5"),
        ({"Threshold": 4.99}, 0.75, "it goes into ALARM when the value is greater than 4.99 instead of greater than 5"),
        (
            {"Threshold": 6.01, "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
            0.75,
            "it goes into ALARM when the value is at least 6.01 instead of greater than 5",
        ),
        (
            {"ComparisonOperator": "LessThanThreshold"},
            0.75,
            "it goes into ALARM when the value is less than 5 instead of greater than 5",
        ),
        (
            {"Threshold": "many", "ComparisonOperator": "<b>"},
            0.75,
            "it goes into ALARM when the value is <b> unknown instead of greater than 5",
        ),
        (
            {"Threshold": None, "ComparisonOperator": None},
            0.75,
            "it goes into ALARM when the value is compared with unknown instead of greater than 5",
        ),
        ({"Statistic": "Average"}, 0.75, "the statistic is Average instead of Sum"),
        ({"Statistic": None, "ExtendedStatistic": "p99"}, 0.75, "the statistic is p99 instead of Sum"),
        ({"Statistic": None}, 0.75, "the statistic is unknown instead of Sum"),
        ({"Period": 60}, 0.75, "the period is 60 s instead of 300 s"),
        ({"Period": 301}, 0.75, "the period is 301 s instead of 300 s"),
        (
            {"Statistic": "Average", "Period": None, "Threshold": 1},
            0.25,
            "the statistic is Average instead of Sum; the period is unknown instead of 300 s; "
            "it goes into ALARM when the value is greater than 1 instead of greater than 5",
        ),
    ],
)
def test_each_wrong_part_costs_its_share(settings: dict[str, Any], fraction: float, says: str) -> None:
    verdict = alarmed(**settings).judge("alarm_watches", **WANTED)
    assert (verdict.status, verdict.fraction) == ("partial", fraction)
    assert verdict.message == f"The alarm {ALARM}: {says}."
    assert verdict.hint == COMMAND


@pytest.mark.parametrize(
    ("settings", "watches"),
    [
        (
            {"Dimensions": [{"Name": "FunctionName", "Value": "user1-other"}]},
            "AWS/Lambda Errors of FunctionName user1-other",
        ),
        ({"Dimensions": []}, "AWS/Lambda Errors without dimensions"),
        ({"MetricName": "Throttles"}, "AWS/Lambda Throttles of FunctionName user1-f"),
        ({"Namespace": "=cmd()"}, "=cmd() Errors of FunctionName user1-f"),
        (
            {
                "Dimensions": [
                    {"Name": "FunctionName", "Value": "user1-f"},
                    {"Name": "Resource", "Value": "user1-f:prod"},
                ]
            },
            "AWS/Lambda Errors of FunctionName user1-f and Resource user1-f:prod",
        ),
        ({"MetricName": None, "Metrics": [{"Id": "e1"}]}, "an expression"),
    ],
)
def test_fails_when_the_alarm_watches_something_else(settings: dict[str, Any], watches: str) -> None:
    verdict = alarmed(**settings).judge("alarm_watches", **WANTED)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The alarm {ALARM} watches {watches} instead of Errors of user1-f.",
    )


def test_fails_when_the_alarm_does_not_exist() -> None:
    verdict = World().judge("alarm_watches", **WANTED)
    assert (verdict.status, verdict.message) == ("failed", f"There is no alarm {ALARM}.")
    assert (verdict.expected, verdict.hint) == ("Sum of Errors of user1-f greater than 5 in 300 s", COMMAND)


def test_names_an_alarm_with_a_similar_name() -> None:
    verdict = alarmed("user1-f-errors").judge("alarm_watches", **WANTED)
    assert verdict.message == (f"There is no alarm {ALARM}, but there is user1-f-errors: a name must match exactly.")


def test_observed_describes_the_alarm() -> None:
    verdict = alarmed(Period=60).judge("alarm_watches", **WANTED)
    assert verdict.observed == "Sum of AWS/Lambda Errors of FunctionName user1-f greater than 5 in 60 s"
