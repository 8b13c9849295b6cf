"""A client of the API for students: sends requests with a bearer token, and turns problem documents into sentences."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase

from cli.errors import TargetError, UsageError
from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote

Json = Any

TIMEOUT_S = (5, 35)
"""Seconds to connect, and to wait for a response: API Gateway times out after 29."""

TRIES = 6
"""How often a request is sent if it is throttled, or if the API or the network fails."""

LONGEST_PAUSE_S = 10.0
"""The longest pause between two tries, in seconds."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

_HERE = ("127.0.0.1", "localhost", "::1")


class _Bearer(AuthBase):
    """Sets the header ``Authorization``. Without it, requests would send what ``.netrc`` has for the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class RefusalError(TargetError):
    """The API answered with a problem.

    Args:
        status: the HTTP status.
        problem: the problem document (RFC 9457); empty if the response has none of labgrader.
        said: the problem as a sentence.
    """

    def __init__(self, status: int, problem: Mapping[str, Json], said: str) -> None:
        self.status = status
        self.problem = problem
        super().__init__(said)


class Api:
    """The API of one stack, with one token.

    Args:
        url: the address, with or without ``/v1``.
        token: the bearer token.
        wait: pauses for a number of seconds.

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
        self._session.trust_env = not self.is_here  # no proxy between this machine and itself

    def start_self_check(self, lab: str) -> dict[str, Json]:
        """Start a self-check. A request that is sent twice starts one: the second gets a 409 with the id of the first.

        Raises:
            BadInputError: there is no such lab.
            RefusalError: the API does not start it; ``problem`` says why.
            TargetError: the API could not be reached.
        """
        return self._asked("POST", "/v1/self-checks", {"lab": lab})

    def self_check(self, run_id: str) -> dict[str, Json]:
        """Return the state of a self-check. Raises as ``start_self_check`` does."""
        return self._asked("GET", f"/v1/self-checks/{checked_run_id(run_id)}")

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
        reports = self._asked("GET", f"/v1/me/reports{query}").get("reports")
        if not isinstance(reports, list) or not all(_is_result(entry) for entry in reports):
            raise TargetError(not_labgrader(self.url))
        return reports

    def my_report(self, run_id: str) -> Any:
        """Return the student's copy of a report. Raise as ``my_reports`` does."""
        report = self._asked("GET", f"/v1/me/reports/{checked_run_id(run_id)}")
        if not all(name in report for name in ("lab", "score", "checks")):
            raise TargetError(not_labgrader(self.url))
        return report

    def _asked(self, method: str, path: str, body: Json = None) -> dict[str, Json]:
        for tried in range(1, TRIES + 1):
            pause = min(LONGEST_PAUSE_S, 0.5 * 2**tried)
            try:
                answer = self._session.request(
                    method, self.url + path, json=body, timeout=TIMEOUT_S, allow_redirects=False
                )
            except requests.RequestException as error:
                refused = TargetError(f"the API at {self.url} could not be reached: {_why(error)}")
                if tried == TRIES or not isinstance(error, (requests.ConnectionError, requests.Timeout)):
                    raise refused from None
                self._wait(pause)
                continue
            try:
                return _read(answer, self.url)
            except RefusalError as refusal:
                passing = refusal.status in (429, 500, 502, 503, 504) and "allowance" not in refusal.problem
                if not passing or tried == TRIES:
                    raise
                self._wait(min(LONGEST_PAUSE_S, _retry_after(answer) or pause))
        raise AssertionError


def checked_url(url: str) -> str:
    """Return the base URL of an API.

    Raises:
        UsageError: the address is malformed, or would send the token unencrypted.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"{quote(url)} is not the address of an API") from None
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise UsageError(f"{quote(url)} is not the address of an API; it looks like https://HOST/STAGE")
    if parts.scheme == "http" and host not in _HERE:
        raise UsageError("the address begins with http://, which would send your token unencrypted: use https://")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v1')}"


def checked_token(token: str) -> str:
    """Return a token without the scheme or line end that may have been copied with it.

    Raises:
        UsageError: the token is malformed.
    """
    bare = re.sub(r"^bearer\s+", "", token.strip(), flags=re.IGNORECASE)
    if not _TOKEN.fullmatch(bare):
        raise UsageError("this is not a token: a token has three parts with a dot between them")
    return bare


def checked_run_id(run_id: object) -> str:
    """Return a run's id if it has the form of one.

    Raises:
        TargetError: the id is malformed.
    """
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise TargetError("the API did not name a run; is its address right?")
    return run_id


def _is_result(entry: object) -> bool:
    """Return whether an entry of the list of results has the fields that the command shows."""
    if not isinstance(entry, dict):
        return False
    texts = all(isinstance(entry.get(name), str) for name in ("run_id", "lab", "mode", "status", "graded_at"))
    return texts and all(isinstance(entry.get(name), int | float) for name in ("points", "max_points"))


def not_labgrader(url: str) -> str:
    """Return a sentence for a response that no API of labgrader sends."""
    return f"the API at {url} did not send a response of labgrader; is its address right?"


def _read(answer: requests.Response, url: str) -> dict[str, Json]:
    """Return the JSON object of a response.

    Raises:
        BadInputError: 422.
        RefusalError: any other error.
    """
    try:
        document = answer.json()
    except (ValueError, RecursionError):
        document = None
    known = document if isinstance(document, dict) else {}
    if answer.ok and not 300 <= answer.status_code < 400 and known:
        return known
    said = _said(answer.status_code, known, url)
    if answer.status_code == 422:
        errors = known.get("errors")
        known_errors = [entry for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
        raise BadInputError([_problem(entry) for entry in known_errors] or [said])
    raise RefusalError(answer.status_code, known, said)


def _problem(error: Mapping[str, Json]) -> Problem:
    """Return the error of one field of a 422 response."""
    return Problem(quote(str(error.get("message", "")), 500), field=quote(str(error.get("field", ""))))


def _said(status: int, problem: Mapping[str, Json], url: str) -> str:
    """Return a problem document as a sentence."""
    detail = quote(str(problem.get("detail") or problem.get("title") or ""), 1000)
    if status == 401:
        return (
            "the API refused your token: it has expired, was revoked, or belongs to another stack; "
            "ask your instructor for a new one"
        )
    if not detail or status < 400:
        return f"the API at {url} sent status {status} and not a response of labgrader; is its address right?"
    if status >= 500:
        return f"labgrader failed, and that is not your fault: {detail}"
    return detail


def _retry_after(answer: requests.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0.0


def _why(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not valid"
    if isinstance(error, requests.Timeout):
        return "it did not respond in time"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    return type(error).__name__
