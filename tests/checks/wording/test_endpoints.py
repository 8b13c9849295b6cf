"""The route of a REST API that matches a request."""

from __future__ import annotations

import pytest

from checks.api_gateway._common import route_for
from labgrader.evidence.snapshot import Route


@pytest.mark.parametrize(
    ("path", "matching"),
    [
        ("/todos", "/todos"),
        ("/todos/7", "/todos/{id}"),
        ("/todos/mine", "/todos/mine"),
        ("/todos/7/8", "/{proxy+}"),
        ("/else", "/{proxy+}"),
    ],
)
def test_the_closest_route_matches_a_request(path: str, matching: str) -> None:
    routes = [Route(template, "ANY") for template in ("/{proxy+}", "/todos", "/todos/{id}", "/todos/mine")]
    found = route_for(routes, "GET", path)
    assert found is not None
    assert found.path == matching
    assert route_for([Route("/todos", "POST")], "GET", "/todos") is None
