"""Requests over the network have a timeout."""

from __future__ import annotations

import re

from checks.wording.advice import calls_in, deploy_again, existing, place, some
from labgrader.evidence.snapshot import Call, Snapshot
from labgrader.judging import Verdict, check, failed, passed

_WAITS = re.compile(
    r"^requests\.((sessions\.)?[Ss]ession\.)?(get|post|put|patch|delete|head|options|request)$|^urllib\.request\.urlopen$"
)
"""Calls that wait for ever without a timeout. (httpx has one of 5 s by itself.)"""

_ANY_KEYWORD = ("", "**")
"""How a call shows that it passes on keywords (``**options``) that cannot be seen."""


@check(
    title="Requests have a timeout",
    hint="zip -r function.zip .\naws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def requests_have_timeout(snapshot: Snapshot, *, functions: list[str], suggest_s: int = 5) -> Verdict:
    """No function calls requests or urllib without a timeout, with which it would wait for ever.

    Args:
        functions: the functions; those that do not exist, or whose code cannot be read, are passed over.
        suggest_s: the timeout that is proposed, in seconds.
    """
    deployed = existing(snapshot, functions)
    found = {
        one.name: [place(source, call) for source, call in calls_in(snapshot, one) if _waits_for_ever(call)]
        for one in deployed
    }
    waiting = [one for one in deployed if found[one.name]]
    if not waiting:
        return passed()
    each = [f"{one.name}: {some(found[one.name])}" for one in waiting]
    return failed(
        f"A request without a timeout waits for ever ({'; '.join(each)}): when the other side hangs, so does the "
        "function, until its own timeout ends it, and that is paid for.",
        expected="timeout=… in every request",
        observed="none",
        hint=f"# add the timeout to the request: timeout={suggest_s}\n{deploy_again(waiting)}",
    )


def _waits_for_ever(call: Call) -> bool:
    return _WAITS.match(call.name) is not None and not {"timeout", *_ANY_KEYWORD} & set(call.keywords)
