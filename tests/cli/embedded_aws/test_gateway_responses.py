"""The gateway responses of an API on the embedded AWS, and its address."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.embedded_aws.gateway_responses import add_gateway_responses, address_here

HERE = "http://127.0.0.1:4566"

DOCUMENT = {
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::Api",
            "Properties": {
                "StageName": "api",
                "GatewayResponses": {
                    "UNAUTHORIZED": {
                        "StatusCode": 401,
                        "ResponseParameters": {"Headers": {"WWW-Authenticate": "'Bearer'"}},
                        "ResponseTemplates": {"application/json": '{"status": 401}'},
                    },
                    "DEFAULT_5XX": {"ResponseTemplates": {"application/json": "{}"}},
                },
            },
        },
        "Bare": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "api"}},
        "Box": {"Type": "AWS::S3::Bucket"},
    }
}


class Service:
    """Replaces CloudFormation and API Gateway, and records the changes."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.deployed: list[dict[str, str]] = []

    def describe_stack_resource(self, **asked: str) -> dict[str, Any]:
        assert asked == {"StackName": "labgrader", "LogicalResourceId": "Api"}
        return {"StackResourceDetail": {"PhysicalResourceId": "a1"}}

    def get_gateway_response(self, **asked: str) -> dict[str, Any]:
        if asked["responseType"] not in self.there:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetGatewayResponse")
        return self.there[asked["responseType"]]

    def put_gateway_response(self, **asked: Any) -> None:
        kind = asked.pop("responseType")
        self.there[kind] = {"defaultResponse": False, **asked}

    def create_deployment(self, **asked: str) -> None:
        self.deployed.append(asked)


def test_gateway_responses_are_put_and_deployed_once() -> None:
    service = Service()
    add_gateway_responses(DOCUMENT, "labgrader", service, service)
    assert service.there == {
        "UNAUTHORIZED": {
            "defaultResponse": False,
            "restApiId": "a1",
            "statusCode": "401",
            "responseParameters": {"gatewayresponse.header.WWW-Authenticate": "'Bearer'"},
            "responseTemplates": {"application/json": '{"status": 401}'},
        },
        "DEFAULT_5XX": {
            "defaultResponse": False,
            "restApiId": "a1",
            "responseParameters": {},
            "responseTemplates": {"application/json": "{}"},
        },
    }
    assert service.deployed == [{"restApiId": "a1", "stageName": "api"}]
    add_gateway_responses(DOCUMENT, "labgrader", service, service)
    assert len(service.deployed) == 1


def test_a_changed_gateway_response_is_deployed_again() -> None:
    service = Service()
    add_gateway_responses(DOCUMENT, "labgrader", service, service)
    changed = json.loads(json.dumps(DOCUMENT))
    changed["Resources"]["Api"]["Properties"]["GatewayResponses"]["UNAUTHORIZED"]["StatusCode"] = 403
    add_gateway_responses(changed, "labgrader", service, service)
    assert service.there["UNAUTHORIZED"]["statusCode"] == "403"
    assert len(service.deployed) == 2


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("https://a1b2.execute-api.us-east-1.amazonaws.com/api", f"{HERE}/_aws/execute-api/a1b2/api"),
        ("https://a1b2.execute-api.cn-north-1.amazonaws.com.cn/api", f"{HERE}/_aws/execute-api/a1b2/api"),
        (f"{HERE}/_aws/execute-api/a1b2/api", f"{HERE}/_aws/execute-api/a1b2/api"),
        ("https://grader.example.edu/api", "https://grader.example.edu/api"),
    ],
)
def test_the_address_of_an_api_is_that_of_the_embedded_aws(url: str, here: str) -> None:
    assert address_here(url, HERE) == here
