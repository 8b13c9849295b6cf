"""Lambda's Invoke API, one request at a time: signed, timed, bounded, and never retried behind the caller's back.

boto3 is not used for it: its retries hide throttles, its timeout limits each silence and not the whole answer (a body
that drips arrives for ever), and a call costs it more than twice the processor time.
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
from labgrader.http.reply import Reply
from labgrader.http.sync_connection import SyncConnection
from labgrader.reasons import Reason


@dataclass(frozen=True)
class InvokeEndpoint(Host):
    """Where Lambda is, and who we are there.

    Args:
        url: ``https://lambda.us-east-1.amazonaws.com``, or that of an embedded AWS.
        region: for the signature.
        credentials: botocore credentials, which refresh themselves where they can.
    """

    region: str
    credentials: Any = field(repr=False)

    @classmethod
    def from_client(cls, client: Any) -> InvokeEndpoint:
        """Take all of it from a boto3 Lambda client, which knows its session, its Region and ``AWS_ENDPOINT_URL``.

        Raises:
            NotGradedError: the client has no credentials.
        """
        credentials = client._get_credentials()  # boto3's own transfer module has no other way either
        if credentials is None:
            said = "there are no AWS credentials to sign with"
            raise NotGradedError("lambda:InvokeFunction", said, Reason.GRADER)
        return cls(client.meta.endpoint_url, client.meta.region_name, credentials)

    def request(self, function: str, qualifier: str, event: bytes) -> bytes:
        """Return a whole HTTP request that invokes a function, signed with Signature Version 4 as of now.

        Args:
            function, qualifier: whom to call; an empty ``qualifier`` is ``$LATEST``.
            event: the event, as JSON.
        """
        name = urllib.parse.quote(function, safe="")
        path = f"{self.parts.path.rstrip('/')}/2015-03-31/functions/{name}/invocations"
        if qualifier:
            path = f"{path}?Qualifier={urllib.parse.quote(qualifier, safe='')}"
        headers = {
            "Host": self.parts.netloc,
            "Content-Type": "application/json",
            "X-Amz-Invocation-Type": "RequestResponse",
            "X-Amz-Log-Type": "Tail",  # its REPORT line is the only thing that tells a cold start
        }
        address = f"{self.parts.scheme}://{self.parts.netloc}{path}"
        signed = AWSRequest(method="POST", url=address, data=event, headers=headers)
        SigV4Auth(self.credentials.get_frozen_credentials(), "lambda", self.region).add_auth(signed)
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.headers.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(event)}", "", ""]).encode("ascii") + event


class SignedRequest:
    """The request of one invocation, signed once a second.

    A signature's date has whole seconds, so equal requests in one second have equal signatures anyway; to make it is
    the dearest part of a request. The credentials are those of the first request: botocore refreshes them ten minutes
    before they end, and to fetch others would keep all requests in flight waiting.

    Args:
        endpoint: where Lambda is, and who we are there.
        function, qualifier: whom to call; an empty ``qualifier`` is ``$LATEST``.
        event: the event, as JSON.
    """

    def __init__(self, endpoint: InvokeEndpoint, function: str, qualifier: str, event: bytes) -> None:
        self._endpoint = endpoint
        self._called = (function, qualifier, event)
        self._second = 0
        self._signed = b""

    def bytes(self) -> bytes:
        """Return the whole request as of now.

        Raises:
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the credentials could not be refreshed.
        """
        second = int(time.time())
        if not self._signed:
            frozen = self._endpoint.credentials.get_frozen_credentials()
            fixed = Credentials(frozen.access_key, frozen.secret_key, frozen.token)
            self._endpoint = replace(self._endpoint, credentials=fixed)
        if second != self._second:
            self._signed = self._endpoint.request(*self._called)
            self._second = second
        return self._signed


class LambdaConnection(SyncConnection):
    """One connection to Lambda, kept open between invocations. For one thread at a time.

    Args:
        endpoint: where it leads.
    """

    def __init__(self, endpoint: InvokeEndpoint) -> None:
        super().__init__(endpoint)
        self._endpoint = endpoint

    def invoke(self, function: str, qualifier: str, event: bytes, timeout_s: float) -> Reply:
        """Invoke a function once and read its answer to the end; what goes wrong on the way is in the reply.

        Args:
            function, qualifier: whom to call; an empty ``qualifier`` is ``$LATEST``.
            event: the event, as JSON.
            timeout_s: seconds for all of it, however steadily the answer drips.

        Raises:
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the credentials could not be refreshed.
        """
        return self.exchange(self._endpoint.request(function, qualifier, event), timeout_s)
