"""Class lists of every platform in, students out: the one reader of every command, of the API and of events."""

from __future__ import annotations

from labgrader.rosters.accounts import AccountsFile
from labgrader.rosters.problems import MoreProblems
from labgrader.rosters.reader import ClassList, read_class_list, read_roster
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
    "AccountsFile",
    "ClassList",
    "GraderAccount",
    "MoreProblems",
    "Student",
    "UsernameSource",
    "assign_accounts",
    "read_class_list",
    "read_roster",
    "select",
]
