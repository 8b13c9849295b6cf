"""A function answers one event with the status and the content that are wanted."""

from __future__ import annotations

from typing import Any

from checks.wording import (
    first_existing,
    invocation_failure,
    invoke_command,
    last_lines,
    missing_function,
    no_qualifier,
    target_name,
)
from checks.wording.structure import as_text, difference, read_json, unmentioned, wanted_in_words
from labgrader.judging import (
    Invocation,
    NotGradedError,
    Probe,
    Verdict,
    check,
    failed,
    partial,
    passed,
    quote,
    unmet,
)


@check(
    title="The function answers an event as it should",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def event_answered(
    probe: Probe,
    *,
    function: str,
    event: Any,
    status: int | list[int] = 200,
    contains: dict[str, Any] | None = None,
    matches: dict[str, Any] | None = None,
    mentions: list[str] | None = None,
    qualifiers: list[str] | None = None,
    also_sent: list[Any] | None = None,
    behind_api: bool = True,
    handout_mistake: str = "",
    explanation: str = "",
) -> Verdict:
    """One event is answered with the status, and the answer's JSON body holds the structure and fits the schema.

    A part is compared: objects may have more keys, lists have as many entries, ``…`` stands for any value (and within
    a text for any text), numbers are the same within 1e-9.

    Args:
        function: the function.
        event: what it is called with.
        status: the ``statusCode`` that is right, or several. 0 for a function that answers with a plain object: its
            whole answer is compared.
        contains: what the body must hold.
        matches: a JSON Schema (draft 2020-12) of the body, parsed where it is JSON in a string; of the whole answer
            where the ``status`` is 0. A format is not checked, and a reference leads nowhere but into the schema.
        mentions: texts that must stand in the body, whatever their case.
        qualifiers: aliases or versions; the first that exists is called. ``$LATEST`` where none is given.
        also_sent: events that are sent too and not judged, so that advice can say what came of them.
        behind_api: whether API Gateway passes the answer on, where it has a ``statusCode``: it answers 502 where the
            body is no text (API Gateway Developer Guide, "Output format of a Lambda function for proxy integration"),
            so what is right otherwise earns half.
        handout_mistake: a text in the error of a function that followed a hand-out's own mistake: where it stands
            there, the check is not graded, so that it costs no points.
        explanation: added to the message of a wrong answer; where there is a ``handout_mistake``, only to that of a
            function that made it.

    Raises:
        NotGradedError: the function failed by the hand-out's mistake.
    """
    statuses = status if isinstance(status, list) else [status]
    expected = wanted_in_words(statuses, contains, mentions, matches)
    snapshot = probe.snapshot
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(snapshot, function, qualifiers)
    invocation = None if qualifier is None else probe.invoke(function, qualifier, event)
    if invocation is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    wrong = _wrong(invocation, statuses, contains, matches, mentions or [])
    if invocation.outcome == "answered":
        for other in also_sent or ():
            probe.invoke(function, qualifier or "", other)
    target = target_name(function, qualifier or "")
    if not wrong:
        kind = _no_text(invocation.response.body) if behind_api and statuses != [0] else ""
        if not kind:
            return passed(expected=expected, observed=_seen(invocation, statuses))
        return partial(
            0.5,
            f"{target}, called with {quote(as_text(event), 120)}, answered {invocation.response.status_code} with a "
            f"body that is {kind} instead of text: API Gateway answers 502 to that. Return json.dumps(…) of it as the "
            "body.",
            expected=expected,
            observed=f"a body that is {kind}",
            hint=invoke_command(function, qualifier or "", event),
        )
    if handout_mistake:
        if handout_mistake in f"{invocation.error_message}\n{as_text(invocation.response.body)}":
            raise NotGradedError("", f"{target} {wrong}. {explanation}".rstrip())
        explanation = ""
    return failed(
        f"{target}, called with {quote(as_text(event), 120)}, {wrong}. {explanation}".rstrip(),
        expected=expected,
        observed=wrong,
        hint=invoke_command(function, qualifier or "", event),
        evidence=last_lines(invocation.log_tail),
    )


def _wrong(
    invocation: Invocation,
    statuses: list[int],
    contains: dict[str, Any] | None,
    matches: dict[str, Any] | None,
    mentions: list[str],
) -> str:
    """What is wrong with an answer, as a phrase that follows the name of what was called; empty where nothing is."""
    plain = statuses == [0]
    if invocation.outcome != "answered" or not plain:
        found = invocation_failure(invocation, statuses, readable=bool(contains or matches))
        if found is not None:
            return found.what
    if plain:
        if invocation.truncated:
            return f"answered what cannot be read: the answer has {invocation.payload_size} bytes, too many to read"
        content, problem = read_json(invocation.payload)
        text, said = invocation.payload, "answered"
        if problem:
            return f"answered what cannot be read: the answer {problem}"
    else:
        content, text = invocation.response.content, as_text(invocation.response.body)
        said = f"answered {invocation.response.status_code}"
    if contains and (differs := difference(content, contains)):
        return f"{said}, but {differs}"
    if matches and (differs := unmet(content, matches, "the answer" if plain else "the body")):
        return f"{said}, but {differs}"
    if absent := unmentioned(f"{text}\n{quote(content, len(text) + 1)}", mentions):
        return f"{said}, but the answer {absent}: {quote(text)}"
    return ""


def _no_text(body: Any) -> str:
    """What a body is instead of text, in words; empty where it is text, or where there is none."""
    if body is None or isinstance(body, str):
        return ""
    return "an object" if isinstance(body, dict) else "a list" if isinstance(body, list) else "a plain value"


def _seen(invocation: Invocation, statuses: list[int]) -> str:
    return quote(invocation.payload, 80) if statuses == [0] else str(invocation.response.status_code)
