"""The model of a request for a run, for the OpenAPI document. ``runs.request_parser`` reads requests and events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from labgrader.api.models import LabId, StrictModel
from labgrader.rosters import MAX_STUDENTS, UsernameSource
from labgrader.runs.request_parser import CLIENT_NAME, COURSE_ID

Cell = str | int | None
"""A value in a roster's row; null is the same as empty."""


class RosterRow(StrictModel):
    """One student of a roster. Without a role_arn, the resources are in labgrader's own account."""

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
    """A request to grade or audit a lab for a class. The event Grade Requested has the same fields."""

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
        description="usernames from the roster to grade; omit it for the whole class",
    )
    course: str = Field(
        default="",
        pattern=rf"^({COURSE_ID})?$",
        description="the run's course; not needed with a roster below courses/COURSE/rosters/",
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
    private: bool = Field(
        default=False, description="whether students do not see the results until the run is published"
    )
    client_token: str = Field(
        default="",
        pattern=rf"^{CLIENT_NAME}$",
        description="a repeated request with the same token gets the same run; can also be in the header "
        "Idempotency-Key",
    )
