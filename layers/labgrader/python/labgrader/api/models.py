"""The models of requests and responses. A response always has all of its fields; a field without a value is null."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

LAB_ID = r"^[a-z][a-z0-9-]{1,60}$"
RUN_ID = r"^[A-Za-z0-9_-]{1,80}$"
COURSE_ID = r"^[a-z0-9][a-z0-9-]{0,39}$"
USERNAME = r"^[a-z0-9](?:[a-z0-9_-]{0,78}[a-z0-9])?$"

LabId = Annotated[str, Field(pattern=LAB_ID, description="a lab's id", examples=["lambda-optimization"])]
RunId = Annotated[
    str, Field(pattern=RUN_ID, description="a run's id", examples=["20260301-101500-lambda-optimization-3f2a"])
]
Username = Annotated[str, Field(pattern=USERNAME, description="a student's username", examples=["user1"])]
Moment = Annotated[str, Field(description="ISO 8601 in UTC", examples=["2026-03-01T10:15:00Z"])]
DueMoment = Annotated[
    str,
    Field(
        description="ISO 8601 with the offset of the course's time zone",
        examples=["2026-03-15T23:59:00+01:00"],
        json_schema_extra={"format": "date-time"},
    ),
]
Url = Annotated[str, Field(description="a path relative to the API's address")]
Points = Annotated[float, Field(ge=0, description="rounded to two decimals")]
Count = Annotated[int, Field(ge=0)]

StudentReport = Annotated[dict[str, Any], WithJsonSchema({"x-schema": "StudentReport"})]
"""A report as its student sees it. The OpenAPI document refers to the report's own schema instead."""
FullReport = Annotated[dict[str, Any], WithJsonSchema({"x-schema": "Report"})]
"""A report as an instructor sees it."""
RunRequestBody = Annotated[dict[str, Any], WithJsonSchema({"x-schema": "RunRequest"})]
"""A request for a run. ``runs.request_parser`` reads it, as for an event, and reports all problems at once. The schema
in the OpenAPI document is that of ``RunRequest``."""


class StrictModel(BaseModel):
    """A model that rejects unknown fields. It is built on first use, because no request needs all models."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class Allowance(StrictModel):
    """The self-checks of a lab that a student may still start."""

    per_hour: Count = Field(description="self-checks in any 60 minutes")
    per_day: Count = Field(description="self-checks in any 24 hours")
    remaining_this_hour: Count
    remaining_today: Count
    refills_at: Moment | None = Field(description="when one more is allowed; null if none is used")


class Hidden(StrictModel):
    """The checks of a lab that a student does not see, and their points."""

    checks: Count
    points: Points
    message: str | None = Field(description="the same as a sentence; null if no check is hidden")


class SelfChecksOfLab(StrictModel):
    """The limits on self-checks of a lab."""

    per_hour: Count
    per_day: Count


class LabEntry(StrictModel):
    """One lab."""

    id: LabId
    title: str
    version: str
    points: Points = Field(description="points of all checks, including hidden ones")
    visible_points: Points = Field(description="points of the checks in a self-check")
    hidden: Hidden
    self_checks: SelfChecksOfLab
    allowance: Allowance | None = Field(description="the student's own current allowance; null for an instructor")
    due: DueMoment | None = Field(description="the due date in the student's own course; null if it has none")


class Labs(StrictModel):
    """All labs."""

    labs: list[LabEntry]


class SelfCheckRequest(StrictModel):
    """A request for a self-check of one lab. The token identifies the student."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lab": "lambda-optimization"}]})

    lab: LabId


class SelfCheckStarted(StrictModel):
    """A self-check that has started."""

    run_id: RunId
    status_url: Url
    remaining_today: Count
    allowance: Allowance
    note: str | None = Field(description="a warning about the self-check, or null")


class SelfCheck(StrictModel):
    """The status of a self-check, and its report when it is done."""

    run_id: RunId
    lab: LabId
    status: Literal["running", "complete", "incomplete", "failed"]
    started_at: Moment
    finished_at: Moment | None
    allowance: Allowance
    hidden: Hidden = Field(description="the checks of the lab that a self-check does not show")
    error: str | None = Field(
        description="only if the self-check failed: a message that it does not count; for an instructor, the cause"
    )
    report: StudentReport | None


