"""Find the target of `load-test` by its name, with the settings that determine its price."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import TargetError, UsageError
from cli.target import Target
from labgrader.aws import error_code
from labgrader.evidence.coerce import sequence, text
from labgrader.evidence.load.load_test import EndpointTarget, FunctionTarget
from labgrader.evidence.load.plan import Target as Called
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.probing.ownership_guard import Ownership

_ENDPOINT = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ([^/]+)/([A-Za-z0-9_-]+)(/.*)")


class OwnAccount(Ownership):
    """Allows every name: the user of the command loads resources of their own account."""

    def owns(self, name: str) -> bool:  # noqa: ARG002
        return True


def is_endpoint(name: str) -> bool:
    """Return whether a target is a method of a REST API: ``POST API/STAGE/PATH``."""
    return _ENDPOINT.fullmatch(name) is not None


def find_target(account: Target, name: str, content: Any, api_key: str) -> Called:
    """Find the target of a load test by its name.

    Args:
        account: the account of the target.
        name: ``FUNCTION``, ``FUNCTION:ALIAS``, ``FUNCTION:VERSION`` or ``POST API/STAGE/PATH``.
        content: the event, or the body for an API.
        api_key: the name of the API key to send, or empty.

    Raises:
        UsageError: the name has none of these forms.
        TargetError: the target or the API key does not exist, or its name is not unique.
    """
    endpoint = _ENDPOINT.fullmatch(name)
    if endpoint is None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]{1,128})?", name):
            raise UsageError(
                f"{name!r} is not a target; write FUNCTION, FUNCTION:ALIAS, FUNCTION:VERSION or 'POST API/STAGE/PATH'"
            )
        function, _, qualifier = name.partition(":")
        try:
            found = account.client("lambda").get_function_configuration(FunctionName=function)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            raise TargetError(
                f"the function {function} does not exist; list functions with `aws lambda list-functions`"
            ) from None
        return FunctionTarget(
            function, qualifier, content, found.get("MemorySize", 0), *found.get("Architectures", ["x86_64"])[:1]
        )
    method, api, stage, path = endpoint.groups()
    gateway = account.client("apigateway")
    apis = _named(gateway.get_paginator("get_rest_apis"), api, "REST API")
    key_id = _named(gateway.get_paginator("get_api_keys"), api_key, "API key") if api_key else ""
    body = json.dumps(content) if method in ("POST", "PUT", "PATCH") else None
    return EndpointTarget(RestApi(apis, api), stage, method, path, body=body, api_key_id=key_id)


def _named(pages: Any, name: str, kind: str) -> str:
    """Return the id of the only entry with a name.

    Raises:
        TargetError: there is no such entry, or there are several.
    """
    found = [
        text(entry.get("id"))
        for page in pages.paginate()
        for entry in sequence(page.get("items"))
        if entry.get("name") == name
    ]
    if len(found) != 1:
        raise TargetError(
            f"the {kind} {name} does not exist"
            if not found
            else f"{len(found)} {kind}s have the name {name}; rename all but one"
        )
    return found[0]


def read_event(event: str) -> Any:
    """Read an event: JSON, or ``@`` and the name of a file that holds it.

    Raises:
        UsageError: it is not JSON.
    """
    content = Path(event[1:]).read_text(encoding="utf-8") if event.startswith("@") else event
    try:
        return json.loads(content)
    except ValueError as error:
        raise UsageError(f"--event is not JSON: {error}") from None
