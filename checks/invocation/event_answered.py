"""A function returns the right status and content for one event."""

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
    title="The function returns the right response",
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
    """Check that the function returns the status for one event, with a JSON body that fits the structure and schema.

    Objects may have additional keys, but lists must have the same number of entries. ``…`` is any value, or any text
    within a text. Numbers are equal if they differ by at most 1e-9.

    Args:
        function: the function's name.
        event: the event of the invocation.
        status: the right ``statusCode``, or several. 0 for a function that returns a plain object: then the whole
            response is compared.
        contains: the structure that the body must contain.
        matches: a JSON Schema (draft 2020-12) of the body, or of the whole response if ``status`` is 0. A body that is
            JSON in a string is parsed first. Formats are not checked, and references must stay within the schema.
        mentions: texts that the body must contain, in upper or lower case.
        qualifiers: aliases or versions. The first that exists is invoked. ``$LATEST`` if none is given.
        also_sent: events that are sent, too, but not judged. Advice can use their responses.
        behind_api: whether API Gateway forwards a response with a ``statusCode``. Then a body that is not text earns
            half of the points, because API Gateway returns 502 (API Gateway Developer Guide, "Output format of a
            Lambda function for proxy integration").
        handout_mistake: a text in the error of a function that repeats a mistake of the handout. The check is not
            graded if the error contains it.
        explanation: added to the message of a wrong response. With ``handout_mistake``, added only if the function
            repeats the mistake.

    Raises:
        NotGradedError: the function failed because of the handout's mistake.

    Sources:
        The body in the response of a proxy integration must be text. Otherwise API Gateway returns 502:
            https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
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
            f"{target}, invoked with {quote(as_text(event), 120)}, returned {invocation.response.status_code} with a "
            f"body that is {kind} instead of text, so API Gateway returns 502. Use json.dumps(…) for the body.",
            expected=expected,
            observed=f"a body that is {kind}",
            hint=invoke_command(function, qualifier or "", event),
        )
    if handout_mistake:
        if handout_mistake in f"{invocation.error_message}\n{as_text(invocation.response.body)}":
            raise NotGradedError("", f"{target} {wrong}. {explanation}".rstrip())
        explanation = ""
    return failed(
        f"{target}, invoked with {quote(as_text(event), 120)}, {wrong}. {explanation}".rstrip(),
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
    """Return what is wrong with a response, as a phrase after the function's name. Empty if nothing is wrong."""
    plain = statuses == [0]
    if invocation.outcome != "answered" or not plain:
        found = invocation_failure(invocation, statuses, readable=bool(contains or matches))
        if found is not None:
            return found.what
    if plain:
        if invocation.truncated:
            return (
                f"returned a response that cannot be read: it has {invocation.payload_size} bytes, which is too large"
            )
        content, problem = read_json(invocation.payload)
        text, said = invocation.payload, "returned a response"
        if problem:
            return f"returned a response that cannot be read: it {problem}"
    else:
        content, text = invocation.response.content, as_text(invocation.response.body)
        said = f"returned {invocation.response.status_code}"
    if contains and (differs := difference(content, contains)):
        return f"{said}, but {differs}"
    if matches and (differs := unmet(content, matches, "the response" if plain else "the body")):
        return f"{said}, but {differs}"
    if absent := unmentioned(f"{text}\n{quote(content, len(text) + 1)}", mentions):
        return f"{said}, but the response {absent}: {quote(text)}"
    return ""


def _no_text(body: Any) -> str:
    """Return what a body is instead of text. Empty if it is text or missing."""
    if body is None or isinstance(body, str):
        return ""
    return "an object" if isinstance(body, dict) else "a list" if isinstance(body, list) else "a plain value"


def _seen(invocation: Invocation, statuses: list[int]) -> str:
    return quote(invocation.payload, 80) if statuses == [0] else str(invocation.response.status_code)
