"""Requests over the network have a timeout."""

from __future__ import annotations

import re

from checks.wording.advice import calls_in, deploy_again, existing, place, some
from labgrader.evidence.snapshot import Call, Snapshot
from labgrader.judging import Verdict, check, failed, passed

_WAITS = re.compile(
    r"^requests\.((sessions\.)?[Ss]ession\.)?(get|post|put|patch|delete|head|options|request)$|^urllib\.request\.urlopen$"
)
"""Calls that wait forever without a timeout. (httpx has a default timeout of 5 s.)"""

_ANY_KEYWORD = ("", "**")
"""The recorded keywords of a call that passes on unknown keywords (``**options``)."""


@check(
    title="Requests have a timeout",
    hint="zip -r function.zip .\naws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def requests_have_timeout(snapshot: Snapshot, *, functions: list[str], suggest_s: int = 5) -> Verdict:
    """Check that every request with requests or urllib has a timeout. Without one, it may wait forever.

    Args:
        functions: the functions. Those that do not exist or have unreadable code are skipped.
        suggest_s: the suggested timeout in seconds.
    """
    deployed = existing(snapshot, functions)
    found = {
        function.name: [place(source, call) for source, call in calls_in(snapshot, function) if _waits_forever(call)]
        for function in deployed
    }
    waiting = [function for function in deployed if found[function.name]]
    if not waiting:
        return passed()
    each = [f"{function.name}: {some(found[function.name])}" for function in waiting]
    return failed(
        f"A request without a timeout may wait forever ({'; '.join(each)}). If the server does not respond, the "
        "function waits until its own timeout, and AWS bills that time.",
        expected="timeout=… in every request",
        observed="none",
        hint=f"# add the timeout to the request: timeout={suggest_s}\n{deploy_again(waiting)}",
    )


def _waits_forever(call: Call) -> bool:
    return _WAITS.match(call.name) is not None and not {"timeout", *_ANY_KEYWORD} & set(call.keywords)
