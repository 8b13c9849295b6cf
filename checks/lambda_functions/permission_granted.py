"""A service may call a function, and only from one source."""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checks.api_gateway._common import (
    api_leading_to,
    api_source,
    missing_api,
    own_api,
    permit_command,
    routes_to,
)
from checks.s3._common import own_notifications
from checks.wording import first_existing, missing, missing_function, no_qualifier, target_name
from labgrader.evidence.snapshot import RestApi, Snapshot, Statement
from labgrader.judging import Verdict, check, failed, listed, partial, passed, quote

_CALL = "lambda:InvokeFunction"
_PARTITION = re.compile(r"^arn:aws[\w-]*:")
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_NAMES = {"apigateway": "API Gateway", "events": "EventBridge", "s3": "S3"}


@dataclass(frozen=True)
class _Source:
    """Whom a permission is to be limited to.

    Args:
        name: in words (``the REST API user1-api``).
        option: the command's options that limit it.
        arns: what calls come from, as ARNs; a pattern that matches one of them lets it call.
        only: the part of an ARN that says whose calls they are: without it a pattern is too wide.
        calls: the alias or version that it calls, empty for the function itself; none where it calls nothing yet.
    """

    name: str
    option: str
    arns: tuple[str, ...]
    only: tuple[str, ...]
    calls: tuple[str, ...] = ()


@check(
    title="The service may call the function",
    hint="aws lambda get-policy --function-name {function}",
)
def permission_granted(
    snapshot: Snapshot,
    *,
    function: str,
    principal: str,
    qualifiers: list[str] | None = None,
    api: str = "",
    rule: str = "",
    bucket_prefix: str = "",
    methods: list[str] | None = None,
) -> Verdict:
    """The function's policy lets the service call it, and only from one API, rule or bucket.

    A permission without a source, or with a wider one than is needed, earns half: anybody's API could call the
    function. A permission for another source earns nothing, as the calls are refused. For S3 the account as the source
    is enough.

    Args:
        function: the function.
        principal: the service (``apigateway.amazonaws.com``, ``events.amazonaws.com``, ``s3.amazonaws.com``).
        qualifiers: aliases or versions; the policy of the first that exists is looked at where the API, rule or bucket
            does not call the function yet. Where it does, it is what is called, as calls of an alias need a permission
            on the alias.
        api: the REST API's name; where empty and API Gateway is to call, the API that leads to the function.
        rule: the rule's name.
        bucket_prefix: how the bucket's name begins.
        methods: the HTTP methods that the API must be able to call the function for, where it has them; a permission
            for some of them only earns half.
    """
    service = _NAMES.get(principal.split(".", maxsplit=1)[0], principal)
    expected = f"{service} may call {target_name(function, (qualifiers or [''])[0])}"
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    source = _source(snapshot, function, principal, api, rule, bucket_prefix)
    if isinstance(source, str):
        return failed(source, expected=expected, observed="nothing that could call it")
    qualifier = first_existing(snapshot, function, qualifiers)
    if source.calls:
        wanted = [one for one in source.calls if one == qualifier]
        permitted = [one for one in source.calls if _given(snapshot, function, one, principal)]
        qualifier = [*wanted, *permitted, *source.calls][0]
    if qualifier is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(function, qualifier)
    expected = f"{service} may call {target}, from {source.name} only"
    hint = permit_command(function, qualifier, principal, source.option)
    given = _given(snapshot, function, qualifier, principal)
    if not given:
        other, observed = _elsewhere(snapshot, function, qualifier, qualifiers, principal)
        return failed(
            f"{service} may not call {target}: its policy has no such permission.{other}",
            expected=expected,
            observed=observed,
            hint=hint,
        )
    if refused := _refused_methods(snapshot, source, given, methods or ()):
        return partial(
            0.5,
            f"{service} may call {target}, but not for {listed(refused)}: the permission is only for "
            f"{listed(one for statement in given for one in statement.condition_values('AWS:SourceArn'))}.",
            expected=expected,
            observed=f"not for {listed(refused)}",
            hint=hint,
        )
    judged = [(_judge(one, source, target, service, expected, snapshot), one.sid) for one in given]
    best, sid = max(judged, key=lambda one: one[0].fraction)
    if best.status == "passed":
        return best
    at = f" --qualifier {qualifier}" if qualifier else ""
    which = shlex.quote(quote(sid)) if sid else "SID"
    remove = f"aws lambda remove-permission --function-name {function}{at} --statement-id {which}"
    make = partial if best.fraction else _refused
    return make(best.fraction, best.message, expected=expected, observed=best.observed, hint=f"{remove}\n{hint}")


