"""A simulated student's slow function: nothing is kept between calls, and its heavy operation sleeps."""

import json
import time
from typing import Any


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Do one operation, slowly."""
    start = time.time()
    operation = json.loads(event.get("body", "{}")).get("operation", "default")
    data: dict[str, Any] = {"operation": operation}
    if operation == "heavy":
        data["calculation_result"] = sum(number * number for number in range(100_000))
        time.sleep(0.8)
    elif operation == "memory":
        data["list_length"] = len(list(range(500_000)))
    else:
        data["message"] = "done"
    data["processing_time"] = time.time() - start
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(data)}
