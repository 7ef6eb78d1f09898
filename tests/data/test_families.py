"""Products of one family share their reviews: one vote for each buyer and family, whatever the shop changes later."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust import Person, Product
from flask_trust.db import transaction
from flask_trust.moderation import actions as moderation
from flask_trust.orders.models import Deal, Line
from flask_trust.ratings import opening
from flask_trust.ratings.due import settle_batch
from flask_trust.reviews.families.actions import keep_families
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.data.test_query_budget import cost
from tests.web.cases import PHONE, decided, reported
from tests.web.deals import deal
from tests.web.pages import Page
from tests.world import World

ANNA, BEN = (Person(each, each.title(), f"{each}@customer.example") for each in ("anna", "ben"))


def bought(world: World, key: str, product: str, family: str | None, buyer: Person) -> None:
    world.order(key, product, buyer=buyer)
    world.shop.add(Product(product, product.title(), f"/products/{product}", family=family))
    world.deliver(key)


def say(world: World, key: str, product: str, stars: int, buyer: Person = ANNA, family: str | None = "bowls") -> None:
    bought(world, key, product, family, buyer)
    answer = world.rate(key, line_0_stars=str(stars))
    assert answer.status_code == 303, answer.text


def name_family(world: World, product: str, family: str | None) -> None:
    """Let the shop say so from now on, and our daily question follow."""
    world.shop.add(Product(product, product.title(), f"/products/{product}", family=family))
    world.pass_days(1)


def figures(world: World, *products: str) -> dict[str, tuple[int, int]]:
    """Return how many reviews of each product are shown and counted, as lists and pages say alike."""
    helpers: Any = world.app.jinja_env.globals["trust"]
    with world.app.test_request_context():
        scores = helpers.scores(products)
    found = {key: (score.shown, score.count) for key, score in scores.items()}
    for key, (shown, counted) in found.items():
        answer = world.client().get(f"/trust/products/{key}")
        assert answer.text.count('class="trust-panel trust-card"') == shown
        assert rating_count(answer.text) == counted
    return found


def rating_count(page: str) -> int:
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    return int(json.loads(data[1])["aggregateRating"]["ratingCount"]) if data else 0


def shop_total(world: World) -> tuple[int, int]:
    row = next(each for each in world.all(Subject) if (each.kind, each.key) == ("shop", "reviews"))
    return row.shown, row.n1 + row.n2 + row.n3 + row.n4 + row.n5


def is_clean(world: World) -> bool:
    return bool(world.cli("check").exit_code == 0)


def test_members_of_a_family_show_the_same_reviews_and_each_says_which_one_it_is_about(any_world: World) -> None:
    say(any_world, "o1", "red", 5)
    say(any_world, "o2", "blue", 2, BEN)
    assert figures(any_world, "red", "blue") == {"red": (2, 2), "blue": (2, 2)}
    assert shop_total(any_world) == (2, 2)
    page = any_world.client().get("/trust/products/red").text
    words = " ".join(Page(page).words)
    assert "Reviews of all sizes and colours of this product together" in words
    assert 'href="/trust/products/blue"' in page
    for path in ("/badges/product/red.svg", "/badges/product/blue.svg"):
        assert "2" in any_world.client().get(f"/trust{path}").text
    for path in ("/products/red/feed.atom", "/products/blue/feed.atom"):
        assert any_world.client().get(f"/trust{path}").text.count("<entry>") == 2
    sitemap = any_world.client().get("/trust/sitemap.xml").text
    assert all(f"/trust/products/{each}<" in sitemap for each in ("red", "blue"))
    assert is_clean(any_world)


def test_one_buyer_has_one_vote_for_a_family_the_newest(any_world: World) -> None:
    say(any_world, "o1", "red", 1)
    any_world.clock.advance(days=1)
    say(any_world, "o2", "blue", 4)
    assert figures(any_world, "red", "blue") == {"red": (2, 1), "blue": (2, 1)}
    assert shop_total(any_world) == (2, 1)
    row = next(each for each in any_world.all(Subject) if each.kind == "family")
    assert (row.n1, row.n4) == (0, 1)
    assert is_clean(any_world)


def test_what_joins_a_family_later_brings_its_reviews_and_takes_them_along_when_it_leaves(any_world: World) -> None:
    say(any_world, "o1", "red", 1, family=None)
    any_world.clock.advance(days=1)
    say(any_world, "o2", "blue", 4, family=None)
    say(any_world, "o3", "blue", 5, BEN, family=None)
    assert (figures(any_world, "red", "blue"), shop_total(any_world)) == ({"red": (1, 1), "blue": (2, 2)}, (3, 3))
    name_family(any_world, "red", "bowls")
    name_family(any_world, "blue", "bowls")
    assert (figures(any_world, "red", "blue"), shop_total(any_world)) == ({"red": (3, 2), "blue": (3, 2)}, (3, 2))
    assert is_clean(any_world)
    name_family(any_world, "blue", "mugs")
    assert (figures(any_world, "red", "blue"), shop_total(any_world)) == ({"red": (1, 1), "blue": (2, 2)}, (3, 3))
    name_family(any_world, "red", None)
    assert (figures(any_world, "red", "blue"), shop_total(any_world)) == ({"red": (1, 1), "blue": (2, 2)}, (3, 3))
    assert is_clean(any_world)


def test_a_family_and_a_product_of_the_same_id_are_two_things(world: World) -> None:
    say(world, "o1", "bowls", 5, family=None)
    say(world, "o2", "red", 1, BEN, family="bowls")
    assert figures(world, "bowls", "red") == {"bowls": (1, 1), "red": (1, 1)}
    assert is_clean(world)


def test_a_member_that_nobody_has_bought_yet_shows_what_its_family_has(world: World) -> None:
    say(world, "o1", "red", 5)
    world.shop.add(Product("green", "Green", "/products/green", family="bowls"))
    page = world.client().get("/trust/products/green").text
    assert (page.count('class="trust-panel trust-card"'), rating_count(page)) == (1, 1)
    assert "Green" in Page(page).words


def test_a_list_gives_members_that_nobody_has_bought_yet_the_score_of_their_family(any_world: World) -> None:
    say(any_world, "o1", "red", 5)
    any_world.order("o2", "blue", buyer=BEN)
    any_world.shop.add(Product("green", "Green", "/products/green", family="bowls"))
    any_world.shop.add(Product("blue", "Blue", "/products/blue", family="bowls"))
    any_world.shop.add(Product("mug", "Mug", "/products/mug"))
    any_world.shop.asked.clear()
    helpers: Any = any_world.app.jinja_env.globals["trust"]
    with any_world.app.test_request_context():
        scores = helpers.scores(["red", "green", "blue", "mug", "never heard of"])
        assert helpers.stars("green") != helpers.stars("mug")
    assert {key: (each.kind, each.key, each.count) for key, each in scores.items()} == {
        "red": ("product", "red", 1),
        "green": ("product", "green", 1),
        "blue": ("product", "blue", 1),
        "mug": ("product", "mug", 0),
        "never heard of": ("product", "never heard of", 0),
    }
    assert any_world.shop.asked[0] == ("products", ("blue", "green", "mug", "never heard of"))
    assert figures(any_world, "red", "green", "blue") == dict.fromkeys(("red", "green", "blue"), (1, 1))


def test_a_shop_without_families_is_not_asked_about_what_nobody_has_rated(world: World) -> None:
    say(world, "o1", "red", 5, family=None)
    world.shop.asked.clear()
    helpers: Any = world.app.jinja_env.globals["trust"]
    with world.app.test_request_context():
        helpers.scores(["red", "green"])
    assert world.shop.asked == []


def test_a_list_is_drawn_without_the_adapter_where_it_fails(world: World) -> None:
    say(world, "o1", "red", 5)
    world.shop.failing.add("products")
    helpers: Any = world.app.jinja_env.globals["trust"]
    with world.app.test_request_context():
        assert [each.count for each in helpers.scores(["red", "green"]).values()] == [1, 0]


def move_in_between(world: World, place: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the product leave its family right after something was read and before it is acted upon."""
    real = getattr(place, name)
    moved: list[int] = []

    def read_then_move(*arguments: Any) -> Any:
        found = real(*arguments)
        if not moved:
            moved.append(1)
            with ThreadPoolExecutor(1) as other:
                other.submit(leave_family, world, world.clock()).result(60)
        return found

    monkeypatch.setattr(place, name, read_then_move)