def _elsewhere(
    snapshot: Snapshot, function: str, qualifier: str, qualifiers: list[str] | None, principal: str
) -> tuple[str, str]:
    """Whether there is a permission on the function that was meant for its alias, or the other way round."""
    if qualifier and _given(snapshot, function, "", principal):
        return (
            f" There is one on {function} without the alias, which does not count for the alias.",
            "on the function, not on the alias",
        )
    alias = first_existing(snapshot, function, qualifiers) or ""
    if not qualifier and alias and _given(snapshot, function, alias, principal):
        return (
            f" There is one on {function}:{alias}, which does not count for {function}, and that is what is called.",
            "on the alias, not on the function",
        )
    return "", "no permission"


def _refused_methods(
    snapshot: Snapshot, source: _Source, given: Sequence[Statement], methods: Iterable[str]
) -> list[str]:
    """The methods that an API has and may not call the function for, where it may for another one of its methods."""
    patterns = []
    for one in given:
        accounts = one.condition_values("AWS:SourceAccount")
        if not accounts or snapshot.account_id in accounts:
            patterns += [_plain(arn) for arn in one.condition_values("AWS:SourceArn") or ["*"]]
    allowed, known = set(), set()
    for arn in source.arns:
        method = [*arn.rpartition(":")[2].split("/"), "", ""][2]
        known.add(method)
        if any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns):
            allowed.add(method)
    return [one for one in methods if one in known - allowed] if allowed else []


def _refused(_: float, message: str, *, expected: str, observed: str, hint: str) -> Verdict:
    return failed(message, expected=expected, observed=observed, hint=hint)


def _given(snapshot: Snapshot, function: str, qualifier: str, principal: str) -> list[Statement]:
    """The statements that let the service, or everybody, call just this; the embedded AWS mixes those of aliases in."""
    return [
        one
        for one in snapshot.policy(function, qualifier)
        if one.allows(_CALL)
        and (principal in one.principals or "*" in one.principals)
        and (not one.resources or any(_qualifier_of(resource) == qualifier for resource in one.resources))
    ]


def _qualifier_of(arn: str) -> str:
    return [*arn.split(":"), *[""] * 8][7]


def _judge(
    statement: Statement, source: _Source, target: str, service: str, expected: str, snapshot: Snapshot
) -> Verdict:
    sources = statement.condition_values("AWS:SourceArn")
    accounts = statement.condition_values("AWS:SourceAccount")
    if accounts and snapshot.account_id not in accounts:
        return failed(
            f"{service} may call {target}, but only for the account {listed(accounts)}, which is not yours "
            f"({snapshot.account_id}).",
            observed=f"account {listed(accounts)}",
        )
    if not sources:
        if accounts and service == "S3":
            return passed(expected=expected, observed=f"from account {snapshot.account_id} only")
        return partial(
            0.5,
            f"{service} may call {target}, but from anywhere: the permission names no source. "
            f"Limit it to {source.name}.",
            observed="no source",
        )
    observed = f"from {listed(sources)}"
    matching = [one for one in sources if any(fnmatch.fnmatchcase(arn, _plain(one)) for arn in source.arns)]
    if not matching:
        # its own API, but another stage, method or path than the one that leads to the function
        start = f"{source.arns[0].partition('/')[0]}/"
        own = service == "API Gateway" and any(_plain(one).startswith(start) for one in sources)
        other = f"another stage, method or path of {source.name} than calls it" if own else f"not {source.name}"
        return failed(
            f"{service} may call {target}, but only from {listed(sources)}, and that is {other}: "
            "its calls are refused.",
            observed=observed,
        )
    if any(only in one for one in matching for only in source.only):
        return passed(expected=expected, observed=observed)
    return partial(
        0.5,
        f"{service} may call {target} from {listed(matching)}, which is more than {source.name}: limit it to that.",
        observed=observed,
    )


