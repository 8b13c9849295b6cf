"""Keeps the todo items of each user."""

import json
import os
import uuid
from datetime import UTC, datetime
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ.get("TABLE_NAME", "TodoItems"))

HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one request of a user whom the API's authorizer has let in."""
    claims = event.get("requestContext", {}).get("authorizer", {}).get("claims", {})
    if "sub" not in claims:
        return respond(401, {"error": "Unauthorized"})
    try:
        return route(event["httpMethod"], event["path"], claims["sub"], event.get("body"))
    except Exception as error:  # noqa: BLE001  the last line of defence, as in the handout
        print(f"Error: {error!r}")
        return respond(500, {"error": "Internal server error"})


def route(method: str, path: str, user: str, body: str | None) -> dict[str, Any]:
    """Find what a request is about."""
    todo = path.removeprefix("/todos/") if path.startswith("/todos/") else ""
    if path == "/todos" and method == "GET":
        return list_todos(user)
    if path == "/todos" and method == "POST":
        return create_todo(user, json.loads(body or "{}"))
    if todo and method == "GET":
        return get_todo(user, todo)
    if todo and method == "PUT":
        return update_todo(user, todo, json.loads(body or "{}"))
    if todo and method == "DELETE":
        return delete_todo(user, todo)
    return respond(404, {"error": "Not found"})


def list_todos(user: str) -> dict[str, Any]:
    """All items of a user."""
    return respond(200, table.query(KeyConditionExpression=Key("userId").eq(user))["Items"])


def get_todo(user: str, todo: str) -> dict[str, Any]:
    """One item of a user."""
    found = table.get_item(Key={"userId": user, "todoId": todo})
    return respond(200, found["Item"]) if "Item" in found else respond(404, {"error": "Todo not found"})


def create_todo(user: str, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a new item."""
    now = datetime.now(UTC).isoformat()
    item = {
        "userId": user,
        "todoId": str(uuid.uuid4()),
        "title": body["title"],
        "completed": False,
        "createdAt": now,
        "updatedAt": now,
    }
    table.put_item(Item=item)
    return respond(201, item)


def update_todo(user: str, todo: str, body: dict[str, Any]) -> dict[str, Any]:
    """Change an item's title and whether it is done."""
    changed = table.update_item(
        Key={"userId": user, "todoId": todo},
        UpdateExpression="SET title = :title, completed = :completed, updatedAt = :updatedAt",
        ExpressionAttributeValues={
            ":title": body.get("title"),
            ":completed": body.get("completed", False),
            ":updatedAt": datetime.now(UTC).isoformat(),
        },
        ReturnValues="ALL_NEW",
    )
    return respond(200, changed["Attributes"])


def delete_todo(user: str, todo: str) -> dict[str, Any]:
    """Forget an item."""
    table.delete_item(Key={"userId": user, "todoId": todo})
    return respond(204, {})


def respond(status: int, body: Any) -> dict[str, Any]:
    """An answer as API Gateway wants it."""
    return {"statusCode": status, "headers": HEADERS, "body": json.dumps(body)}
