"""Private runs count for nothing that a student sees until they are published. A deleted run leaves nothing."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cli.project import ROOT
from labgrader.errors import BadInputError, RefusedError
from labgrader.judging.verdict import failed
from labgrader.rosters import Student
from labgrader.runs.delete_run import delete_run
from labgrader.runs.publish_run import publish_run
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, MissingError, RunRecord, Store
from tests.runs.conftest import Machines
from tests.steps.audited_course import LAB, Course, changed, check_of
from tests.stored_runs import put_run

RUNS = ("r1", "r2", "r3", "r4")


class DatedCourse(Course):
    """A course with runs that are a day apart. A run is complete when its report is written."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.days = 0

    def postpone(self, report: Any) -> None:
        """Date the report and each item that was made of it."""
        self.days += 1
        graded_at = f"2026-01-{self.days:02}T00:00:00Z"
        run_id, username = report["run_id"], report["student"]["username"]
        self.store.put_json(Keys(run_id).report(username), {**report, "graded_at": graded_at})
        for partition in (f"STUDENT#{username}", f"RUN#{run_id}"):
            for item in list(self.store._query(partition)):
                if item.get("run_id") == run_id:
                    self.store._table.put_item(Item={**item, "graded_at": graded_at})
        put_run(self.store, {**self.run(run_id).to_dict(), "status": "complete"})

    def run(self, run_id: str) -> RunRecord:
        found = self.store.run(run_id)
        assert found is not None
        return found

    def publish_results(self, run_id: str) -> bool:
        return publish_run(self.store, self.run(run_id))

    def standing(self) -> tuple[str, str, str]:
        """The runs of the latest result, the best result and the baseline; empty for none."""
        found = (self.store.latest("user1", LAB.id), self.store.best("user1", LAB.id), self.store.seen("user1", LAB.id))
        latest, best, seen = ((item or {}).get("run_id", "") for item in found)
        return latest, best, seen


@pytest.fixture
def course(store: Store) -> DatedCourse:
    return DatedCourse(store)


def visible(store: Store) -> list[str]:
    return [result["run_id"] for result in store.visible_history("user1")]


def poor(course: DatedCourse, run_id: str) -> Any:
    """Grade a run with 40 of 100 points."""
    return course.grade(run_id, handled=failed("0 of 1"), answers=failed("0 of 1"))


def test_a_private_run_counts_for_nothing_that_a_student_sees(store: Store, course: DatedCourse) -> None:
    poor(course, "r1")
    store.keep_private("r2")
    course.grade("r2")
    assert visible(store) == ["r1"]
    assert [result["run_id"] for result in store.history("user1")] == ["r2", "r1"]
    assert course.standing() == ("r1", "r1", "r1")
    with pytest.raises(MissingError, match=r"^run r2 is private$"):
        store.visible_report("r2", "user1")
    assert store.visible_report("r1", "user1")["run_id"] == "r1"


def test_a_published_run_counts_from_then_on(store: Store, course: DatedCourse) -> None:
    poor(course, "r1")
    store.keep_private("r2")
    course.grade("r2")
    assert course.publish_results("r2")
    assert not course.publish_results("r2")
    assert visible(store) == ["r2", "r1"]
    assert course.standing() == ("r2", "r2", "r2")
    assert store.visible_report("r2", "user1")["run_id"] == "r2"
    assert store.latest("user1", LAB.id) == next(iter(store.history("user1")))


def test_an_older_run_that_is_published_late_becomes_the_best_but_not_the_latest(
    store: Store, course: DatedCourse
) -> None:
    store.keep_private("r1")
    course.grade("r1")
    poor(course, "r2")
    course.publish_results("r1")
    assert course.standing() == ("r2", "r1", "r2")


def test_a_public_run_shows_nothing_of_a_private_one(store: Store, course: DatedCourse) -> None:
    store.keep_private("trial")
    poor(course, "trial")
    audit = course.audit("r2", reserved=10)
    assert (audit["audit"]["compared_with"], audit["audit"]["carried_over_from"]) == (None, None)
    assert check_of(audit, "answers")["status"] == "not_graded"
    graded = course.grade("r3")
    assert "previous" not in graded
    assert "trial" not in json.dumps([audit, graded])


