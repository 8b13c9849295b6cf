"""A private run over the API: its students cannot see that it exists, and instructors see all of it."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.runs.publish_run import publish_run
from tests.api.conftest import INSTRUCTOR, STUDENT, World
from tests.api.nothing_started import nothing_started
from tests.api.reports import LAB, RUN_ID, report_of
from tests.api.test_runs import start

SEEN_RUN = "20260228-090000-lambda-optimization-0002"


@pytest.fixture
def private(world: World) -> World:
    """A world with a private run, and with one that its students see."""
    for run_id in (SEEN_RUN, RUN_ID):
        world.has_run(run_id)
    world.store.keep_private(RUN_ID)
    for run_id in (SEEN_RUN, RUN_ID):
        world.has_report(run_id, "user1", report_of(run_id))
    return world


@pytest.mark.parametrize("query", [None, {"lab": LAB}])
def test_a_student_does_not_find_a_private_run_in_the_list(private: World, query: dict[str, str] | None) -> None:
    answer = private.ask("GET", "/v1/me/reports", STUDENT, query=query)
    assert [entry["run_id"] for entry in answer.json["reports"]] == [SEEN_RUN]
    assert RUN_ID not in answer.body


def test_a_private_report_looks_like_one_that_does_not_exist(private: World) -> None:
    hidden = private.ask("GET", f"/v1/me/reports/{RUN_ID}", STUDENT).problem(404, "not-found")
    unknown = private.ask("GET", "/v1/me/reports/r9", STUDENT).problem(404, "not-found")
    assert hidden == {**unknown, "detail": unknown["detail"].replace("r9", RUN_ID)}


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", f"/v1/me/reports/{RUN_ID}", 404, "not-found"),
        ("GET", f"/v1/me/reports/{RUN_ID}/", 404, "not-found"),
        ("GET", f"/v1/me/reports/{RUN_ID}?private=false", 404, "not-found"),
        ("GET", f"/v1/self-checks/{RUN_ID}", 404, "not-found"),
        ("GET", f"/v1/runs/{RUN_ID}", 403, "not-yours"),
        ("GET", f"/v1/runs/{RUN_ID}/gradebook", 403, "not-yours"),
        ("GET", f"/v1/runs/{RUN_ID}/students/user1", 403, "not-yours"),
        ("DELETE", f"/v1/me/reports/{RUN_ID}", 405, "no-such-method"),
        ("POST", f"/v1/me/reports/{RUN_ID}", 405, "no-such-method"),
    ],
)
def test_no_request_of_a_student_reaches_a_private_run(
    private: World, method: str, path: str, status: int, name: str
) -> None:
    answer = private.ask(method, path, STUDENT)
    answer.problem(status, name)
    assert "points" not in answer.body
    assert nothing_started(private)


@pytest.mark.parametrize("name", ["private", "published", "all", "mode", "run_id"])
def test_no_parameter_shows_a_private_run(private: World, name: str) -> None:
    for path in ("/v1/me/reports", f"/v1/me/reports/{RUN_ID}"):
        answer = private.ask("GET", path, STUDENT, query={name: "true"})
        answer.problem(422, "bad-input")
        assert RUN_ID not in answer.body.replace(f"/v1/me/reports/{RUN_ID}", "")


def test_no_header_shows_a_private_run(private: World) -> None:
    headers = {"X-Role": "instructor", "X-Private": "true"}
    private.ask("GET", f"/v1/me/reports/{RUN_ID}", STUDENT, headers=headers).problem(404, "not-found")


def test_an_instructor_sees_a_private_run(private: World) -> None:
    assert private.ask("GET", f"/v1/runs/{RUN_ID}", INSTRUCTOR).json["progress"]["done"] == 1
    assert private.ask("GET", f"/v1/runs/{RUN_ID}/students/user1", INSTRUCTOR).json["run_id"] == RUN_ID


def test_a_student_sees_a_run_that_is_published(private: World) -> None:
    run = private.store.run(RUN_ID)
    assert run is not None
    assert publish_run(private.store, run)
    listed = private.ask("GET", "/v1/me/reports", STUDENT).json["reports"]
    assert {entry["run_id"] for entry in listed} == {SEEN_RUN, RUN_ID}
    assert private.ask("GET", f"/v1/me/reports/{RUN_ID}", STUDENT).json["run_id"] == RUN_ID


@pytest.mark.parametrize(("asked", "private"), [({"private": True}, True), ({"private": False}, False), ({}, False)])
def test_an_instructor_starts_a_private_run(world: World, asked: dict[str, Any], private: bool) -> None:
    answer = start(world, **asked)
    assert answer.status == 202, answer.body
    run_id = answer.json["run_id"]
    assert world.store.is_private(run_id) is private
    assert world.ask("GET", f"/v1/runs/{run_id}", INSTRUCTOR).json["private"] is private


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_private_is_true_or_false(world: World, value: object) -> None:
    problem = start(world, private=value).problem(422, "bad-input")
    assert problem["errors"] == [{"field": "private", "message": "is neither true nor false"}]
    assert nothing_started(world)


def test_a_request_that_is_repeated_without_private_is_the_same_only_if_it_was_public(world: World) -> None:
    first = start(world, client_token="monday")
    assert start(world, client_token="monday", private=False).body == first.body
    start(world, client_token="monday", private=True).problem(409, "client-token-used")
