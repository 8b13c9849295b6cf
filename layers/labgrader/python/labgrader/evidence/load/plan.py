"""What a load test shall do: whom to call, in which model, how much of it, and what may stop it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from labgrader.evidence.question import Json
from labgrader.evidence.services.api_gateway import RestApi

Model = Literal["closed", "open"]

COST_CAP_USD = 0.05
"""US dollars that one load test of the labs may cost its account; the labs' own cost a tenth of a cent."""

MOST_IN_FLIGHT = 200
"""Requests that an open load test keeps in flight at most, unless it says otherwise."""

FAILING_STATUS = 500
"""From which ``statusCode`` or HTTP status on an answer is an application error, unless a plan says otherwise."""


@dataclass(frozen=True)
class FunctionTarget:
    """A function, or one of its aliases or versions, called through Lambda's Invoke API.

    Args:
        function: its name; must carry the student's prefix.
        qualifier: an alias or a version; empty for ``$LATEST``.
        event: its input, as JSON.
        memory_mb: its configured memory in MB, for the cost without REPORT lines; 0 if it is not known.
        architecture: ``x86_64`` or ``arm64``, for the price.
    """

    function: str
    qualifier: str = ""
    event: Json = None
    memory_mb: int = 0
    architecture: str = "x86_64"

    @property
    def name(self) -> str:
        """``function:qualifier``, or the function's name alone."""
        return f"{self.function}:{self.qualifier}" if self.qualifier else self.function

    def to_dict(self) -> dict[str, Json]:
        """Return it as a question's argument."""
        return {
            "FunctionName": self.function,
            "Qualifier": self.qualifier,
            "Payload": self.event,
            "MemoryMb": self.memory_mb,
            "Architecture": self.architecture,
        }


@dataclass(frozen=True)
class EndpointTarget:
    """A method of a stage of a REST API, called over HTTPS.

    Args:
        api: the API; its name must carry the student's prefix.
        stage: the stage's name.
        method: ``GET``, ``POST``.
        path: what follows the stage, from its first slash on.
        query: the query string's parameters.
        headers: further headers: ``{"Cache-Control": "max-age=0"}``.
        body: the request's body, sent as JSON; ``None`` for none.
        api_key_id: the id of the API key that is sent along; its value is read when it is called, and not recorded.
    """

    api: RestApi
    stage: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    api_key_id: str = ""

    @property
    def name(self) -> str:
        """``POST api/stage/path``."""
        return f"{self.method} {self.api.name}/{self.stage}{self.path}"

    def to_dict(self) -> dict[str, Json]:
        """Return it as a question's argument."""
        return {
            "ApiId": self.api.id,
            "ApiName": self.api.name,
            "Stage": self.stage,
            "Method": self.method,
            "Path": self.path,
            "Query": dict(self.query),
            "Headers": dict(self.headers),
            "Body": self.body,
            "ApiKeyId": self.api_key_id,
        }


Target = FunctionTarget | EndpointTarget


@dataclass(frozen=True)
class Threshold:
    """A bound that a percentile shall keep, and how many requests may be spent to find out.

    Args:
        percentile: 1 to 99.
        milliseconds: the bound.
        most_requests: requests are added, up to so many in all, while the percentile's interval straddles the bound.
    """

    percentile: int
    milliseconds: float
    most_requests: int


@dataclass(frozen=True)
class LoadPlan:
    """How much is sent, and what may stop it.

    Args:
        model: ``closed`` (``concurrency`` in flight until ``requests`` were sent) or ``open`` (``rate_rps`` arrivals a
            second for ``duration_s``, whether or not the earlier ones were answered).
        concurrency: requests in flight: kept there (closed), or at most (open: an arrival that finds no room is
            counted as dropped, not sent).
        requests: requests to send (closed).
        rate_rps: arrivals a second (open).
        duration_s: seconds that arrivals go on (open).
        warm_up: requests sent before, not counted in the result, reported apart.
        least_concurrency: a smaller number in flight would be another test: where the account has no room for it, the
            test is refused. 0 for half of ``concurrency``.
        threshold: a bound to decide on.
        cost_cap_usd: US dollars after which nothing more is sent.
        failing_status: an answer with a ``statusCode`` (of an endpoint: an HTTP status) of so much or more is an
            application error, 400 to 599. HTTP 429 is a throttle all the same.
        notes: what was changed of the plan, and why, in sentences.
    """

    model: Model
    concurrency: int
    requests: int = 0
    rate_rps: float = 0.0
    duration_s: float = 0.0
    warm_up: int = 0
    least_concurrency: int = 0
    threshold: Threshold | None = None
    cost_cap_usd: float = COST_CAP_USD
    failing_status: int = FAILING_STATUS
    notes: tuple[str, ...] = ()

    @property
    def arrivals(self) -> int:
        """Requests that shall be sent, without the warm-up and without those a threshold may add."""
        return self.requests if self.model == "closed" else max(1, round(self.rate_rps * self.duration_s))

    @property
    def least(self) -> int:
        """The smallest number in flight that is still this test."""
        return self.least_concurrency or max(1, self.concurrency // 2)

    def within(self, in_flight: int, note: str) -> LoadPlan:
        """Return the plan with fewer requests in flight, and the note that says why."""
        return replace(self, concurrency=in_flight, notes=(*self.notes, note))

    def to_dict(self) -> dict[str, Json]:
        """Return it as a question's arguments."""
        return {
            "Model": self.model,
            "Concurrency": self.concurrency,
            "Requests": self.requests,
            "Rate": self.rate_rps,
            "DurationSeconds": self.duration_s,
            "WarmUp": self.warm_up,
            "LeastConcurrency": self.least_concurrency,
            "Threshold": (
                {
                    "Percentile": self.threshold.percentile,
                    "Milliseconds": self.threshold.milliseconds,
                    "MostRequests": self.threshold.most_requests,
                }
                if self.threshold
                else None
            ),
            "CostCapUsd": self.cost_cap_usd,
            "FailingStatus": self.failing_status,
        }
