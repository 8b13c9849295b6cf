"""Times as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cli.output.times import time_text


@pytest.mark.parametrize(
    ("moment", "time_zone", "text"),
    [
        ("2026-03-02T08:00:59Z", "UTC", "2026-03-02 08:00 UTC"),
        ("2026-03-02T08:00:59.999Z", "UTC", "2026-03-02 08:00 UTC"),
        ("2026-03-02T08:00:00Z", "Europe/Berlin", "2026-03-02 09:00 Europe/Berlin"),
        ("2026-07-02T08:00:00Z", "Europe/Berlin", "2026-07-02 10:00 Europe/Berlin"),
        ("2026-12-01 23:59", "Europe/Berlin", "2026-12-01 23:59 Europe/Berlin"),
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), "UTC", "2026-03-02 08:00 UTC"),
        (datetime(2026, 3, 2, 8, 0, tzinfo=timezone(timedelta(hours=2))), "UTC", "2026-03-02 06:00 UTC"),
    ],
)
def test_a_time_is_shown_in_its_zone_without_seconds(moment: datetime | str, time_zone: str, text: str) -> None:
    assert time_text(moment, time_zone) == text


def test_a_time_is_in_utc_by_default() -> None:
    assert time_text("2026-03-02T08:00:00Z") == "2026-03-02 08:00 UTC"


def test_a_text_that_is_not_a_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="Invalid isoformat string: 'yesterday'"):
        time_text("yesterday")
