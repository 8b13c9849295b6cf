"""A class run that is asked for from outside, through the API or by an event: done once, however often it is asked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labgrader.errors import LabgraderError
from labgrader.labs.lab import lab_ids
from labgrader.roster import GraderAccount
from labgrader.runs.class_run import Started, start_class_run
from labgrader.runs.execution import execution_arn, is_there
from labgrader.runs.request_parser import CLIENT_NAME, read_request
from labgrader.store import Store

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NO_LAB = "unknown-lab"
"""Stands in the id of a run whose lab does not exist."""


class ClientTokenUsedError(LabgraderError):
    """A client token stands for another request already.

    Args:
        run_id: the run that was asked for with it.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(
            "something else was asked for with this client token before: take another one for another request"
        )


def start_once(
    store: Store,
    states: SFNClient,
    machine_arn: str,
    document: Any,
    run_id: str,
    *,
    asker: str,
    requested_by: str,
) -> Started:
    """Start the class run that was asked for; the same request with the same client token again is the same run.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_class``.
        document: what was asked for (``FIELDS``).
        run_id: the run that it becomes, where it is none yet.
        asker: whose client token it is: each asker's are the own.
        requested_by: who asked, as the run's record shows it.

    Raises:
        BadInputError: everything that is wrong with it; nothing is kept or started.
        ClientTokenUsedError: something else was asked for with its client token.
        ThrottledError, ServiceFaultError: worth another try.
        RefusedError: AWS refused.
    """
    home = GraderAccount.from_arn(machine_arn)
    token = document.get("client_token") if isinstance(document, Mapping) else None
    if not (isinstance(token, str) and re.fullmatch(CLIENT_NAME, token)):
        asked = read_request(store, document, requested_by, home)
        return start_class_run(
            store, states, machine_arn, asked.with_stored_roster(store, run_id), run_id, asked.listed
        )
    identity, digest = f"{asker} {token}", _digest(document)
    known = store.remembered(identity)
    if known:
        run_id = _the_same(known[0], known[1] == digest)
        if _goes_on_or_ended(store, states, machine_arn, run_id):  # also where its class list has gone since
            return Started(run_id, execution_arn(machine_arn, run_id), again=True)
    asked = read_request(store, document, requested_by, home)
    run_id = _the_same(*store.remember_request(identity, digest, run_id))
    request = asked.with_stored_roster(store, run_id)
    return start_class_run(store, states, machine_arn, request, run_id, asked.listed)


def known_lab(document: Any) -> str:
    """Return the lab that a request names, or nothing where there is none of that id."""
    lab = document.get("lab") if isinstance(document, Mapping) else None
    return lab if isinstance(lab, str) and lab in lab_ids() else ""


def _digest(document: Mapping[str, Any]) -> str:
    """What was asked for, short: what is left away is the same as what stands for it."""
    said = {name: value for name, value in document.items() if name != "client_token"}
    whole = {"mode": "grade", "students": [], "course": "", **said}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _the_same(run_id: str, same: bool) -> str:
    if not same:
        raise ClientTokenUsedError(run_id)
    return run_id


def _goes_on_or_ended(store: Store, states: SFNClient, machine_arn: str, run_id: str) -> bool:
    record = store.run(run_id)
    if record is None:
        return False
    return record.has_results or is_there(states, execution_arn(machine_arn, run_id))
