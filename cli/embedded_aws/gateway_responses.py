"""Add to a REST API what the embedded AWS ignores: its gateway responses and its address.

Source: MiniStack 1.5.33. An API that is imported from a definition has none of the gateway responses of the
definition, and all APIs have one address, that of MiniStack.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from labgrader.aws import error_code


def add_gateway_responses(document: Mapping[str, Any], stack: str, cloudformation: Any, apigateway: Any) -> None:
    """Add the gateway responses of the template to every API of a deployed stack.

    Args:
        document: the template.
        stack: the name of the stack.
        cloudformation, apigateway: clients of the embedded AWS.
    """
    for name, resource in document["Resources"].items():
        properties = resource.get("Properties", {})
        if resource.get("Type") != "AWS::Serverless::Api" or "GatewayResponses" not in properties:
            continue
        found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=name)
        api = found["StackResourceDetail"]["PhysicalResourceId"]
        changed = [_put(apigateway, api, kind, response) for kind, response in properties["GatewayResponses"].items()]
        if any(changed):
            apigateway.create_deployment(restApiId=api, stageName=properties["StageName"])


def _put(apigateway: Any, api: str, kind: str, response: Mapping[str, Any]) -> bool:
    """Put a gateway response in the form that the SAM transform makes. Return whether it changed."""
    headers = response.get("ResponseParameters", {}).get("Headers", {})
    wanted: dict[str, Any] = {
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
        "responseTemplates": dict(response.get("ResponseTemplates", {})),
    }
    if "StatusCode" in response:
        wanted["statusCode"] = str(response["StatusCode"])
    try:
        current = apigateway.get_gateway_response(restApiId=api, responseType=kind)
    except ClientError as error:
        if error_code(error) != "NotFoundException":
            raise
        current = {}
    is_same = all(current.get(field) == value for field, value in wanted.items())
    if is_same and not current.get("defaultResponse", True):
        return False
    apigateway.put_gateway_response(restApiId=api, responseType=kind, **wanted)
    return True


def address_here(url: str, endpoint: str) -> str:
    """Return the address of an API on the embedded AWS.

    Args:
        url: the address on AWS: ``https://API.execute-api.REGION.amazonaws.com/STAGE``.
        endpoint: the address of the embedded AWS.
    """
    parts = urllib.parse.urlsplit(url)
    api, dot, rest = (parts.hostname or "").partition(".")
    if not dot or not rest.startswith("execute-api."):
        return url
    return f"{endpoint}/_aws/execute-api/{api}{parts.path}"
