"""The public pages of sellers and of buyers who want one."""

from __future__ import annotations

from typing import Any

import pytest
from flask import render_template_string

from flask_trust import Line, Person, Seller
from flask_trust.desk import actions as desk
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal, Order
from flask_trust.people.models import Person as PersonRow
from flask_trust.ratings.models import Rating, Reply
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.scores.queries import find_subject_id
from flask_trust.submission.forms import fresh_form
from flask_trust.submission.sheet import load
from flask_trust.web.frame import fragment
from tests.web.deals import TOM, buyer_rates, deal
from tests.web.pages import Page, open_page
from tests.world import World

SELLER = "/trust/sellers/tom"


def rated(world: World, count: int, *, days: float = 8) -> None:
    for number in range(count):
        buyer = Person(f"b{number}", "B", f"b{number}@customer.example")
        deal(world, f"r{number}", buyer=buyer)
        buyer_rates(world, f"r{number}", number % 5 + 1, text=f"Words {number}")
        world.clock.advance(minutes=1)
    world.pass_days(days)


def speaker(world: World) -> desk.Speaker:
    return desk.Speaker("tina", world.read(lambda session: find_subject_id(session, "seller", "tom")) or 0)


def test_a_rating_is_shown_with_all_that_a_reader_needs_and_nothing_private(world: World) -> None:
    deal(world)
    said: dict[str, Any] = {"text": "Slow\nbut kind", "note": "Only for Tom", "stars": "2", "service": "4"}
    world.rate("o1", public_name="Anna K.", **{f"seller_0_{name}": value for name, value in said.items()})
    world.pass_days(8)
    with world.app.app_context():
        desk.reply(world.state, speaker(world), world.one(Deal).id, "We are sorry.", "en", "")
    buyer_rates(world, stars=4, text="Slow but kind, and they made it good", service="5")
    page = open_page(world, SELLER)
    for words in (
        "Tom's Lamps",
        "Slow but kind, and they made it good",
        "changed from 2 to 4 on 11 May 2027",
        "It said before: 2 of 5 stars",
        "Anna K.",
        "Service",
        "Confirmed buyer",
        "published on 10 May 2027",
        "Reply of Tom's Lamps, 11 May 2027",
        "We are sorry.",
        "Each buyer has one vote for each seller",
    ):
        assert words in page.text, words
    assert "Only for Tom" not in page.text
    assert "bought in" not in page.text


def test_a_change_shows_both_dates_and_the_marks_before_it(world: World) -> None:
    deal(world)
    buyer_rates(world, stars=2, service="1", price="3")
    world.pass_days(8)
    with world.app.app_context():
        desk.reply(world.state, speaker(world), world.one(Deal).id, "We are sorry.", "en", "")
    buyer_rates(world, stars=5, service="5")
    world.clock.advance(days=9)
    with world.app.app_context():
        seen = desk.mark_of(world.one(Reply))
        desk.reply(world.state, speaker(world), world.one(Deal).id, "We were sorry.", "en", seen)
    text = open_page(world, SELLER).text
    assert "Reply of Tom's Lamps, 11 May 2027, changed on 20 May 2027" in text
    before = text[text.index("It said before: 2 of 5 stars") :]
    assert "Service 1 ★ 1 of 5 stars" in before.replace("\N{NO-BREAK SPACE}", " ")
    assert "Price and postage 3 ★ 3 of 5 stars" in before.replace("\N{NO-BREAK SPACE}", " ")


def test_few_orders_say_so(world: World) -> None:
    rated(world, 1)
    page = open_page(world, SELLER)
    assert page.text.count("Too few orders yet") == 2
    assert "Too few ratings yet" in page.text


def test_more_orders_have_shares(world: World) -> None:
    rated(world, 6, days=31)
    text = open_page(world, SELLER).text
    assert "Orders that were rated 100 % (6 of 6)" in text
    assert "Replied to later or never 100 % (6 of 6)" in text
    assert "30 days 6 2.7 90 days 6 2.7 365 days 6 2.7 All 6 2.7" in text
    assert "most likely between" in text