def leave_family(world: World, at: datetime) -> None:
    number = next(row.id for row in world.all(Subject) if (row.kind, row.key) == ("product", "lamp"))
    with world.app.app_context():
        transaction(world.state, lambda session: keep_families(session, {number: None}, at))


def rated_member(world: World) -> None:
    """Let Anna review Tom's lamp, which belongs to a family; her words wait for his."""
    deal(world)
    name_family(world, "lamp", "lamps")
    assert world.rate("o1", line_0_stars="2", line_0_text=PHONE).status_code == 303


def test_what_staff_hides_while_its_product_leaves_the_family_is_in_no_total(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated_member(any_world)
    any_world.pass_days(31)
    any_world.shop.add(Product("lamp", "Lamp", "/products/lamp"))
    public_id = any_world.one(Review).public_id
    reported(any_world, public_id)
    move_in_between(any_world, moderation, "file_of", monkeypatch)
    decided(any_world, public_id, "hide")
    assert figures(any_world, "lamp") == {"lamp": (0, 0)}
    assert is_clean(any_world)


def test_a_deal_that_closes_while_its_product_leaves_the_family_leaves_no_total_behind(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated_member(any_world)
    review, closes = any_world.one(Review), any_world.one(Deal).closes_at
    assert closes is not None
    any_world.clock.now = closes - timedelta(seconds=1)
    leave_family(any_world, any_world.clock())
    assert any_world.one(Review).subject_id != review.subject_id
    any_world.clock.now = closes
    # What a transaction reads that began before the product left.
    monkeypatch.setattr(opening, "untallied", lambda session, deal_id: ([review], []))
    with any_world.app.app_context():
        settle_batch(any_world.state)
    assert any_world.one(Deal).state == "revealed"
    (row,) = (row for row in any_world.all(Subject) if (row.kind, row.key) == ("product", "lamp"))
    assert (row.shown, row.n2, row.next_shown_at) == (1, 1, None)


@pytest.mark.parametrize("trouble", ["failing", "unknown"])
def test_an_adapter_that_does_not_answer_moves_no_review(world: World, trouble: str) -> None:
    say(world, "o1", "red", 5)
    say(world, "o2", "blue", 4, BEN)
    if trouble == "failing":
        world.shop.failing.add("products")
    else:
        world.shop.all_products.clear()
    world.pass_days(2)
    assert figures(world, "red", "blue") == {"red": (2, 2), "blue": (2, 2)}
    bought(world, "o3", "red", None, Person("cleo", "Cleo", "cleo@customer.example"))
    if trouble == "unknown":
        world.shop.all_products.clear()
    world.rate("o3", line_0_stars="3")
    assert figures(world, "red", "blue") == {"red": (3, 3), "blue": (3, 3)}


def test_the_shop_is_asked_once_a_day_in_batches(world: World) -> None:
    for number in range(3):
        say(world, f"o{number}", f"bowl{number}", 5)
    world.pass_days(1)
    world.shop.asked.clear()
    world.pass_days(0.9)
    assert [ids for name, ids in world.shop.asked if name == "products" and len(ids) == 3] == []
    world.pass_days(0.2)
    assert [ids for name, ids in world.shop.asked if name == "products"] == [("bowl0", "bowl1", "bowl2")]


def test_a_review_that_counts_for_the_wrong_thing_is_found_and_brought_home(any_world: World) -> None:
    say(any_world, "o1", "red", 5)
    say(any_world, "o2", "blue", 2, BEN)
    with any_world.app.app_context(), any_world.state.session() as session:
        blue = sa.select(Line.subject_id).where(Line.product_key == "blue").scalar_subquery()
        session.execute(sa.update(Review).where(Review.stars == 2).values(subject_id=blue))
        session.commit()
    found = any_world.cli("check")
    assert found.exit_code == 1
    assert "1 product has reviews that count for something else than the product's family" in found.output
    any_world.cli("check", "--repair")
    assert is_clean(any_world)
    assert figures(any_world, "red", "blue") == {"red": (2, 2), "blue": (2, 2)}


def test_a_page_of_a_family_costs_the_same_whatever_it_holds(world: World) -> None:
    costs = []
    for number in range(31):
        say(world, f"o{number}", ("red", "blue")[number % 2], number % 5 + 1, Person(f"p{number}", "P", None))
        if number in (1, 9):
            costs.append(cost(world, "/trust/products/red"))
    long = cost(world, "/trust/products/red")
    assert costs[0] == costs[1]
    # Beyond one page come criticism and praise, in one statement and one for their products.
    assert long - costs[0] == 2


def expected(
    said: Mapping[str, tuple[str, str, int]], families: Mapping[str, str | None]
) -> dict[str, tuple[int, int]]:
    """Recount by hand: what is shown of a product, and how many different people have a vote there."""
    home = {product: family or f"product {product}" for product, family in families.items()}
    found = {}
    for product in families:
        voters = [person for person, of, _ in said.values() if home[of] == home[product]]
        found[product] = (len(voters), len(set(voters)))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_totals_hold_through_any_order_of_writing_leaving_and_joining(any_world: World, seed: int) -> None:
    dice, said = random.Random(seed), dict[str, tuple[str, str, int]]()
    families: dict[str, str | None] = dict.fromkeys(("red", "blue", "mug"))
    for step in range(14):
        any_world.clock.advance(hours=7)
        product, person = dice.choice(list(families)), dice.choice((ANNA, BEN))
        match dice.choice(("say", "say", "move", "take back")):
            case "say":
                say(any_world, f"o{step}", product, dice.randint(1, 5), person, families[product])
                said[f"o{step}"] = (person.id, product, step)
            case "move":
                families[product] = dice.choice((None, "bowls", "mugs"))
                name_family(any_world, product, families[product])
            case "take back" if said:
                key = dice.choice(list(said))
                assert any_world.rate(key, action="do-delete-0").status_code == 303
                del said[key]
            case _:
                pass
        known = {each for _, each, _ in said.values()}
        assert figures(any_world, *known) == {key: expected(said, families)[key] for key in known}
    assert is_clean(any_world)
