"""Pages of a family: nothing tells of a review that waits, and who has a page learns of every other."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import Line, Person, Product, Seller
from flask_trust.db import transaction
from flask_trust.reviews.families.actions import keep_families
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.web.pages import counted
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


def ask(world: World, product: str, known: str | None = None) -> Any:
    headers = {"If-None-Match": known} if known else {}
    return world.client(use_cookies=False).get(f"/trust/products/{product}", headers=headers)


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


def test_a_member_that_has_not_joined_yet_is_another_page_with_each_review_of_its_family(any_world: World) -> None:
    any_world.pass_days(1)  # today's question about families is asked
    for key, product in (("o1", "blue"), ("o2", "red"), ("o3", "red")):
        buy(any_world, key, product)
    known = ask(any_world, "blue")
    for key in ("o2", "o3"):
        any_world.rate(key, line_0_stars="1", line_0_text=f"It broke: {key}")
        answer = ask(any_world, "blue", known.headers["ETag"])
        assert f"It broke: {key}" in answer.text
        known = answer
    with counted(any_world) as statements:
        assert ask(any_world, "blue", known.headers["ETag"]).status_code == 304
    assert len(statements) <= 4


def test_a_page_is_another_one_when_its_product_joins_with_what_was_sent_back(any_world: World) -> None:
    any_world.pass_days(1)
    buy(any_world, "o1", "red")
    any_world.rate("o1", line_0_stars="4")
    for number in range(10):
        buy(any_world, f"b{number}", "blue")
        any_world.tell("order_returned", f"b{number}", None, "too small")
    any_world.run()
    known = ask(any_world, "blue").headers["ETag"]
    blue = next(row.id for row in any_world.all(Subject) if (row.kind, row.key) == ("product", "blue"))
    with any_world.app.app_context():
        transaction(any_world.state, lambda session: keep_families(session, {blue: "bowls"}, any_world.clock()))
    assert "too small" in ask(any_world, "blue", known).text