@pytest.mark.parametrize("sort", ["newest", "oldest", "highest", "lowest"])
def test_all_ratings_are_found_page_by_page_in_order(world: World, sort: str) -> None:
    rated(world, 23)
    path: str | None = f"{SELLER}?sort={sort}"
    seen: list[str] = []
    while path:
        page = open_page(world, path)
        seen += [words for words in page.words if words.startswith("Words ")]
        path = next((link["href"] for link in page.all("a") if link.get("rel") == "next"), None)
    numbers = [int(words.split()[1]) for words in seen]
    assert sorted(numbers) == list(range(23))
    stars = [number % 5 for number in numbers]
    # All became public at their own minute, one after the other.
    assert {
        "newest": numbers == sorted(numbers, reverse=True),
        "oldest": numbers == sorted(numbers),
        "highest": stars == sorted(stars, reverse=True),
        "lowest": stars == sorted(stars),
    }[sort]


def test_a_filter_shows_one_number_of_stars(world: World) -> None:
    rated(world, 7)
    page = open_page(world, f"{SELLER}?stars=1")
    assert [words for words in page.words if words.startswith("Words ")] == ["Words 5", "Words 0"]
    assert [meta["content"] for meta in page.all("meta") if meta.get("name") == "robots"] == ["noindex, follow"]


@pytest.mark.parametrize("query", ["?sort=helpful", "?lang=en", "?variant=blue", "?stars=6", "?after=x"])
def test_lists_that_do_not_exist_are_not_found(world: World, query: str) -> None:
    rated(world, 1)
    open_page(world, SELLER + query, 404)


def test_unknown_sellers_are_not_found_and_the_shop_has_its_own_page(world: World) -> None:
    open_page(world, "/trust/sellers/nobody", 404)
    open_page(world, "/trust/sellers/a@b", 404)
    world.review("o1")
    answer = world.client().get("/trust/sellers/shop")
    assert (answer.status_code, answer.location) == (302, "/trust/")


def test_a_shop_that_is_rated_as_a_seller_has_a_page_for_that(make_world: object) -> None:
    world: World = make_world(TRUST_MUTUAL="always")  # type: ignore[operator]
    world.order("o1", lines=[Line("bowl", "bowl", title="Bowl")])
    world.deliver("o1")
    assert world.client().get("/trust/sellers/shop").status_code == 302
    buyer_rates(world, seller="shop", text="Fine shop")
    assert world.client().get("/trust/sellers/shop").status_code == 302
    world.clock.advance(days=8)
    assert "Fine shop" in open_page(world, "/trust/sellers/shop").text


def test_a_seller_without_ratings_and_one_who_left_keep_their_pages(world: World) -> None:
    world.shop.add(Seller("una", "Una & Sons"))
    assert "Nobody has rated this seller yet" in open_page(world, "/trust/sellers/una").text
    rated(world, 1)
    del world.shop.all_sellers["tom"]
    assert "Tom's Lamps" in open_page(world, SELLER).text
    world.shop.failing.add("sellers")
    assert "Tom's Lamps" in open_page(world, SELLER).text


def test_a_rewarded_rating_says_so(world: World) -> None:
    deal(world)
    world.order("o2", lines=[TOM], incentive="5 % off", buyer=Person("bert", "Bert", "bert@customer.example"))
    world.deliver("o2")
    buyer_rates(world, "o2", 5)
    world.pass_days(8)
    text = open_page(world, SELLER).text
    assert "Rewarded rating (5 % off): not counted" in text
    assert "1 rating, 0 counted" in text


def test_the_helper_draws_the_stars_of_a_seller(world: World) -> None:
    rated(world, 6)
    with world.app.test_request_context():
        drawn = render_template_string("{{ trust.seller('tom') }}")
        source = "{% set s = trust.scores(['tom', 'una'], kind='seller') %}"
        of_list = render_template_string(source + "{% for id in s %}{{ trust.seller(id, scores=s) }}{% endfor %}")
        shop = render_template_string("{{ trust.seller('shop') }}")
    assert f'href="{SELLER}"' in drawn
    assert "(6 ratings)" in drawn
    assert drawn in of_list
    assert "No ratings yet" in of_list
    assert "No ratings yet" in shop


def own_page(world: World, key: str = "o1") -> str | None:
    buyer = next(row for row in world.all(PersonRow) if row.key == "anna")
    return f"/trust/buyers/{buyer.page_id}" if buyer.page_id else None


def press(world: World, action: str, status: int = 303) -> None:
    assert world.rate("o1", action=action).status_code == status


