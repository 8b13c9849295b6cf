"""A server that speaks enough of STS, Lambda and API Gateway for a load test."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.load_testing.stub_lambda import Request, Response, error

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/ada</Arn><UserId>A</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""

Run = Callable[..., int]


def answers_of_aws(invoked: Callable[[Request], Response], account_limit: int) -> Callable[[Request], Response]:
    """Return a server's responses for the account. ``invoked`` responds to requests to functions and stages."""

    def respond(request: Request) -> Response:
        if request.target == "/":
            return Response(IDENTITY, headers={"Content-Type": "text/xml"})
        if request.target.endswith("/configuration"):
            if "/nope/" in request.target:
                return error(404, "ResourceNotFoundException", "Function not found")
            return Response(json.dumps({"MemorySize": 256, "Architectures": ["arm64"]}).encode())
        if "account-settings" in request.target:
            limits = {"ConcurrentExecutions": account_limit, "UnreservedConcurrentExecutions": account_limit}
            return Response(json.dumps({"AccountLimit": limits}).encode())
        if request.method == "GET" and "concurrency" in request.target:
            return Response(b"{}")
        if request.target.startswith("/restapis"):
            return Response(json.dumps({"item": [{"id": "a1", "name": "user1-api"}]}).encode())
        if request.target.startswith("/apikeys/"):
            return Response(json.dumps({"id": "k1", "name": "user1-key", "value": "secret-key-value"}).encode())
        if request.target.startswith("/apikeys"):
            return Response(json.dumps({"item": [{"id": "k1", "name": "user1-key"}]}).encode())
        return invoked(request)

    return respond
