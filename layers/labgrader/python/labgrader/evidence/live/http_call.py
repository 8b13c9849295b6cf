"""The AWS side of `labgrader:CallApi`: one HTTPS call of a stage of a student's REST API, with its key where wanted."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.calls import MissingResourceError, NotAnsweredError
from labgrader.evidence.live.ownership import Ownership
from labgrader.evidence.live.patience import Patience
from labgrader.evidence.live.reply import Reply
from labgrader.evidence.live.wire import Host, Wire
from labgrader.evidence.live_answers import CALL_TIMEOUT_S, MAX_KEPT_CHARACTERS, HttpReply
from labgrader.evidence.question import Answer, Json, Question
from labgrader.evidence.redaction import REDACTED
from labgrader.evidence.statistics import rounded
from labgrader.evidence.tolerant import text

CALL_API = "labgrader:CallApi"

MAX_HEADERS = 50
MAX_HEADER_CHARACTERS = 1_000
"""Headers of a reply that are kept, and characters of each."""

_ACTION = "execute-api:Invoke"
_API_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}")  # API Gateway API Reference, CreateStage
_METHOD = re.compile(r"[A-Z]{1,16}")
_IN_A_PATH = "/%:@!$&'()*+,;=~"  # RFC 3986, section 3.3; what is escaped already stays so


class ApiCaller:
    """Calls the REST APIs of one student. Neither redirects nor the environment's proxies are followed.

    Args:
        client: a boto3 API Gateway client of the student's account, without retries of its own: it says where APIs are
            called, and reads the values of keys.
        ownership: whose APIs may be called.
        patience: how often a throttled call is repeated. A fault of the function is an answer and never repeated: the
            call may have done its work.
    """

    def __init__(self, client: Any, ownership: Ownership, patience: Patience | None = None) -> None:
        self.hung: set[str] = set()
        """Calls that once had no answer in time; the same ones are answered without calling."""
        self._client = client
        self._ownership = ownership
        self._patience = patience or Patience()
        self._values: dict[str, str] = {}

    def answer(self, question: Question) -> Answer:
        """Call a stage once.

        Returns:
            An ``HttpReply`` as JSON, without the key's value wherever the reply repeats it; an error where the key
            cannot be read.

        Raises:
            NotGradedError: the API or the key is not the student's, or the path leads out of the stage.
            BadInputError: the arguments make no sense.
        """
        arguments = question.arguments
        self._ownership.require(_ACTION, "API", arguments["ApiName"])
        method = _matching(_METHOD, "method", arguments["Method"])
        url = stage_url(
            self._client.meta.endpoint_url,
            self._client.meta.region_name,
            _matching(_API_ID, "API id", arguments["ApiId"]),
            _matching(_STAGE, "stage", arguments["Stage"]),
        )
        target = f"{method} {url}{arguments['Path']}"
        if target in self.hung:
            return Answer(HttpReply("timeout", error="not tried again: an earlier call did not return").to_dict())
        try:
            key = self._key(arguments["ApiKeyId"]) if arguments.get("ApiKeyId") else ""
        except MissingResourceError as missing:
            return Answer(
                error_code=missing.code, error_message="apigateway:GetApiKey: the API key is not there any more"
            )
        except NotAnsweredError as refusal:
            return Answer(error_code=refusal.code, error_message=f"apigateway:GetApiKey: {refusal.message}")
        address = f"{url}{_path(arguments['Path'])}{_query(arguments.get('Query') or {})}"
        host = Host(url)
        wire = Wire(host)
        request = _request(host=host, address=address, method=method, body=arguments.get("Body"), key=key)
        timeout_s = float(arguments.get("TimeoutSeconds") or CALL_TIMEOUT_S)
        try:
            reply = self._patience.repeat(
                lambda: wire.exchange(request, timeout_s, method), lambda one: _may_change(one, method)
            )
        finally:
            wire.close()
        if reply.timed_out:
            self.hung.add(target)
        return Answer(_http_reply(reply, key).to_dict())

    def _key(self, key_id: str) -> str:
        """The value of one of the student's keys: read when it is needed, kept in memory and nowhere else."""
        if key_id not in self._values:
            answer = self._patience.insist(lambda: self._client.get_api_key(apiKey=key_id, includeValue=True))
            name = text(answer.get("name"))
            if not name.startswith(f"{self._ownership.username}-"):
                raise NotGradedError(
                    "apigateway:GetApiKey", f"the API key {name} may be another student's: its value is not used"
                )
            self._values[key_id] = text(answer.get("value"))
        return self._values[key_id]


def stage_url(endpoint: str, region: str, api_id: str, stage: str) -> str:
    """Return where a stage is called: the one place that knows.

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


def _request(*, host: Host, address: str, method: str, body: str | None, key: str) -> bytes:
    """The whole HTTP request."""
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
    if key:
        if not key.isascii() or not key.isprintable():
            raise NotGradedError("apigateway:GetApiKey", "the value of the API key cannot be sent in a header")
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


def _matching(pattern: re.Pattern[str], what: str, value: Json) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadInputError([f"{value!r} is no {what}"])
    return value


def _may_change(reply: Reply, method: str) -> bool:
    """Whether the gateway did not let the call through, so that it can be repeated without doing something twice."""
    if reply.trouble:
        return reply.trouble == "unreachable" or (reply.trouble == "broken" and method in ("GET", "HEAD", "OPTIONS"))
    return reply.throttled or (reply.status == 503 and "x-amzn-errortype" in reply.headers)


def _http_reply(reply: Reply, key: str) -> HttpReply:
    """The record of a reply, without the key's value: a function that returns its event returns the key, too.

    The value is blacked out before anything is cut, so that no part of it is left at the end.
    """
    duration_ms = rounded(1000 * reply.duration_s)
    if reply.timed_out:
        return HttpReply("timeout", duration_ms=duration_ms, error=reply.detail)
    if reply.trouble:
        return HttpReply("unreachable", duration_ms=duration_ms, error=_without(key, reply.detail))
    body = _without(key, reply.body.decode("utf-8", "replace"))
    headers = list(reply.headers.items())[:MAX_HEADERS]
    return HttpReply(
        "answered",
        reply.status,
        {_without(key, name): _without(key, value)[:MAX_HEADER_CHARACTERS] for name, value in headers},
        body[:MAX_KEPT_CHARACTERS],
        len(body) > MAX_KEPT_CHARACTERS or reply.size > len(reply.body),
        duration_ms,
    )


def _without(key: str, said: str) -> str:
    """A text with a key's value blacked out, however it is written there."""
    if not key:
        return said
    for written in {key, json.dumps(key)[1:-1], urllib.parse.quote(key, safe="")}:
        said = said.replace(written, REDACTED)
    return said
