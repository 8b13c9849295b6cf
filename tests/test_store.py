"""The bucket and the table: writing twice gives one record."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labgrader.errors import RefusedError, ServiceFaultError
from labgrader.store import Keys, MissingError, RunRecord, Store

RESULT = {
    "username": "user1",
    "student_id": "s-1",
    "lab": "example",
    "mode": "grade",
    "status": "complete",
    "points": 87.5,
    "max_points": 100.0,
    "open_points": 0.0,
    "percent": 87.5,
    "graded_at": "2026-01-02T00:00:00Z",
    "report_key": "runs/r1/reports/user1.json",
}


def test_a_missing_object_raises_missing_error(store: Store) -> None:
    with pytest.raises(MissingError, match="s3://bucket/nothing does not exist"):
        store.get("nothing")
    assert store.keys("nothing") == []


def test_put_once_keeps_the_first_write(store: Store) -> None:
    assert store.put_json_once("a.json", {"n": 1}) == {"n": 1}
    assert store.put_json_once("a.json", {"n": 2}) == {"n": 1}
    assert store.get_json("a.json") == {"n": 1}


def test_text_that_utf8_cannot_encode_survives_as_json(store: Store) -> None:
    assert store.put_json_once("a.json", {"text": "\ud800"}) == {"text": "\ud800"}


def test_nan_is_not_stored(store: Store) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.put_json("a.json", float("nan"))


def test_keys_returns_all_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # the keys of a page; S3 has 1000
    names = [f"many/{number:02}" for number in range(25)]
    for name in names:
        store.put(name, b"")
    assert len(store._s3.list_objects_v2(Bucket=store.bucket, Prefix="many/")["Contents"]) == 10
    assert sorted(store.keys("many/")) == names


def test_many_objects_are_read_by_key(store: Store) -> None:
    for name in "abc":
        store.put_json(f"{name}.json", name)
    assert store.get_all_json(["c.json", "a.json"]) == {"c.json": "c", "a.json": "a"}


def test_result_written_twice_is_one_record(store: Store) -> None:
    for _ in range(2):
        store.record_result("r1", RESULT, keep_best=True)
    assert store.results("r1") == [{"run_id": "r1", **RESULT}]
    assert store.latest("user1", "example") == store.best("user1", "example") == {"run_id": "r1", **RESULT}


def test_best_result_only_improves_and_latest_only_moves_forward(store: Store) -> None:
    store.record_result("r1", RESULT, keep_best=True)
    store.record_result("r2", {**RESULT, "points": 40.0, "graded_at": "2026-01-03T00:00:00Z"}, keep_best=True)
    store.record_result("r0", {**RESULT, "points": 90.0, "graded_at": "2026-01-01T00:00:00Z"}, keep_best=True)
    latest, best = store.latest("user1", "example"), store.best("user1", "example")
    assert latest is not None
    assert best is not None
    assert (latest["run_id"], latest["points"]) == ("r2", 40)
    assert (best["run_id"], best["points"]) == ("r0", 90)


def test_incomplete_result_is_never_the_best(store: Store) -> None:
    store.record_result("r1", RESULT, keep_best=False)
    assert store.best("user1", "example") is None
    assert store.latest("user1", "example") is not None


def a_run(**fields: str) -> RunRecord:
    return RunRecord.from_dict({"mode": "grade", "status": "running", "started_at": "2026-01-01T00:00:00Z", **fields})


def test_runs_are_newest_first_and_filtered_by_lab(store: Store) -> None:
    for number, lab in enumerate(("a", "b", "a")):
        store.record_run(a_run(run_id=f"r{9 - number}", lab=lab, started_at=f"2026-01-0{number + 1}"))
    assert [run.run_id for run in store.runs()] == ["r7", "r8", "r9"]
    assert [run.run_id for run in store.runs("a")] == ["r7", "r9"]
    assert store.run("none") is None


def test_self_checks_are_not_in_the_list_of_runs(store: Store) -> None:
    for number, mode in enumerate(("grade", "audit", "self-check", "self-check")):
        store.record_run(a_run(run_id=f"r{number}", lab="ab"[number % 2], mode=mode))
    assert [run.run_id for run in store.runs()] == ["r1", "r0"]
    assert [run.run_id for run in store.self_checks()] == ["r3", "r2"]
    assert [run.run_id for run in store.self_checks("a")] == ["r2"]
    found = store.run("r3")
    assert found is not None
    assert (found.run_id, found.mode) == ("r3", "self-check")


def test_the_last_snapshot_seen_only_moves_forward(store: Store) -> None:
    seen = {"graded_at": "2026-01-02T00:00:00Z", "lab_version": "1.0.0", "snapshot_run": "r1"}
    known = {"a": {"status": "partial", "share": 0.5}}
    assert store.seen("user1", "example") is None
    for _ in range(2):
        store.save_baseline("r1", "user1", "example", {**seen, "known": known})
    store.save_baseline("r0", "user1", "example", {**seen, "graded_at": "2026-01-01T00:00:00Z", "known": {}})
    assert store.seen("user1", "example") == {"run_id": "r1", **seen, "known": known}
    store.save_baseline("r2", "user1", "example", {**seen, "graded_at": "2026-01-03T00:00:00Z", "known": {}})
    found = store.seen("user1", "example")
    assert found is not None
    assert found["run_id"] == "r2"
    assert store.seen("user1", "other") is store.seen("user10", "example") is None


def test_a_history_has_all_runs_of_one_student_newest_first(store: Store) -> None:
    for number, (name, lab) in enumerate((("user1", "a"), ("user10", "a"), ("user1", "b"), ("user1", "a"))):
        result = {**RESULT, "username": name, "lab": lab, "graded_at": f"2026-01-0{number + 1}T00:00:00Z"}
        for _ in range(2):
            store.record_result(f"r{9 - number}", result, keep_latest=number % 2 == 0, keep_best=True)
    assert [result["run_id"] for result in store.history("user1")] == ["r6", "r7", "r9"]
    assert [result["run_id"] for result in store.history("user1", "a")] == ["r6", "r9"]
    assert store.history("user2") == []


def test_a_missing_bucket_raises_refused_error(store: Store) -> None:
    store.bucket = "no-such-bucket"
    with pytest.raises(RefusedError, match="NoSuchBucket"):
        store.put("a", b"")


def test_keys_match_the_documentation() -> None:
    keys = Keys("r1")
    assert [
        keys.lab,
        keys.students,
        keys.snapshot("user1"),
        keys.evidence("user1", "alias"),
        keys.report("user1"),
        keys.report("user1", ".html"),
        keys.run,
        keys.gradebook,
        keys.gradebook_json,
        keys.class_page,
        keys.audit,
    ] == [
        "runs/r1/lab.json",
        "runs/r1/students.json",
        "runs/r1/snapshots/user1.json",
        "runs/r1/evidence/user1/alias.json",
        "runs/r1/reports/user1.json",
        "runs/r1/reports/user1.html",
        "runs/r1/run.json",
        "runs/r1/gradebook.csv",
        "runs/r1/gradebook.json",
        "runs/r1/class.html",
        "runs/r1/audit.json",
    ]


def test_a_lease_has_one_holder_until_it_is_released(store: Store) -> None:
    assert store.lease("user1-f", "first", now=100.0, ends_at=400.0)
    assert not store.lease("user1-f", "second", now=101.5, ends_at=401.5)
    assert store.lease("user2-f", "second", now=101.5, ends_at=401.5), "each function has its own lease"
    store.release("user1-f", "first")
    assert store.lease("user1-f", "second", now=102.0, ends_at=402.0)


@pytest.mark.parametrize(("now", "taken"), [(399.9, False), (400.0, True)])
def test_a_lease_of_a_crashed_holder_expires(store: Store, now: float, taken: bool) -> None:
    assert store.lease("user1-f", "crashed", now=100.0, ends_at=400.0)
    assert store.lease("user1-f", "second", now=now, ends_at=now + 300) is taken


def test_a_holder_can_extend_its_lease(store: Store) -> None:
    assert store.lease("user1-f", "first", now=100.0, ends_at=400.0)
    assert store.lease("user1-f", "first", now=300.0, ends_at=600.0)
    assert not store.lease("user1-f", "second", now=500.0, ends_at=800.0)


def test_a_late_or_foreign_release_has_no_effect(store: Store) -> None:
    store.release("user1-f", "unknown")
    assert store.lease("user1-f", "first", now=100.0, ends_at=400.0)
    store.release("user1-f", "stranger")
    assert not store.lease("user1-f", "second", now=200.0, ends_at=500.0)
    assert store.lease("user1-f", "second", now=450.0, ends_at=750.0)
    store.release("user1-f", "first")  # its lease has expired
    assert not store.lease("user1-f", "third", now=451.0, ends_at=751.0)


def test_all_permits_together_stay_within_the_maximum(store: Store) -> None:
    assert store.acquire_permits("executions", "first", 60, most=100, now=100.0, ends_at=400.0)
    assert not store.acquire_permits("executions", "second", 41, most=100, now=101.0, ends_at=401.0)
    assert store.acquire_permits("executions", "second", 40, most=100, now=102.0, ends_at=402.0)
    assert not store.acquire_permits("executions", "third", 1, most=100, now=103.0, ends_at=403.0)
    assert store.acquire_permits("elsewhere", "third", 1, most=100, now=103.0, ends_at=403.0)
    store.release_permits("executions", "first")
    assert not store.acquire_permits("executions", "third", 61, most=100, now=104.0, ends_at=404.0)
    assert store.acquire_permits("executions", "third", 60, most=100, now=104.0, ends_at=404.0)


@pytest.mark.parametrize(("now", "taken"), [(399.9, False), (400.0, True)])
def test_permits_of_a_crashed_holder_expire(store: Store, now: float, taken: bool) -> None:
    assert store.acquire_permits("executions", "crashed", 100, most=100, now=100.0, ends_at=400.0)
    assert store.acquire_permits("executions", "second", 1, most=100, now=now, ends_at=now + 300) is taken


def test_a_repeated_acquire_of_one_holder_counts_once(store: Store) -> None:
    """The write is repeated when its first response is lost."""
    for now in (100.0, 101.0):
        assert store.acquire_permits("executions", "first", 60, most=100, now=now, ends_at=400.0)
    assert store.acquire_permits("executions", "second", 40, most=100, now=102.0, ends_at=402.0)
    store.release_permits("executions", "first")
    store.release_permits("executions", "first")  # released already
    store.release_permits("nothing", "first")


@pytest.mark.usefixtures("clock")
def test_a_release_that_always_conflicts_fails_and_the_permits_expire(store: Store) -> None:
    class Overtaken(Store):
        """A store in which another holder takes a part after each read."""

        others = 0

        def _permits(self, name: str) -> tuple[dict[str, Any], int]:
            found = super()._permits(name)
            self.others += 1
            assert store.acquire_permits(name, f"other {self.others}", 1, most=1_000, now=102.0, ends_at=402.0)
            return found

    overtaken = Overtaken(store._s3, store.bucket, store._table)
    assert store.acquire_permits("executions", "first", 60, most=100, now=100.0, ends_at=400.0)
    with pytest.raises(
        ServiceFaultError, match="executions was changed by other holders 20 times while permits were released"
    ):
        overtaken.release_permits("executions", "first")
    assert not store.acquire_permits("executions", "second", 21, most=100, now=103.0, ends_at=403.0)
    assert store.acquire_permits("executions", "second", 20, most=100, now=103.0, ends_at=403.0)


@pytest.mark.usefixtures("clock")
def test_concurrent_acquires_never_exceed_the_maximum(store: Store) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        had = list(pool.map(lambda n: store.acquire_permits("executions", f"{n}", 30, 100, 1.0, 9.0), range(24)))
    item = store._get_item("LEASES", "executions") or {}
    assert sorted(item["parts"]) == sorted(str(number) for number, taken in enumerate(had) if taken)
    assert 1 <= sum(had) <= 3


def test_a_missing_table_raises_refused_error(store: Store) -> None:
    store._table.delete()
    for ask in (
        lambda: store.lease("f", "a", 1.0, 2.0),
        lambda: store.release("f", "a"),
        lambda: store.acquire_permits("f", "a", 1, 2, 1.0, 2.0),
        lambda: store.release_permits("f", "a"),
    ):
        with pytest.raises(RefusedError, match="ResourceNotFoundException"):
            ask()
