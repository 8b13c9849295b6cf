"""What the document says beside what the routes say: its introduction, its errors, an example of each."""

from __future__ import annotations

from typing import Any

from labgrader.api import problems
from labgrader.api.problems import Kind
from labgrader.errors import Problem

DESCRIPTION = """\
labgrader grades what students built in AWS. A student checks a lab alone (`POST /v1/self-checks`), follows the check at
its `status_url`, and reads the report when it is done. An instructor has a class graded or audited (`POST /v1/runs`),
follows the run, and fetches the gradebook.

**Tokens.** Every request but that for this document needs a bearer token. A student's token is good for what concerns
that student alone; an instructor's for the labs, the runs and anybody's self-checks. A student's token opens no other
path: 403 may mean that there is nothing at it.

**Addresses** in answers (`status_url`, `report_url`, …) are paths below the API's own address.

**Fields.** Every field of an answer is always there, and null where there is nothing to say. Requests and queries with
fields that are not described here are refused.

**Errors** are problem details (RFC 9457), their `type` says which: `urn:labgrader:problem:NAME`. Where API Gateway
answers before labgrader does, the `type` may be `about:blank`. No error is a student's lost point.

**How often.** Each answer to do with self-checks tells the allowance. 429 comes with `Retry-After`, in seconds."""

TAGS = {
    "Labs": "what there is to build and to check",
    "Self-checks": "a student checks a lab alone",
    "Me": "what a student reached so far",
    "Runs": "an instructor grades a class",
}

_RETRY = ("Retry-After", "seconds to wait before the next try", "integer")

_NOT_JSON = (
    "the body is said to be something else than application/json in UTF-8; without a Content-Type it is taken for that"
)

ERRORS: dict[str, dict[str, Any]] = {
    "NoToken": {
        "status": "401",
        "description": "no token, or one that is not good any more",
        "headers": [("WWW-Authenticate", "Bearer", "string")],
    },
    "NotYours": {
        "status": "403",
        "description": "not yours to see or do; for a student, also every path where there is nothing",
        "headers": [],
    },
    "NotFound": {"status": "404", "description": "there is none", "headers": []},
    "NoSuchMethod": {
        "status": "405",
        "description": "the path does not take this method; the header says which it takes",
        "headers": [("Allow", "the methods that the path takes", "string")],
    },
    "AlreadyRunning": {
        "status": "409",
        "description": "one is running: run_id and status_url say which",
        "headers": [],
        "special": True,
    },
    "ClientTokenUsed": {"status": "409", "description": "the client token stands for another request", "headers": []},
    "TooLarge": {"status": "413", "description": "the body has more than 256 KiB", "headers": []},
    "NotJson": {"status": "415", "description": _NOT_JSON, "headers": []},
    "BadInput": {"status": "422", "description": "everything that is wrong, field by field", "headers": []},
    "TooMany": {"status": "429", "description": "too many requests at once", "headers": [_RETRY]},
    "AllowanceSpent": {
        "status": "429",
        "description": "the allowance is spent, or too many requests at once",
        "headers": [_RETRY],
        "special": True,
    },
    "OurFault": {"status": "500", "description": "labgrader failed", "headers": []},
    "Busy": {"status": "503", "description": "AWS is busy", "headers": [_RETRY]},
}
"""Every error: its status, what it means, its headers (name, meaning, type); ``special`` ones belong to one route."""

_RUN_ID = "20260301-101500-lambda-optimization-3f2a"

_ALLOWANCE = {
    "per_hour": 5,
    "per_day": 20,
    "remaining_this_hour": 0,
    "remaining_today": 15,
    "refills_at": "2026-03-01T11:02:30Z",
}


def _example(kind: Kind, detail: str, **more: Any) -> dict[str, Any]:
    return {**problems.ProblemError(kind, detail).body(), **more}


