"""Which route of a REST API takes a call."""

from __future__ import annotations

import pytest

from checks.api_gateway._common import route_for
from labgrader.evidence.snapshot import Route


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/todos", "/todos"),
        ("/todos/7", "/todos/{id}"),
        ("/todos/mine", "/todos/mine"),
        ("/todos/7/8", "/{proxy+}"),
        ("/else", "/{proxy+}"),
    ],
)
def test_the_closest_route_takes_a_call(path: str, taken: str) -> None:
    routes = [Route(one, "ANY") for one in ("/{proxy+}", "/todos", "/todos/{id}", "/todos/mine")]
    found = route_for(routes, "GET", path)
    assert found is not None
    assert found.path == taken
    assert route_for([Route("/todos", "POST")], "GET", "/todos") is None
