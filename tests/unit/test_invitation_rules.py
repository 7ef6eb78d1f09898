"""Who is asked, when, and why not: tables of cases, and what holds for every case there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_trust.invitations.rules import (
    REASONS,
    Ask,
    Facts,
    Reason,
    Skip,
    Verdict,
    Wait,
    decide,
    in_daytime,
    never,
    planned_moment,
    reminder_moment,
)

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2027, 5, 10, 12, tzinfo=UTC)
FACTS = Facts(now=NOON, planned_for=NOON, zone=UTC_ZONE)


def after(days: float = 0, hours: float = 0, start: datetime = NOON) -> datetime:
    return start + timedelta(days=days, hours=hours)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "first"),
    [
        ("2027-05-03 12:00", "UTC", "2027-05-03 12:00"),
        ("2027-05-03 10:00", "UTC", "2027-05-03 10:00"),
        ("2027-05-03 09:59", "UTC", "2027-05-03 10:00"),
        ("2027-05-03 17:59:59", "UTC", "2027-05-03 17:59:59"),
        ("2027-05-03 18:00", "UTC", "2027-05-04 10:00"),
        ("2027-05-03 23:59", "UTC", "2027-05-04 10:00"),
        ("2027-05-03 00:00", "UTC", "2027-05-03 10:00"),
        ("2027-12-31 20:00", "UTC", "2028-01-01 10:00"),
        ("2028-02-28 20:00", "UTC", "2028-02-29 10:00"),
        # noon in London is evening in Tokyo and night in Auckland
        ("2027-05-03 12:00", "Asia/Tokyo", "2027-05-04 01:00"),
        ("2027-05-03 01:00", "Asia/Tokyo", "2027-05-03 01:00"),
        ("2027-05-03 12:00", "Pacific/Auckland", "2027-05-03 22:00"),
        ("2027-05-03 12:00", "America/Los_Angeles", "2027-05-03 17:00"),
        # quarters of an hour
        ("2027-05-03 04:14", "Asia/Kathmandu", "2027-05-03 04:15"),
        ("2027-05-03 04:15", "Asia/Kathmandu", "2027-05-03 04:15"),
        # both ends of the date line
        ("2027-05-03 12:00", "Pacific/Kiritimati", "2027-05-03 20:00"),
        ("2027-05-03 12:00", "Pacific/Pago_Pago", "2027-05-03 21:00"),
        # clocks go forward that night in Berlin: ten o'clock is an hour earlier in UTC
        ("2027-03-27 20:00", "Europe/Berlin", "2027-03-28 08:00"),
        ("2027-03-26 20:00", "Europe/Berlin", "2027-03-27 09:00"),
        ("2027-03-28 00:30", "Europe/Berlin", "2027-03-28 08:00"),
        # and back again
        ("2027-10-30 20:00", "Europe/Berlin", "2027-10-31 09:00"),
        ("2027-10-31 00:30", "Europe/Berlin", "2027-10-31 09:00"),
        ("2027-10-31 16:59", "Europe/Berlin", "2027-10-31 16:59"),
        ("2027-10-31 17:00", "Europe/Berlin", "2027-11-01 09:00"),
        # the other half of the year, and half an hour of summer time
        ("2027-10-02 10:00", "Australia/Lord_Howe", "2027-10-02 23:00"),
    ],
)
def test_mails_leave_between_ten_and_six_where_the_buyer_lives(moment: str, zone: str, first: str) -> None:
    assert in_daytime(utc(moment), ZoneInfo(zone)) == utc(first)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 bounds
ZONES = st.timezones()


def is_daytime(moment: datetime, zone: ZoneInfo) -> bool:
    return 10 <= moment.astimezone(zone).hour < 18


@given(MOMENTS, ZONES)
def test_the_next_daytime_is_never_in_the_past_and_never_far(moment: datetime, zone: ZoneInfo) -> None:
    first = in_daytime(moment, zone)
    assert moment <= first <= moment + timedelta(hours=17)  # sixteen, and one more where clocks go back
    assert is_daytime(first, zone)
    assert in_daytime(first, zone) == first
    assert first == moment or first.astimezone(zone).strftime("%H:%M:%S.%f") == "10:00:00.000000"


Arrivals = Sequence[tuple[float, int | None]]


@pytest.mark.parametrize(
    ("arrivals", "days"),
    [
        # (day of arrival, the line's own delay), and the day of the mail counted from the same noon
        ([(0, None)], 7),
        ([(0, None), (0, None)], 7),
        ([(0, None), (3, None)], 10),
        ([(3, None), (0, None)], 10),
        ([(0, None), (13, None)], 20),
        ([(0, None), (14, None)], 21),
        ([(0, None), (15, None)], 21),
        ([(0, None), (40, None)], 21),
        ([(0, None), (7, None), (14, None), (90, None)], 21),
        ([(0, 3)], 3),
        ([(0, 0)], 0),
        ([(0, 14)], 14),
        ([(0, 3), (0, 14)], 14),
        ([(0, 3), (0, 30)], 17),
        ([(0, 14), (12, 3)], 15),
        ([(0, 365)], 365),
        ([(2, 3), (0, None)], 7),
    ],
)
def test_the_last_parcel_decides_but_no_mail_waits_longer_than_21_days_after_the_first(
    arrivals: Arrivals, days: float
) -> None:
    told = [(after(day), own) for day, own in arrivals]
    assert planned_moment(told, 7, UTC_ZONE) == after(days)


@pytest.mark.parametrize(
    ("arrived", "zone", "planned"),
    [
        ("2027-05-03 20:00", "UTC", "2027-05-11 10:00"),
        ("2027-05-03 02:00", "UTC", "2027-05-10 10:00"),
        ("2027-05-03 20:00", "America/New_York", "2027-05-10 20:00"),
        ("2027-03-22 08:30", "Europe/Berlin", "2027-03-29 08:30"),
        ("2027-03-21 07:30", "Europe/Berlin", "2027-03-28 08:00"),
    ],
)
def test_the_planned_moment_lies_in_the_buyers_daytime(arrived: str, zone: str, planned: str) -> None:
    assert planned_moment([(utc(arrived), None)], 7, ZoneInfo(zone)) == utc(planned)


@given(
    st.lists(st.tuples(MOMENTS, st.none() | st.integers(0, 60)), min_size=1, max_size=6),
    st.integers(2, 60),
    ZONES,
    st.randoms(),
)
def test_a_plan_is_in_daytime_never_before_the_first_line_is_due_and_independent_of_order(
    arrivals: list[tuple[datetime, int | None]], days: int, zone: ZoneInfo, lots: Any
) -> None:
    planned = planned_moment(arrivals, days, zone)
    ready = [at + timedelta(days=days if own is None else own) for at, own in arrivals]
    assert is_daytime(planned, zone)
    assert min(ready) <= planned <= min(ready) + timedelta(days=14, hours=17)
    shuffled = list(arrivals)
    lots.shuffle(shuffled)
    assert planned_moment(shuffled, days, zone) == planned


@pytest.mark.parametrize(
    ("request_days", "remind_days", "days"),
    [(7, 14, 7), (7, 8, 1), (2, 60, 58), (7, None, None)],
)
def test_the_reminder_keeps_its_distance_to_the_first_mail(
    request_days: int, remind_days: int | None, days: int | None
) -> None:
    expected = None if days is None else after(days)
    assert reminder_moment(NOON, request_days, remind_days, UTC_ZONE) == expected


def test_a_reminder_keeps_out_of_the_night_too() -> None:
    assert reminder_moment(utc("2027-05-03 12:00"), 7, 14, ZoneInfo("Asia/Tokyo")) == utc("2027-05-11 01:00")


VERDICTS: list[tuple[str, dict[str, Any], Verdict]] = [
    ("all is well", {}, Ask()),
    # never
    ("the buyer opted out", {"mail_stop": "opted_out"}, Skip("opted_out")),
    ("the address bounced", {"mail_stop": "bounced"}, Skip("bounced")),
    ("the buyer was erased", {"mail_stop": "erased"}, Skip("erased")),
    ("an unknown reason stops all the same", {"mail_stop": "spam_complaint"}, Skip("opted_out")),
    ("the shop lost the order", {"known_to_shop": False}, Skip("unknown_order")),
    ("somebody else bought it", {"disowned": True}, Skip("not_mine")),
    ("nothing is left of it", {"open_lines": 0}, Skip("cancelled")),
    ("the buyer has written", {"answered": True}, Skip("answered")),
    ("there is no address", {"has_address": False}, Skip("no_address")),
    ("the checkout forbids it", {"may_mail": False}, Skip("no_consent")),
    ("planned 14 days ago", {"planned_for": after(-14)}, Ask()),
    ("planned longer ago", {"planned_for": after(-14, -1)}, Skip("too_late")),
    # one mail in seven days
    ("a mail six days ago", {"last_mail_at": after(-6)}, Wait(after(1), "cap")),
    ("a mail seven days ago", {"last_mail_at": after(-7)}, Ask()),
    ("a mail just now", {"last_mail_at": NOON}, Wait(after(7), "cap")),
    ("a cap that ends at night", {"last_mail_at": after(-6, 9)}, Wait(after(2, -2), "cap")),
    ("a cap that ends 21 days late", {"planned_for": after(-14), "last_mail_at": NOON}, Wait(after(7), "cap")),
    ("a cap beyond that", {"planned_for": after(-14, -1), "last_mail_at": NOON}, Skip("asked_recently")),
    ("a cap that made it late", {"planned_for": after(-20), "last_mail_at": after(-8)}, Ask()),
    ("late even after the cap", {"planned_for": after(-30), "last_mail_at": after(-21, -1)}, Skip("too_late")),
    # an open return or dispute
    ("paused until tomorrow", {"paused_until": after(1)}, Wait(after(1), "paused")),
    ("a pause that is over", {"paused_until": after(-1)}, Ask()),
    ("a pause that ends now", {"paused_until": NOON}, Ask()),
    ("a pause for a year", {"paused_until": after(365)}, Wait(after(14), "paused")),
    ("paused for 14 days already", {"planned_for": after(-14), "paused_until": after(365)}, Ask()),
    ("a pause that ends at night", {"paused_until": after(1, 8)}, Wait(after(2, -2), "paused")),
    ("a pause that made it late", {"planned_for": after(-20), "paused_until": after(-7)}, Ask()),
    ("paused and capped", {"paused_until": after(1), "last_mail_at": after(-5)}, Wait(after(2), "cap")),
    ("capped and paused", {"paused_until": after(3), "last_mail_at": after(-5)}, Wait(after(3), "paused")),
    # the night
    ("before ten", {"now": utc("2027-05-10 08:00")}, Wait(utc("2027-05-10 10:00"), "night")),
    ("after six", {"now": utc("2027-05-10 18:00")}, Wait(utc("2027-05-11 10:00"), "night")),
    ("evening in Tokyo", {"zone": ZoneInfo("Asia/Tokyo")}, Wait(utc("2027-05-11 01:00"), "night")),
    ("morning in New York", {"zone": ZoneInfo("America/New_York")}, Wait(utc("2027-05-10 14:00"), "night")),
    # the reminder follows the same rules
    ("a reminder", {"reminder": True}, Ask()),
    ("a reminder after an answer", {"reminder": True, "answered": True}, Skip("answered")),
    ("a reminder after an opt-out", {"reminder": True, "mail_stop": "opted_out"}, Skip("opted_out")),
    ("a reminder under the cap", {"reminder": True, "last_mail_at": after(-1)}, Wait(after(6), "cap")),
]


@pytest.mark.parametrize(("changes", "verdict"), [case[1:] for case in VERDICTS], ids=[case[0] for case in VERDICTS])
def test_each_case_has_its_verdict(changes: dict[str, Any], verdict: Verdict) -> None:
    assert decide(replace(FACTS, **changes)) == verdict


def test_every_reason_the_rules_can_give_is_in_the_table() -> None:
    given_reasons = {verdict.reason for _, _, verdict in VERDICTS if isinstance(verdict, Skip)}
    by_others = {"too_old", "refused"}  # noted when it arrives, and by the mail server
    assert given_reasons | by_others == set(get_args(Reason))


def test_every_reason_has_words_for_the_owner() -> None:
    assert set(REASONS) == set(get_args(Reason))
    assert all(words and words[0].islower() and not words.endswith(".") for words in REASONS.values())


@pytest.mark.parametrize("reason", get_args(Reason))
def test_a_reason_fits_into_its_column(reason: str) -> None:
    assert len(reason) <= 20


def test_nothing_about_stars_money_or_happiness_enters_a_decision() -> None:
    forbidden = ("star", "score", "refund", "price", "amount", "return", "complain", "ticket", "spend")
    assert [each.name for each in fields(Facts) if any(word in each.name for word in forbidden)] == []


def near(days: int) -> st.SearchStrategy[datetime]:
    return st.integers(-days * 1440, days * 1440).map(lambda minutes: NOON + timedelta(minutes=minutes))


ANY_FACTS = st.builds(
    Facts,
    now=near(40),
    planned_for=near(40),
    zone=ZONES,
    reminder=st.booleans(),
    known_to_shop=st.sampled_from([True, True, True, False]),
    mail_stop=st.sampled_from([None, None, None, None, "opted_out", "bounced", "erased"]),
    disowned=st.sampled_from([False, False, False, True]),
    open_lines=st.integers(0, 3),
    answered=st.sampled_from([False, False, False, True]),
    has_address=st.sampled_from([True, True, True, False]),
    may_mail=st.sampled_from([True, True, True, False]),
    paused_until=st.none() | near(60),
    last_mail_at=st.none() | near(40),
)


@given(ANY_FACTS)
def test_no_mail_leaves_at_night_nor_within_seven_days_of_the_last(facts: Facts) -> None:
    if decide(facts) == Ask():
        assert is_daytime(facts.now, facts.zone)
        assert facts.last_mail_at is None or facts.now - facts.last_mail_at >= timedelta(days=7)


@given(ANY_FACTS)
def test_no_mail_leaves_against_anybodys_will(facts: Facts) -> None:
    if decide(facts) == Ask():
        assert facts.mail_stop is None
        assert facts.may_mail
        assert facts.has_address
        assert not facts.answered
        assert not facts.disowned
        assert facts.known_to_shop
        assert facts.open_lines


@given(ANY_FACTS)
def test_waiting_has_an_end_in_daytime_and_the_mail_leaves_then(facts: Facts) -> None:
    verdict = decide(facts)
    if isinstance(verdict, Wait):
        assert facts.now < verdict.until <= facts.now + timedelta(days=120)
        assert is_daytime(verdict.until, facts.zone)
        assert decide(replace(facts, now=verdict.until)) == Ask()


@given(ANY_FACTS)
def test_a_pause_postpones_by_fourteen_days_at_most_and_skips_nobody(facts: Facts) -> None:
    without = replace(facts, paused_until=None)
    if decide(without) == Ask():
        verdict = decide(facts)
        assert not isinstance(verdict, Skip)
        if isinstance(verdict, Wait):
            assert verdict.until <= facts.planned_for + timedelta(days=14, hours=17)


@given(ANY_FACTS)
def test_what_is_skipped_once_is_skipped_for_a_reason_that_is_recorded(facts: Facts) -> None:
    verdict = decide(facts)
    reason = never(facts)
    assert (reason is not None) == isinstance(verdict, Skip)
    assert reason is None or reason in REASONS


@given(ANY_FACTS, st.booleans())
def test_first_mail_and_reminder_are_decided_alike(facts: Facts, reminder: bool) -> None:
    assert decide(replace(facts, reminder=reminder)) == decide(facts)
