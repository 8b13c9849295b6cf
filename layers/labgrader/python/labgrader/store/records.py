"""Runs, and what each student reached in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.aws import plain, stored
from labgrader.store.items import Items

Json = Any


class Records(Items):
    """The runs and results of one stack."""

    def record_run(self, run: Mapping[str, Json]) -> None:
        """Write a run's record: what ``run.json`` says without its students. The last write of a run wins.

        Args:
            run: at least ``run_id``, ``lab``, ``mode``, ``status``, ``started_at``.
        """
        self._put_item({"pk": "RUNS", "sk": run["run_id"], **run})

    def run(self, run_id: str) -> dict[str, Json] | None:
        """A run's record, or ``None``."""
        return self._get_item("RUNS", run_id)

    def runs(self, lab: str = "") -> list[dict[str, Json]]:
        """The runs, newest first."""
        found = [plain(item) for item in self._query("RUNS")]
        newest_first = sorted(found, key=lambda run: (run["started_at"], run["run_id"]), reverse=True)
        return [run for run in newest_first if not lab or run["lab"] == lab]

    def record_result(
        self, run_id: str, result: Mapping[str, Json], *, keep_latest: bool = True, keep_best: bool
    ) -> None:
        """Write what a student reached in a run, and the student's latest and best for the lab.

        Written twice, it is the same record: the latest only moves forward in ``graded_at``, the best only up.

        Args:
            run_id: the run.
            result: ``username``, ``student_id``, ``lab``, ``status``, ``points``, ``max_points``, ``open_points``,
                ``percent``, ``graded_at``, ``report_key``.
            keep_latest: whether this is the student's latest; an audit, which leaves points open, is not.
            keep_best: whether this may become the best (a complete, graded result).
        """
        username, lab = result["username"], result["lab"]
        record = {"run_id": run_id, **result}
        self._put_item({"pk": f"RUN#{run_id}", "sk": f"STUDENT#{username}", **record})
        student = f"STUDENT#{username}"
        if keep_latest:
            self._put_item_if(
                {"pk": student, "sk": f"LAB#{lab}#LATEST", **record},
                "attribute_not_exists(pk) OR graded_at < :value OR run_id = :run",
                {":value": result["graded_at"], ":run": run_id},
            )
        if keep_best:
            self._put_item_if(
                {"pk": student, "sk": f"LAB#{lab}#BEST", **record},
                "attribute_not_exists(pk) OR points < :value OR run_id = :run",
                {":value": stored(result["points"]), ":run": run_id},
            )

    def results(self, run_id: str) -> list[dict[str, Json]]:
        """What each student reached in a run, so far."""
        return [plain(item) for item in self._query(f"RUN#{run_id}")]

    def latest(self, username: str, lab: str) -> dict[str, Json] | None:
        """A student's latest result for a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#LATEST")

    def best(self, username: str, lab: str) -> dict[str, Json] | None:
        """A student's best result for a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#BEST")
