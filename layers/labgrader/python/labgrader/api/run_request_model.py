"""What a request for a run holds, for the document. ``starting.reading`` reads it, for an event too."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from labgrader.api.models import LabId, StrictModel
from labgrader.rosters import MAX_STUDENTS, UsernameSource
from labgrader.runs.request_parser import CLIENT_NAME, COURSE_ID

Cell = str | int | None
"""A value of a roster's row; null is as good as empty."""


class RosterRow(StrictModel):
    """One student of a roster. Without a role_arn the resources are in labgrader's own account."""

    username: str | int = Field(description="the prefix of the student's resources")
    student_id: Cell = ""
    name: Cell = ""
    email: Cell = ""
    section: Cell = ""
    account_id: Cell = ""
    region: Cell = ""
    role_arn: Cell = ""
    external_id: Cell = ""


class AccountsRow(StrictModel):
    """The cloud account of one student, joined to the class list by student_id, login or email."""

    student_id: Cell = ""
    login: Cell = ""
    email: Cell = ""
    username: Cell = ""
    account_id: Cell = ""
    region: Cell = ""
    role_arn: Cell = ""
    external_id: Cell = ""


class RunRequest(StrictModel):
    """What an instructor asks for: a lab, graded or audited, for a class. The event Grade Requested takes the same."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "lab": "lambda-optimization",
                    "roster": "username,name\nuser1,Ada\nuser2,Grace\n",
                    "mode": "grade",
                    "client_token": "lab-5-first-grading",
                },
                {"lab": "lambda-optimization", "roster": [{"username": "user1"}], "mode": "audit"},
                {
                    "lab": "lambda-optimization",
                    "roster": "courses/serverless-101/rosters/day-2.csv",
                    "students": ["user1"],
                },
            ]
        },
    )

    lab: LabId
    roster: Annotated[str, Field(min_length=1)] | Annotated[list[RosterRow], Field(min_length=1)] = Field(
        description="the class: CSV text with a header row, a list of students, or the key of a roster in the stack's "
        "bucket (below rosters/ or courses/COURSE/rosters/)"
    )
    mode: Literal["grade", "audit"] = "grade"
    students: list[str] = Field(
        default=[],
        min_length=1,
        max_length=MAX_STUDENTS,
        description="usernames of the roster: only these; leave it away for everybody",
    )
    course: str = Field(
        default="",
        pattern=rf"^({COURSE_ID})?$",
        description="the course that it is a run of; a roster below courses/COURSE/rosters/ says so by itself",
    )
    username_from: str = Field(
        default="",
        json_schema_extra={"enum": [source.value for source in UsernameSource]},
        description="what missing usernames are made from; omit it if the class list has usernames",
    )
    accounts: Annotated[str, Field(min_length=1)] | Annotated[list[AccountsRow], Field(min_length=1)] = Field(
        default="",
        description="the cloud half of the class, joined by student_id, login or email: text, rows or a key, as roster",
    )
    client_token: str = Field(
        default="",
        pattern=rf"^{CLIENT_NAME}$",
        description="the same one and the same request again are the same run; or in the header Idempotency-Key",
    )
