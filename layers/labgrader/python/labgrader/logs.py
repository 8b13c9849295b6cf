"""The log of one function: structured lines, with the run and the student on each, the library's own included."""

from __future__ import annotations

import logging

from aws_lambda_powertools import Logger

from labgrader.environment import Environment

LIBRARY = __name__.partition(".")[0]


def function_logger(service: str) -> Logger:
    """Return the logger of a function; what the library logs meanwhile is written by it, with the keys it has then.

    Args:
        service: the function's name, ``run_check``; it stands on every line.
    """
    logger = Logger(service=service)
    library = logging.getLogger(LIBRARY)
    library.handlers = list(logger.handlers)
    library.setLevel(logger.log_level)
    # Lambda's own handler, at the root, would write each line once more, without the keys
    library.propagate = not Environment().on_lambda
    return logger
