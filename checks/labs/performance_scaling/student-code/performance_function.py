"""A simulated student's high-performance function: does what the handout's does, and needs no internet."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

POOL_SIZE = 10
CHUNK = 50
SIZES = {"small": 10, "medium": 100, "large": 1000}
ITEMS = {"small": 1000, "medium": 10_000, "large": 100_000}

pool = ThreadPoolExecutor(POOL_SIZE)  # made once, and kept for the calls to come
seen: list[str] = []


def put_metrics(function_name: str, **metrics: float) -> None:
    """Publish metrics in the embedded metric format, by function."""
    definitions = [{"Name": name, "Unit": "None"} for name in metrics]
    directive = {"Namespace": "HighPerformance", "Dimensions": [["FunctionName"]], "Metrics": definitions}
    envelope = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(json.dumps({"_aws": envelope, "FunctionName": function_name, **metrics}))


def concurrent_processing(body: dict[str, Any]) -> dict[str, Any]:
    """Do some tasks at the same time."""
    level = body.get("concurrency", 1)

    def work(task: int) -> dict[str, Any]:
        time.sleep(0.01)
        return {"task_id": task, "result": f"Task {task} completed"}

    results = list(pool.map(work, range(level)))
    return {"concurrency_level": level, "tasks_completed": len(results), "results": results[:3]}


def database_batch(body: dict[str, Any]) -> dict[str, Any]:
    """Process three batches of records."""
    size = body.get("dataSize", "small")
    records = SIZES.get(size, SIZES["small"])
    batches = [{"batch_id": number, "records_processed": records} for number in range(3)]
    return {"data_size": size, "total_records": 3 * records, "batches": batches}


def stream_processing(body: dict[str, Any]) -> dict[str, Any]:
    """Process records chunk by chunk."""
    records = body.get("records", [])
    chunks = [records[start : start + CHUNK] for start in range(0, len(records), CHUNK)]
    for chunk in chunks:
        for record in chunk:
            record.get("id")
    return {"total_records": len(records), "chunks_processed": len(chunks)}


def cpu_intensive(body: dict[str, Any]) -> dict[str, Any]:
    """Compute."""
    iterations = body.get("iterations", 1000)
    return {"iterations": iterations, "result": sum(number * number for number in range(iterations))}


def memory_test(body: dict[str, Any]) -> dict[str, Any]:
    """Allocate a list."""
    size = body.get("dataSize", "small")
    count = ITEMS.get(size, ITEMS["small"])
    kept = [2 * number for number in range(count) if number % 2 == 0]
    return {"data_size": size, "items_allocated": count, "items_processed": len(kept)}


def default(_: dict[str, Any]) -> dict[str, Any]:
    """Return what the handout's operation returns if it cannot reach the outside service."""
    return {"external_data": {"uuid": "fallback"}}


OPERATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "concurrent_processing": concurrent_processing,
    "database_batch": database_batch,
    "stream_processing": stream_processing,
    "cpu_intensive": cpu_intensive,
    "memory_test": memory_test,
}


def respond(status: int, content: dict[str, Any]) -> dict[str, Any]:
    """Make an API response."""
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(content)}


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one operation, and say how long it took."""
    start = time.perf_counter()
    cold = not seen
    seen.append("")
    try:
        body = event.get("body") or "{}"
        request = json.loads(body) if isinstance(body, str) else body
        operation = request.get("operation", "default")
        result = {"operation": operation, **OPERATIONS.get(operation, default)(request)}
    except Exception as error:  # noqa: BLE001  the last line of defence, as in the handout
        return respond(500, {"error": str(error), "execution_time_ms": 1000 * (time.perf_counter() - start)})
    took_ms = 1000 * (time.perf_counter() - start)
    put_metrics(context.function_name, ExecutionTime=took_ms, ColdStarts=float(cold), SuccessfulInvocations=1.0)
    performance = {
        "execution_time_ms": took_ms,
        "remaining_time_ms": context.get_remaining_time_in_millis(),
        "cold_start": cold,
        "memory_limit_mb": int(context.memory_limit_in_mb),
    }
    return respond(200, {"result": result, "performance": performance})
