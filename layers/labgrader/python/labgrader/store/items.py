"""The table of a stack, as every kind of record uses it: items written whole, under a condition where it matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, from_dynamodb, to_domain_error, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Json = Any


class Items:
    """The items of one stack's table.

    Args:
        table: the stack's DynamoDB table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def _put_item(self, item: Mapping[str, Json]) -> None:
        try:
            self._table.put_item(Item=to_dynamodb(item))
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error

    def _put_item_if(self, item: Mapping[str, Json], condition: str, values: Mapping[str, Json]) -> bool:
        """Write an item under a condition; say whether it was met: where it was not, what is there stays."""
        try:
            given: dict[str, Any] = {"ExpressionAttributeValues": dict(values)} if values else {}
            self._table.put_item(Item=to_dynamodb(item), ConditionExpression=condition, **given)
        except (ClientError, BotoCoreError) as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise to_domain_error(error) from error
            return False
        return True

    def _get_item(self, pk: str, sk: str) -> dict[str, Json] | None:
        try:
            item = self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error
        return None if item is None else from_dynamodb(item)

    def _query(self, pk: str, prefix: str = "") -> Iterator[Mapping[str, Json]]:
        """Yield the items of a partition, or those of it whose sort key begins with a prefix, in the keys' order."""
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)" if prefix else "pk = :pk",
            "ExpressionAttributeValues": {":pk": pk, **({":prefix": prefix} if prefix else {})},
            "ConsistentRead": True,
        }
        while True:
            try:
                page = self._table.query(**request)
            except (ClientError, BotoCoreError) as error:
                raise to_domain_error(error) from error
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
