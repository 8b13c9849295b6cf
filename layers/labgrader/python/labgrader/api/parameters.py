"""The parameters of requests: in the path, the query or a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from labgrader.api.models import COURSE_ID, LAB_ID, RUN_ID, USERNAME
from labgrader.reporting.course_gradebook import Policy
from labgrader.reporting.exports import exports

if TYPE_CHECKING:
    Format = str
    PolicyName = str
else:
    PolicyName = Literal[tuple(str(policy) for policy in Policy)]
    Format = Literal[tuple(exports())]  # a type checker cannot list the files of a folder

RunIdInPath = Annotated[
    str, Path(pattern=RUN_ID, description="a run's id", examples=["20260301-101500-lambda-optimization-3f2a"])
]
UsernameInPath = Annotated[str, Path(pattern=USERNAME, description="a student's username", examples=["user1"])]
LabInQuery = Annotated[
    str | None, Query(pattern=LAB_ID, description="only reports of this lab", examples=["lambda-optimization"])
]
FormatInQuery = Annotated[
    Format, Query(description="; ".join(f"{name} {export.description}" for name, export in exports().items()))
]
CourseIdInPath = Annotated[str, Path(pattern=COURSE_ID, description="a course's id", examples=["serverless-2026"])]
CourseFormatInQuery = Annotated[
    Format,
    Query(
        description="the format of the gradebook; "
        f"{', '.join(name for name, export in exports().items() if export.render_course)} hold several labs, and the "
        "others need the parameter lab if the course has several"
    ),
]
PolicyInQuery = Annotated[
    PolicyName,
    Query(
        description="which of several results of a student in a lab counts; last-before-due is the latest of the work "
        "that was recorded by the due date"
    ),
]
OnlyLabInQuery = Annotated[
    str | None, Query(pattern=LAB_ID, description="only this lab of the course", examples=["lambda-optimization"])
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="the same as client_token in the body: a repeated request with the same token gets the same run",
    ),
]
