"""A simulated student's load tester: it calls a function many times, and says how long the calls took."""

import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

lambda_client = boto3.client("lambda")


def invoke(target: str, payload: bytes) -> float:
    """Call a function once; return how long it took in milliseconds."""
    start = time.perf_counter()
    answer = lambda_client.invoke(FunctionName=target, Payload=payload)
    answer["Payload"].read()
    if answer.get("FunctionError"):
        raise RuntimeError(f"{target} failed")
    return 1000 * (time.perf_counter() - start)


def summary(times_ms: list[float]) -> dict[str, float]:
    """The four figures of the handout."""
    ordered = sorted(times_ms) or [0.0]
    return {
        "avg_execution_time_ms": sum(ordered) / len(ordered),
        "min_execution_time_ms": ordered[0],
        "max_execution_time_ms": ordered[-1],
        "p95_execution_time_ms": ordered[math.ceil(0.95 * len(ordered)) - 1],
    }


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Load a function with requests, so many at once."""
    body = json.loads(event.get("body") or "{}")
    total = body.get("totalRequests", 100)
    at_once = body.get("concurrentRequests", 10)
    username = context.function_name.removesuffix("-load-tester")
    target = body.get("targetFunction", f"{username}-performance-function")
    payload = json.dumps({"body": json.dumps(body.get("testPayload", {"operation": "default"}))}).encode()
    times_ms: list[float] = []
    errors: list[dict[str, Any]] = []

    def one(number: int) -> None:
        try:
            times_ms.append(invoke(target, payload))
        except Exception as error:  # noqa: BLE001  a failed request is what a load test counts
            errors.append({"request_id": number, "error": str(error), "success": False})

    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, range(total)))
    took_s = time.perf_counter() - start
    results = {
        "total_requests": total,
        "successful_requests": len(times_ms),
        "failed_requests": len(errors),
        "success_rate": 100 * len(times_ms) / total,
        "total_test_time_ms": 1000 * took_s,
        "requests_per_second": total / took_s,
        "performance_metrics": summary(times_ms),
        "errors": errors[:5],
    }
    return {"statusCode": 200, "body": json.dumps({"load_test_results": results})}
