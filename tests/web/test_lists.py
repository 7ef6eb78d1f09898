"""Lists of reviews on all three databases: every review once, in the right order, whatever the filter."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import update

from flask_trust import Line
from flask_trust.db import transaction
from flask_trust.reviews.models import Review
from tests.web.pages import open_page
from tests.world import World

SORTS: dict[str, Callable[[Review], tuple[object, ...]]] = {
    "newest": lambda row: (-stamp(row.shown_at), -row.id),
    "oldest": lambda row: (stamp(row.shown_at), row.id),
    "highest": lambda row: (-(row.stars or 0), -stamp(row.shown_at), -row.id),
    "lowest": lambda row: (row.stars, -stamp(row.shown_at), -row.id),
    "helpful": lambda row: (-row.helpful, -stamp(row.shown_at), -row.id),
}
REVIEW = re.compile(r"/trust/reviews/([a-z0-9]{16})")


def stamp(moment: datetime) -> float:
    return moment.timestamp()


@pytest.fixture
def busy(any_world: World) -> World:
    """35 reviews of one product by five buyers, seven at a moment, of two variants and three languages."""
    words = ("", "とても良い", "정말 좋아요")
    for batch in range(5):
        lines = [Line(f"{batch}-{n}", "bowl", title="Bowl", variant=("red", "blue & green")[n % 2]) for n in range(7)]
        any_world.order(f"o{batch}", lines=lines)
        any_world.deliver(f"o{batch}")
        fields = {f"line_{n}_stars": str(1 + (n * n + batch) % 5) for n in range(7)}
        fields |= {f"line_{n}_text": words[n % 3] for n in range(7)}
        assert any_world.rate(f"o{batch}", None, **fields).status_code == 303
        any_world.clock.advance(hours=5)
    with any_world.app.app_context():
        transaction(any_world.state, lambda session: session.execute(update(Review).values(helpful=Review.id % 4)))
    return any_world


def walk(world: World, query: str, between: Callable[[], object] = lambda: None) -> list[str]:
    """Return the public ids of a list in the order shown, page after page through the links on the pages."""
    path: str | None = f"/trust/products/bowl?{query}"
    seen: list[str] = []
    pages = 0
    while path is not None and pages < 20:
        page = open_page(world, path)
        cards = [REVIEW.findall(link.get("href", "")) for link in page.all("a")]
        seen += list(dict.fromkeys(each for found in cards for each in found))
        path = next((link["href"] for link in page.all("a") if link.get("rel") == "next"), None)
        pages += 1
        between()
    return seen


def test_every_order_shows_every_review_once(busy: World) -> None:
    rows = busy.all(Review)
    assert len(rows) == 35
    for sort, key in SORTS.items():
        assert walk(busy, f"sort={sort}") == [row.public_id for row in sorted(rows, key=key)], sort
    # What the page shows by itself begins with reviews in the reader's language.
    assert set(walk(busy, "")) == set(walk(busy, "sort=newest"))


def test_every_filter_shows_what_fits_and_nothing_else(busy: World) -> None:
    rows = busy.all(Review)
    filters: dict[str, Callable[[Review], bool]] = {
        "stars=1": lambda row: row.stars == 1,
        "stars=5": lambda row: row.stars == 5,
        "lang=ja": lambda row: row.lang == "ja",
        "lang=en": lambda row: row.lang == "en",
        "variant=red": lambda row: row.variant == "red",
        "variant=blue+%26+green": lambda row: row.variant == "blue & green",
        "variant=green": lambda row: False,
        "lang=xx": lambda row: False,
    }
    for query, fits in filters.items():
        for sort in ("newest", "oldest"):
            expected = [row.public_id for row in sorted(filter(fits, rows), key=SORTS[sort])]
            assert walk(busy, f"{query}&sort={sort}") == expected, (query, sort)


def test_reviews_that_come_while_somebody_reads_are_not_shown_twice_nor_hide_others(busy: World) -> None:
    before = [row.public_id for row in sorted(busy.all(Review), key=SORTS["newest"])]
    numbers = iter(range(20))

    def somebody_writes() -> None:
        busy.review(f"late{next(numbers)}")

    assert walk(busy, "sort=newest", between=somebody_writes) == before


def test_the_shop_s_list_shows_every_review_once_with_its_product(any_world: World) -> None:
    for number in range(12):
        any_world.review(f"o{number}", product=f"thing{number}")
    first = open_page(any_world, "/trust/")
    after = next(link["href"] for link in first.all("a") if link.get("rel") == "next")
    second = open_page(any_world, after)
    named = [link["href"] for page in (first, second) for link in page.all("a") if "/products/" in link["href"]]
    assert named == [f"/trust/products/thing{number}" for number in range(11, -1, -1)]


@pytest.mark.parametrize(
    "query",
    [
        *(
            f"after={cursor}"
            for cursor in ("x", "1", "1-2", "1-2-3-4", "-1-2-3", "1-2-99999999999999999999", "%D9%A1-1-1")
        ),
        "after=0-999999999999999999-1",
        *(f"stars={stars}" for stars in ("0", "6", "-1", "4.5", "NaN", "%C2%B2", "55")),
        *(f"sort={sort}" for sort in ("best", "Newest", "newest;", "stars")),
        *(f"lang={lang}" for lang in ("x", "EN", "en-US", "1")),
        "variant=" + "x" * 81,
        "stars=5&lang=en",
        "stars=5&sort=highest",
        "variant=red&sort=helpful",
    ],
)
def test_lists_that_do_not_exist_are_not_found(world: World, query: str) -> None:
    world.review("o1")
    for path in ("/trust/products/bowl", "/trust/"):
        answer = world.client().get(f"{path}?{query}")
        assert answer.status_code == 404
        assert "Nothing is here" in answer.text


@pytest.mark.parametrize("query", ["stars=5", "sort=oldest", "variant=red", "lang=en"])
def test_the_shop_s_page_has_one_list_only(world: World, query: str) -> None:
    world.review("o1")
    assert world.client().get(f"/trust/?{query}").status_code == 404


def test_empty_values_and_foreign_names_change_nothing(world: World) -> None:
    world.review("o1")
    plain = world.client().get("/trust/products/bowl").text
    assert world.client().get("/trust/products/bowl?stars=&lang=&sort=&after=&utm_source=mail").text == plain
