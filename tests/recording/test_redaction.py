"""Redaction: what looks like a secret goes, what a check needs stays."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.question import REDACTED
from labgrader.recording.redaction import looks_secret, scrubbed, without_secrets

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyMSJ9.4pcPyMD09olPSyXnrXCjTwXyr4BsezdI1AVTmud2fU4"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "hunter2"),
        ("dbPassword", "hunter2"),
        ("DB_PASS", "hunter2"),
        ("API_KEY", "abc"),
        ("ApiKey", "abc"),
        ("APIKEY", "abc"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("SLACK_TOKEN", "x"),
        ("authToken", "x"),
        ("GOOGLE_CREDENTIALS", "{}"),
        ("KEY", "abc"),
        ("STRIPE_KEY_2", "abc"),
        ("PRIVATEKEY", "abc"),
        ("A", "AKIAIOSFODNN7EXAMPLE"),
        ("A", "id is ASIAIOSFODNN7EXAMPLE"),
        ("A", JWT),
        ("A", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
        ("A", "-----BEGIN PRIVATE KEY-----"),
        ("URL", "https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=abcdef"),
        ("URL", "https://account.blob.core.windows.net/c?sv=2020&sig=abcdefghij"),
        ("DATABASE_URL", "postgres://admin:hunter2@db.example.com/prod"),
        ("CONNECTION", "Server=db;User Id=sa;Password=hunter2;"),
        ("CONFIG", '{"client_secret": "hunter2"}'),
        ("A", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("A", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("A", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("HEADER", "Bearer abcdefghijklmnop"),
    ],
)
def test_a_secret_is_removed(name: str, value: str) -> None:
    assert looks_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_API_URL", "https://api.github.com/repos/aws/aws-sdk-python"),
        ("TABLE_NAME", "user1-orders"),
        ("TABLE_NAME", "user1-performance-scaling-orders-table-2024"),
        ("TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:user1-notifications"),
        ("QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/user1-order-processing-queue"),
        ("LAYER", "arn:aws:lambda:us-east-1:123456789012:layer:user1-shared-dependencies:1"),
        ("LOG_LEVEL", "INFO"),
        ("POWERTOOLS_SERVICE_NAME", "OrderProcessingServiceForTheWholeCourse"),
        ("PYTHONPATH", "/opt/python/lib/python3.13/site-packages:/var/task"),
        ("KEYSPACE", "orders"),
        ("MONKEY", "george"),
        ("PASSENGERS", "12"),
        ("COMPASS", "north"),
        ("AUTHOR", "user1"),
        ("PARTITION", "user1#2024-05-01"),
        ("USE_TOKEN", "true"),
        ("PASSWORD", ""),
        ("API_KEY_REQUIRED", "false"),
        ("EMAIL", "https://example.com/@user1"),
        ("CACHE_TTL_SECONDS", "300"),
    ],
)
def test_a_harmless_value_stays(name: str, value: str) -> None:
    assert not looks_secret(name, value)


def test_only_the_secret_values_of_a_configuration_are_replaced() -> None:
    configuration: dict[str, Any] = {
        "Handler": "a.b",
        "Environment": {"Variables": {"API_KEY": "abc", "STAGE": "dev"}},
    }
    kept = without_secrets(configuration)
    assert kept == {"Handler": "a.b", "Environment": {"Variables": {"API_KEY": REDACTED, "STAGE": "dev"}}}
    assert configuration["Environment"]["Variables"]["API_KEY"] == "abc"  # what we hold is not changed


@pytest.mark.parametrize(
    "configuration", [{}, {"Environment": None}, {"Environment": {}}, {"Environment": {"Error": {"ErrorCode": "X"}}}]
)
def test_a_configuration_without_variables_stays(configuration: dict[str, object]) -> None:
    assert without_secrets(configuration) == configuration


def test_a_value_that_is_not_text_is_checked() -> None:
    variables = {"COUNT": 3, "X_TOKEN": ["a"]}
    kept = without_secrets({"Environment": {"Variables": variables}})
    assert kept["Environment"]["Variables"] == {"COUNT": 3, "X_TOKEN": REDACTED}


def test_an_error_message_is_one_short_line_without_secrets() -> None:
    said = "Could not\nGET https://b.s3.amazonaws.com/k?X-Amz-Signature=abc by AKIAIOSFODNN7EXAMPLE " + "x " * 300
    line = scrubbed(said)
    assert line.startswith("Could not GET https://b.s3.amazonaws.com/k?[redacted] by [redacted] x x")
    assert len(line) == 301
    assert line.endswith("…")


def test_a_denial_keeps_what_the_instructor_needs() -> None:
    said = "User: arn:aws:sts::111122223333:assumed-role/grader/run is not authorized to perform: lambda:ListAliases"
    assert scrubbed(said) == said
    encoded = f"Encoded authorization failure message: {'aB3' * 100}"
    assert scrubbed(encoded) == "Encoded authorization failure message: [redacted]"
