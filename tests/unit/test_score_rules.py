"""What votes add to totals, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flask_trust.scores.rules import choose, next_moment, waiting_in

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
SOON, LATER, PAST = NOW + timedelta(days=1), NOW + timedelta(days=2), NOW - timedelta(days=1)


def vote(**fields: Any) -> Any:
    usual = {"subject_id": 1, "person_id": 1, "live": True, "eligible": True, "shown_at": NOW, "tallied": False}
    return SimpleNamespace(**{**usual, "counted": False, **fields})


@pytest.mark.parametrize(
    ("known", "before", "after", "found"),
    [
        (None, set(), set(), (None, True)),
        (None, set(), {LATER, SOON}, (SOON, True)),
        (LATER, set(), {SOON}, (SOON, True)),
        (SOON, set(), {LATER}, (SOON, True)),
        (PAST, set(), set(), (PAST, True)),  # of others, overdue
        (SOON, {SOON}, {SOON}, (SOON, True)),
        (SOON, {LATER}, set(), (SOON, True)),  # others come first
    ],
)
def test_when_the_next_vote_becomes_public(
    known: datetime | None, before: set[datetime], after: set[datetime], found: tuple[datetime | None, bool]
) -> None:
    assert next_moment(known, before, after) == found


@pytest.mark.parametrize("after", [set(), {LATER}])
def test_where_the_next_vote_of_all_goes_others_have_to_be_asked(after: set[datetime]) -> None:
    assert next_moment(SOON, {SOON}, after)[1] is False


def test_what_waits_is_live_and_in_no_total() -> None:
    votes = [vote(shown_at=SOON), vote(shown_at=PAST), vote(shown_at=LATER, live=False), vote(tallied=True)]
    assert waiting_in([*votes, vote(subject_id=2, shown_at=LATER)]) == {1: {SOON, PAST}, 2: {LATER}}


def test_the_newest_eligible_vote_that_can_be_read_counts() -> None:
    votes = [
        *(vote(shown_at=SOON), vote(live=False), vote(eligible=False), vote(shown_at=PAST)),
        *(vote(shown_at=PAST), vote(person_id=2, shown_at=PAST)),
    ]
    choose(votes, NOW)
    assert [row.counted for row in votes] == [False, False, False, True, False, True]
    assert [row.tallied for row in votes] == [False, False, True, True, True, True]
