"""A client of the API for students. It sends a bearer token, and turns problem documents into error messages."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase

from cli.errors import TargetError, UsageError
from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote

Json = Any

TIMEOUT_S = (5, 35)
"""Seconds to connect, and seconds to wait for a response. API Gateway ends an integration after 29 seconds (Amazon API
Gateway quotas, "Integration timeout")."""

TRIES = 6
"""Maximum number of times that a request is sent if it is throttled or fails on the way."""

LONGEST_PAUSE_S = 10.0
"""Maximum seconds between two tries."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

_HERE = ("127.0.0.1", "localhost", "::1")


class _Bearer(AuthBase):
    """Sets the header ``Authorization``. Without it, requests would send the password that ``.netrc`` has."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class RefusalError(TargetError):
    """The API returned an error.

    Args:
        status: the HTTP status.
        problem: the problem document (RFC 9457); empty if the response has none.
        message: the error as a sentence.
    """

    def __init__(self, status: int, problem: Mapping[str, Json], message: str) -> None:
        self.status = status
        self.problem = problem
        super().__init__(message)


class Api:
    """The API of one stack, with one token.

    Args:
        url: the address, with or without ``/v1``.
        token: the bearer token.
        wait: a function that waits for a number of seconds.

    Raises:
        UsageError: the address or the token is malformed.
    """

    def __init__(self, url: str, token: str, wait: Any = time.sleep) -> None:
        self.url = checked_url(url)
        self._wait = wait
        self._session = requests.Session()
        self._session.auth = _Bearer(checked_token(token))
        self._session.headers["Accept"] = "application/json, application/problem+json"
        self.is_here = urlsplit(self.url).hostname in _HERE
        self._session.trust_env = not self.is_here  # a local API needs no proxy

    def start_self_check(self, lab: str) -> dict[str, Json]:
        """Start a self-check. The same request again starts no second one: its 409 response has the id of the first.

        Raises:
            BadInputError: the lab does not exist.
            RefusalError: the API does not start it; ``problem`` says why.
            TargetError: the API could not be reached.
        """
        return self._request("POST", "/v1/self-checks", {"lab": lab})

    def self_check(self, run_id: str) -> dict[str, Json]:
        """Return the state of a self-check. Raises as ``start_self_check`` does."""
        return self._request("GET", f"/v1/self-checks/{checked_run_id(run_id)}")

    def my_reports(self, lab: str = "") -> list[dict[str, Json]]:
        """Return the student's results, newest first, as ``GET /v1/me/reports`` lists them.

        Args:
            lab: only the results of this lab; empty for all.

        Raises:
            BadInputError: the id of the lab is malformed.
            RefusalError: the API refused.
            TargetError: the API could not be reached, or its response is not a list of results.
        """
        query = f"?{urlencode({'lab': lab})}" if lab else ""
        reports = self._request("GET", f"/v1/me/reports{query}").get("reports")
        if not isinstance(reports, list) or not all(_is_result(entry) for entry in reports):
            raise TargetError(not_labgrader(self.url))
        return reports

    def my_report(self, run_id: str) -> Any:
        """Return the student's copy of a report. Raise as ``my_reports`` does."""
        report = self._request("GET", f"/v1/me/reports/{checked_run_id(run_id)}")
        if not all(name in report for name in ("lab", "score", "checks")):
            raise TargetError(not_labgrader(self.url))
        return report

    def _request(self, method: str, path: str, body: Json = None) -> dict[str, Json]:
        """Send a request, and again if it is throttled or fails on the way. Return the JSON object of the response."""
        for tried in range(1, TRIES + 1):
            pause = min(LONGEST_PAUSE_S, 0.5 * 2**tried)
            try:
                response = self._session.request(
                    method, self.url + path, json=body, timeout=TIMEOUT_S, allow_redirects=False
                )
            except requests.RequestException as error:
                refused = TargetError(f"the API at {self.url} could not be reached: {_why(error)}")
                if tried == TRIES or not isinstance(error, (requests.ConnectionError, requests.Timeout)):
                    raise refused from None
                self._wait(pause)
                continue
            try:
                return _read(response, self.url)
            except RefusalError as refusal:
                transient = refusal.status in (429, 500, 502, 503, 504) and "allowance" not in refusal.problem
                if not transient or tried == TRIES:
                    raise
                self._wait(min(LONGEST_PAUSE_S, _retry_after(response) or pause))
        raise AssertionError


