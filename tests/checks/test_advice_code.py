"""Advice on a function's code: clients made in a call, requests without a timeout, names, syntax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from labgrader.judging.verdict import Verdict
from tests.checks.world import World

A, B = "user1-a", "user1-b"
CHECKS = ["clients_made_once", "requests_have_timeout", "names_are_defined", "code_can_be_parsed"]
DEPLOY = (
    "zip -r function.zip .  # in the folder of the changed code\n"
    "aws lambda update-function-code --function-name user1-a --zip-file fileb://function.zip"
)
DEPLOY_B = "\naws lambda update-function-code --function-name user1-b --zip-file fileb://function.zip"


def call(name: str, line: int = 12, inside: str = "lambda_handler", *keywords: str) -> dict[str, Any]:
    return {"Name": name, "Line": line, "In": inside, "Keywords": list(keywords)}


def file(path: str, *calls: Mapping[str, Any], undefined: tuple[str, ...] = (), problem: str = "") -> dict[str, Any]:
    return {"Path": path, "Imports": [], "Calls": list(calls), "Undefined": list(undefined), "Problem": problem}


def coded(a: list[dict[str, Any]] | None, b: list[dict[str, Any]] | None = None) -> World:
    """Two functions with their code as it was read."""
    world = World().function(A).function(B)
    world.say("labgrader:ReadCode", a, FunctionName=A)
    return world.say("labgrader:ReadCode", b, FunctionName=B)


def advise(world: World, check: str, **parameters: Any) -> Verdict:
    return world.judge(check, functions=[A, B, "user1-missing"], **parameters)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "world", [World(), coded(None), coded([]), coded([file("app.py")]), coded([{}])], ids=list("abcde")
)
def test_where_there_is_nothing_to_read_nothing_is_said(check: str, world: World) -> None:
    verdict = advise(world, check)
    assert (verdict.status, verdict.message) == ("passed", "")


# --- clients ----------------------------------------------------------------------------------------------------------


def test_a_client_that_is_made_in_the_handler() -> None:
    world = coded([file("app.py", call("boto3.client"), call("boto3.client", 3, ""))])
    verdict = advise(world, "clients_made_once")
    assert (verdict.status, verdict.observed) == ("failed", "1 place in a function")
    assert verdict.message == (
        "A client is made anew in every call, with new connections each time (user1-a: boto3.client in lambda_handler "
        "(app.py:12)): made once at the top of the file, it is kept from call to call."
    )
    assert verdict.hint == (
        "# move the line to the top of the file, above the functions, and use the name it is given there\n" + DEPLOY
    )


@pytest.mark.parametrize(
    "name",
    ["boto3.resource", "boto3.Session", "boto3.session.Session", "requests.Session", "httpx.Client"],
)
def test_other_clients_count_too(name: str) -> None:
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
def test_what_a_getter_keeps_is_no_noise(inside: str) -> None:
    assert advise(coded([file("app.py", call("boto3.client", inside=inside))]), "clients_made_once").status == "passed"


@pytest.mark.parametrize(
    "inside", ["handler", "target", "getaway", "process_items_bad", "Worker.run", "retable", "S3Client.run"]
)
def test_a_name_that_only_looks_like_a_getters_is_none(inside: str) -> None:
    assert advise(coded([file("app.py", call("boto3.client", inside=inside))]), "clients_made_once").status == "failed"


def test_the_handler_is_no_getter_whatever_it_is_called() -> None:
    world = coded([file("app.py", call("boto3.client", inside="get_todos"))])
    assert advise(world, "clients_made_once").status == "passed"
    assert advise(world.configure(A, Handler="app.get_todos"), "clients_made_once").status == "failed"


@pytest.mark.parametrize("name", ["client", "s3.client", "boto3.clients", "my.boto3.client", ""])
def test_another_call_is_no_client(name: str) -> None:
    assert advise(coded([file("app.py", call(name))]), "clients_made_once").status == "passed"


def test_many_places_are_cut_and_all_functions_are_said_at_once() -> None:
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


# --- requests ---------------------------------------------------------------------------------------------------------


def test_a_request_without_a_timeout() -> None:
    verdict = advise(coded([file("app.py", call("requests.get", 7))]), "requests_have_timeout")
    assert verdict.message == (
        "A request without a timeout waits for ever (user1-a: requests.get in lambda_handler (app.py:7)): when the "
        "other side hangs, so does the function, until its own timeout ends it, and that is paid for."
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
        ("requests.get", ("**",), "passed"),  # it may be among them
        ("httpx.get", (), "passed"),  # has one of its own
        ("requests.Session", (), "passed"),
        ("requests.getaway", (), "passed"),
        ("session.get", (), "passed"),  # of what, cannot be told
    ],
)
def test_which_requests_wait_for_ever(name: str, keywords: tuple[str, ...], status: str) -> None:
    world = coded([file("app.py", call(name, 7, "lambda_handler", *keywords))])
    assert advise(world, "requests_have_timeout", suggest_s=2).status == status


def test_a_request_while_loading_waits_as_well() -> None:
    verdict = advise(coded([file("app.py", call("requests.get", 2, ""))]), "requests_have_timeout", suggest_s=2)
    assert "(user1-a: requests.get (app.py:2))" in verdict.message
    assert verdict.hint.startswith("# add the timeout to the request: timeout=2\n")


# --- names and syntax -------------------------------------------------------------------------------------------------


def test_a_module_whose_import_was_forgotten() -> None:
    world = coded([file("cleanup_lambda.py", undefined=("json",))])
    verdict = advise(world, "names_are_defined", explanation="The hand-out's own code forgets it.")
    assert (verdict.status, verdict.observed) == ("failed", "json")
    assert verdict.message == (
        "cleanup_lambda.py of user1-a uses json, but nothing there imports or defines it: a call that comes to such a "
        "line ends with a NameError. The hand-out's own code forgets it."
    )
    assert verdict.hint == "# at the top of cleanup_lambda.py: import json\n" + DEPLOY


def test_names_of_several_files() -> None:
    world = coded([file("a.py", undefined=("result", "os"))], [file("b.py", undefined=("boto3",))])
    verdict = advise(world, "names_are_defined")
    assert verdict.message == (
        "a.py of user1-a uses result and os, b.py of user1-b uses boto3, but nothing there imports or defines them: "
        "a call that comes to such a line ends with a NameError."
    )
    assert verdict.hint.splitlines()[:3] == [
        "# at the top of a.py: define or import result",
        "# at the top of a.py: import os",
        "# at the top of b.py: import boto3",
    ]
    assert verdict.hint.endswith(DEPLOY + DEPLOY_B)


def test_a_path_cannot_leave_its_comment() -> None:
    verdict = advise(coded([file("a.py\nrm -rf /", undefined=("x",))]), "names_are_defined")
    assert verdict.hint.splitlines()[0] == "# at the top of a.py\ufffdrm -rf /: define or import x"


def test_code_that_is_not_python() -> None:
    world = coded([file("app.py", problem="line 3: expected ':'.")], [file("b.py", problem="line 1: bad")])
    verdict = advise(world, "code_can_be_parsed")
    assert verdict.message == (
        "A file cannot be read as Python (app.py of user1-a: line 3: expected ':'; b.py of user1-b: line 1: bad): "
        "whatever imports it fails before its first line runs."
    )
    assert verdict.hint == "python3 -m compileall -q .  # says which line is meant\n" + DEPLOY + DEPLOY_B


@pytest.mark.parametrize("problem", ["too large to be read", "too deeply nested to be read"])
def test_what_we_cannot_read_is_not_the_student_s_fault(problem: str) -> None:
    assert advise(coded([file("app.py", problem=problem)]), "code_can_be_parsed").status == "passed"
