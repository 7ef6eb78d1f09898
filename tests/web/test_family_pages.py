"""Pages of a family: nothing tells of a review that waits."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import Line, Person, Product, Seller
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.world import World

PATHS = [
    *(f"/trust/products/{each}" for each in ("red", "blue", "green")),
    *(f"/trust/badges/product/{each}.svg" for each in ("red", "blue")),
    *(f"/trust/products/{each}/feed.atom" for each in ("red", "blue")),
    "/trust/sitemap.xml",
    "/trust/",
]


def buy(world: World, key: str, product: str, seller: str = "shop") -> None:
    world.order(key, lines=[Line("l", product, seller_id=seller)], buyer=Person(key, key, f"{key}@customer.example"))
    name_families(world)
    world.deliver(key)


def name_families(world: World) -> None:
    for each in ("red", "blue", "green"):
        world.shop.add(Product(each, each.title(), f"/products/{each}", family="bowls"))


def seen(world: World) -> dict[str, Any]:
    """Return all that anybody can read, with tags."""
    client = world.client(use_cookies=False)
    helpers: Any = world.app.jinja_env.globals["trust"]
    found: dict[str, Any] = {}
    for path in PATHS:
        answer = client.get(path)
        found[path] = (answer.status_code, answer.data, answer.headers.get("ETag"))
    for each in ("red", "blue", "green"):
        with world.app.test_request_context():
            found[each] = (helpers.reviews(each), helpers.json_ld(each), helpers.stars(each))
    return found


@pytest.mark.parametrize(("rated", "asked"), [(None, False), ("red", False), ("blue", False), ("blue", True)])
def test_a_review_that_waits_changes_no_page_of_its_family(any_world: World, rated: str | None, asked: bool) -> None:
    any_world.shop.add(Seller("tom", "Tom"))
    any_world.pass_days(1)  # today's question about families is asked
    if rated:
        buy(any_world, "o1", rated)
        any_world.shop.add(*(Product(each, each.title(), f"/products/{each}") for each in ("red", "blue")))
        any_world.rate("o1", line_0_stars="5")
        any_world.clock.advance(hours=1)
    buy(any_world, "o2", "red", "tom")
    if asked:
        any_world.pass_days(1)
    before = seen(any_world)
    assert any_world.rate("o2", line_0_stars="1", line_0_text="secret").status_code == 303
    waiting = max(any_world.all(Review), key=lambda each: each.id)
    assert waiting.shown_at > any_world.clock()
    assert seen(any_world) == before
    assert any_world.rate("o2", line_0_stars="2", line_0_text="still secret").status_code == 303
    assert seen(any_world) == before
    any_world.rate("o2", action="do-delete-0")
    assert seen(any_world) == before


def test_a_product_joins_in_the_same_way_whether_something_waits_or_not(any_world: World) -> None:
    any_world.shop.add(Seller("tom", "Tom"))
    any_world.pass_days(1)
    for key, product in (("o1", "blue"), ("o2", "red")):
        buy(any_world, key, product, "tom")
    any_world.rate("o2", line_0_stars="1")
    any_world.pass_days(1)
    rows = {row.key: row for row in any_world.all(Subject) if row.kind == "product"}
    assert (rows["red"].version, rows["red"].shown) == (rows["blue"].version, rows["blue"].shown)
    assert rows["red"].family_id == rows["blue"].family_id == any_world.one(Review).subject_id
