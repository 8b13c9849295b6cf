"""The errors that end a command, and the exit statuses."""

from __future__ import annotations

import signal

from labgrader.errors import LabgraderError

DONE, INCOMPLETE, BAD_INPUT, UNREACHABLE, CRASHED = 0, 1, 2, 3, 70
"""The exit statuses of every command. 70 is ``EX_SOFTWARE`` of ``sysexits.h``."""

_SIGHUP, _SIGPIPE = 1, 13
"""Numbers of signals that Windows does not have."""

READER_GONE = 128 + _SIGPIPE
"""The exit status if the reader of the output stopped reading. A shell reports the same for a command that SIGPIPE
ended."""

EXIT_STATUSES = {
    DONE: "done",
    INCOMPLETE: "finished, but not every student is fully graded, a proof does not hold, or `status --check` found a "
    "problem",
    BAD_INPUT: "bad input or usage",
    UNREACHABLE: "AWS or the embedded AWS could not be reached, or it refused a request",
    CRASHED: "an error in labgrader itself, with a traceback",
    128 + _SIGHUP: "interrupted: the terminal was closed",
    128 + signal.SIGINT: "interrupted with Ctrl-C",
    READER_GONE: "the reader of the output stopped reading (`labgrader labs | head -1`)",
    128 + signal.SIGTERM: "interrupted with SIGTERM",
}
"""What each exit status means."""


class TargetError(LabgraderError):
    """AWS or the embedded AWS could not be reached, or it refused a request. Ends a command with exit status 3."""


class UsageError(LabgraderError):
    """The command was used incorrectly. Ends it with exit status 2."""


class Interrupted(SystemExit):
    """The command was interrupted by a signal. The exit status is 128 plus the signal's number."""
