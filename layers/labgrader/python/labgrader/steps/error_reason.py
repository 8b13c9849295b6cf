"""The reason of an error, on its way from a function through Step Functions to the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from labgrader.errors import LabgraderError
from labgrader.messages import said_by
from labgrader.reasons import Reason, split_reason, with_reason

_CUT = re.compile(r'"errorMessage"\s*:\s*"(.*)', re.DOTALL)
"""The text of an error so long that the state machine has cut it; its reason stands at the beginning."""


@contextmanager
def reason_in_text() -> Iterator[None]:
    """Let an error of ours leave a function with its reason in its text.

    Lambda passes on an error's class and text alone, and the embedded AWS only the text. The class stays, because the
    state machine retries by it.
    """
    try:
        yield
    except LabgraderError as error:
        error.args = (with_reason(error.reason_code, str(error)),)
        raise


def reason_and_text(cause: str) -> tuple[Reason, str]:
    """Return the reason of an error and its text, as they were before ``reason_in_text``.

    Args:
        cause: what Step Functions says of the error. One without a reason is an error that nobody raised on purpose.
    """
    reason, text = split_reason(said_by(cause))
    if reason is None and (begun := _CUT.search(cause)):
        reason, _ = split_reason(begun.group(1))
    return reason or Reason.GRADER, text
