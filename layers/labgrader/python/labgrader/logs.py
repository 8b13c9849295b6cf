"""The structured log of a Lambda function. Each line has the run and the student, also lines from the library.

Lambda filters the lines by their level (``ApplicationLogLevel``). It reads ``level`` and ``timestamp`` of each line. A
line with a level that it does not know, or without an RFC 3339 timestamp, counts as INFO, and a filter of WARN or ERROR
drops it (Lambda Developer Guide, "Log-level filtering"). Metrics have no level, so the template never sets that filter
above INFO. For WARNING and ERROR, the logger itself drops what is below.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from aws_lambda_powertools import Logger

from labgrader.environment import Environment

LIBRARY = __name__.partition(".")[0]

LAMBDA_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
"""Lambda's name of each level to which Python gives another name (Lambda Developer Guide, "Log-level filtering")."""

CLIENTS = ("boto3", "botocore", "urllib3")
"""The loggers of what sends requests. At DEBUG they write headers and bodies, and with them credentials and tokens."""


def _as_json(line: Any) -> str:
    level = LAMBDA_LEVELS.get(line["level"], line["level"])
    return json.dumps({**line, "level": level}, default=str, separators=(",", ":"), ensure_ascii=False)


def function_logger(service: str) -> Logger:
    """Return the logger of a function. The library's log lines go through it and get its keys.

    Args:
        service: the function's name, such as ``run_check``. Every line has it.
    """
    environment = Environment()
    logger = Logger(service=service, use_rfc3339=True, utc=True, json_serializer=_as_json)
    library = logging.getLogger(LIBRARY)
    library.handlers = list(logger.handlers)
    library.setLevel(environment.log_level)
    logging.getLogger(service).setLevel(environment.log_level)  # Powertools prefers the level of Lambda's filter
    # Lambda's root handler would write each line a second time, without the keys
    library.propagate = not environment.on_lambda
    for name in CLIENTS:  # Lambda sets the root logger to its own level
        logging.getLogger(name).setLevel(logging.INFO)
    return logger
