"""Deletes todo items that are older than 90 days."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ.get("TABLE_NAME", "TodoItems"))

KEEP = timedelta(days=90)


def lambda_handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Delete old items and say how many."""
    before = (datetime.now(UTC) - KEEP).isoformat()
    found = table.scan(FilterExpression="createdAt < :cutoff", ExpressionAttributeValues={":cutoff": before})
    for item in found["Items"]:
        table.delete_item(Key={"userId": item["userId"], "todoId": item["todoId"]})
    results = {"dynamodb_deleted": len(found["Items"]), "s3_deleted": 0, "errors": []}
    print(json.dumps(results))
    return results
