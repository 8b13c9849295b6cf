"""What Lambda and Step Functions answer in the second interpreter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.recorded_aws.reading import recorded


@dataclass(frozen=True)
class Answer:
    """An HTTP response of AWS.

    Args:
        status: the status code.
        body: the document in its body.
        headers: its headers, without the type of the content.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def result(document: Any) -> Answer:
    """Return the answer of a function that returned a document."""
    return Answer(200, document)


def raised(error: str, message: str) -> Answer:
    """Return the answer of a function that raised an exception, in the shape of the recorded one.

    Args:
        error: the class of the exception.
        message: its text.
    """
    shape = recorded("lambda_function_error")["response"]
    return Answer(shape["status"], {**shape["body"], "errorType": error, "errorMessage": message}, shape["headers"])


def as_recorded(name: str) -> Answer:
    """Return a recorded response.

    Args:
        name: the name of its file in ``tests/recorded_aws``.
    """
    response = recorded(name)["response"]
    return Answer(response["status"], response["body"], response["headers"])


Function = Callable[[Any], Answer]
"""What a function answers to a payload."""
