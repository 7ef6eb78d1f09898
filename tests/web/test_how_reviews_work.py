"""The page about reviews: its numbers are those of the other pages, and its words follow the settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from flask_trust import Person
from flask_trust.desk.replies.sheet import load_by_key, publish_reply
from flask_trust.invitations.queries import tally
from flask_trust.invitations.rules import REASONS
from flask_trust.moderation.rules import GROUNDS
from flask_trust.moderation.words import ground_name
from flask_trust.orders.queries import delivered_count
from flask_trust.ratings.models import Rating
from flask_trust.reviews.models import Review
from tests.web.cases import STAFF, decided, written
from tests.web.deals import buyer_rates, deal
from tests.web.pages import Page, counted, everything, open_page
from tests.world import World

PATH = "/trust/how-reviews-work"


def numbers(world: World) -> dict[str, list[int]]:
    """Return every row of every table of the page with its numbers."""
    html = world.client(use_cookies=False).get(PATH).text
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html, re.S)
    return {
        " ".join(unescape(re.sub(r"<[^>]*>", " ", name)).split()): [
            int(n.replace(",", "")) for n in re.findall(r">([\d,]+)<", cells)
        ]
        for name, cells in rows
    }


def filled(world: World) -> None:
    """Fill a shop: two reviews of one buyer, a rewarded one, one by a seller's person, one taken back, one erased."""
    anna, eve = Person("anna", "Anna", "anna@customer.example"), Person("eve", "Eve", "eve@customer.example")
    world.review("o1", 5, buyer=anna)
    world.review("o2", 2, buyer=anna)
    world.review("o3", 4, incentive="a voucher")
    world.shop.acting["ina"] = {"shop"}
    world.review("o4", 5, buyer=Person("ina", "Ina", "ina@customer.example"))
    world.review("o5", 1, incentive="a voucher")
    world.rate("o5", action="do-delete-0")
    world.review("o6", 3, buyer=eve)
    world.tell("person_erased", "eve")
    world.review("o7", 4)


def recount(session: Session) -> dict[str, int]:
    """Count in a way of its own what the page tells."""
    states = dict(session.execute(sa.select(Review.state, sa.func.count()).group_by(Review.state)).all())
    voted = session.scalar(sa.select(sa.func.count()).where(Review.counted, Review.live))
    return {**states, "counted": voted or 0}


def test_numbers_are_those_of_a_recount(world: World) -> None:
    filled(world)
    told, truth = numbers(world), world.read(recount)
    assert told["Everybody can read"] == told["Reviews that everybody can read"] == [truth["shown"]] == [5]
    assert told["Taken back by the author"] == [truth["withdrawn"]] == [1]
    assert told["Erased together with the author's data"] == [truth["erased"]] == [1]
    assert told["Received"] == [7]
    assert told["Counted"] == [truth["counted"]] == [2]
    assert told["not counted: the same buyer has written a newer one about the product"] == [1]
    assert told["not counted: rewarded"] == [1]
    assert told["not counted: the writer works for the seller"] == [1]


def test_all_who_did_and_who_did_not_get_a_mail_add_up(world: World) -> None:
    filled(world)
    world.order("old")
    world.deliver("old", at=world.clock().replace(month=2))
    world.order("new")
    world.deliver("new")
    told = numbers(world)
    asked = [told[name][0] for name in ("Asked for a review", "Will be asked")]
    skipped = {name.removeprefix("Not asked: "): n for name, (n, *_) in told.items() if name.startswith("Not asked: ")}
    assert told["Orders that arrived"] == [world.read(delivered_count)] == [sum(asked) + sum(skipped.values())]
    assert skipped == {REASONS[name]: n for name, n in world.read(tally).skipped.items()}


def test_numbers_agree_with_the_shop_s_own_page(world: World) -> None:
    filled(world)
    home = open_page(world, "/trust/").text
    assert "5 reviews, 2 counted" in home
    assert "5 reviews, 2 counted" in open_page(world, PATH).text


def test_each_of_the_eight_reasons_is_named_with_its_number(world: World) -> None:
    world.review("o1")
    text, told = open_page(world, PATH).text, numbers(world)
    with world.app.test_request_context():
        names = [ground_name(ground) for ground in GROUNDS]
    assert [name for name in names if name not in text] == []
    assert all(n == [0, 0] for name, n in told.items() if name.startswith(tuple(names)))
    assert sum(name.startswith(tuple(names)) for name in told) == 8


def test_the_formula_stands_there_with_this_shop_s_numbers(world: World) -> None:
    for number in range(6):
        world.review(f"o{number}", 4)
    text = open_page(world, PATH).text
    assert "The formula, and the numbers in it" in text
    assert "6 reviews" in text


def test_words_follow_the_settings(make_world: Callable[..., World]) -> None:
    plain = make_world(TRUST_REQUEST_AFTER_DAYS=9, TRUST_REMIND_AFTER_DAYS=None, TRUST_MUTUAL="off")
    text = open_page(plain, PATH).text
    assert "9 days after arrival" in text
    assert "reminder" not in text
    assert "before both have written" not in text
    assert "Ratings of sellers" not in text
    assert "Corner Shop collects these reviews itself" in text
    assert "Oldtown" in text


