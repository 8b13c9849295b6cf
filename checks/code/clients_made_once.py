"""Clients are made once, while the code is loaded."""

from __future__ import annotations

import re

from checks.wording import plural
from checks.wording.advice import calls_in, deploy_again, existing, place, some
from labgrader.evidence.snapshot import Call, Function, Snapshot
from labgrader.judging import Verdict, check, failed, passed

_CLIENTS = {
    "boto3.client",
    "boto3.resource",
    "boto3.Session",
    "boto3.session.Session",
    "requests.Session",
    "requests.session",
    "httpx.Client",
    "urllib3.PoolManager",
}

_GETTER = re.compile(
    r"client|resource|session|connection|pool|^_*(get|make|create|build|new|init|setup|configure)(_|$)"
    r"|^__init__$|^__new__$|^<lambda>$|^_*(dynamodb|s3|sqs|sns|table|bucket|http|boto3?)$",
    re.IGNORECASE,
)
"""Functions whose name says that they provide something: made when it is first wanted and kept, which is good too."""


@check(
    title="Clients are made once",
    hint="zip -r function.zip .\naws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def clients_made_once(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """No function makes a client of AWS or of HTTP again in every call.

    A call at the top of a file runs once. One in a function whose name says that it provides something
    (``get_connection_pool``, ``s3_client``) or in a class's ``__init__`` is not counted, for it may keep what it makes.

    Args:
        functions: the functions; those that do not exist, or whose code cannot be read, are passed over.
    """
    deployed = existing(snapshot, functions)
    found = {
        one.name: [place(source, call) for source, call in calls_in(snapshot, one) if _is_made_again(call, one)]
        for one in deployed
    }
    again = [one for one in deployed if found[one.name]]
    if not again:
        return passed()
    each = [f"{one.name}: {some(found[one.name])}" for one in again]
    return failed(
        "A client is made anew in every call, with new connections each time "
        f"({'; '.join(each)}): made once at the top of the file, it is kept from call to call.",
        expected="made at the top of the file",
        observed=plural(sum(len(found[one.name]) for one in again), "place") + " in a function",
        hint="# move the line to the top of the file, above the functions, and use the name it is given there\n"
        f"{deploy_again(again)}",
    )


def _is_made_again(call: Call, function: Function) -> bool:
    if call.name not in _CLIENTS or not call.function:
        return False
    if call.function == function.handler.rpartition(".")[2]:  # whatever the handler is called, every call comes there
        return True
    return _GETTER.search(call.function.rpartition(".")[2]) is None
