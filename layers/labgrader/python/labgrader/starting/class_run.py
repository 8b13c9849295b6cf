"""A class run from any of its front doors: what was asked for is read and checked, then the machine is started once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labgrader.errors import BadInputError, LabgraderError, Problem
from labgrader.lab import lab_ids
from labgrader.messages import quote
from labgrader.roster import Home, Student, at_home, read_roster, select
from labgrader.run_request import Request
from labgrader.starting.execution import execution_arn, start_execution
from labgrader.store import MissingError, Store, encoded, roster_key

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

SELF_CHECK_OF_A_CLASS = "a self-check is of one student alone, who starts it: a class run has the mode grade or audit"
"""Why a class run is refused in mode self-check."""

INLINE = "roster"
"""What a roster is called in problems that came with the request itself."""

_KEY = re.compile(r"[^\r\n,;\[{]+")
"""Text that is one line without a comma is a key: a class list has a line of columns, and one of a student."""


@dataclass(frozen=True)
class Started:
    """A run that was started.

    Args:
        run_id: its id, also the name of its execution.
        execution: the ARN of the execution.
        again: whether it had been asked for before: it is the same run, and nothing was started twice.
        total: how many students it grades.
    """

    run_id: str
    execution: str
    again: bool
    total: int = 0


@dataclass(frozen=True)
class Asked:
    """A request that can be used, whose class list is not kept yet.

    Args:
        request: the request; its roster is empty where the list came with it.
        content, suffix: that list, and how its key ends; empty where the list is in the bucket.
    """

    request: Request
    content: bytes = b""
    suffix: str = ""

    def kept(self, store: Store, run_id: str) -> Request:
        """Keep the class list for a run, and return the request that names it."""
        if not self.suffix:
            return self.request
        key = roster_key(run_id, self.suffix)
        store.put(key, self.content)
        return replace(self.request, roster=key)


def read_request(store: Store, document: Any, requested_by: str) -> Asked:
    """Read what somebody asked for, the class list included; nothing is written.

    Args:
        store: the stack's store.
        document: ``lab``, ``roster`` (a key, CSV or JSON text, or a list of students), ``mode``, ``students``,
            ``course``.
        requested_by: who asked.

    Raises:
        BadInputError: everything that is wrong, with the lab, the list and the names in it.
    """
    if not isinstance(document, Mapping):
        raise BadInputError(["a request is an object with lab, roster, mode and students"])
    problems: list[Problem] = []
    shape = {**document, "requested_by": requested_by}
    content, suffix = b"", ""
    if document.get("roster"):
        shape["roster"] = roster_key("of-this-run", ".csv")  # stands for one that came along, or cannot be read
        try:
            key, content, suffix, students = _class_list(store, document["roster"])
            shape["roster"] = key or shape["roster"]
            select(students, _names(document))
        except BadInputError as error:
            problems += error.problems
    problems = [*_problems_of_lab_and_mode(document.get("lab"), document.get("mode")), *problems]
    try:
        request = Request.from_dict(shape)
    except BadInputError as error:
        raise BadInputError([*error.problems, *problems]) from None
    if problems:
        raise BadInputError(problems)
    return Asked(replace(request, roster="") if suffix else request, content, suffix)


def start_class_run(store: Store, states: SFNClient, machine_arn: str, request: Request, run_id: str) -> Started:
    """Start a class run, once: started again under the same id, it is the same run.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_class``.
        request: what was asked for.
        run_id: the run.

    Raises:
        BadInputError: everything that is wrong with the request; nothing is recorded or started.
        ThrottledError, ServiceFaultError: worth another try; the run is recorded as failed until then.
        RefusedError: AWS refused; the run is recorded as failed.
    """
    execution = execution_arn(machine_arn, run_id)
    students = _students(store, request, Home.from_arn(machine_arn))
    record = {
        "run_id": run_id,
        "lab": request.lab,
        "mode": request.mode,
        "status": "running",
        "started_at": _now(),
        "finished_at": "",
        "counts": {"students": len(students), "complete": 0, "incomplete": 0},
        "requested_by": request.requested_by,
        "course": request.course,
        "execution": execution,
    }
    new = store.record_start(record)
    try:
        started = start_execution(states, machine_arn, run_id, request)
    except LabgraderError as error:
        if new:
            why = quote(f"it could not be started: {error}", 1000)
            store.record_end({**record, "status": "failed", "finished_at": _now(), "error": why})
        raise
    return Started(run_id, execution, again=not (new and started), total=len(students))


def _students(store: Store, request: Request, home: Home) -> list[Student]:
    """Who will be graded; everything that is wrong with the request comes out here, before the run is recorded."""
    problems = _problems_of_lab_and_mode(request.lab, request.mode)
    try:
        students = read_roster(_content(store, request.roster), request.roster)
        students = at_home(select(students, list(request.students)), home)
    except BadInputError as error:
        problems += error.problems
    if problems:
        raise BadInputError(problems)
    return students


def _problems_of_lab_and_mode(lab: Any, mode: Any) -> list[Problem]:
    """What ``Request.from_dict`` cannot know of them."""
    problems = []
    if isinstance(lab, str) and lab and lab not in lab_ids():
        problems.append(Problem(f"there is no lab {quote(lab)}; the labs are: {', '.join(lab_ids())}", field="lab"))
    if mode == "self-check":
        problems.append(Problem(SELF_CHECK_OF_A_CLASS, field="mode"))
    return problems


def _class_list(store: Store, roster: Any) -> tuple[str, bytes, str, list[Student]]:
    """The key of a class list in the bucket, or the text of one that came along and how its key ends; who is on it."""
    if isinstance(roster, str) and _KEY.fullmatch(roster):
        Request.from_dict({"lab": "any", "roster": roster})  # says what is wrong with a key
        return roster, b"", "", read_roster(_content(store, roster), roster)
    if isinstance(roster, str):
        content = roster.encode("utf-8", "replace")
        suffix = ".json" if roster.lstrip()[:1] in ("[", "{") else ".csv"
    elif isinstance(roster, list | tuple):
        content, suffix = encoded(list(roster)), ".json"
    else:
        said = "is neither a key below rosters/, nor CSV text, nor a list of students"
        raise BadInputError([Problem(said, field="roster")])
    return "", content, suffix, read_roster(content, INLINE)


def _names(document: Mapping[str, Any]) -> list[str]:
    names = document.get("students")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _content(store: Store, key: str) -> bytes:
    try:
        return store.get(key)
    except MissingError:
        raise BadInputError([Problem(f"there is no roster at {quote(key)}", field="roster")]) from None


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