@pytest.mark.parametrize(("mutual", "told"), [("auto", False), ("always", True), ("buyers", False), ("off", False)])
def test_a_shop_with_one_seller_reads_of_rating_each_other_only_where_that_can_happen(
    make_world: Callable[..., World], mutual: str, told: bool
) -> None:
    shop = make_world(TRUST_MUTUAL=mutual)
    shop.review("o1")
    text = open_page(shop, PATH).text
    assert ("Where buyer and seller rate each other" in text) is told
    assert ("A rating of a seller can be taken back" in text) is (told or mutual == "buyers")
    deal(shop, "o2")
    assert ("Where buyer and seller rate each other" in open_page(shop, PATH).text) is (mutual in ("auto", "always"))


def test_what_still_waits_for_the_other_side_is_a_number_and_nothing_else(any_world: World) -> None:
    deal(any_world)
    before = open_page(any_world, PATH).text
    assert "A rating of a seller can be taken back" in before
    buyer_rates(any_world, stars=1, text="MARKER")
    after = open_page(any_world, PATH).text
    assert "1 waits for that moment now." in after
    assert "MARKER" not in after
    assert numbers(any_world).get("Everybody can read", [0])[0] == 0
    assert "1 waits" not in before
    any_world.pass_days(40)
    assert numbers(any_world)["Everybody can read"] == [0, 1]
    assert any_world.one(Rating).live


def test_it_is_linked_beside_every_score(world: World) -> None:
    world.review("o1")
    deal(world, "o2")
    buyer_rates(world, "o2")
    world.pass_days(40)
    for path in ("/trust/", "/trust/products/bowl", "/trust/sellers/tom", world.rate_path("o1")):
        assert PATH in [link["href"] for link in open_page(world, path).all("a")], path


def test_it_sets_no_cookie_and_writes_nothing(world: World) -> None:
    filled(world)
    before = everything(world)
    answer = world.client().get(PATH)
    assert "Set-Cookie" not in answer.headers
    assert everything(world) == before


@pytest.mark.parametrize("number", [1, 12])
def test_it_takes_as_many_statements_for_few_as_for_many(world: World, number: int) -> None:
    for each in range(number):
        world.review(f"o{each}", 1 + each % 5)
    with counted(world) as seen:
        open_page(world, PATH)
    assert len(seen) <= 15, seen


def test_an_empty_shop_has_the_page_too(world: World) -> None:
    page: Any = open_page(world, PATH)
    assert isinstance(page, Page)
    assert numbers(world)["Received"] == [0]
    assert "No review here was rewarded." in page.text


def test_it_stands_when_the_adapter_fails(world: World) -> None:
    world.review("o1")
    world.shop.failing |= {"sellers", "products", "people", "orders"}
    assert "Corner Shop" in open_page(world, PATH).text


def public_kinds(world: World) -> set[str]:
    """Walk along the links from the shop's own page, as a visitor does; returns the kinds of page that were met."""
    routes, seen, ways, kinds = world.app.url_map.bind("localhost"), set(), ["/trust/"], set()
    while ways:
        path = ways.pop()
        endpoint, _ = routes.match(path)
        if path in seen or endpoint == "trust.static":
            continue
        seen.add(path)
        answer = world.client(use_cookies=False).get(path)
        if answer.location:
            ways.append(answer.location)
        if answer.location or answer.mimetype != "text/html":
            continue  # a way to another page; feeds and data are no pages to visitors
        kinds.add(str(endpoint))
        links = [each["href"].split("?")[0].split("#")[0] for each in Page(answer.text).all("a")]
        ways += [each for each in links if each.startswith("/trust/")]
    return kinds


def test_a_shop_with_one_seller_links_eight_kinds_of_page_at_most(world: World) -> None:
    for number in range(12):
        world.review(f"o{number}", 1 + number % 5)
    kinds = public_kinds(world)
    assert {"trust.home", "trust.product", "trust.review", "trust.how_reviews_work", "trust.log"} <= kinds
    assert len(kinds) <= 8, kinds


def test_what_staff_takes_down_is_counted_by_reason_and_its_reply_is_gone_with_it(world: World) -> None:
    world.shop.staff = {STAFF}
    public_id = written(world, text="MARKER")
    with world.app.app_context():
        sheet = load_by_key(world.state, public_id, STAFF)
        assert sheet is not None
        publish_reply(world.state, sheet, "REPLIED", "en", "")
    told = []
    for step in ("hide", "restore", "remove"):
        decided(world, public_id, step)
        rows = numbers(world)
        (ground,) = [cells for name, cells in rows.items() if name.startswith("Personal data")]
        told.append((rows["Everybody can read"], rows["Hidden or taken down by the shop"], ground))
        assert ("REPLIED" in open_page(world, "/trust/products/bowl").text) is (step == "restore")
    assert told == [([0], [1], [1, 0]), ([1], [0], [0, 0]), ([0], [1], [0, 1])]
    assert numbers(world)["Received"] == [1]
    assert "MARKER" not in open_page(world, PATH).text


def test_nobody_replies_to_what_is_hidden(world: World) -> None:
    world.shop.staff = {STAFF}
    public_id = written(world)
    decided(world, public_id, "hide")
    with world.app.app_context():
        assert load_by_key(world.state, public_id, STAFF) is None
