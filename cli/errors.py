"""What ends a command, and with which exit status."""

from __future__ import annotations

from labgrader.errors import LabgraderError

DONE, INCOMPLETE, BAD_INPUT, UNREACHABLE = 0, 1, 2, 3
"""The exit statuses of every command."""


class TargetError(LabgraderError):
    """AWS or the embedded AWS could not be reached, or refused. Ends a command with exit status 3."""


class UsageError(LabgraderError):
    """The command was asked for something it does not do. Ends it with exit status 2."""


class Interrupted(SystemExit):
    """Somebody pressed Ctrl-C, closed the terminal or sent SIGTERM. The exit status is 128 and the signal's number."""
