"""requests_have_timeout: advice on requests without a timeout."""

from __future__ import annotations

import pytest

from tests.checks.code.samples import DEPLOY, call, coded, file
from tests.checks.two_functions import advise
from tests.checks.world import World


@pytest.mark.parametrize(
    "world", [World(), coded(None), coded([]), coded([file("app.py")]), coded([{}])], ids=list("abcde")
)
def test_gives_no_advice_without_readable_code(world: World) -> None:
    verdict = advise(world, "requests_have_timeout")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_the_request_without_a_timeout() -> None:
    verdict = advise(coded([file("app.py", call("requests.get", 7))]), "requests_have_timeout")
    assert verdict.message == (
        "A request without a timeout may wait forever (user1-a: requests.get in lambda_handler (app.py:7)). If the "
        "server does not respond, the function waits until its own timeout, and AWS bills that time."
    )
    assert verdict.hint == "# add the timeout to the request: timeout=5\n" + DEPLOY


@pytest.mark.parametrize(
    ("name", "keywords", "status"),
    [
        ("requests.post", ("json",), "failed"),
        ("requests.request", (), "failed"),
        ("requests.Session.get", (), "failed"),
        ("requests.session.put", (), "failed"),
        ("urllib.request.urlopen", (), "failed"),
        ("requests.get", ("timeout",), "passed"),
        ("requests.post", ("json", "timeout"), "passed"),
        ("requests.get", ("**",), "passed"),  # the timeout may be in it
        ("httpx.get", (), "passed"),  # has a default timeout
        ("requests.Session", (), "passed"),
        ("requests.getaway", (), "passed"),
        ("session.get", (), "passed"),  # the type of session is unknown
    ],
)
def test_knows_which_requests_have_no_timeout(name: str, keywords: tuple[str, ...], status: str) -> None:
    world = coded([file("app.py", call(name, 7, "lambda_handler", *keywords))])
    assert advise(world, "requests_have_timeout", suggest_s=2).status == status


def test_a_request_at_the_top_of_the_file_counts() -> None:
    verdict = advise(coded([file("app.py", call("requests.get", 2, ""))]), "requests_have_timeout", suggest_s=2)
    assert "(user1-a: requests.get (app.py:2))" in verdict.message
    assert verdict.hint.startswith("# add the timeout to the request: timeout=2\n")
