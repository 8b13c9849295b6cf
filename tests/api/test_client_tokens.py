"""A repeated request with the same client token gets the same run."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labgrader.api.app import resolver
from tests.api.conftest import INSTRUCTOR, World, world_of
from tests.api.reports import LAB
from tests.api.test_runs import CSV, start
from tests.stored_runs import put_run, stored_run


def test_the_same_request_with_the_same_client_token_is_the_same_run(world: World) -> None:
    first = start(world, client_token="monday")
    world.later(minutes=5)
    again = [start(world, client_token="monday"), start(world, headers={"Idempotency-Key": "monday"})]
    assert [answer.status for answer in again] == [202, 202]
    assert {answer.body for answer in again} == {first.body}
    assert len(world.executions("grade_class")) == 1
    assert start(world, client_token="tuesday").json["run_id"] != first.json["run_id"]
    assert start(world).json["run_id"] != start(world).json["run_id"]


def test_another_request_with_the_same_client_token_is_refused(world: World) -> None:
    first = start(world, client_token="monday").json
    problem = start(world, client_token="monday", mode="audit").problem(409, "client-token-used")
    assert (problem["run_id"], problem["status_url"]) == (first["run_id"], first["status_url"])
    assert len(world.executions("grade_class")) == 1


def test_a_repeated_request_stores_no_second_class_list(world: World) -> None:
    run_id = start(world, client_token="monday").json["run_id"]
    world.later(minutes=5)
    start(world, client_token="monday")
    start(world, client_token="monday", mode="audit").problem(409, "client-token-used")
    assert world.store.keys("rosters/") == [f"rosters/{run_id}.csv"]


def test_concurrent_requests_with_one_client_token_start_one_run(world: World) -> None:
    body = json.dumps({"lab": LAB, "roster": CSV, "client_token": "monday"})
    apis = [resolver(world.services()) for _ in range(8)]  # a function each
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda api: world.ask("POST", "/v1/runs", INSTRUCTOR, body, api=api), apis))
    (run_id,) = {answer.json["run_id"] for answer in answers}
    assert [answer.status for answer in answers] == [202] * 8
    assert [execution["name"] for execution in world.executions("grade_class")] == [run_id]
    assert world.store.keys("rosters/") == [f"rosters/{run_id}.csv"]


def test_a_repeated_request_finds_its_run_after_the_class_list_is_deleted(world: World) -> None:
    world.store.put("rosters/day-2.csv", CSV.encode())
    first = start(world, roster="rosters/day-2.csv", client_token="monday")
    assert first.status == 202, first.body
    world.store.put("rosters/day-2.csv", b"")
    assert start(world, roster="rosters/day-2.csv", client_token="monday").body == first.body
    start(world, roster="rosters/day-2.csv").problem(422, "bad-input")


@pytest.mark.parametrize("recorded", [False, True])
def test_a_repeated_request_starts_the_run_after_a_broken_start(
    world: World, clients: tuple[Any, Any, Any], recorded: bool
) -> None:
    """The function ended after it had stored the request, or the run, and before it started an execution."""
    run_id = start(world, client_token="monday").json["run_id"]
    stranger = world_of(*clients)
    asked = world.store._get_item("REQUESTS", "ada monday") or {}
    stranger.store.remember_request("ada monday", asked["digest"], run_id)
    if recorded:
        put_run(stranger.store, stored_run(world.store, run_id))
    assert start(stranger, client_token="monday").json["run_id"] == run_id
    assert [execution["name"] for execution in stranger.executions("grade_class")] == [run_id]


def test_a_run_that_ended_is_never_started_again(world: World, clients: tuple[Any, Any, Any]) -> None:
    """Step Functions forgets an execution, and its name, after 90 days."""
    run_id = start(world, client_token="monday").json["run_id"]
    later = world_of(*clients)
    asked = world.store._get_item("REQUESTS", "ada monday") or {}
    later.store.remember_request("ada monday", asked["digest"], run_id)
    put_run(later.store, {**stored_run(world.store, run_id), "status": "incomplete"})
    assert start(later, client_token="monday").json["run_id"] == run_id
    assert later.executions("grade_class") == []


def test_client_tokens_are_scoped_to_the_instructor(world: World) -> None:
    first = start(world, client_token="monday").json
    grace = {"subject": "grace", "role": "instructor"}
    body = {"lab": LAB, "roster": CSV, "client_token": "monday"}
    assert world.ask("POST", "/v1/runs", grace, body).json["run_id"] != first["run_id"]


def test_an_invalid_request_does_not_use_up_its_client_token(world: World) -> None:
    start(world, client_token="monday", students=["user3"]).problem(422, "bad-input")
    assert start(world, client_token="monday").status == 202


def test_two_client_tokens_that_differ_are_refused(world: World) -> None:
    answer = start(world, headers={"Idempotency-Key": "tuesday"}, client_token="monday")
    (error,) = answer.problem(422, "bad-input")["errors"]
    assert error == {
        "field": "client_token",
        "message": "differs from the header Idempotency-Key; send only one of them, or the same value in both",
    }
