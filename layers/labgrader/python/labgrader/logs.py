"""The structured log of a Lambda function. Each line has the run and the student, also lines from the library."""

from __future__ import annotations

import logging

from aws_lambda_powertools import Logger

from labgrader.environment import Environment

LIBRARY = __name__.partition(".")[0]


def function_logger(service: str) -> Logger:
    """Return the logger of a function. The library's log lines go through it and get its keys.

    Args:
        service: the function's name, such as ``run_check``. Every line has it.
    """
    logger = Logger(service=service)
    library = logging.getLogger(LIBRARY)
    library.handlers = list(logger.handlers)
    library.setLevel(logger.log_level)
    # Lambda's root handler would write each line a second time, without the keys
    library.propagate = not Environment().on_lambda
    return logger
