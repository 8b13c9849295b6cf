"""Courses: the name of an audit by its time, and the days on which the clock jumps over the audit time."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from labgrader.courses.course import Course, CourseLab


def course(audit_time: str, time_zone: str = "UTC") -> Course:
    return Course("c", "C", time_zone, audit_time, (CourseLab("lambda-optimization", "class.csv"),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("audit_time", "zone", "started", "name"),
    [
        ("02:30", "UTC", "2026-11-21 02:30:07", "2026-11-21-0230"),
        ("02:30", "UTC", "2026-11-21 23:59:59", "2026-11-21-0230"),
        ("02:30", "UTC", "2026-11-22 02:24:59", "2026-11-21-0230"),
        ("02:30", "UTC", "2026-11-22 02:25:00", "2026-11-22-0230"),  # our clock may be five minutes late
        ("23:58", "UTC", "2026-11-21 23:58:02", "2026-11-21-2358"),
        ("23:58", "UTC", "2026-11-22 00:20:00", "2026-11-21-2358"),  # started late: still the audit of the day before
        ("00:00", "UTC", "2026-11-21 00:00:03", "2026-11-21-0000"),
        ("00:00", "UTC", "2026-11-20 23:59:58", "2026-11-21-0000"),
        ("02:30", "Europe/Berlin", "2026-11-21 01:30:05", "2026-11-21-0230"),
        ("02:30", "Europe/Berlin", "2026-11-20 23:30:05", "2026-11-20-0230"),
        ("23:30", "America/Los_Angeles", "2026-11-21 07:30:05", "2026-11-20-2330"),
        ("02:30", "America/Los_Angeles", "2026-11-21 02:30:05", "2026-11-20-0230"),  # a scheduler without time zones
        ("02:30", "Pacific/Kiritimati", "2026-11-20 12:30:05", "2026-11-21-0230"),
    ],
)
def test_scheduled_audit_has_the_name_of_the_last_audit_time(
    audit_time: str, zone: str, started: str, name: str
) -> None:
    assert course(audit_time, zone).scheduled_audit(at(started)) == name


def test_scheduled_audits_of_two_days_have_different_names_when_the_clock_changes() -> None:
    berlin = course("02:30", "Europe/Berlin")
    for month, days in ((3, (27, 28, 29, 30)), (10, (23, 24, 25, 26))):
        in_utc = {berlin.scheduled_audit(datetime(2026, month, day, 2, 30, 5, tzinfo=UTC)) for day in days}
        assert len(in_utc) == 4
        local = {berlin.scheduled_audit(datetime(2026, month, day, 2, 30, 5, tzinfo=berlin.zone)) for day in days}
        assert len(local) == 4


def test_course_with_another_audit_time_has_another_audit_on_the_same_day() -> None:
    assert course("02:30").scheduled_audit(at("2026-11-21 02:30:05")) == "2026-11-21-0230"
    assert course("18:00").scheduled_audit(at("2026-11-21 18:00:05")) == "2026-11-21-1800"


def test_requested_audit_has_no_name_of_a_scheduled_audit() -> None:
    berlin = course("19:05", "Europe/Berlin")
    moment = at("2026-11-21 18:05:12")
    assert berlin.requested_audit(moment) == "2026-11-21-190512"
    assert berlin.scheduled_audit(moment) == "2026-11-21-1905"


def test_skipped_audits_are_the_days_on_which_the_clock_jumps_over_the_time() -> None:
    since = date(2026, 11, 21)
    assert course("02:30", "Europe/Berlin").skipped_audits(since) == [date(2027, 3, 28)]
    assert course("02:00", "Europe/Berlin").skipped_audits(since) == [date(2027, 3, 28)]
    assert course("01:59", "Europe/Berlin").skipped_audits(since) == []
    assert course("03:00", "Europe/Berlin").skipped_audits(since) == []
    assert course("02:30", "UTC").skipped_audits(since) == []
    assert course("", "Europe/Berlin").skipped_audits(since) == []


def test_course_is_the_same_after_json() -> None:
    whole = Course("c", "C", "UTC", "02:30", (CourseLab("lambda-optimization", "a.csv", "2026-12-01 23:59"),))
    assert Course.from_dict(whole.to_dict()) == whole
    assert whole.to_dict()["labs"] == [{"lab": "lambda-optimization", "roster": "a.csv", "due": "2026-12-01 23:59"}]