class HistoryEntry(StrictModel):
    """A student's result in one run, without hidden checks."""

    run_id: RunId
    lab: LabId
    mode: Literal["grade", "audit", "self-check", "regrade"]
    status: Literal["complete", "incomplete"]
    points: Points
    max_points: Points
    open_points: Points = Field(description="points of checks that could not be graded")
    percent: float = Field(ge=0, le=100)
    hidden: Hidden | None = Field(description="the checks that these points do not include; null if there are none")
    graded_at: Moment
    report_url: Url


class History(StrictModel):
    """A student's results, newest first."""

    reports: list[HistoryEntry]


class RunStarted(StrictModel):
    """A run that has started."""

    run_id: RunId
    status_url: Url
    gradebook_url: Url


class Progress(StrictModel):
    """The number of students in a run with a report."""

    done: Count
    total: Count


class RunStudent(StrictModel):
    """A student's result in a run."""

    username: Username
    student_id: str
    status: Literal["complete", "incomplete"]
    points: Points
    max_points: Points
    open_points: Points
    percent: float = Field(ge=0, le=100)
    graded_at: Moment
    report_url: Url


class Run(StrictModel):
    """The status of a run, with the students who are done."""

    run_id: RunId
    lab: str = Field(
        pattern=LAB_ID.replace("^", "^(").replace("$", ")?$"),
        description="the lab's id; empty if an event requested the run and its lab does not exist",
        examples=["lambda-optimization"],
    )
    mode: Literal["grade", "audit", "regrade"]
    status: Literal["running", "complete", "incomplete", "failed"]
    started_at: Moment
    finished_at: Moment | None
    course: str
    requested_by: str
    private: bool = Field(description="whether students do not see the results of the run")
    error: str | None = Field(description="why the run failed; null if it did not fail")
    progress: Progress
    students: list[RunStudent]
    gradebook_url: Url


class GradebookRow(StrictModel):
    """A student's row of the gradebook."""

    student_id: str
    username: Username
    name: str
    email: str
    section: str
    status: Literal["complete", "incomplete"]
    points: Points
    max_points: Points
    percent: float = Field(ge=0, le=100)
    open_points: Points
    check_points: list[Points | None] = Field(description="one value for each check; null if it was not graded")


class Gradebook(StrictModel):
    """The gradebook of a run, with the same content as the CSV."""

    run_id: RunId
    lab: LabId
    checks: list[str] = Field(description="the ids of the checks, in the order of check_points")
    students: list[GradebookRow]


class CourseLabEntry(StrictModel):
    """A lab of a course."""

    lab: LabId
    title: str
    max_points: Points | None = Field(description="null if no student was graded")
    due: DueMoment | None = Field(description="null if the lab has no due date")


class CourseResult(StrictModel):
    """The result of a student in a lab that counts, and the run that it comes from."""

    status: Literal["complete", "incomplete"]
    points: Points
    max_points: Points
    percent: float = Field(ge=0, le=100)
    open_points: Points
    run_id: RunId
    run_finished_at: Moment
    private: bool = Field(description="whether students do not see the results of the run")


class CourseGradebookRow(StrictModel):
    """A student of a course."""

    student_id: str
    username: Username
    name: str
    email: str
    section: str
    enrolled: bool = Field(description="whether the student is on a class list of the course")
    results: list[CourseResult | None] = Field(description="one for each lab; null without a result")


class CourseGradebook(StrictModel):
    """The gradebook of a course, with the same content as the CSV."""

    course: Annotated[str, Field(pattern=COURSE_ID, description="a course's id", examples=["serverless-2026"])]
    policy: Literal["latest", "best", "last-before-due"]
    labs: list[CourseLabEntry] = Field(description="in the order of the course and of results")
    students: list[CourseGradebookRow]


class FieldError(StrictModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="the path of the value (roster[3].username); empty for the whole request")
    message: str


class ProblemDetails(BaseModel):
    """The body of every error (RFC 9457, application/problem+json)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="the kind of problem; about:blank if API Gateway itself responded")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str | None = Field(default=None, description="the id of the request in labgrader's logs")
    errors: list[FieldError] | None = Field(default=None, description="422: all problems, field by field")
    errors_left_out: int | None = Field(default=None, description="422: the number of further problems")
    run_id: RunId | None = Field(default=None, description="409: the run that exists already")
    status_url: Url | None = Field(default=None, description="409: the path to follow that run")
    allowance: Allowance | None = Field(default=None, description="409 and 429: the remaining allowance")
