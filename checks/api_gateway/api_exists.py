"""A REST API exists."""

from __future__ import annotations

from checks.api_gateway._common import missing_api, own_api
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(title="The REST API exists", hint="aws apigateway create-rest-api --name {api}")
def api_exists(snapshot: Snapshot, *, api: str) -> Verdict:
    """Check that the student has a REST API with this name. Its routes do not matter.

    Args:
        api: its name.
    """
    expected = f"REST API {api}"
    if own_api(snapshot, api) is None:
        return failed(missing_api(snapshot, api, ""), expected=expected, observed="no such REST API")
    return passed(expected=expected, observed=expected)
