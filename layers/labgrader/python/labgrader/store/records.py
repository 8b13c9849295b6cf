"""The records of runs, and the results of each student in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.aws import from_dynamodb, to_dynamodb
from labgrader.store.private_runs import PrivateRuns
from labgrader.store.requests import REQUESTS
from labgrader.store.run_record import RunRecord

RUNS = "RUNS"
"""The partition of class runs."""

SELF_CHECKS = "SELF-CHECKS"
"""The partition of self-checks. A class makes thousands: the list of runs does not show them."""


class Records(PrivateRuns):
    """The runs and results of one stack."""

    def record_run(self, run: RunRecord) -> None:
        """Write the record of a run. Replace an earlier one."""
        self._put_item(_run_item(run))

    def record_start(self, run: RunRecord) -> bool:
        """Record a run that is about to start, unless it has a record. Return whether it was written."""
        return self._put_item_if(_run_item(run), "attribute_not_exists(pk)", {})

    def record_end(self, run: RunRecord) -> bool:
        """Record the end of a run, unless its end is recorded. Return whether it was written."""
        goes_on = "attribute_not_exists(finished_at) OR finished_at = :nothing"
        return self._put_item_if(_run_item(run), goes_on, {":nothing": ""})

    def run(self, run_id: str) -> RunRecord | None:
        """Return the record of a class run or a self-check, or ``None``."""
        item = self._get_item(RUNS, run_id) or self._get_item(SELF_CHECKS, run_id)
        return RunRecord.from_dict(item) if item else None

    def runs(self, lab: str = "") -> list[RunRecord]:
        """Return the class runs, newest first."""
        return self._runs_in(RUNS, lab)

    def self_checks(self, lab: str = "") -> list[RunRecord]:
        """Return the self-checks, newest first."""
        return self._runs_in(SELF_CHECKS, lab)

    def runs_of_day(self, day: str) -> list[RunRecord]:
        """Return the class runs and self-checks of one day (``YYYYMMDD``, UTC): their ids begin with the day."""
        items = [item for partition in (RUNS, SELF_CHECKS) for item in self._query(partition, f"{day}-")]
        return [RunRecord.from_dict(from_dynamodb(item)) for item in items]

    def _runs_in(self, partition: str, lab: str) -> list[RunRecord]:
        records = [RunRecord.from_dict(from_dynamodb(item)) for item in self._query(partition)]
        newest_first = sorted(records, key=lambda run: (run.started_at, run.run_id), reverse=True)
        return [run for run in newest_first if not lab or run.lab == lab]

    def record_result(
        self, run_id: str, result: Mapping[str, Any], *, keep_latest: bool = True, keep_best: bool
    ) -> None:
        """Write the result of a student in a run: to the run, to the student's history, to the latest and best results.

        A result that is written twice is one record. A latest result is replaced only by a newer one (``graded_at``),
        the best result only by a better one. The result of a private run is neither the latest nor the best: it has a
        latest of its own, which only private audits read.

        Args:
            run_id: the run.
            result: ``username``, ``student_id``, ``lab``, ``mode``, ``status``, ``points``, ``max_points``,
                ``open_points``, ``percent``, the score of the visible checks (``visible_points``,
                ``visible_max_points``, ``visible_open_points``), the hidden checks (``hidden_checks``,
                ``hidden_points``), ``graded_at``, ``report_key``, and ``our_fault``: whether labgrader or AWS is the
                reason that a check is not graded.
            keep_latest: whether this is the student's latest result. False for an audit, which does not judge what
                needs an invocation, and for a self-check, which does not judge hidden checks.
            keep_best: whether this may become the student's best result. True for complete graded results.
        """
        username, lab = result["username"], result["lab"]
        record = {"run_id": run_id, **result}
        student = f"STUDENT#{username}"
        self._put_item({"pk": f"RUN#{run_id}", "sk": student, **record})
        self._put_item({"pk": student, "sk": f"RUN#{run_id}", **record})
        private = self.is_private(run_id)
        if keep_latest:
            self._put_newer({"pk": student, "sk": _latest_key(lab, private=private), **record})
        if result.get("mode") == "self-check":
            self._put_newer({"pk": student, "sk": f"LAB#{lab}#SELF-CHECK", **record})
        if keep_best and not private:
            self._put_item_if(
                {"pk": student, "sk": f"LAB#{lab}#BEST", **record},
                "attribute_not_exists(pk) OR points < :value OR run_id = :run",
                {":value": to_dynamodb(result["points"]), ":run": run_id},
            )

    def save_baseline(self, run_id: str, username: str, lab: str, seen: Mapping[str, Any]) -> None:
        """Write the baseline of a student for a lab. The next audit compares with it.

        A baseline that is written twice is one record. It is replaced only by a newer one (``graded_at``). The baseline
        of a private run is an item of its own.

        Args:
            run_id: the graded run or audit.
            username, lab: the student and the lab.
            seen: ``graded_at``, ``lab_version``, ``known`` (the last verdict of each check that was not "not graded",
                by check id: ``status``, and the ``share`` of the points) and ``snapshot_run`` (the last run that has a
                snapshot of the student, or empty).
        """
        sort_key = _seen_key(lab, private=self.is_private(run_id))
        self._put_newer({"pk": f"STUDENT#{username}", "sk": sort_key, "run_id": run_id, **seen})

    def seen(self, username: str, lab: str, *, private: bool = False) -> dict[str, Any] | None:
        """Return the baseline of a student for a lab, as ``save_baseline`` wrote it, or ``None``.

        Args:
            username, lab: the student and the lab.
            private: whether the baseline of a private run counts, too. Only a private run may ask for it.
        """
        return self._newest(username, _seen_key(lab), *([_seen_key(lab, private=True)] if private else []))

    def history(self, username: str, lab: str = "") -> list[dict[str, Any]]:
        """Return the results of a student in all runs, audits and self-checks, newest first. Private runs are included.

        ``visible_history`` is for students.
        """
        results = [from_dynamodb(item) for item in self._query(f"STUDENT#{username}", "RUN#")]
        newest_first = sorted(results, key=lambda result: (result["graded_at"], result["run_id"]), reverse=True)
        return [result for result in newest_first if not lab or result["lab"] == lab]

    def _put_newer(self, item: Mapping[str, Any]) -> None:
        """Write an item unless the stored item is newer and of another run."""
        self._put_item_if(
            item,
            "attribute_not_exists(pk) OR graded_at < :value OR run_id = :run",
            {":value": item["graded_at"], ":run": item["run_id"]},
        )

    def results(self, run_id: str) -> list[dict[str, Any]]:
        """Return the results of a run so far, one for each student."""
        return [from_dynamodb(item) for item in self._query(f"RUN#{run_id}")]

    def visible_history(self, username: str, lab: str = "") -> list[dict[str, Any]]:
        """Return the results that a student may see, newest first: all but those of private runs."""
        private = self.private_runs()
        return [result for result in self.history(username, lab) if result["run_id"] not in private]

    def latest(self, username: str, lab: str, *, private: bool = False) -> dict[str, Any] | None:
        """Return a student's latest graded result for a lab, or ``None``.

        Args:
            username, lab: the student and the lab.
            private: whether the result of a private run counts, too. Only a private run may ask for it.
        """
        return self._newest(username, _latest_key(lab), *([_latest_key(lab, private=True)] if private else []))

    def latest_self_check(self, username: str, lab: str) -> dict[str, Any] | None:
        """Return the result of a student's latest self-check of a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#SELF-CHECK")

    def best(self, username: str, lab: str) -> dict[str, Any] | None:
        """Return a student's best result for a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#BEST")

    def recompute_latest_and_best(self, username: str, lab: str, run_id: str) -> None:
        """Compute a student's latest and best results for a lab again, after a run was published or deleted.

        Args:
            username, lab: the student and the lab.
            run_id: the run.
        """
        student, private = f"STUDENT#{username}", self.private_runs()
        best_key, self_check_key = f"LAB#{lab}#BEST", f"LAB#{lab}#SELF-CHECK"
        for sort_key in (_latest_key(lab), _latest_key(lab, private=True), best_key, self_check_key):
            self._delete_if(student, sort_key, "run_id = :run", {":run": run_id})
        results = self.history(username, lab)
        graded = [result for result in results if result.get("mode") == "grade"]
        newest = {
            _latest_key(lab): [result for result in graded if result["run_id"] not in private],
            _latest_key(lab, private=True): [result for result in graded if result["run_id"] in private],
            self_check_key: [result for result in results if result.get("mode") == "self-check"],
        }
        for sort_key, candidates in newest.items():
            if candidates:
                self._put_newer({"pk": student, "sk": sort_key, **candidates[0]})
        complete = [result for result in newest[_latest_key(lab)] if result["status"] == "complete"]
        if complete:
            best = max(reversed(complete), key=lambda result: float(result["points"]))  # the first of equal results
            self._put_item_if(
                {"pk": student, "sk": best_key, **best},
                "attribute_not_exists(pk) OR points < :value",
                {":value": to_dynamodb(best["points"])},
            )

    def forget_baselines(self, username: str, lab: str, run_id: str) -> None:
        """Delete a student's baselines for a lab, before they are computed again.

        A baseline that is newer than all results stays: a run is writing its report now.

        Args:
            username, lab: the student and the lab.
            run_id: the run that was published or deleted.
        """
        newest = next((result["graded_at"] for result in self.history(username, lab)), "")
        for sort_key in (_seen_key(lab), _seen_key(lab, private=True)):
            values = {":run": run_id, ":newest": newest}
            self._delete_if(f"STUDENT#{username}", sort_key, "run_id = :run OR graded_at <= :newest", values)

    def delete_result(self, run_id: str, username: str) -> None:
        """Delete the result of a run from a student's history. ``forget_run`` deletes the copy of the run."""
        self._delete([(f"STUDENT#{username}", f"RUN#{run_id}")])

    def forget_run(self, run_id: str) -> None:
        """Delete the items of a run: its results, the requests that started it, and last its record."""
        self._delete((f"RUN#{run_id}", str(item["sk"])) for item in list(self._query(f"RUN#{run_id}")))
        requests = [str(item["sk"]) for item in self._query(REQUESTS) if item["run_id"] == run_id]
        self._delete((REQUESTS, identity) for identity in requests)
        self.end_private(run_id)
        self._delete([(RUNS, run_id), (SELF_CHECKS, run_id)])

    def _newest(self, username: str, *sort_keys: str) -> dict[str, Any] | None:
        """Return the newest of some items of a student, by ``graded_at``, or ``None``."""
        items = [self._get_item(f"STUDENT#{username}", sort_key) for sort_key in sort_keys]
        found = [item for item in items if item is not None]
        return max(found, key=lambda item: str(item["graded_at"]), default=None)


def _latest_key(lab: str, *, private: bool = False) -> str:
    """Return the sort key of the latest graded result; of private runs, or of the others."""
    return f"LAB#{lab}#LATEST#PRIVATE" if private else f"LAB#{lab}#LATEST"


def _seen_key(lab: str, *, private: bool = False) -> str:
    """Return the sort key of the baseline; of private runs, or of the others."""
    return f"LAB#{lab}#SEEN#PRIVATE" if private else f"LAB#{lab}#SEEN"


def _run_item(run: RunRecord) -> dict[str, Any]:
    """Return the item of a run. Self-checks have a partition of their own."""
    return {"pk": SELF_CHECKS if run.mode == "self-check" else RUNS, "sk": run.run_id, **run.to_dict()}
