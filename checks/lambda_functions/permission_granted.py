"""A service may invoke a function, but only for one API, rule or bucket."""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checks.api_gateway._common import (
    api_leading_to,
    api_source,
    invoke_permissions,
    missing_api,
    own_api,
    permit_command,
    plain_arn,
    routes_to,
)
from checks.s3._common import own_notifications
from checks.wording import first_existing, missing, missing_function, no_qualifier, target_name
from labgrader.evidence.snapshot import RestApi, Snapshot, Statement
from labgrader.judging import Verdict, check, failed, listed, partial, passed, quote

_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_NAMES = {"apigateway": "API Gateway", "events": "EventBridge", "s3": "S3"}


@dataclass(frozen=True)
class _Source:
    """The API, rule or bucket that a permission must name.

    Args:
        name: its name for a sentence (``the REST API user1-api``).
        option: the command's options that limit the permission to it.
        arns: its ARNs. A pattern that matches one of them allows it.
        only: the part of an ARN that identifies it. A pattern without this part is too wide.
        calls: the aliases or versions that it invokes, empty for the function itself. No entry if it invokes nothing.
    """

    name: str
    option: str
    arns: tuple[str, ...]
    only: tuple[str, ...]
    calls: tuple[str, ...] = ()


@check(
    title="The service may invoke the function",
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
    stage: str = "",
) -> Verdict:
    """Check that the function's resource-based policy lets the service invoke it, only from one API, rule or bucket.

    A permission without a source ARN, or with a wider one than needed, earns half of the points, because other APIs
    could invoke the function. A permission for another source earns nothing. For S3, a source account is enough.

    Args:
        function: the function's name.
        principal: the service (``apigateway.amazonaws.com``, ``events.amazonaws.com``, ``s3.amazonaws.com``).
        qualifiers: aliases or versions. The policy of the first that exists is judged. If the API, rule or bucket
            already invokes one, that one is judged instead, because an alias needs its own permission.
        api: the REST API's name. If empty, the API that leads to the function.
        rule: the rule's name.
        bucket_prefix: the beginning of the bucket's name.
        methods: the HTTP methods that must be able to invoke the function, if the API has them. A permission for only
            some of them earns half of the points.
        stage: the stage that must be able to invoke the function. If empty, or if the API does not have it, any stage.

    Sources:
        A service invokes a function only if the function's resource-based policy allows it. Without a source ARN,
            every resource of the service may:
            https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
        A permission for an alias or version applies only to invocations of that alias or version:
            https://docs.aws.amazon.com/lambda/latest/dg/using-aliases.html
        The source ARN of an API names the API, the stage, the method and the path:
            https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
    """
    service = _NAMES.get(principal.split(".", maxsplit=1)[0], principal)
    expected = f"{service} may invoke {target_name(function, (qualifiers or [''])[0])}"
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    source = _source(snapshot, function, principal, api, rule, bucket_prefix, stage)
    if isinstance(source, str):
        return failed(source, expected=expected, observed="nothing that could invoke it")
    qualifier = first_existing(snapshot, function, qualifiers)
    if source.calls:
        wanted = [invoked for invoked in source.calls if invoked == qualifier]
        permitted = [invoked for invoked in source.calls if invoke_permissions(snapshot, function, invoked, principal)]
        qualifier = [*wanted, *permitted, *source.calls][0]
    if qualifier is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(function, qualifier)
    expected = f"{service} may invoke {target}, only from {source.name}"
    hint = permit_command(function, qualifier, principal, source.option)
    given = invoke_permissions(snapshot, function, qualifier, principal)
    if not given:
        other, observed = _elsewhere(snapshot, function, qualifier, qualifiers, principal, service)
        return failed(
            f"{service} may not invoke {target}: its resource-based policy has no such permission.{other}",
            expected=expected,
            observed=observed,
            hint=hint,
        )
    if refused := _refused_methods(snapshot, source, given, methods or ()):
        return partial(
            0.5,
            f"{service} may invoke {target}, but not for {listed(refused)}. The permission is only for "
            f"{listed(arn for statement in given for arn in statement.condition_values('AWS:SourceArn'))}.",
            expected=expected,
            observed=f"not for {listed(refused)}",
            hint=hint,
        )
    judged = [(_judge(statement, source, target, service, expected, snapshot), statement.sid) for statement in given]
    best, sid = max(judged, key=lambda pair: pair[0].fraction)
    if best.status == "passed":
        return best
    at = f" --qualifier {qualifier}" if qualifier else ""
    which = shlex.quote(quote(sid)) if sid else "SID"
    remove = f"aws lambda remove-permission --function-name {function}{at} --statement-id {which}"
    make = partial if best.fraction else _refused
    return make(best.fraction, best.message, expected=expected, observed=best.observed, hint=f"{remove}\n{hint}")


def _elsewhere(
    snapshot: Snapshot, function: str, qualifier: str, qualifiers: list[str] | None, principal: str, service: str
) -> tuple[str, str]:
    """Return a sentence about a permission on the function instead of its alias, or on its alias instead of it."""
    if qualifier and invoke_permissions(snapshot, function, "", principal):
        return (
            f" The permission on {function} does not apply to the alias.",
            "on the function, not on the alias",
        )
    alias = first_existing(snapshot, function, qualifiers) or ""
    if not qualifier and alias and invoke_permissions(snapshot, function, alias, principal):
        return (
            f" The permission on {function}:{alias} does not apply, because {service} invokes {function}.",
            "on the alias, not on the function",
        )
    return "", "no permission"