def test_a_self_check_shows_nothing_of_a_private_run(store: Store, course: DatedCourse) -> None:
    store.keep_private("r1")
    poor(course, "r1")
    course.plan("r2", "self-check")
    course.record("r2")
    assert "previous" not in write_report(store, "r2", "self-check", "user1")


def test_private_audits_compare_with_private_runs(store: Store, course: DatedCourse) -> None:
    for run_id in RUNS:
        store.keep_private(run_id)
    course.grade("r1")
    first = course.audit("r2", reserved=None)
    assert changed(first)[0] == ("reserved", "passed", "failed")
    assert check_of(first, "answers")["carried_over"]["run_id"] == "r1"
    second = course.audit("r3", reserved=None)
    assert (changed(second), second["audit"]["compared_with"]["run_id"]) == ([], "r2")
    assert course.standing() == ("", "", "")


def test_an_audit_is_published_only_after_the_runs_that_it_repeats(store: Store, course: DatedCourse) -> None:
    for run_id in RUNS:
        store.keep_private(run_id)
    course.grade("r1")
    course.audit("r2")
    course.audit("r3")
    with pytest.raises(BadInputError) as refused:
        course.publish_results("r3")
    assert [str(problem) for problem in refused.value.problems] == [
        "the reports of audit r3 show results of run r1, which is private: publish that run first",
        "the reports of audit r3 show results of run r2, which is private: publish that run first",
    ]
    assert store.is_private("r3")
    for run_id in ("r1", "r2", "r3"):
        assert course.publish_results(run_id)
    assert visible(store) == ["r3", "r2", "r1"]
    assert course.standing() == ("r1", "r1", "r3")


def test_an_audit_that_repeats_a_deleted_run_is_not_published(
    store: Store, course: DatedCourse, machines: Machines
) -> None:
    for run_id in RUNS:
        store.keep_private(run_id)
    course.grade("r1")
    course.audit("r2")
    delete_run(store, machines.client, course.run("r1"))
    with pytest.raises(BadInputError) as refused:
        course.publish_results("r2")
    assert [str(problem) for problem in refused.value.problems] == [
        "the reports of audit r2 show results of run r1, which was deleted: audit the class again"
    ]


@pytest.mark.parametrize(
    ("mode", "status", "said"),
    [
        ("grade", "running", "run r1 is still running: publish it when it has finished"),
        ("self-check", "complete", "r1 is a self-check: its student sees it at once"),
    ],
)
def test_what_is_not_published(store: Store, mode: str, status: str, said: str) -> None:
    put_run(store, {"run_id": "r1", "lab": LAB.id, "mode": mode, "status": status, "started_at": ""})
    run = store.run("r1")
    assert run is not None
    with pytest.raises(BadInputError) as refused:
        publish_run(store, run)
    assert str(refused.value) == said


def everything(store: Store) -> str:
    """All items of the table and all keys of the bucket."""
    return json.dumps([store._table.scan()["Items"], store.keys("")], default=str)


def test_a_deleted_run_leaves_nothing(store: Store, course: DatedCourse, machines: Machines) -> None:
    poor(course, "before")
    store.put("rosters/gone.csv", b"username\nuser1\n")
    store.put("rosters/gone.json", b"[]")
    store.remember_request("ada token-1", "digest", "gone")
    store.remember_request("ada token-2", "digest", "before")
    course.grade("gone")
    store.put_json(Keys("gone-2").report("user1"), {"kept": True})
    assert course.standing() == ("gone", "gone", "gone")
    assert delete_run(store, machines.client, course.run("gone")) == 1
    assert course.standing() == ("before", "before", "before")
    assert store.run("gone") is None
    assert "gone" not in everything(store).replace("gone-2", "")
    assert store.get_json(Keys("gone-2").report("user1")) == {"kept": True}
    assert store.remembered("ada token-2") == ("before", "digest")


