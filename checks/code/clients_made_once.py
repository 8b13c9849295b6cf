"""Clients are created once, when Lambda loads the code."""

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
"""Names of functions that provide an object. They may create it once, at first use, which is fine, too."""


@check(
    title="Clients are created once",
    hint="zip -r function.zip .\naws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def clients_made_once(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """Check that no function creates an AWS or HTTP client again in every invocation.

    Code at the top of a file runs once. A call in a class's ``__init__``, or in a function with a name like
    ``get_connection_pool`` or ``s3_client``, does not count, because it may keep the client.

    Args:
        functions: the functions. Those that do not exist or have unreadable code are skipped.
    """
    deployed = existing(snapshot, functions)
    found = {
        function.name: [
            place(source, call) for source, call in calls_in(snapshot, function) if _is_created_again(call, function)
        ]
        for function in deployed
    }
    again = [function for function in deployed if found[function.name]]
    if not again:
        return passed()
    each = [f"{function.name}: {some(found[function.name])}" for function in again]
    return failed(
        f"Every invocation creates a new client, with new connections ({'; '.join(each)}). "
        "Create the client at the top of the file: Lambda keeps it for the next invocations.",
        expected="created at the top of the file",
        observed=plural(sum(len(found[function.name]) for function in again), "place") + " in a function",
        hint="# move the line to the top of the file, above the functions, and use its variable in the functions\n"
        f"{deploy_again(again)}",
    )


def _is_created_again(call: Call, function: Function) -> bool:
    if call.name not in _CLIENTS or not call.function:
        return False
    if call.function == function.handler.rpartition(".")[2]:  # the handler runs in every invocation
        return True
    return _GETTER.search(call.function.rpartition(".")[2]) is None