PROBLEM_EXAMPLES = {
    "NoToken": problems.no_token().body(),
    "NotYours": _example(problems.NOT_YOURS, "this is the self-check of another student"),
    "NotFound": _example(
        problems.NOT_FOUND,
        f"there is no self-check {_RUN_ID}",
        instance="urn:uuid:6f1c2f04-8a0e-4b1c-9a51-0d6e5d3a7c11",
    ),
    "NoSuchMethod": _example(problems.NO_SUCH_METHOD, "DELETE is not taken here; what is: GET"),
    "AlreadyRunning": _example(
        problems.ALREADY_RUNNING,
        "one self-check of a lab runs at a time: follow the one that is running, at status_url",
        run_id=_RUN_ID,
        status_url=f"/v1/self-checks/{_RUN_ID}",
        allowance={**_ALLOWANCE, "remaining_this_hour": 4},
    ),
    "ClientTokenUsed": _example(
        problems.TOKEN_USED,
        "this client token was used for another request; use a new client token for each request",
        run_id=_RUN_ID,
        status_url=f"/v1/runs/{_RUN_ID}",
    ),
    "TooLarge": _example(
        problems.TOO_LARGE,
        "300,000 bytes; a request may have 262,144: give a long roster's key in the bucket instead",
    ),
    "NotJson": _example(problems.NOT_JSON, "send Content-Type: application/json, not text/plain"),
    "BadInput": problems.bad_input(
        [Problem("is missing", field="lab"), Problem("is not known here", field="username")]
    ).body(),
    "TooMany": {"type": "about:blank", "title": "Too Many Requests", "status": 429, "detail": "slow down, please"},
    "AllowanceSpent": _example(
        problems.ALLOWANCE_SPENT,
        "your 5 self-checks of this lab for this hour are used; the next one may start at 2026-03-01T11:02:30Z",
        allowance=_ALLOWANCE,
    ),
    "OurFault": _example(
        problems.OUR_FAULT,
        "labgrader could not answer this; it is not your fault, and it is in labgrader's log. Try again later.",
        instance="urn:uuid:6f1c2f04-8a0e-4b1c-9a51-0d6e5d3a7c11",
    ),
    "Busy": _example(
        problems.BUSY, "AWS did not answer labgrader in time. Nothing is lost: try again in a few seconds."
    ),
}

_LEFT = {**_ALLOWANCE, "remaining_this_hour": 4, "remaining_today": 19, "refills_at": "2026-03-01T11:15:00Z"}

_HIDDEN = {
    "checks": 2,
    "points": 10,
    "message": "2 more checks, worth 10 points, are not shown to you. Full marks need more than the checks shown.",
}

_REACHED = {"status": "complete", "points": 87.5, "max_points": 100, "open_points": 0, "percent": 87.5}

_STUDENT = {"username": "user1", "student_id": "s-001"}

ANSWER_EXAMPLES: dict[str, dict[str, Any]] = {
    "listLabs": {
        "labs": [
            {
                "id": "lambda-optimization",
                "title": "Lambda optimization",
                "version": "1.0.0",
                "points": 100,
                "visible_points": 90,
                "hidden": _HIDDEN,
                "self_checks": {"per_hour": 5, "per_day": 20},
                "allowance": _LEFT,
                "due": "2026-03-15T23:59:00+01:00",
            }
        ]
    },
    "startSelfCheck": {
        "run_id": _RUN_ID,
        "status_url": f"/v1/self-checks/{_RUN_ID}",
        "remaining_today": 19,
        "allowance": _LEFT,
        "note": None,
    },
    "getSelfCheck": {
        "run_id": _RUN_ID,
        "lab": "lambda-optimization",
        "status": "running",
        "started_at": "2026-03-01T10:15:00Z",
        "finished_at": None,
        "allowance": _LEFT,
        "hidden": _HIDDEN,
        "error": None,
        "report": None,
    },
    "listMyReports": {
        "reports": [
            {
                "run_id": _RUN_ID,
                "lab": "lambda-optimization",
                "mode": "self-check",
                **_REACHED,
                "hidden": _HIDDEN,
                "graded_at": "2026-03-01T10:15:06Z",
                "report_url": f"/v1/me/reports/{_RUN_ID}",
            }
        ]
    },
    "startRun": {
        "run_id": _RUN_ID,
        "status_url": f"/v1/runs/{_RUN_ID}",
        "gradebook_url": f"/v1/runs/{_RUN_ID}/gradebook",
    },
    "getRun": {
        "run_id": _RUN_ID,
        "lab": "lambda-optimization",
        "mode": "grade",
        "status": "running",
        "started_at": "2026-03-01T10:15:00Z",
        "finished_at": None,
        "course": "",
        "requested_by": "instructor ada",
        "error": None,
        "progress": {"done": 1, "total": 2},
        "students": [
            {
                **_STUDENT,
                **_REACHED,
                "graded_at": "2026-03-01T10:15:06Z",
                "report_url": f"/v1/runs/{_RUN_ID}/students/user1",
            }
        ],
        "gradebook_url": f"/v1/runs/{_RUN_ID}/gradebook",
    },
    "getGradebook": {
        "run_id": _RUN_ID,
        "lab": "lambda-optimization",
        "checks": ["optimized-function", "layers-attached", "alias-prod"],
        "students": [
            {
                **_STUDENT,
                "name": "Ada",
                "email": "ada@example.edu",
                "section": "A",
                **_REACHED,
                "check_points": [8, 4, None],
            }
        ],
    },
}
"""What an operation answers, by its id; the tests hold each against its schema."""
