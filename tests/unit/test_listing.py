"""Which lists of reviews exist, and the cursors that lead through them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_trust.reviews.listing import SORTS, BadListing, Listing, Place, read_listing, read_place

PLACE = Place(3, datetime(2027, 5, 3, 12, 0, 0, 123456, tzinfo=UTC), 42)


def places() -> st.SearchStrategy[Place]:
    moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 bounds
    return st.builds(Place, st.integers(0, 2**31 - 1), moments, st.integers(0, 2**63 - 1))


@given(places())
def test_a_cursor_comes_back_as_the_place_it_was_made_of(place: Place) -> None:
    assert read_place(str(place)) == place


@given(places())
def test_a_cursor_survives_a_query_string_without_quoting(place: Place) -> None:
    assert set(str(place)) <= set("0123456789-")


@given(st.text())
def test_any_other_text_is_refused_in_one_way_only(text: str) -> None:
    try:
        place = read_place(text)
    except BadListing:
        return
    assert read_place(str(place)) == place


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "-",
        "1-2",
        "1-2-3-4",
        "a-b-c",
        "-1-2-3",
        "1--2-3",
        "1-2--3",
        "1-2-3 ",
        " 1-2-3",
        "1-2-3\n",
        "1.0-2-3",
        "1-2-9223372036854775808",
        "1-999999999999999999-3",
        "12345678901-2-3",
        "0-0-" + "9" * 100,
        "' OR 1=1 --",
        "1-2-\x00",
        "٣-2-3",
        "1-２-3",
    ],
    ids=repr,
)
def test_a_bad_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadListing):
        read_place(cursor)


def test_nothing_asked_is_the_newest_first_unfiltered() -> None:
    assert read_listing({}) == Listing("newest", None, None, None, None)
    assert not read_listing({}).filtered


@pytest.mark.parametrize(
    ("query", "listing"),
    [
        ({"sort": "newest"}, Listing()),
        ({"sort": ""}, Listing()),
        ({"stars": ""}, Listing()),
        ({"sort": "oldest"}, Listing("oldest")),
        ({"sort": "highest"}, Listing("highest")),
        ({"sort": "lowest"}, Listing("lowest")),
        ({"sort": "helpful"}, Listing("helpful")),
        ({"stars": "1"}, Listing(stars=1)),
        ({"stars": "5", "sort": "oldest"}, Listing("oldest", stars=5)),
        ({"lang": "ja"}, Listing(lang="ja")),
        ({"lang": "fil"}, Listing(lang="fil")),
        ({"variant": "blue, large"}, Listing(variant="blue, large")),
        ({"variant": "青" * 80}, Listing(variant="青" * 80)),
        ({"after": str(PLACE)}, Listing(after=PLACE)),
        ({"sort": "lowest", "after": str(PLACE)}, Listing("lowest", after=PLACE)),
        ({"utm_source": "letter", "sort": "oldest"}, Listing("oldest")),
    ],
)
def test_a_list_that_is_offered_is_read(query: dict[str, str], listing: Listing) -> None:
    assert read_listing(query) == listing


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "best"},
        {"sort": "Newest"},
        {"sort": "newest,oldest"},
        {"stars": "0"},
        {"stars": "6"},
        {"stars": "4.5"},
        {"stars": "05"},
        {"stars": "-1"},
        {"stars": "٤"},
        {"stars": "NaN"},
        {"lang": "english"},
        {"lang": "EN"},
        {"lang": "e"},
        {"lang": "de-AT"},
        {"lang": "de\n"},
        {"variant": "x" * 81},
        {"variant": "a\x00b"},
        {"stars": "5", "lang": "en"},
        {"stars": "5", "variant": "blue"},
        {"stars": "5", "sort": "highest"},
        {"lang": "en", "sort": "lowest"},
        {"variant": "blue", "sort": "helpful"},
        {"after": "yesterday"},
        {"after": "1-2-3-4"},
    ],
    ids=repr,
)
def test_a_list_that_is_not_offered_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadListing):
        read_listing(query)


@pytest.mark.parametrize(
    ("query", "filtered"), [({"stars": "5"}, True), ({"lang": "en"}, True), ({"sort": "oldest"}, False)]
)
def test_a_filter_shows_a_part_and_an_order_shows_all(query: dict[str, str], filtered: bool) -> None:
    assert read_listing(query).filtered is filtered


def test_no_order_puts_the_good_ones_first_unasked() -> None:
    assert read_listing({}).sort == "newest"
    assert SORTS[0] == "newest"
