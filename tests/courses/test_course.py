"""What a course means: which night a moment belongs to, and which nights the clock jumps over."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from labgrader.courses.course import Course, CourseLab


def course(audit_time: str, time_zone: str = "UTC") -> Course:
    return Course("c", "C", time_zone, audit_time, (CourseLab("lambda-optimization", "class.csv"),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("audit_time", "zone", "started", "night"),
    [
        ("02:30", "UTC", "2026-11-21 02:30:07", "2026-11-21-0230"),
        ("02:30", "UTC", "2026-11-21 23:59:59", "2026-11-21-0230"),
        ("02:30", "UTC", "2026-11-22 02:24:59", "2026-11-21-0230"),
        ("02:30", "UTC", "2026-11-22 02:25:00", "2026-11-22-0230"),  # our clock may be five minutes late
        ("23:58", "UTC", "2026-11-21 23:58:02", "2026-11-21-2358"),
        ("23:58", "UTC", "2026-11-22 00:20:00", "2026-11-21-2358"),  # began late: still the night before
        ("00:00", "UTC", "2026-11-21 00:00:03", "2026-11-21-0000"),
        ("00:00", "UTC", "2026-11-20 23:59:58", "2026-11-21-0000"),
        ("02:30", "Europe/Berlin", "2026-11-21 01:30:05", "2026-11-21-0230"),
        ("02:30", "Europe/Berlin", "2026-11-20 23:30:05", "2026-11-20-0230"),
        ("23:30", "America/Los_Angeles", "2026-11-21 07:30:05", "2026-11-20-2330"),
        ("02:30", "America/Los_Angeles", "2026-11-21 02:30:05", "2026-11-20-0230"),  # a scheduler that knows no zones
        ("02:30", "Pacific/Kiritimati", "2026-11-20 12:30:05", "2026-11-21-0230"),
    ],
)
def test_a_moment_belongs_to_the_night_whose_hour_came_last(
    audit_time: str, zone: str, started: str, night: str
) -> None:
    assert course(audit_time, zone).scheduled_audit(at(started)) == night


def test_two_nights_a_day_apart_are_never_one_whatever_the_clock_does() -> None:
    berlin = course("02:30", "Europe/Berlin")
    for month, days in ((3, (27, 28, 29, 30)), (10, (23, 24, 25, 26))):
        in_utc = {berlin.scheduled_audit(datetime(2026, month, day, 2, 30, 5, tzinfo=UTC)) for day in days}
        assert len(in_utc) == 4
        local = {berlin.scheduled_audit(datetime(2026, month, day, 2, 30, 5, tzinfo=berlin.zone)) for day in days}
        assert len(local) == 4


def test_a_course_that_is_moved_to_another_hour_has_another_night_on_the_same_day() -> None:
    assert course("02:30").scheduled_audit(at("2026-11-21 02:30:05")) == "2026-11-21-0230"
    assert course("18:00").scheduled_audit(at("2026-11-21 18:00:05")) == "2026-11-21-1800"


def test_an_audit_by_command_is_no_night() -> None:
    berlin = course("19:05", "Europe/Berlin")
    moment = at("2026-11-21 18:05:12")
    assert berlin.requested_audit(moment) == "2026-11-21-190512"
    assert berlin.scheduled_audit(moment) == "2026-11-21-1905"


def test_the_nights_that_the_clock_jumps_over() -> None:
    since = date(2026, 11, 21)
    assert course("02:30", "Europe/Berlin").skipped_audits(since) == [date(2027, 3, 28)]
    assert course("02:00", "Europe/Berlin").skipped_audits(since) == [date(2027, 3, 28)]
    assert course("01:59", "Europe/Berlin").skipped_audits(since) == []
    assert course("03:00", "Europe/Berlin").skipped_audits(since) == []
    assert course("02:30", "UTC").skipped_audits(since) == []
    assert course("", "Europe/Berlin").skipped_audits(since) == []


def test_a_course_as_json_and_back() -> None:
    whole = Course("c", "C", "UTC", "02:30", (CourseLab("lambda-optimization", "a.csv", "2026-12-01 23:59"),))
    assert Course.from_dict(whole.to_dict()) == whole
    assert whole.to_dict()["labs"] == [{"lab": "lambda-optimization", "roster": "a.csv", "due": "2026-12-01 23:59"}]