def test_a_buyer_has_a_page_only_by_choice_and_as_long_as_wanted(world: World) -> None:
    deal(world)
    assert own_page(world) is None
    press(world, "page-on")
    first = own_page(world)
    assert first
    page = open_page(world, first)
    assert "No seller has answered yet" in page.text
    assert [meta["content"] for meta in page.all("meta") if meta.get("name") == "robots"] == ["noindex, nofollow"]
    press(world, "page-on")
    assert own_page(world) == first
    press(world, "page-off")
    open_page(world, first, 404)
    press(world, "page-on")
    assert own_page(world) not in (None, first)
    open_page(world, first, 404)
    events = [entry.event for entry in world.all(Entry) if entry.event.startswith("page_")]
    assert events == ["page_opened", "page_closed", "page_opened"]


def test_the_page_of_a_buyer_counts_what_can_be_read_and_nothing_that_waits(world: World) -> None:
    deal(world)
    press(world, "page-on")
    path = own_page(world) or ""
    before = world.client().get(path).data
    for draft in (BuyerDraft(True, True, True), BuyerDraft(False, None, False)):
        with world.app.app_context():
            desk.answer(world.state, speaker(world), world.one(Deal).id, draft, None if draft.paid else 1)
        assert world.client().get(path).data == before
    buyer_rates(world)
    text = open_page(world, path).text
    assert "Paid promptly 0 of 1 Easy to reach – Would sell to them again 0 of 1" in text
    assert "0 reviews 1 rating of a seller" in text
    assert world.one(Rating).shown_at == world.clock()


def test_the_page_of_a_buyer_leaves_out_orders_that_are_not_theirs(world: World) -> None:
    deal(world)
    press(world, "page-on")
    path = own_page(world) or ""
    buyer_rates(world)
    with world.app.app_context():
        desk.answer(world.state, speaker(world), world.one(Deal).id, BuyerDraft(False, None, False), 0)
    assert "No seller has answered yet" not in open_page(world, path).text
    assert "1 rating" in open_page(world, path).text
    press(world, "not-mine")
    page = open_page(world, path).text
    assert "No seller has answered yet" in page
    assert "1 rating" not in page


def test_thanks_for_two_ratings_name_no_single_seller(world: World) -> None:
    deal(world, "o1", TOM, Line("cup", "cup", seller_id="una"))
    sent: dict[str, Any] = {"seller_0_id": "tom", "seller_0_stars": "4", "seller_1_id": "una", "seller_1_stars": "2"}
    answer = world.rate("o1", **sent)
    thanks = open_page(world, answer.location).text
    assert "Thank you. Private until you and the seller have rated each other, or 10 May 2027." in thanks


def test_erasing_and_merging_close_the_page(world: World) -> None:
    deal(world)
    press(world, "page-on")
    path = own_page(world) or ""
    world.tell("person_merged", "anna", "bert")
    open_page(world, path, 404)
    press(world, "page-on")
    again = f"/trust/buyers/{world.person('bert').page_id}"
    open_page(world, again)
    world.tell("person_erased", "bert")
    open_page(world, again, 404)
    assert [row.page_id for row in world.all(PersonRow) if row.page_id or row.page_since] == []


@pytest.mark.parametrize("path", ["/trust/buyers/nobody", "/trust/buyers/None", "/trust/buyers/ä", "/trust/buyers/1"])
def test_no_page_of_a_buyer_can_be_guessed(world: World, path: str) -> None:
    deal(world)
    open_page(world, path, 404)


def test_pages_of_sellers_and_buyers_cannot_be_written_to(world: World) -> None:
    rated(world, 1)
    for method in ("POST", "PUT", "DELETE"):
        assert world.client().open(SELLER, method=method).status_code == 405


@pytest.mark.parametrize("saved", ["", "page-on", "page-off"])
def test_the_choice_says_what_the_page_shows_and_offers_the_other_state(world: World, saved: str) -> None:
    deal(world)
    for button, words in (
        ("page-on", "Nobody has one without wanting it"),
        ("page-off", "You can close it at any time"),
    ):
        with world.app.test_request_context():
            sheet = load(world.state, world.one(Order).id, 0, world.clock())
            assert sheet
            form = fresh_form(sheet, "token", None)
            drawn = fragment("trust/submission/_own_page.html", sheet=sheet, form=form, token="token", saved=saved)
        page = Page(drawn)
        assert words in page.text
        assert [each.buttons for each in page.forms] == [[("action", button)]]
        assert page.forms[0].fields["form_token"]
        press(world, "page-on")
