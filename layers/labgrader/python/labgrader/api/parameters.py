"""The parameters of requests: in the path, the query or a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from labgrader.api.models import LAB_ID, RUN_ID, USERNAME
from labgrader.reporting.exports import exports

if TYPE_CHECKING:
    Format = str
else:
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
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="the same as client_token in the body: a repeated request with the same token gets the same run",
    ),
]
