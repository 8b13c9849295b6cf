"""Count the requests for a class, by API and by quota, and the time that they take within AWS's quotas.

A class of perfect students of lambda-optimization is recorded from a stub AWS. Time is simulated and passes only while
the rate limiter waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.stub_aws import Clock, StubAws, served, zipped
from labgrader.judging.judge import next_question
from labgrader.labs.lab import Lab, find_lab
from labgrader.recording.class_lists import LISTS
from labgrader.recording.quotas import LAMBDA_CONTROL_PLANE, Quota
from labgrader.recording.rate_limiter import TARGET_UTILIZATION, RateLimiter, quota_of
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student

LAB = "lambda-optimization"

OTHER_WAYS = (
    ("a call per question", 37, 35, 39),
    ("per student, careful", 7, 3, 3.3),
    ("shared snapshot, fewest calls", 4.14, 2.14, 2.4),
    ("shared snapshot, aliases through GetFunction", 6.14, 1.14, 1.7),
)
"""Method, calls per student, of these in the 15/s bucket, minutes for 1,000 students at the quota."""

DOWNLOADS = "labgrader:ReadPackage"

SHARED = (*LISTS, "s3:ListBuckets", "sts:GetCallerIdentity")
"""The requests that are sent once for the class."""


@dataclass(frozen=True)
class Cost:
    """The cost of recording a class.

    Args:
        students: number of students.
        calls: requests by ``service:Operation``, without downloads of packages, which are not API requests.
        downloads: packages downloaded from the URL that GetFunction signs.
        seconds: simulated seconds at the rate limiter's rates, if responses take no time.
    """

    students: int
    calls: Counter[str]
    downloads: int
    seconds: float

    @property
    def shared(self) -> int:
        """Requests for the whole class. Only the pages of its lists depend on its size."""
        return sum(self.calls[api] for api in SHARED)

    @property
    def own(self) -> float:
        """Requests for one student only."""
        return (self.calls.total() - self.shared) / self.students

    @property
    def own_in_bucket(self) -> float:
        """Of these, the requests that count against Lambda's 15 per second."""
        return self._counted(LAMBDA_CONTROL_PLANE, without=SHARED) / self.students

    @property
    def per_student(self) -> float:
        """Requests per student, with a share of the class's lists."""
        return self.calls.total() / self.students

    @property
    def in_bucket(self) -> float:
        """Of these, the requests that count against Lambda's 15 per second."""
        return self._counted(LAMBDA_CONTROL_PLANE) / self.students

    def _counted(self, quota: Quota, without: Sequence[str] = ()) -> int:
        return sum(number for api, number in self.calls.items() if quota_of(api) == quota and api not in without)


def record(
    lab: Lab, students: int, *, utilization: float = TARGET_UTILIZATION, offers_provisioned_list: bool = True
) -> Cost:
    """Record a class of perfect students, and count the requests.

    Args:
        utilization: the share of each quota that the rate limiter uses.
        offers_provisioned_list: whether the endpoint lists provisioned concurrency; the embedded AWS does not.
    """
    aws = StubAws(offers_provisioned_list=offers_provisioned_list)
    roster = [Student(f"user{number}") for number in range(1, students + 1)]
    clock = Clock()
    with served(zipped({"optimized_function.py": ""})) as aws.package_url:
        for student in roster:
            aws.add_perfect_student(student.username)
        recorder = Recorder(
            Accounts("bench", new_session=aws.session),
            rate_limiter=RateLimiter(utilization=utilization, clock=clock, sleep=clock.sleep),
            workers=1,
        )
        began = clock()
        for _ in recorder.record_class(lab, roster, next_question=next_question):
            pass
    calls = recorder.calls
    return Cost(students, calls, calls.pop(DOWNLOADS, 0), clock() - began)


def main() -> None:
    """Print the counts and the table."""
    lab = find_lab(LAB)
    small = record(lab, 20)
    print(f"{LAB}, a perfect class of {small.students}: {small.own:g} calls a student, {small.shared} for the class")
    by_quota = sorted(small.calls, key=lambda api: (quota_of(api).family, api))
    for family, group in groupby(by_quota, key=lambda api: quota_of(api).family):
        apis = list(group)
        total = sum(small.calls[api] for api in apis)
        print(f"  {family} ({quota_of(apis[0]).per_s:g}/s): {total}")
        for api in apis:
            print(f"    {small.calls[api]:>5} {api}")
    print(f"  package downloads (no API call): {small.downloads}")
    embedded = record(lab, 20, offers_provisioned_list=False)
    print(f"  where provisioned concurrency cannot be listed (embedded AWS): {embedded.own:.2f} calls a student")

    full, paced = record(lab, 1000, utilization=1), record(lab, 200)
    ours = f"**labgrader** ({full.own:g} and {full.own_in_bucket:g}, and its share of the lists)"
    print("\n| way | calls | of them in the 15/s bucket | time at the quota, 1,000 students |")
    print("| --- | --- | --- | --- |")
    for way, calls, in_bucket, minutes in OTHER_WAYS:
        print(f"| {way} | {calls:g} | {in_bucket:g} | {minutes:g} min |")
    print(f"| {ours} | {full.per_student:.2f} | {full.in_bucket:.2f} | {full.seconds / 60:.1f} min |")
    minutes = paced.seconds / paced.students * 1000 / 60
    print(f"\nAt our pace ({TARGET_UTILIZATION:.0%} of each quota, the rest is the students'): {minutes:.1f} min.")


if __name__ == "__main__":
    main()
