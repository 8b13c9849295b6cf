"""Pass the reason code of an error from a function through Step Functions to the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from labgrader.errors import LabgraderError
from labgrader.messages import said_by
from labgrader.reasons import Reason, split_reason, with_reason

_CUT = re.compile(r'"errorMessage"\s*:\s*"(.*)', re.DOTALL)
"""The text of an error that the state machine cut, because it was too long. Its reason is at the beginning."""


@contextmanager
def reason_in_text() -> Iterator[None]:
    """Write the reason code of a labgrader error into its text when it leaves a function.

    Lambda passes on only the class and the text of an error; the embedded AWS passes on only the text. The class stays
    the same: the state machine decides by it whether to retry.
    """
    try:
        yield
    except LabgraderError as error:
        error.args = (with_reason(error.reason_code, str(error)),)
        raise


def reason_and_text(cause: str) -> tuple[Reason, str]:
    """Return the reason and the text of an error, as they were before ``reason_in_text``.

    Args:
        cause: the cause of the error in Step Functions. An error without a reason is a bug of labgrader.
    """
    reason, text = split_reason(said_by(cause))
    if reason is None and (begun := _CUT.search(cause)):
        reason, _ = split_reason(begun.group(1))
    return reason or Reason.GRADER, text
