"""The keys of the bucket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Keys:
    """The bucket keys of one run."""

    run_id: str

    @property
    def root(self) -> str:
        """The folder of the run."""
        return f"runs/{self.run_id}"

    @property
    def lab(self) -> str:
        """The lab as the run froze it."""
        return f"{self.root}/lab.json"

    @property
    def students(self) -> str:
        """The students of the run, as rows."""
        return f"{self.root}/students.json"

    @property
    def run(self) -> str:
        """The summary of the run."""
        return f"{self.root}/run.json"

    @property
    def gradebook(self) -> str:
        """The gradebook as CSV."""
        return f"{self.root}/gradebook.csv"

    @property
    def gradebook_json(self) -> str:
        """The gradebook as data. All exports are made of it."""
        return f"{self.root}/gradebook.json"

    @property
    def class_page(self) -> str:
        """The page of the class."""
        return f"{self.root}/class.html"

    @property
    def audit(self) -> str:
        """The summary of an audit: what changed, what is gone, what costs money."""
        return f"{self.root}/audit.json"

    @property
    def facts(self) -> str:
        """Facts about the whole class. A recording that one invocation cannot finish continues with them."""
        return f"{self.root}/facts.json"

    @property
    def snapshots(self) -> str:
        """The folder of all snapshots."""
        return f"{self.root}/snapshots/"

    def snapshot(self, username: str) -> str:
        """The snapshot of one student."""
        return f"{self.root}/snapshots/{username}.json"

    def evidence(self, username: str, check_id: str = "") -> str:
        """The record and verdict of one check. Without a check: the folder of all checks of the student."""
        return f"{self.root}/evidence/{username}/{check_id}.json" if check_id else f"{self.root}/evidence/{username}/"

    def claim(self, username: str, check_id: str) -> str:
        """The claim on a probe or load test. A task that is delivered twice runs it once."""
        return f"{self.root}/claims/{username}/{check_id}.json"

    def report(self, username: str, suffix: str = ".json") -> str:
        """The report of one student: ``.json``, or ``.html`` for the page."""
        return f"{self.root}/reports/{username}{suffix}"


@dataclass(frozen=True)
class CourseKeys:
    """The bucket keys of one course."""

    course: str

    @property
    def root(self) -> str:
        """The folder of the course."""
        return f"courses/{self.course}/"

    @property
    def file(self) -> str:
        """The course file."""
        return f"{self.root}course.yaml"

    @property
    def rosters(self) -> str:
        """The folder of the class lists."""
        return f"{self.root}rosters/"

    def roster(self, name: str) -> str:
        """The key by which a request names a class list. Courses of earlier versions have the list's text there."""
        return f"{self.rosters}{name}"

    def roster_rows(self, name: str) -> str:
        """The rows of a class list. No class list of an earlier version has this key: no name has a slash."""
        return f"{self.rosters}rows/{name}.json"

    @property
    def enrolled(self) -> str:
        """The usernames of all students who may have an enrolment."""
        return f"{self.root}enrolled.json"

    def digest(self, audit_name: str) -> str:
        """The digest of one audit."""
        return f"{self.root}nights/{audit_name}.json"


def roster_key(run_id: str, suffix: str) -> str:
    """Return the key of the class list that came with the request for a run.

    Args:
        run_id: the run.
        suffix: ``.csv`` or ``.json``.
    """
    return f"rosters/{run_id}{suffix}"
