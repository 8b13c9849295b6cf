"""The DynamoDB table of a stack: put, get and query whole items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, from_dynamodb, to_domain_error, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Items:
    """The items of one stack's table.

    Args:
        table: the stack's DynamoDB table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def _put_item(self, item: Mapping[str, Any]) -> None:
        try:
            self._table.put_item(Item=to_dynamodb(item))
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error

    def _put_item_if(self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> bool:
        """Write an item under a condition. Return False, and leave the stored item, if the condition is not met."""
        try:
            given: dict[str, Any] = {"ExpressionAttributeValues": dict(values)} if values else {}
            self._table.put_item(Item=to_dynamodb(item), ConditionExpression=condition, **given)
        except (ClientError, BotoCoreError) as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise to_domain_error(error) from error
            return False
        return True

    def _get_item(self, pk: str, sk: str) -> dict[str, Any] | None:
        try:
            item = self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error
        return None if item is None else from_dynamodb(item)

    def _query(self, pk: str, prefix: str = "") -> Iterator[Mapping[str, Any]]:
        """Yield the items of a partition, sorted by sort key. A prefix selects those with this prefix in the key."""
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

    def _delete_if(self, pk: str, sk: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Delete an item under a condition. Return False, and leave the stored item, if the condition is not met."""
        try:
            self._table.delete_item(
                Key={"pk": pk, "sk": sk}, ConditionExpression=condition, ExpressionAttributeValues=dict(values)
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise to_domain_error(error) from error
            return False
        return True

    def _delete(self, keys: Iterable[tuple[str, str]]) -> None:
        """Delete items. Missing ones are ignored."""
        try:
            with self._table.batch_writer() as batch:
                for pk, sk in keys:
                    batch.delete_item(Key={"pk": pk, "sk": sk})
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error