def _refused_methods(
    snapshot: Snapshot, source: _Source, given: Sequence[Statement], methods: Iterable[str]
) -> list[str]:
    """Return the methods of an API that may not invoke the function, if another method may."""
    patterns = []
    for statement in given:
        accounts = statement.condition_values("AWS:SourceAccount")
        if not accounts or snapshot.account_id in accounts:
            patterns += [plain_arn(arn) for arn in statement.condition_values("AWS:SourceArn") or ["*"]]
    allowed, known = set(), set()
    for arn in source.arns:
        method = [*arn.rpartition(":")[2].split("/"), "", ""][2]
        known.add(method)
        if any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns):
            allowed.add(method)
    return [method for method in methods if method in known - allowed] if allowed else []


def _refused(_: float, message: str, *, expected: str, observed: str, hint: str) -> Verdict:
    return failed(message, expected=expected, observed=observed, hint=hint)


def _judge(
    statement: Statement, source: _Source, target: str, service: str, expected: str, snapshot: Snapshot
) -> Verdict:
    sources = statement.condition_values("AWS:SourceArn")
    accounts = statement.condition_values("AWS:SourceAccount")
    if accounts and snapshot.account_id not in accounts:
        return failed(
            f"{service} may invoke {target}, but only for the account {listed(accounts)}. "
            f"Your account is {snapshot.account_id}.",
            observed=f"account {listed(accounts)}",
        )
    if not sources:
        if accounts and service == "S3":
            return passed(expected=expected, observed=f"from account {snapshot.account_id} only")
        return partial(
            0.5,
            f"{service} may invoke {target} from any source, because the permission has no source ARN. "
            f"Limit it to {source.name}.",
            observed="no source ARN",
        )
    observed = f"from {listed(sources)}"
    matching = [
        pattern for pattern in sources if any(fnmatch.fnmatchcase(arn, plain_arn(pattern)) for arn in source.arns)
    ]
    if not matching:
        start = f"{source.arns[0].partition('/')[0]}/"
        own = service == "API Gateway" and any(plain_arn(pattern).startswith(start) for pattern in sources)
        other = f"another stage, method or path of {source.name}" if own else f"not {source.name}"
        return failed(
            f"{service} may invoke {target}, but only from {listed(sources)}. That is {other}, "
            "so Lambda denies the invocations.",
            observed=observed,
        )
    if any(only in pattern for pattern in matching for only in source.only):
        return passed(expected=expected, observed=observed)
    return partial(
        0.5,
        f"{service} may invoke {target} from {listed(matching)}, which is wider than needed. "
        f"Limit it to {source.name}.",
        observed=observed,
    )


def _called(arns: Iterable[str], function: str) -> tuple[str, ...]:
    """Return the aliases or versions of a function at the end of ARNs. An empty text is the function itself."""
    ends = (re.search(rf":function:{re.escape(function)}(?::([A-Za-z0-9_-]+|\$LATEST))?$", arn) for arn in arns)
    return tuple(sorted({(found.group(1) or "").replace("$LATEST", "") for found in ends if found}))


def _source(
    snapshot: Snapshot, function: str, principal: str, api: str, rule: str, bucket_prefix: str, stage: str
) -> _Source | str:
    """Return what must be able to invoke the function, or a sentence about what is missing."""
    account, region = snapshot.account_id, snapshot.region
    if rule:
        found = snapshot.events.rule(rule)
        if found is None:
            return missing("rule", rule, [other.name for other in snapshot.events.rules()])
        arn = f"arn:aws:events:{region}:{account}:rule/{rule}"
        calls = _called(snapshot.events.targets(rule), function)
        return _Source(f"the rule {rule}", f"--source-arn '{arn}'", (arn,), (f"rule/{rule}",), calls)
    if bucket_prefix:
        buckets = [name for name in snapshot.s3.bucket_names() if name.startswith(bucket_prefix)]
        if not buckets:
            return f"No bucket has a name that begins with {bucket_prefix}."
        triggers = own_notifications(snapshot, function)
        buckets = sorted({trigger.bucket for trigger in triggers} & set(buckets)) or buckets
        return _Source(
            f"the bucket {listed(buckets)}",
            f"--source-arn 'arn:aws:s3:::{quote(buckets[0])}' --source-account {{account_id}}",
            tuple(f"arn:aws:s3:::{name}" for name in buckets),
            tuple(f":::{name}" for name in buckets),
            _called([trigger.function_arn for trigger in triggers], function),
        )
    if api or principal.startswith("apigateway."):
        leading = own_api(snapshot, api) if api else api_leading_to(snapshot, function)
        if leading is None:
            return missing_api(snapshot, api, function)
        return _Source(
            f"the REST API {quote(leading.name)} ({leading.id})",
            api_source(leading),
            _call_arns(snapshot, leading, function, stage),
            (f":{leading.id}/", f":{leading.id}"),
            _called(
                (route.uri.removesuffix("/invocations") for route in routes_to(snapshot, leading, function)), function
            ),
        )
    return f"The check does not know the source of invocations by {principal}."


def _call_arns(snapshot: Snapshot, api: RestApi, function: str, stage: str) -> tuple[str, ...]:
    """Return the source ARNs of an API's requests, to compare with the source ARN of a permission.

    They are those of one stage, or of each stage if the stage is empty or missing.
    """
    start = f"arn:aws:execute-api:{snapshot.region}:{snapshot.account_id}:{api.id}"
    existing = [found.name for found in snapshot.api_gateway.stages(api.id)]
    stages = [stage] if stage in existing else existing or ["prod"]
    leading = routes_to(snapshot, api, function) or snapshot.api_gateway.routes(api.id)
    routes = [(route.method, route.path) for route in leading] or [("POST", "/")]
    return tuple(
        f"{start}/{name}/{verb}{path}"
        for name in stages
        for method, path in routes
        for verb in (_VERBS if method == "ANY" else (method,))
    )
