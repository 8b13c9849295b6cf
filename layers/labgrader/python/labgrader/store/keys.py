"""The keys of the bucket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Keys:
    """The bucket keys of one run."""

    run_id: str

    @property
    def root(self) -> str:
        return f"runs/{self.run_id}"

    @property
    def lab(self) -> str:
        return f"{self.root}/lab.json"

    @property
    def students(self) -> str:
        return f"{self.root}/students.json"

    @property
    def run(self) -> str:
        return f"{self.root}/run.json"

    @property
    def gradebook(self) -> str:
        return f"{self.root}/gradebook.csv"

    @property
    def gradebook_json(self) -> str:
        """The gradebook as data, of which every export is made."""
        return f"{self.root}/gradebook.json"

    @property
    def class_page(self) -> str:
        return f"{self.root}/class.html"

    @property
    def audit(self) -> str:
        """What an audit found of the class: what changed, what is gone, what costs money."""
        return f"{self.root}/audit.json"

    @property
    def facts(self) -> str:
        """What is common to the class, for a recording that takes more than one function's time."""
        return f"{self.root}/facts.json"

    @property
    def snapshots(self) -> str:
        """The folder of all snapshots."""
        return f"{self.root}/snapshots/"

    def snapshot(self, username: str) -> str:
        return f"{self.root}/snapshots/{username}.json"

    def evidence(self, username: str, check_id: str = "") -> str:
        """The record and verdict of one check; without a check, the folder of them all."""
        return f"{self.root}/evidence/{username}/{check_id}.json" if check_id else f"{self.root}/evidence/{username}/"

    def claim(self, username: str, check_id: str) -> str:
        """Who is running a probe or a load test, so that a task delivered twice runs it once."""
        return f"{self.root}/claims/{username}/{check_id}.json"

    def report(self, username: str, suffix: str = ".json") -> str:
        return f"{self.root}/reports/{username}{suffix}"


def roster_key(run_id: str, suffix: str) -> str:
    """Where an uploaded roster waits for its run (``suffix`` is ``.csv`` or ``.json``)."""
    return f"rosters/{run_id}{suffix}"