def checked_url(url: str) -> str:
    """Return the base URL of an API.

    Raises:
        UsageError: it is malformed, or would send the token unencrypted.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"{quote(url)} is not the address of an API; write https://HOST/STAGE") from None
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise UsageError(f"{quote(url)} is not the address of an API; write https://HOST/STAGE")
    if parts.scheme == "http" and host not in _HERE:
        raise UsageError("the address begins with http://, which sends your token unencrypted; use https://")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v1')}"


def checked_token(token: str) -> str:
    """Return a token without ``Bearer`` and white space, which may have been copied with it.

    Raises:
        UsageError: it is malformed.
    """
    bare = re.sub(r"^bearer\s+", "", token.strip(), flags=re.IGNORECASE)
    if not _TOKEN.fullmatch(bare):
        raise UsageError("the token is incomplete: a token has three parts with dots between them; copy all of it")
    return bare


def checked_run_id(run_id: object) -> str:
    """Return the id of a run.

    Raises:
        TargetError: it does not have the form of an id.
    """
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise TargetError("the response of the API has no run id; check the address of the API")
    return run_id


def _is_result(entry: object) -> bool:
    """Return whether an entry of the list of results has the fields that the command shows."""
    if not isinstance(entry, dict):
        return False
    texts = all(isinstance(entry.get(name), str) for name in ("run_id", "lab", "mode", "status", "graded_at"))
    return (
        texts
        and _is_time(entry["graded_at"])
        and all(isinstance(entry.get(name), int | float) for name in ("points", "max_points"))
    )


def _is_time(text: str) -> bool:
    """Return whether a text is a time in ISO 8601."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def not_labgrader(url: str) -> str:
    """Return a sentence for a response that no API of labgrader sends."""
    return f"the API at {url} did not send a response of labgrader; check the address"


def _read(response: requests.Response, url: str) -> dict[str, Json]:
    """Return the JSON object of a response.

    Raises:
        BadInputError: 422.
        RefusalError: any other error.
    """
    try:
        document = response.json()
    except (ValueError, RecursionError):
        document = None
    known = document if isinstance(document, dict) else {}
    if response.ok and not 300 <= response.status_code < 400 and known:
        return known
    message = _message(response.status_code, known, url)
    if response.status_code == 422:
        errors = known.get("errors")
        entries = [entry for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
        raise BadInputError([_problem(entry) for entry in entries] or [message])
    raise RefusalError(response.status_code, known, message)


def _problem(error: Mapping[str, Json]) -> Problem:
    """Return the error of one field of a 422 response."""
    return Problem(quote(str(error.get("message", "")), 500), field=quote(str(error.get("field", ""))))


def _message(status: int, problem: Mapping[str, Json], url: str) -> str:
    """Return a problem document as a sentence."""
    detail = quote(str(problem.get("detail") or problem.get("title") or ""), 1000)
    if status == 401:
        return (
            "your token was rejected: it has expired, was revoked, or belongs to another stack; ask your instructor "
            "for a new one"
        )
    if not detail or status < 400:
        return f"the API at {url} answered {status}, but not with a response of labgrader; check the address"
    if status >= 500:
        return f"labgrader failed, which is not your fault: {detail}"
    return detail


def _retry_after(response: requests.Response) -> float:
    """Return the seconds of the header ``Retry-After``, or 0 without one."""
    text = response.headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0.0


def _why(error: requests.RequestException) -> str:
    """Return the reason why the API could not be reached."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not valid"
    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed; check the address and your network"
    return type(error).__name__
