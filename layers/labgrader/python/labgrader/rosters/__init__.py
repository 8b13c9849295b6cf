"""Class lists of every platform in, students out.

``reader`` reads class lists for every command, the API and events, and ``accounts`` a second file with accounts. They
are not imported here: every function of the stack needs ``Student``, and few read a class list.
"""

from __future__ import annotations

from labgrader.rosters.longer_usernames import tell_apart
from labgrader.rosters.problems import MoreProblems
from labgrader.rosters.student import (
    COLUMNS,
    MAX_STUDENTS,
    MAX_USERNAME,
    GraderAccount,
    Student,
    assign_accounts,
    select,
)
from labgrader.rosters.usernames import UsernameSource

__all__ = [
    "COLUMNS",
    "MAX_STUDENTS",
    "MAX_USERNAME",
    "GraderAccount",
    "MoreProblems",
    "Student",
    "UsernameSource",
    "assign_accounts",
    "select",
    "tell_apart",
]
