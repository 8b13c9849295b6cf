"""Start the class run of a request from the API or an event. A request that is repeated is one run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labgrader.errors import LabgraderError
from labgrader.labs.lab import lab_ids
from labgrader.rosters import GraderAccount
from labgrader.runs.class_run import Started, start_class_run
from labgrader.runs.execution import execution_arn, is_there
from labgrader.runs.request_parser import CLIENT_NAME, read_request
from labgrader.store import Store

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NO_LAB = "unknown-lab"
"""The lab in the id of a run for a lab that does not exist."""


class ClientTokenUsedError(LabgraderError):
    """A client token was used for another request.

    Args:
        run_id: the run of that request.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__("this client token was used for another request; use a new client token for each request")


def start_once(
    store: Store,
    states: SFNClient,
    machine_arn: str,
    document: Any,
    run_id: str,
    *,
    client: str,
    requested_by: str,
) -> Started:
    """Start the class run of a request. The same request with the same client token is the same run.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_class``.
        document: the request, with the fields of ``FIELDS``.
        run_id: the id of the run if the request has none yet.
        client: the requester. Client tokens are scoped to the requester.
        requested_by: who requested the run, as its record shows it.

    Raises:
        BadInputError: all problems of the request. Nothing is stored or started.
        ClientTokenUsedError: the client token was used for another request.
        ThrottledError, ServiceFaultError: a retry may succeed.
        RefusedError: AWS refused.
    """
    home = GraderAccount.from_arn(machine_arn)
    token = document.get("client_token") if isinstance(document, Mapping) else None
    if not (isinstance(token, str) and re.fullmatch(CLIENT_NAME, token)):
        asked = read_request(store, document, requested_by, home)
        return start_class_run(
            store,
            states,
            machine_arn,
            asked.with_stored_roster(store, run_id),
            run_id,
            asked.listed,
            private=asked.private,
        )
    identity, digest = f"{client} {token}", _digest(document)
    known = store.remembered(identity)
    if known:
        run_id = _the_same(known[0], known[1] == digest)
        if _goes_on_or_ended(store, states, machine_arn, run_id):  # even if its class list was deleted since
            return Started(run_id, execution_arn(machine_arn, run_id), again=True)
    asked = read_request(store, document, requested_by, home)
    run_id = _the_same(*store.remember_request(identity, digest, run_id))
    request = asked.with_stored_roster(store, run_id)
    return start_class_run(store, states, machine_arn, request, run_id, asked.listed, private=asked.private)


def known_lab(document: Any) -> str:
    """Return the lab that a request names; empty if it does not exist."""
    lab = document.get("lab") if isinstance(document, Mapping) else None
    return lab if isinstance(lab, str) and lab in lab_ids() else ""


def _digest(document: Mapping[str, Any]) -> str:
    """Return the digest of a request. An omitted field is the same as its default."""
    said = {name: value for name, value in document.items() if name != "client_token"}
    if said.get("private") is False:  # requests of earlier versions have no such field
        del said["private"]
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
