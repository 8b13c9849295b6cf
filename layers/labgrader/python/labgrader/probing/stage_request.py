"""Build the request to a stage of a student's REST API, with its address, its limits and its API key."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.coerce import text
from labgrader.evidence.question import REDACTED, Json
from labgrader.http.endpoint import Host
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.recording.api_errors import AwsCallError, MissingResourceError

_ACTION = "execute-api:Invoke"
_GET_KEY = "apigateway:GetApiKey"
_API_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}")  # API Gateway API Reference, CreateStage
_METHOD = re.compile(r"[A-Z]{1,16}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")  # RFC 9110, section 5.6.2: a token
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,1000}")
_OURS = frozenset({"connection", "content-length", "host", "transfer-encoding", "upgrade", "x-api-key"})
_IN_A_PATH = "/%:@!$&'()*+,;=~"  # RFC 3986, section 3.3; what is escaped already stays so


@dataclass(frozen=True)
class StageRequest:
    """One call of a stage, ready to be sent as often as wanted.

    Args:
        host: the host of the API.
        method: its method.
        address: the whole URL, without the query.
        content: the request's bytes, head and body.
        key: the value of the API key in it, or empty; it must not be written down.
    """

    host: Host
    method: str
    address: str
    content: bytes = field(repr=False)
    key: str = field(default="", repr=False)

    def without_key(self, said: str) -> str:
        """Return a text with the key's value blacked out, however it is written there."""
        if not self.key:
            return said
        for written in {self.key, json.dumps(self.key)[1:-1], urllib.parse.quote(self.key, safe="")}:
            said = said.replace(written, REDACTED)
        return said


class Stages:
    """Makes requests of the stages of one student's REST APIs.

    Args:
        client: a boto3 API Gateway client of the student's account, without retries of its own: it says where APIs are
            called, and reads the values of keys.
        ownership: the student who owns the APIs that may be called.
        retry_policy: how often the question for a key's value is repeated.
    """

    def __init__(self, client: Any, ownership: Ownership, retry_policy: RetryPolicy) -> None:
        self._client = client
        self._ownership = ownership
        self._patience = retry_policy
        self._values: dict[str, str] = {}

    def address(self, arguments: Mapping[str, Json]) -> str:
        """Return the URL of a call as it was asked for, without its query: what a call is known by.

        Args:
            arguments: ``ApiId ApiName Stage Path`` of a question.

        Raises:
            NotGradedError: the API is not the student's, or the path leads out of the stage.
            BadInputError: the arguments make no sense.
        """
        self._ownership.require(_ACTION, "API", arguments["ApiName"])
        url = stage_url(
            self._client.meta.endpoint_url,
            self._client.meta.region_name,
            _matching(_API_ID, "API id", arguments["ApiId"]),
            _matching(_STAGE, "stage", arguments["Stage"]),
        )
        return f"{url}{_path(arguments['Path'])}"

    def request(self, arguments: Mapping[str, Json]) -> StageRequest:
        """Return the request for a question, with the value of its API key if it names one.

        Args:
            arguments: ``ApiId ApiName Stage Method Path``, and optionally ``Query Headers Body ApiKeyId``.

        Raises:
            NotGradedError: the API or the key is not the student's, or the path leads out of the stage.
            BadInputError: the arguments make no sense.
            AwsCallError: the key cannot be read.
        """
        method = _matching(_METHOD, "method", arguments["Method"])
        address = self.address(arguments)
        extra = _headers(arguments.get("Headers") or {})
        key = self._key(arguments["ApiKeyId"]) if arguments.get("ApiKeyId") else ""
        host = Host(address)
        query = _query(arguments.get("Query") or {})
        content = _content(host, f"{address}{query}", method, arguments.get("Body"), extra, key)
        return StageRequest(host, method, address, content, key)

    def _key(self, key_id: str) -> str:
        """Return the value of one of the student's keys. It is read when needed and kept in memory only."""
        if key_id not in self._values:
            try:
                answer = self._patience.call(lambda: self._client.get_api_key(apiKey=key_id, includeValue=True))
            except MissingResourceError as missing:
                raise AwsCallError(missing.code, f"{_GET_KEY}: the API key no longer exists") from None
            except AwsCallError as refusal:
                raise refusal.saying(f"{_GET_KEY}: {refusal.message}") from None
            name = text(answer.get("name"))
            if not self._ownership.owns(name):
                raise NotGradedError(_GET_KEY, f"the API key {name} may be another student's: its value is not used")
            self._values[key_id] = text(answer.get("value"))
        return self._values[key_id]


def stage_url(endpoint: str, region: str, api_id: str, stage: str) -> str:
    """Return the URL of a stage. No other code builds it.

    Args:
        endpoint: where API Gateway itself is asked: AWS's own address, or that of an embedded AWS.
        region: its Region.
        api_id, stage: what is called.
    """
    parts = urllib.parse.urlsplit(endpoint)
    service, _, suffix = (parts.hostname or "").partition(f".{region}.")
    if service in ("apigateway", "apigateway-fips") and suffix:  # suffix: amazonaws.com, amazonaws.com.cn, api.aws
        return f"https://{api_id}.execute-api.{region}.{suffix}/{stage}"
    return f"{endpoint.rstrip('/')}/_aws/execute-api/{api_id}/{stage}"


def _content(host: Host, address: str, method: str, body: str | None, extra: Mapping[str, str], key: str) -> bytes:
    """Return the whole HTTP request."""
    parts = urllib.parse.urlsplit(address)
    content = b"" if body is None else body.encode("utf-8", "replace")
    headers = {
        "Host": host.parts.netloc,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "User-Agent": "labgrader",
    }
    if body is not None:
        headers["Content-Type"] = "application/json"
    if body is not None or method in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(content))
    for name, value in extra.items():
        headers = {kept: said for kept, said in headers.items() if kept.lower() != name.lower()}
        headers[name] = value
    if key:
        if not key.isascii() or not key.isprintable():
            raise NotGradedError(_GET_KEY, "the value of the API key cannot be sent in a header")
        headers["x-api-key"] = key
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + content


def _path(path: str) -> str:
    if not path.startswith("/") or any(part in (".", "..") for part in urllib.parse.unquote(path).split("/")):
        raise NotGradedError(_ACTION, f"{path!r} does not lead to a method of the stage: not called")
    return urllib.parse.quote(path, safe=_IN_A_PATH, errors="replace")


def _query(query: Mapping[str, str]) -> str:
    return f"?{urllib.parse.urlencode(query, errors='replace')}" if query else ""


def _headers(headers: Mapping[str, Json]) -> dict[str, str]:
    for name, value in headers.items():
        _matching(_HEADER, "name of a header", name)
        _matching(_HEADER_VALUE, f"value of the header {name}", value)
        if name.lower() in _OURS:
            raise BadInputError([f"the header {name} is not set by a question"])
    return dict(headers)


def _matching(pattern: re.Pattern[str], what: str, value: Json) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadInputError([f"{value!r} is no {what}"])
    return value