def test_the_only_run_that_is_deleted_leaves_no_latest_best_or_baseline(
    store: Store, course: DatedCourse, machines: Machines
) -> None:
    course.grade("r1")
    delete_run(store, machines.client, course.run("r1"))
    assert course.standing() == ("", "", "")
    assert json.loads(everything(store)) == [[], []]


def test_the_audit_after_a_deleted_run_compares_with_the_run_that_is_left(
    store: Store, course: DatedCourse, machines: Machines
) -> None:
    course.grade("r1")
    course.audit("r2", reserved=None)
    delete_run(store, machines.client, course.run("r2"))
    audit = course.audit("r3", reserved=None)
    assert audit["audit"]["compared_with"]["run_id"] == "r1"
    assert changed(audit)[0] == ("reserved", "passed", "failed")


def test_a_deleted_self_check_is_not_the_latest_any_more(store: Store, course: DatedCourse, machines: Machines) -> None:
    for run_id in ("r1", "r2"):
        course.plan(run_id, "self-check")
        course.record(run_id)
        course.report(run_id, "self-check")
    delete_run(store, machines.client, course.run("r2"))
    assert (store.latest_self_check("user1", LAB.id) or {})["run_id"] == "r1"
    assert store.self_checks() == [course.run("r1")]


def test_a_running_run_is_not_deleted(store: Store, course: DatedCourse, machines: Machines) -> None:
    store.put_students_once("r1", [Student("user1", "s-1")])
    started = machines.client.start_execution(stateMachineArn=machines.grade_class, name="r1", input="{}")
    record = {"lab": LAB.id, "mode": "grade", "status": "running", "started_at": "2026-01-01T00:00:00Z"}
    for more in ({}, {"execution": started["executionArn"]}):
        put_run(store, {"run_id": "r1", **record, **more})
        with pytest.raises(BadInputError) as refused:
            delete_run(store, machines.client, course.run("r1"))
        assert str(refused.value) == "run r1 is still running: delete it when it has finished"
        assert not store.is_private("r1")
        assert store.students("r1")
    machines.stop(started["executionArn"])
    assert delete_run(store, machines.client, course.run("r1")) == 1
    assert store.run("r1") is None


def test_a_deletion_that_broke_off_hides_the_run_and_can_be_repeated(
    store: Store, course: DatedCourse, machines: Machines
) -> None:
    course.grade("r1")
    course.grade("r2")
    bucket, store.bucket = store.bucket, "no-such-bucket"
    with pytest.raises(RefusedError):
        delete_run(store, machines.client, course.run("r2"))
    store.bucket = bucket
    assert course.run("r2").status == "complete"
    with pytest.raises(MissingError):
        store.visible_report("r2", "user1")
    assert "r2" not in visible(store)
    assert delete_run(store, machines.client, course.run("r2")) == 1
    assert course.standing() == ("r1", "r1", "r1")
    assert "r2" not in everything(store)


def test_the_permissions_of_both_commands_are_documented(store: Store, course: DatedCourse, machines: Machines) -> None:
    """The operations that publishing and deleting use are those of the table in the documentation."""
    course.grade("r1")
    store.keep_private("r2")
    course.grade("r2")
    calls: set[str] = set()
    s3, dynamodb = boto3.client("s3"), boto3.resource("dynamodb")
    for client in (s3, dynamodb.meta.client):
        client.meta.events.register("before-call", lambda model, **_: calls.add(model.name))
    watched = Store(s3, store.bucket, dynamodb.Table("table"))
    publish_run(watched, course.run("r2"))
    table = {"GetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem"}
    assert calls == {"GetObject", "ListObjectsV2", *table}
    calls.clear()
    delete_run(watched, machines.client, course.run("r2"))
    assert calls == {"GetObject", "ListObjectsV2", "DeleteObject", *table}
    page = (ROOT / "docs" / "grade-a-class.md").read_text(encoding="utf-8")
    assert "| `runs publish` | `s3:GetObject`, `s3:ListBucket` | " in page
    assert "| `dynamodb:GetItem`, `Query`, `PutItem`, `DeleteItem`, `BatchWriteItem` |" in page
    assert "| `runs delete` | also `s3:DeleteObject` | the same |" in page
