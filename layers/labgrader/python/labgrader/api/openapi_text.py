"""Texts of the OpenAPI document that are not in the routes: introduction, errors and examples."""

from __future__ import annotations

from typing import Any

from labgrader.api import problems
from labgrader.api.problems import Kind
from labgrader.errors import Problem

DESCRIPTION = """\
labgrader grades what students built in AWS. A student starts a self-check of a lab (`POST /v1/self-checks`), follows it
at its `status_url`, and reads the report when it is done. An instructor starts a run that grades or audits a class
(`POST /v1/runs`), follows the run, and downloads the gradebook.

**Tokens.** Every request needs a bearer token, except the request for this document. A student's token gives access to
the labs and to that student's own self-checks and reports. An instructor's token gives access to the labs, the runs,
the courses and all self-checks. All other paths return 403 for a student, also paths that do not exist.

**URLs** in responses (`status_url`, `report_url`, …) are paths relative to the API's address.

**Fields.** A response always has all of its fields. A field without a value is null. Requests with unknown fields or
query parameters are refused.

**Errors** are problem details (RFC 9457). Their `type` is `urn:labgrader:problem:NAME`. The `type` may be `about:blank`
if API Gateway responds before labgrader does. An error never costs a student points.

**Limits.** Every response about self-checks contains the allowance. 429 has a `Retry-After` header, in seconds."""

TAGS = {
    "Labs": "the labs that students build and check",
    "Self-checks": "a student checks a lab alone",
    "Me": "a student's results so far",
    "Runs": "an instructor grades a class",
    "Courses": "an instructor reads the results of a course",
}

_RETRY = ("Retry-After", "seconds to wait before the next try", "integer")

_NOT_JSON = "the body has a Content-Type other than application/json in UTF-8, which is the default"

ERRORS: dict[str, dict[str, Any]] = {
    "NoToken": {
        "status": "401",
        "description": "the token is missing or no longer valid",
        "headers": [("WWW-Authenticate", "Bearer", "string")],
    },
    "NotYours": {
        "status": "403",
        "description": "the token does not allow this; for a student, also every path that does not exist",
        "headers": [],
    },
    "NotFound": {"status": "404", "description": "it does not exist", "headers": []},
    "NoSuchMethod": {
        "status": "405",
        "description": "the path does not support this method; the header Allow lists the supported ones",
        "headers": [("Allow", "the methods that the path supports", "string")],
    },
    "AlreadyRunning": {
        "status": "409",
        "description": "a self-check of this lab is already running; run_id and status_url identify it",
        "headers": [],
        "special": True,
    },
    "ClientTokenUsed": {
        "status": "409",
        "description": "the client token was used for a different request",
        "headers": [],
    },
    "TooLarge": {"status": "413", "description": "the body has more than 256 KiB", "headers": []},
    "NotJson": {"status": "415", "description": _NOT_JSON, "headers": []},
    "BadInput": {"status": "422", "description": "the request is invalid; all problems, field by field", "headers": []},
    "TooMany": {"status": "429", "description": "too many requests at once", "headers": [_RETRY]},
    "AllowanceSpent": {
        "status": "429",
        "description": "the allowance is used up, or too many requests at once",
        "headers": [_RETRY],
        "special": True,
    },
    "OurFault": {"status": "500", "description": "labgrader failed", "headers": []},
    "Busy": {"status": "503", "description": "AWS is busy", "headers": [_RETRY]},
}
"""Every error: its status, meaning and headers (name, meaning, type). Those with ``special`` belong to one route."""

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
    "NotYours": _example(problems.NOT_YOURS, "this self-check belongs to another student"),
    "NotFound": _example(
        problems.NOT_FOUND,
        f"there is no self-check {_RUN_ID}",
        instance="urn:uuid:6f1c2f04-8a0e-4b1c-9a51-0d6e5d3a7c11",
    ),
    "NoSuchMethod": _example(problems.NO_SUCH_METHOD, "this path does not support DELETE; it supports: GET"),
    "AlreadyRunning": _example(
        problems.ALREADY_RUNNING,
        "only one self-check of a lab can run at a time; follow the running one at status_url",
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
        "the body has 300,000 bytes; the maximum is 262,144. For a long roster, upload it to the stack's bucket and "
        "send its key.",
    ),
    "NotJson": _example(problems.NOT_JSON, "send Content-Type: application/json, not text/plain"),
    "BadInput": problems.bad_input(
        [Problem("is missing", field="lab"), Problem("is an unknown field", field="username")]
    ).body(),
    "TooMany": {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "too many requests; try again in a few seconds",
    },
    "AllowanceSpent": _example(
        problems.ALLOWANCE_SPENT,
        "you have used your 5 self-checks of this lab for this hour; start the next one at 2026-03-01T11:02:30Z",
        allowance=_ALLOWANCE,
    ),
    "OurFault": _example(
        problems.OUR_FAULT,
        "labgrader failed on this request. This is not your fault. The error is in labgrader's log. Try again later.",
        instance="urn:uuid:6f1c2f04-8a0e-4b1c-9a51-0d6e5d3a7c11",
    ),
    "Busy": _example(
        problems.BUSY, "AWS did not respond to labgrader in time. Nothing is lost. Try again in a few seconds."
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
        "private": False,
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
    "getCourseGradebook": {
        "course": "serverless-2026",
        "policy": "latest",
        "labs": [
            {
                "lab": "lambda-optimization",
                "title": "Lambda optimization",
                "max_points": 100,
                "due": "2026-03-15T23:59:00+01:00",
            },
            {"lab": "performance-scaling", "title": "performance-scaling", "max_points": None, "due": None},
        ],
        "students": [
            {
                **_STUDENT,
                "name": "Ada",
                "email": "ada@example.edu",
                "section": "A",
                "enrolled": True,
                "results": [
                    {
                        **_REACHED,
                        "run_id": _RUN_ID,
                        "run_finished_at": "2026-03-01T10:21:30Z",
                        "private": False,
                    },
                    None,
                ],
            }
        ],
    },
}
"""An example response of each operation, by operation id. The tests validate each against its schema."""
