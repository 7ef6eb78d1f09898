"""When a parcel has probably arrived, where nobody tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_trust.orders.rules import expected_arrival

PLACED = datetime(2027, 5, 3, 12, tzinfo=UTC)
BOTH = {"shipped": 5, "placed": 10}


def days(count: float | None) -> datetime | None:
    """Return the moment so many days after the order was placed."""
    return None if count is None else PLACED + timedelta(days=count)


@pytest.mark.parametrize(
    ("promised", "shipped", "settings", "at", "by"),
    [
        # (days after the order was placed, or None where it is not known)
        (None, None, BOTH, 10, "placed"),
        (None, 1, BOTH, 6, "shipped"),
        (4, None, BOTH, 6, "promised"),
        (20, None, BOTH, 22, "promised"),
        # Both known: the later one, for asking before the parcel is there is the worse mistake.
        (4, 1, BOTH, 6, "shipped"),
        (4, 0, BOTH, 6, "promised"),
        (9, 1, BOTH, 11, "promised"),
        (4, 3, BOTH, 8, "shipped"),
        # What the shop wants no guess from is not used.
        (None, 1, {"placed": 10}, 10, "placed"),
        (4, 3, {"placed": 10}, 6, "promised"),
        (None, None, {"shipped": 5}, None, None),
        (None, 1, {"shipped": 5}, 6, "shipped"),
        (None, None, {}, None, None),
        (None, 1, {}, None, None),
        (4, 1, {}, 6, "promised"),
        (None, 1, {"shipped": 1, "placed": 2}, 2, "shipped"),
    ],
)
def test_an_arrival_is_guessed_from_the_best_that_is_known(
    promised: float | None, shipped: float | None, settings: Mapping[str, int], at: float | None, by: str | None
) -> None:
    expected = expected_arrival(PLACED, days(promised), days(shipped), settings)
    assert (expected and expected.at, expected and expected.by) == (days(at), by)


@given(
    st.one_of(st.none(), st.integers(-5, 60)),
    st.one_of(st.none(), st.integers(0, 60)),
    st.fixed_dictionaries({}, optional={"shipped": st.integers(1, 90), "placed": st.integers(1, 90)}),
)
def test_no_guess_is_earlier_than_what_it_rests_on(
    promised: int | None, shipped: int | None, settings: Mapping[str, int]
) -> None:
    expected = expected_arrival(PLACED, days(promised), days(shipped), settings)
    if expected is None:
        assert promised is None
        return
    base = {"placed": PLACED, "promised": days(promised), "shipped": days(shipped)}[expected.by]
    assert base is not None
    assert expected.at > base
