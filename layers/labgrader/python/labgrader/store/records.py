"""Runs, and what each student reached in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.aws import from_dynamodb, to_dynamodb
from labgrader.store.items import Items
from labgrader.store.run_record import RunRecord

Json = Any


RUNS = "RUNS"
"""The partition of the runs that somebody started for a class."""

SELF_CHECKS = "SELF-CHECKS"
"""The partition of students' own: a class makes thousands, and who lists the runs does not want to see them."""


class Records(Items):
    """The runs and results of one stack."""

    def record_run(self, run: RunRecord) -> None:
        """Write a run's record over the one that is there; the last write of a run wins."""
        self._put_item(_run_item(run))

    def record_start(self, run: RunRecord) -> bool:
        """Record a run that is about to be started, unless it has a record; return whether it was written."""
        return self._put_item_if(_run_item(run), "attribute_not_exists(pk)", {})

    def record_end(self, run: RunRecord) -> bool:
        """Record how a run ended, unless its end is recorded; return whether it was written."""
        goes_on = "attribute_not_exists(finished_at) OR finished_at = :nothing"
        return self._put_item_if(_run_item(run), goes_on, {":nothing": ""})

    def run(self, run_id: str) -> RunRecord | None:
        """A run's record, or a self-check's, or ``None``."""
        item = self._get_item(RUNS, run_id) or self._get_item(SELF_CHECKS, run_id)
        return RunRecord.from_dict(item) if item else None

    def runs(self, lab: str = "") -> list[RunRecord]:
        """The runs, newest first, without students' self-checks."""
        return self._runs_in(RUNS, lab)

    def self_checks(self, lab: str = "") -> list[RunRecord]:
        """Students' self-checks, newest first."""
        return self._runs_in(SELF_CHECKS, lab)

    def runs_of_day(self, day: str) -> list[RunRecord]:
        """The runs and self-checks of one day (``YYYYMMDD``, UTC), as their ids begin with it."""
        items = [item for partition in (RUNS, SELF_CHECKS) for item in self._query(partition, f"{day}-")]
        return [RunRecord.from_dict(from_dynamodb(item)) for item in items]

    def _runs_in(self, partition: str, lab: str) -> list[RunRecord]:
        found = [RunRecord.from_dict(from_dynamodb(item)) for item in self._query(partition)]
        newest_first = sorted(found, key=lambda run: (run.started_at, run.run_id), reverse=True)
        return [run for run in newest_first if not lab or run.lab == lab]

    def record_result(
        self, run_id: str, result: Mapping[str, Json], *, keep_latest: bool = True, keep_best: bool
    ) -> None:
        """Write what a student reached in a run, in the student's history too, and the latest and best for the lab.

        Written twice, it is the same record: the latest, and the latest self-check, only move forward in ``graded_at``,
        the best only up.

        Args:
            run_id: the run.
            result: ``username``, ``student_id``, ``lab``, ``mode``, ``status``, ``points``, ``max_points``,
                ``open_points``, ``percent``, the same of what students may see (``visible_points``,
                ``visible_max_points``, ``visible_open_points``), how much is hidden from them (``hidden_checks``,
                ``hidden_points``), ``graded_at``, ``report_key``, and ``our_fault``: whether a check is not graded for
                a reason that is not the student's.
            keep_latest: whether this is the student's latest; an audit, which carries over or leaves open what needs an
                invocation, is not, nor is a self-check, which does not judge what is hidden.
            keep_best: whether this may become the best (a complete, graded result).
        """
        username, lab = result["username"], result["lab"]
        record = {"run_id": run_id, **result}
        student = f"STUDENT#{username}"
        self._put_item({"pk": f"RUN#{run_id}", "sk": student, **record})
        self._put_item({"pk": student, "sk": f"RUN#{run_id}", **record})
        if keep_latest:
            self._put_newer({"pk": student, "sk": f"LAB#{lab}#LATEST", **record})
        if result.get("mode") == "self-check":
            self._put_newer({"pk": student, "sk": f"LAB#{lab}#SELF-CHECK", **record})
        if keep_best:
            self._put_item_if(
                {"pk": student, "sk": f"LAB#{lab}#BEST", **record},
                "attribute_not_exists(pk) OR points < :value OR run_id = :run",
                {":value": to_dynamodb(result["points"]), ":run": run_id},
            )

    def save_baseline(self, run_id: str, username: str, lab: str, seen: Mapping[str, Json]) -> None:
        """Write what the last graded run or audit of a student found, for the next audit to compare with.

        Written twice, it is the same record, and it only moves forward in ``graded_at``.

        Args:
            run_id: the run.
            username, lab: whose it is, and of which lab.
            seen: ``graded_at``, ``lab_version``, ``known`` (by check id its last verdict that could be told:
                ``status``, and ``share`` of the points that it earned) and ``snapshot_run`` (the last run that has a
                snapshot of the student, or empty).
        """
        self._put_newer({"pk": f"STUDENT#{username}", "sk": f"LAB#{lab}#SEEN", "run_id": run_id, **seen})

    def seen(self, username: str, lab: str) -> dict[str, Json] | None:
        """What the last graded run or audit of a student found, as ``save_baseline`` has it, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#SEEN")

    def history(self, username: str, lab: str = "") -> list[dict[str, Json]]:
        """What a student reached in every run, self-checks and audits too, newest first."""
        found = [from_dynamodb(item) for item in self._query(f"STUDENT#{username}", "RUN#")]
        newest_first = sorted(found, key=lambda result: (result["graded_at"], result["run_id"]), reverse=True)
        return [result for result in newest_first if not lab or result["lab"] == lab]

    def _put_newer(self, item: Mapping[str, Json]) -> None:
        """Write an item unless what is there is of a later moment and of another run."""
        self._put_item_if(
            item,
            "attribute_not_exists(pk) OR graded_at < :value OR run_id = :run",
            {":value": item["graded_at"], ":run": item["run_id"]},
        )

    def results(self, run_id: str) -> list[dict[str, Json]]:
        """What each student reached in a run, so far."""
        return [from_dynamodb(item) for item in self._query(f"RUN#{run_id}")]

    def latest(self, username: str, lab: str) -> dict[str, Json] | None:
        """A student's latest result for a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#LATEST")

    def latest_self_check(self, username: str, lab: str) -> dict[str, Json] | None:
        """What a student's latest self-check of a lab came to, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#SELF-CHECK")

    def best(self, username: str, lab: str) -> dict[str, Json] | None:
        """A student's best result for a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#BEST")


def _run_item(run: RunRecord) -> dict[str, Json]:
    """A run's item: what students start lies in a partition of its own."""
    return {"pk": SELF_CHECKS if run.mode == "self-check" else RUNS, "sk": run.run_id, **run.to_dict()}
