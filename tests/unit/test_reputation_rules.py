"""What pages say beside a score, as pure rules: a fall, unhappy answers, reasons of returns, months, short names."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from flask_trust.reputation.rules import (
    Fall,
    Often,
    fall,
    months,
    sent_back,
    shortened,
    unhappy,
    window_of,
)

TODAY = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("recent", "earlier", "found"),
    [
        ((5, 5, 0, 0, 0), (0, 0, 0, 10, 10), Fall(1.5, 4.5)),
        ((0, 0, 0, 0, 10), (10, 0, 0, 0, 0), None),  # they rose
        ((9, 0, 0, 0, 0), (0, 0, 0, 0, 99), None),  # too few lately
        ((99, 0, 0, 0, 0), (0, 0, 0, 0, 9), None),  # too few before
        ((0, 0, 0, 10, 0), (0, 0, 0, 0, 10), Fall(4.0, 5.0)),
        ((0, 0, 0, 2, 8), (0, 0, 0, 0, 10), None),  # by less than a third of a star
        ((3, 0, 0, 0, 7), (20, 0, 0, 0, 80), None),  # as it may be by chance
        ((300, 0, 0, 0, 700), (200, 0, 0, 0, 800), Fall(3.8, 4.2)),
        ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), None),
    ],
)
def test_a_fall_is_spoken_of_when_it_is_large_and_sure(
    recent: tuple[int, ...], earlier: tuple[int, ...], found: Fall | None
) -> None:
    told = fall(recent, earlier)
    assert (told is None) == (found is None)
    if told and found:
        assert (told.now, told.before) == pytest.approx((found.now, found.before))


def test_unhappy_answers_are_spoken_of_from_ten_answers_and_one_in_five() -> None:
    sums = {"service": (9, 20, 9), "delivery": (10, 30, 4), "price": (10, 40, 1), "privacy": (100, 400, 20)}
    assert unhappy(sums) == [Often("delivery", 4, 10), Often("privacy", 20, 100)]


def test_reasons_of_returns_are_spoken_of_from_three_and_one_in_twenty() -> None:
    assert sent_back({"": 37, "too small": 3}) == [Often("too small", 3, 40)]
    assert sent_back({"": 38, "too small": 2}) == []
    assert sent_back({"": 58, "too small": 3}) == []
    assert sent_back({}) == []


def test_reasons_that_differ_in_capitals_and_blanks_are_one() -> None:
    assert sent_back({"": 10, "Too small": 2, " too  SMALL ": 1}) == [Often("Too small", 3, 13)]


def test_a_story_is_no_reason_and_few_reasons_are_named() -> None:
    assert sent_back({"": 5, "My neighbour Mr Smith of 4 Elm Street said that it does not suit the door " * 2: 5}) == []
    many = {f"reason {number}": 9 for number in range(9)}
    assert [each.name for each in sent_back(many)] == ["reason 0", "reason 1", "reason 2"]


def test_months_are_calendar_months_up_to_this_one() -> None:
    found = months({date(2027, 2, 1): (0, 0, 0, 1, 1), date(2020, 1, 1): (9, 0, 0, 0, 0)}, TODAY, 3)
    assert [(each.first, each.count, each.average) for each in found] == [
        (date(2027, 1, 1), 0, None),
        (date(2027, 2, 1), 2, 4.5),
        (date(2027, 3, 1), 0, None),
    ]


def test_a_window_begins_so_many_days_ago_today_included() -> None:
    votes = Counter({(5, TODAY): 1, (4, date(2027, 3, 2)): 2, (1, date(2027, 3, 1)): 4})
    assert window_of(votes, 30, TODAY) == [0, 0, 0, 2, 1]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Bowl", "Bowl"),
        ("A bowl for ten", "A bowl fo…"),
        ("鶴亀鶴亀鶴", "鶴亀鶴亀鶴"),
        ("鶴亀鶴亀鶴亀", "鶴亀鶴亀…"),
        ("", ""),
    ],
)
def test_names_are_cut_to_a_width(text: str, short: str) -> None:
    assert shortened(text, 10) == short
