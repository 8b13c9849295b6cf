"""What the embedded AWS leaves out of a REST API that a template describes: its gateway responses, and its own address.

Source: MiniStack 1.5.33. An API that is imported from a definition comes without the definition's gateway responses,
and every API answers at one address, that of MiniStack itself.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from labgrader.aws import error_code


def add_gateway_responses(document: Mapping[str, Any], stack: str, cloudformation: Any, apigateway: Any) -> None:
    """Give every API of a deployed stack the gateway responses that its template names.

    Args:
        document: the template.
        stack: the stack's name.
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
    """Put one gateway response, as the SAM transform writes it; say whether it is another one than was there."""
    headers = response.get("ResponseParameters", {}).get("Headers", {})
    wanted: dict[str, Any] = {
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
        "responseTemplates": dict(response.get("ResponseTemplates", {})),
    }
    if "StatusCode" in response:
        wanted["statusCode"] = str(response["StatusCode"])
    try:
        there = apigateway.get_gateway_response(restApiId=api, responseType=kind)
    except ClientError as error:
        if error_code(error) != "NotFoundException":
            raise
        there = {}
    if not there.get("defaultResponse", True) and all(there.get(field) == value for field, value in wanted.items()):
        return False
    apigateway.put_gateway_response(restApiId=api, responseType=kind, **wanted)
    return True


def address_here(url: str, endpoint: str) -> str:
    """Return the address at which the embedded AWS answers for an API.

    Args:
        url: its address as AWS would have it: ``https://API.execute-api.REGION.amazonaws.com/STAGE``.
        endpoint: the address of the embedded AWS.
    """
    parts = urllib.parse.urlsplit(url)
    api, dot, rest = (parts.hostname or "").partition(".")
    if not dot or not rest.startswith("execute-api."):
        return url
    return f"{endpoint}/_aws/execute-api/{api}{parts.path}"
