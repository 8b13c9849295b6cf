"""A simulated student's reader of the queue: it deals with each message, and reports those that it could not."""

import json
import time
from typing import Any


def lambda_handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Deal with a batch of messages."""
    start = time.perf_counter()
    failures: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            message = json.loads(record["body"])
            print(f"Processed message: {message.get('id', 'unknown')}")
        except (ValueError, AttributeError):
            failures.append({"itemIdentifier": record["messageId"]})
    statistics = {
        "messages_processed": len(event["Records"]) - len(failures),
        "processing_time_ms": 1000 * (time.perf_counter() - start),
    }
    return {"batchItemFailures": failures, "statistics": statistics}
