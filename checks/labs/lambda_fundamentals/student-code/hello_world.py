"""Greets over HTTP, with structured logs."""

import json
import os
from datetime import UTC, datetime


def log_event(level, message, **fields):
    print(json.dumps({"timestamp": datetime.now(UTC).isoformat(), "level": level, "message": message, **fields}))


def answer(status, content, context):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "X-Request-ID": context.aws_request_id},
        "body": json.dumps(content),
    }


def lambda_handler(event, context):
    log_event("INFO", "Function execution started", request_id=context.aws_request_id)
    try:
        prefix = os.environ.get("GREETING_PREFIX", "Hello")
        environment = os.environ.get("ENVIRONMENT", "unknown")
        name = (event.get("queryStringParameters") or {}).get("name", "Developer")
        body = event.get("body")
        if body:
            try:
                name = json.loads(body).get("name", name)
            except json.JSONDecodeError as error:
                log_event("WARNING", "Body is not JSON", error_message=str(error))
        log_event("INFO", "Processing request", http_method=event.get("httpMethod", "DIRECT_INVOKE"), name=name)
        content = {
            "message": f"{prefix}, {name}!",
            "timestamp": datetime.now(UTC).isoformat(),
            "environment": environment,
            "request_id": context.aws_request_id,
        }
        return answer(200, content, context)
    except Exception as error:  # noqa: BLE001  a caller gets an answer whatever happens
        log_event("ERROR", "Function execution failed", error_type=type(error).__name__, error_message=str(error))
        return answer(500, {"error": "Internal server error", "request_id": context.aws_request_id}, context)
