"""Pacing: below every quota, slower after a throttle, and back again."""

from __future__ import annotations

import threading

import pytest

from benchmarks.stub_aws import Clock, StubAws
from labgrader.recording.rate_limiter import FLOOR_PER_S, RECOVERY_S, RateLimiter, quota_of
from labgrader.rosters import Student
from tests.recording.recording import record_all, recorder

HERE = "111122223333 us-east-1"


@pytest.mark.parametrize(
    ("action", "family", "per_s"),
    [
        ("lambda:GetFunction", "lambda:GetFunction", 100),
        ("lambda:GetPolicy", "lambda:GetPolicy", 15),
        ("lambda:ListAliases", "lambda control plane", 15),
        ("lambda:GetFunctionConfiguration", "lambda control plane", 15),
        ("cloudwatch:ListDashboards", "cloudwatch:ListDashboards", 10),
        ("cloudwatch:GetDashboard", "cloudwatch:GetDashboard", 10),
        ("sts:AssumeRole", "sts", 60),
        ("cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarms", 9),
        ("sqs:GetQueueAttributes", "sqs:GetQueueAttributes", 10),
        ("lambda:ListEventSourceMappings", "lambda control plane", 15),
        ("lambda:GetFunctionEventInvokeConfig", "lambda control plane", 15),
        ("apigateway:GetResources", "apigateway:GetResources", 2.5),
        ("apigateway:GetStages", "api gateway control plane", 7.5),
        ("apigateway:GetRestApis", "api gateway control plane", 7.5),
        ("logs:DescribeLogGroups", "logs:DescribeLogGroups", 10),
        ("events:ListTargetsByRule", "eventbridge", 20),
        ("dynamodb:DescribeTable", "dynamodb:DescribeTable", 10),
        ("s3:ListAllMyBuckets", "s3:ListBuckets", 5),
        ("s3:GetBucketNotification", "s3:GetBucketNotification", 10),
        ("iam:GetRole", "iam", 10),
        ("labgrader:ReadManagedPolicy", "iam", 10),
        ("labgrader:ReadCode", "package downloads", 60),
    ],
)
def test_each_operation_counts_against_its_quota(action: str, family: str, per_s: float) -> None:
    assert (quota_of(action).family, quota_of(action).per_s) == (family, per_s)


def test_all_api_gateway_operations_share_one_quota() -> None:
    """Source: API Gateway quotas: 10 management requests a second, of which GetResources takes 5 in two seconds."""
    assert quota_of("apigateway:GetResources").per_s + quota_of("apigateway:GetStages").per_s == 10


def taken_at(clock: Clock, rate_limiter: RateLimiter, actions: list[str], place: str = HERE) -> list[float]:
    times = []
    for action in actions:
        rate_limiter.take(place, action)
        times.append(clock())
    return times


@pytest.mark.parametrize(("action", "per_s"), [("lambda:ListAliases", 15), ("lambda:GetFunction", 100)])
def test_no_second_has_more_requests_than_the_quota(action: str, per_s: int) -> None:
    clock = Clock()
    times = taken_at(clock, RateLimiter(clock=clock, sleep=clock.sleep), [action] * (per_s * 6))
    for time in times:
        assert sum(1 for other in times if time <= other < time + 1 - 1e-9) <= per_s


def test_the_pace_is_two_thirds_of_the_quota() -> None:
    clock = Clock()
    taken_at(clock, RateLimiter(clock=clock, sleep=clock.sleep), ["lambda:ListAliases"] * 305)
    assert clock() - 1000 == pytest.approx(30.0)  # 5 at once, 300 at 10 a second


def test_families_and_accounts_do_not_wait_for_each_other() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    taken_at(clock, rate_limiter, ["lambda:ListAliases"] * 5)
    before = clock()
    taken_at(clock, rate_limiter, ["lambda:GetFunction", "cloudwatch:GetDashboard"])
    taken_at(clock, rate_limiter, ["lambda:ListAliases"], place="444455556666 us-east-1")
    assert clock() == before
    taken_at(clock, rate_limiter, ["lambda:ListVersionsByFunction"])  # shares its bucket with ListAliases
    assert clock() - before == pytest.approx(0.1)


def test_a_throttle_halves_the_rate_once_for_requests_of_the_same_moment() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    for _ in range(16):
        rate_limiter.slow_down(HERE, "lambda:ListAliases")
    assert rate_limiter.rate(HERE, "lambda:ListAliases") == pytest.approx(5.0)
    clock.sleep(1.0)
    rate_limiter.slow_down(HERE, "lambda:ListAliases")
    assert rate_limiter.rate(HERE, "lambda:ListAliases") == pytest.approx((5 + 10 / RECOVERY_S) / 2)
    assert rate_limiter.rate(HERE, "lambda:GetFunction") == pytest.approx(100 * 2 / 3)


def test_the_rate_recovers_slowly_and_stops_at_its_ceiling() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    rate_limiter.slow_down(HERE, "lambda:ListAliases")
    clock.sleep(RECOVERY_S / 4)
    taken_at(clock, rate_limiter, ["lambda:ListAliases"])
    assert rate_limiter.rate(HERE, "lambda:ListAliases") == pytest.approx(7.5)
    clock.sleep(RECOVERY_S)
    taken_at(clock, rate_limiter, ["lambda:ListAliases"])
    assert rate_limiter.rate(HERE, "lambda:ListAliases") == pytest.approx(10)


def test_a_rate_never_falls_below_its_floor() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    for _ in range(30):
        rate_limiter.slow_down(HERE, "lambda:ListAliases")
        clock.sleep(1.0)
    rate_limiter.slow_down(HERE, "lambda:ListAliases")
    assert rate_limiter.rate(HERE, "lambda:ListAliases") == FLOOR_PER_S


@pytest.mark.parametrize("utilization", [0, -0.1, 1.01])
def test_utilization_is_a_share(utilization: float) -> None:
    with pytest.raises(ValueError, match="utilization is a share of the quota, above 0 and at most 1"):
        RateLimiter(utilization=utilization)


def test_all_of_a_quota_can_be_taken() -> None:
    clock = Clock()
    taken_at(clock, RateLimiter(utilization=1, clock=clock, sleep=clock.sleep), ["lambda:ListAliases"] * 151)
    assert clock() - 1000 == pytest.approx(10.0)


def test_many_threads_share_one_rate() -> None:
    waits: list[float] = []
    rate_limiter = RateLimiter(clock=lambda: 0.0, sleep=waits.append)
    threads = [
        threading.Thread(target=lambda: [rate_limiter.take(HERE, "lambda:ListAliases") for _ in range(50)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == pytest.approx([number / 10 for number in range(1, 396)])


def test_a_class_is_recorded_without_one_throttle() -> None:
    clock = Clock()
    aws = StubAws(quotas=clock)
    students = [Student(f"user{number}") for number in range(40)]
    for student in students:
        aws.add_perfect_student(student.username)
    recording = recorder(aws, clock=clock, workers=1)
    readings = [
        lambda s: s.versions(f"{s.username}-optimized-function"),
        lambda s: s.aliases(f"{s.username}-optimized-function"),
        lambda s: s.dashboard(f"{s.username}-lambda-optimization"),
    ]
    record_all(recording, readings, students)
    assert recording.calls["lambda:ListVersionsByFunction"] == 40
    assert recording.calls["lambda:ListAliases"] == 40
    assert recording.calls["lambda:GetFunction"] == 40
