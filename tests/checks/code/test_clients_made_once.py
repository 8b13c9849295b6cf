"""clients_made_once: advice on clients that every invocation creates again."""

from __future__ import annotations

import pytest

from tests.checks.code.samples import DEPLOY, DEPLOY_B, call, coded, file
from tests.checks.two_functions import A, advise
from tests.checks.world import World


@pytest.mark.parametrize(
    "world", [World(), coded(None), coded([]), coded([file("app.py")]), coded([{}])], ids=list("abcde")
)
def test_gives_no_advice_without_readable_code(world: World) -> None:
    verdict = advise(world, "clients_made_once")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_the_client_that_the_handler_creates() -> None:
    world = coded([file("app.py", call("boto3.client"), call("boto3.client", 3, ""))])
    verdict = advise(world, "clients_made_once")
    assert (verdict.status, verdict.observed) == ("failed", "1 place in a function")
    assert verdict.message == (
        "Every invocation creates a new client, with new connections (user1-a: boto3.client in lambda_handler "
        "(app.py:12)). Create the client at the top of the file: Lambda keeps it for the next invocations."
    )
    assert verdict.hint == (
        "# move the line to the top of the file, above the functions, and use its variable in the functions\n" + DEPLOY
    )


@pytest.mark.parametrize(
    "name",
    ["boto3.resource", "boto3.Session", "boto3.session.Session", "requests.Session", "httpx.Client"],
)
def test_other_kinds_of_clients_count(name: str) -> None:
    verdict = advise(coded(None, [file("app.py", call(name, inside="process_order"))]), "clients_made_once")
    assert f"(user1-b: {name} in process_order (app.py:12))" in verdict.message


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "get_connection_pool",
        "get_client",
        "s3_client",
        "_dynamodb",
        "Store.__init__",
        "make_session",
        "table",
        "_get",
        "lambda_handler.get_table",
        "<lambda>",
    ],
)
def test_a_client_that_a_getter_keeps_is_fine(inside: str) -> None:
    assert advise(coded([file("app.py", call("boto3.client", inside=inside))]), "clients_made_once").status == "passed"


@pytest.mark.parametrize(
    "inside", ["handler", "target", "getaway", "process_items_bad", "Worker.run", "retable", "S3Client.run"]
)
def test_a_name_that_only_resembles_a_getter_is_not_one(inside: str) -> None:
    assert advise(coded([file("app.py", call("boto3.client", inside=inside))]), "clients_made_once").status == "failed"


def test_the_handler_is_never_a_getter() -> None:
    world = coded([file("app.py", call("boto3.client", inside="get_todos"))])
    assert advise(world, "clients_made_once").status == "passed"
    assert advise(world.configure(A, Handler="app.get_todos"), "clients_made_once").status == "failed"


@pytest.mark.parametrize("name", ["client", "s3.client", "boto3.clients", "my.boto3.client", ""])
def test_other_calls_are_not_clients(name: str) -> None:
    assert advise(coded([file("app.py", call(name))]), "clients_made_once").status == "passed"


def test_names_at_most_five_places_of_each_function() -> None:
    calls = [call("boto3.client", line) for line in range(1, 8)]
    world = coded([file("a.py", *calls)], [file("b.py", call("boto3.resource", 2))])
    verdict = advise(world, "clients_made_once")
    assert "a.py:5) and 2 more; user1-b: boto3.resource in lambda_handler (b.py:2))" in verdict.message
    assert verdict.observed == "8 places in a function"
    assert verdict.hint.endswith(DEPLOY + DEPLOY_B)


def test_hostile_names_in_the_code_are_quoted() -> None:
    world = coded([file("a\n\x1b[31m.py", call("boto3.client", inside="f\u202e"))])
    message = advise(world, "clients_made_once").message
    assert "boto3.client in f\ufffd (a\ufffd\ufffd[31m.py:12)" in message