def _plain(arn: str) -> str:
    """An ARN as of the partition ``aws``: those of China and of the US government differ there only."""
    return _PARTITION.sub("arn:aws:", arn)


def _called(arns: Iterable[str], function: str) -> tuple[str, ...]:
    """The aliases or versions of a function that ARNs end with, the function itself, as an empty text, first."""
    ends = (re.search(rf":function:{re.escape(function)}(?::([A-Za-z0-9_-]+|\$LATEST))?$", arn) for arn in arns)
    return tuple(sorted({(found.group(1) or "").replace("$LATEST", "") for found in ends if found}))


def _source(
    snapshot: Snapshot, function: str, principal: str, api: str, rule: str, bucket_prefix: str
) -> _Source | str:
    """What is to call the function, or why there is nothing that could."""
    account, region = snapshot.account_id, snapshot.region
    if rule:
        found = snapshot.events.rule(rule)
        if found is None:
            return missing("rule", rule, [one.name for one in snapshot.events.rules()])
        arn = f"arn:aws:events:{region}:{account}:rule/{rule}"
        calls = _called(snapshot.events.targets(rule), function)
        return _Source(f"the rule {rule}", f"--source-arn '{arn}'", (arn,), (f"rule/{rule}",), calls)
    if bucket_prefix:
        buckets = [name for name in snapshot.s3.bucket_names() if name.startswith(bucket_prefix)]
        if not buckets:
            return f"There is no bucket whose name begins with {bucket_prefix}."
        triggers = own_notifications(snapshot, function)
        buckets = sorted({one.bucket for one in triggers} & set(buckets)) or buckets
        return _Source(
            f"the bucket {listed(buckets)}",
            f"--source-arn 'arn:aws:s3:::{quote(buckets[0])}' --source-account {{account_id}}",
            tuple(f"arn:aws:s3:::{name}" for name in buckets),
            tuple(f":::{name}" for name in buckets),
            _called([one.function_arn for one in triggers], function),
        )
    if api or principal.startswith("apigateway."):
        leading = own_api(snapshot, api) if api else api_leading_to(snapshot, function)
        if leading is None:
            return missing_api(snapshot, api, function)
        return _Source(
            f"the REST API {quote(leading.name)} ({leading.id})",
            api_source(leading),
            _call_arns(snapshot, leading, function),
            (f":{leading.id}/", f":{leading.id}"),
            _called((one.uri.removesuffix("/invocations") for one in routes_to(snapshot, leading, function)), function),
        )
    return f"{principal} is no service that this check knows a source of."


def _call_arns(snapshot: Snapshot, api: RestApi, function: str) -> tuple[str, ...]:
    """The ARNs that calls of an API come from, on each of its stages: what a permission's source is matched with."""
    start = f"arn:aws:execute-api:{snapshot.region}:{snapshot.account_id}:{api.id}"
    stages: Sequence[str] = [stage.name for stage in snapshot.api_gateway.stages(api.id)] or ["prod"]
    leading = routes_to(snapshot, api, function) or snapshot.api_gateway.routes(api.id)
    routes = [(one.method, one.path) for one in leading] or [("POST", "/")]
    return tuple(
        f"{start}/{stage}/{verb}{path}"
        for stage in stages
        for method, path in routes
        for verb in (_VERBS if method == "ANY" else (method,))
    )
