"""Signed HTTP requests to Lambda's Invoke API.

boto3 is not used to invoke functions. Its retries hide throttles, its timeout limits each silence instead of the whole
answer, and one call takes it more than twice the CPU time.
"""

from __future__ import annotations

import time
import urllib.parse
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from labgrader.errors import NotGradedError
from labgrader.http.endpoint import Host
from labgrader.reasons import Reason


@dataclass(frozen=True)
class InvokeEndpoint(Host):
    """Lambda's endpoint, and the credentials to sign with.

    Args:
        url: ``https://lambda.us-east-1.amazonaws.com``, or the URL of an embedded AWS.
        region: the Region in the signature.
        credentials: botocore credentials, which refresh themselves if they can.
    """

    region: str
    credentials: Any = field(repr=False)

    @classmethod
    def from_client(cls, client: Any) -> InvokeEndpoint:
        """Take the endpoint, the Region and the credentials from a boto3 Lambda client.

        Raises:
            NotGradedError: the client has no credentials.
        """
        credentials = client._get_credentials()  # boto3 has no public way; its own transfer module does the same
        if credentials is None:
            said = "there are no AWS credentials to sign with"
            raise NotGradedError("lambda:InvokeFunction", said, Reason.GRADER)
        return cls(client.meta.endpoint_url, client.meta.region_name, credentials)

    def request(self, function: str, qualifier: str, event: bytes) -> bytes:
        """Return the HTTP request that invokes a function, signed now with Signature Version 4.

        Args:
            function: the function's name.
            qualifier: an alias or a version; empty for ``$LATEST``.
            event: the event, as JSON.

        Returns:
            The whole request, head and body.

        Raises:
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the credentials could not be refreshed.
        """
        name = urllib.parse.quote(function, safe="")
        path = f"{self.parts.path.rstrip('/')}/2015-03-31/functions/{name}/invocations"
        if qualifier:
            path = f"{path}?Qualifier={urllib.parse.quote(qualifier, safe='')}"
        headers = {
            "Host": self.parts.netloc,
            "Content-Type": "application/json",
            "X-Amz-Invocation-Type": "RequestResponse",
            "X-Amz-Log-Type": "Tail",  # only its REPORT line says whether it was a cold start
        }
        address = f"{self.parts.scheme}://{self.parts.netloc}{path}"
        signed = AWSRequest(method="POST", url=address, data=event, headers=headers)
        SigV4Auth(self.credentials.get_frozen_credentials(), "lambda", self.region).add_auth(signed)
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.headers.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(event)}", "", ""]).encode("ascii") + event


class SignedRequest:
    """The request of an invocation that is sent many times, signed once a second.

    Signing is the slowest part of a request. The date in a signature has whole seconds, so equal requests have equal
    signatures within a second. All requests use the credentials of the first: botocore refreshes credentials ten
    minutes before they expire, and fetching others would block all requests in flight.

    Args:
        endpoint: Lambda's endpoint, and the credentials to sign with.
        function: the function's name.
        qualifier: an alias or a version; empty for ``$LATEST``.
        event: the event, as JSON.
    """

    def __init__(self, endpoint: InvokeEndpoint, function: str, qualifier: str, event: bytes) -> None:
        self._endpoint = endpoint
        self._arguments = (function, qualifier, event)
        self._second = 0
        self._signed = b""

    def bytes(self) -> bytes:
        """Return the whole request, signed within this second.

        Raises:
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the credentials could not be refreshed.
        """
        second = int(time.time())
        if not self._signed:
            frozen = self._endpoint.credentials.get_frozen_credentials()
            fixed = Credentials(frozen.access_key, frozen.secret_key, frozen.token)
            self._endpoint = replace(self._endpoint, credentials=fixed)
        if second != self._second:
            self._signed = self._endpoint.request(*self._arguments)
            self._second = second
        return self._signed
