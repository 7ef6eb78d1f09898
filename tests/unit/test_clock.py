"""Time: aware and in UTC, whatever comes in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_trust.clock import as_utc, system_clock, zone
from flask_trust.testing import SettableClock


def test_the_clock_is_aware_and_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        (datetime(2027, 5, 3, 12), "2027-05-03T12:00:00+00:00"),  # noqa: DTZ001 a naive moment is the case
        (datetime(2027, 5, 3, 12, tzinfo=UTC), "2027-05-03T12:00:00+00:00"),
        (datetime(2027, 5, 3, 12, tzinfo=ZoneInfo("Asia/Tokyo")), "2027-05-03T03:00:00+00:00"),
        (datetime(2027, 1, 3, 12, tzinfo=ZoneInfo("Europe/Berlin")), "2027-01-03T11:00:00+00:00"),
        (datetime(2027, 7, 3, 12, tzinfo=ZoneInfo("Europe/Berlin")), "2027-07-03T10:00:00+00:00"),
        # 2:30 comes twice that night; fold says which one is meant.
        (datetime(2027, 10, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")), "2027-10-31T00:30:00+00:00"),
        (datetime(2027, 10, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1), "2027-10-31T01:30:00+00:00"),
        (date(2027, 5, 3), "2027-05-03T12:00:00+00:00"),
    ],
)
def test_moments_and_days_are_read_as_utc(value: datetime | date, utc: str) -> None:
    assert as_utc(value).isoformat() == utc


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 their bounds
def test_reading_a_moment_never_moves_it(moment: datetime) -> None:
    # Compared as seconds: moments of different zones are never equal within a repeated hour (PEP 495).
    assert as_utc(moment).timestamp() == moment.timestamp()
    assert as_utc(moment).tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "fallback", "found"),
    [
        ("Asia/Tokyo", "UTC", "Asia/Tokyo"),
        (None, "Europe/Berlin", "Europe/Berlin"),
        ("", "Europe/Berlin", "Europe/Berlin"),
        ("Mars/Olympus", "Europe/Berlin", "Europe/Berlin"),
        ("../../../etc/passwd", "UTC", "UTC"),
        ("/etc/passwd", "UTC", "UTC"),
        ("Europe", "UTC", "UTC"),  # a folder
        ("UTC\x00", "UTC", "UTC"),
        ("Europe/Berlin ", "UTC", "UTC"),
        ("é" * 300, "UTC", "UTC"),
        ("x" * 10_000, "UTC", "UTC"),
        ("\ud800", "UTC", "UTC"),
    ],
)
def test_an_unknown_zone_falls_back(name: str | None, fallback: str, found: str) -> None:
    assert zone(name, fallback) == ZoneInfo(found)


def test_a_settable_clock_stands_still_until_it_is_moved() -> None:
    clock = SettableClock()
    start = clock()
    assert clock() == start
    assert clock.advance(days=7, hours=1) == start + timedelta(days=7, hours=1)
    assert clock() == start + timedelta(days=7, hours=1)
