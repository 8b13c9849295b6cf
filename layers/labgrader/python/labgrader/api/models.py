"""What requests hold and answers say. Every field of an answer is always there; null where there is nothing to say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

LAB_ID = r"^[a-z][a-z0-9-]{1,60}$"
RUN_ID = r"^[A-Za-z0-9_-]{1,80}$"
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
Url = Annotated[str, Field(description="a path below the API's address")]
Points = Annotated[float, Field(ge=0, description="rounded to two decimals")]
Count = Annotated[int, Field(ge=0)]

StudentReport = Annotated[dict[str, Any], WithJsonSchema({"x-schema": "StudentReport"})]
"""A report as its student sees it; the document has its schema in this one's place."""
FullReport = Annotated[dict[str, Any], WithJsonSchema({"x-schema": "Report"})]
"""A report as an instructor sees it."""
AskedRun = Annotated[dict[str, Any], WithJsonSchema({"x-schema": "RunRequest"})]
"""What ``starting.reading`` reads, as it does for an event, with all that is wrong at once; ``RunRequest`` tells it."""


class StrictModel(BaseModel):
    """What has these fields and no others. Built when it is first used: no request uses them all, and each waits."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class Allowance(StrictModel):
    """How often a student may still check a lab alone."""

    per_hour: Count = Field(description="self-checks in any 60 minutes")
    per_day: Count = Field(description="self-checks in any 24 hours")
    remaining_this_hour: Count
    remaining_today: Count
    refills_at: Moment | None = Field(description="when one more is allowed; null while nothing is used")


class Hidden(StrictModel):
    """The checks that a lab has beside those that a student sees, and what they are worth."""

    checks: Count
    points: Points
    message: str | None = Field(description="the same as a sentence; null where nothing is hidden")


class SelfChecksOfLab(StrictModel):
    """How often a student may check a lab alone."""

    per_hour: Count
    per_day: Count


class LabEntry(StrictModel):
    """One lab."""

    id: LabId
    title: str
    version: str
    points: Points = Field(description="all of them, hidden checks included")
    visible_points: Points = Field(description="those of the checks that a self-check judges")
    hidden: Hidden
    self_checks: SelfChecksOfLab
    allowance: Allowance | None = Field(description="the asking student's, now; null for an instructor")
    due: DueMoment | None = Field(description="when the asking student's course wants it, where it says so")


class Labs(StrictModel):
    """The labs there are."""

    labs: list[LabEntry]


class SelfCheckRequest(StrictModel):
    """What a student asks for: one lab, judged now. Whose work it is, the token says."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lab": "lambda-optimization"}]})

    lab: LabId


class SelfCheckStarted(StrictModel):
    """A self-check that runs now."""

    run_id: RunId
    status_url: Url
    remaining_today: Count
    allowance: Allowance
    note: str | None = Field(description="what may not be as you think; null where there is nothing to say")


class SelfCheck(StrictModel):
    """How a self-check stands, and its report when it has one."""

    run_id: RunId
    lab: LabId
    status: Literal["running", "complete", "incomplete", "failed"]
    started_at: Moment
    finished_at: Moment | None
    allowance: Allowance
    hidden: Hidden = Field(description="what the lab has that a self-check does not show")
    error: str | None = Field(description="where it failed, that it does not count; an instructor is told why")
    report: StudentReport | None


class HistoryEntry(StrictModel):
    """What a student reached in one run, hidden checks left out."""

    run_id: RunId
    lab: LabId
    mode: Literal["grade", "audit", "self-check", "regrade"]
    status: Literal["complete", "incomplete"]
    points: Points
    max_points: Points
    open_points: Points = Field(description="points of checks that could not be graded")
    percent: float = Field(ge=0, le=100)
    hidden: Hidden | None = Field(description="the checks that are not among these points; null where there are none")
    graded_at: Moment
    report_url: Url


class History(StrictModel):
    """A student's results, newest first."""

    reports: list[HistoryEntry]


class RunStarted(StrictModel):
    """A run that has begun."""

    run_id: RunId
    status_url: Url
    gradebook_url: Url


class Progress(StrictModel):
    """How many students of a run have their report."""

    done: Count
    total: Count


class RunStudent(StrictModel):
    """What a student reached in a run."""

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
    """How a run stands, with the students who are done."""

    run_id: RunId
    lab: str = Field(
        pattern=LAB_ID.replace("^", "^(").replace("$", ")?$"),
        description="the lab's id; empty where an event asked for a run and named no lab that there is",
        examples=["lambda-optimization"],
    )
    mode: Literal["grade", "audit", "regrade"]
    status: Literal["running", "complete", "incomplete", "failed"]
    started_at: Moment
    finished_at: Moment | None
    course: str
    requested_by: str
    private: bool = Field(description="whether students do not see the results of the run")
    error: str | None = Field(description="why it failed, where it did")
    progress: Progress
    students: list[RunStudent]
    gradebook_url: Url


class GradebookRow(StrictModel):
    """A student's line of the gradebook."""

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
    check_points: list[Points | None] = Field(description="one for each of the checks; null where it was not graded")


class Gradebook(StrictModel):
    """The gradebook of a run: the same as the CSV."""

    run_id: RunId
    lab: LabId
    checks: list[str] = Field(description="their ids, in the order of check_points")
    students: list[GradebookRow]


class FieldError(StrictModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="which value (roster[3].username); empty for the whole")
    message: str


class ProblemDetails(BaseModel):
    """What every error looks like (RFC 9457, application/problem+json)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="which kind of problem; about:blank where the gateway itself answered")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str | None = Field(default=None, description="the request, as labgrader's logs name it")
    errors: list[FieldError] | None = Field(default=None, description="422: everything that is wrong, field by field")
    errors_left_out: int | None = Field(default=None, description="422: how many more there are")
    run_id: RunId | None = Field(default=None, description="409: the run that there is already")
    status_url: Url | None = Field(default=None, description="409: where to follow it")
    allowance: Allowance | None = Field(default=None, description="409 and 429: what is left of the allowance")
