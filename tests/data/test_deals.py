"""When a deal opens, who rates whom in it, and who is who."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from flask_trust import Event, Line, Person, Seller, lookup
from flask_trust.desk import actions as desk
from flask_trust.errors import AdapterError
from flask_trust.orders.models import Deal
from flask_trust.orders.rules import Terms
from flask_trust.ratings.models import BuyerRating, Rating
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.reviews.models import Review
from flask_trust.scores.queries import find_subject_id
from tests.world import World

MIA = Line("a", "bowl", seller_id="mia")
ANNA = Person("anna", "Anna", "anna@customer.example")


def speaker(world: World, person: str = "mia-1", seller: str = "mia") -> desk.Speaker:
    number = world.read(lambda session: find_subject_id(session, "seller", seller))
    assert number is not None
    return desk.Speaker(person, number)


def answer(world: World, deal: int = 1, person: str = "mia-1") -> None:
    number = world.all(Deal)[deal - 1].id
    with world.app.test_request_context():
        desk.answer(world.state, speaker(world, person), number, BuyerDraft(paid=True), None)


@pytest.mark.parametrize(
    ("setting", "seller", "mode"),
    [
        ("auto", "shop", "off"),
        ("auto", "mia", "mutual"),
        ("always", "shop", "mutual"),
        ("always", "mia", "mutual"),
        ("buyers", "shop", "buyers"),
        ("buyers", "mia", "buyers"),
        ("off", "shop", "off"),
        ("off", "mia", "off"),
    ],
)
def test_the_setting_decides_who_rates_whom(setting: str, seller: str, mode: str) -> None:
    assert Terms(setting, timedelta(days=30)).mode_of(seller) == mode


def test_a_deal_opens_with_the_first_parcel_of_its_seller(any_world: World) -> None:
    any_world.order("o1", lines=[MIA, Line("b", "cup", seller_id="mia"), Line("c", "cup", seller_id="tom")])
    any_world.deliver("o1", "b")
    assert [(deal.state, deal.opened_by) for deal in any_world.all(Deal)] == [("open", "arrived"), ("pending", None)]
    any_world.clock.advance(days=3)
    any_world.deliver("o1")
    first, second = any_world.all(Deal)
    assert first.opened_at == any_world.clock() - timedelta(days=3)
    assert second.opened_at == any_world.clock()
    assert second.closes_at == any_world.clock() + timedelta(days=30)


@pytest.mark.parametrize("days", [14, 60])
def test_the_window_is_a_setting(make_world: Callable[..., World], days: int) -> None:
    world = make_world(TRUST_RATING_WINDOW_DAYS=days)
    world.order("o1", lines=[MIA])
    world.deliver("o1")
    deal = world.one(Deal)
    assert deal.opened_at is not None
    assert deal.closes_at == deal.opened_at + timedelta(days=days)


def test_what_was_promised_and_never_came_can_be_rated_a_week_later(make_world: Callable[..., World]) -> None:
    world = make_world(TRUST_ARRIVAL_DAYS={"shipped": None, "placed": None})
    world.order("o1", lines=[MIA], promised_at=world.clock() + timedelta(days=3))
    world.tell("order_placed", "o1")
    world.tell("order_cancelled", "o1", ["a"], by="buyer")
    world.order("o2", lines=[MIA], promised_at=world.clock() + timedelta(days=3))
    world.tell("order_placed", "o2")
    world.clock.advance(days=3)
    world.tell("order_paused", "o2", world.clock() + timedelta(days=14))
    for deal in world.all(Deal):
        assert deal.due == world.clock() + timedelta(days=7)
    world.pass_days(7)
    cancelled, promised = world.all(Deal)
    assert (cancelled.state, promised.state) == ("pending", "open")
    assert promised.opened_by in ("overdue", "arrived")


@pytest.mark.parametrize(
    ("by", "paid", "state"), [("seller", True, "open"), ("seller", False, "pending"), ("buyer", True, "pending")]
)
def test_a_seller_who_cancels_what_was_paid_for_can_be_rated(any_world: World, by: str, paid: bool, state: str) -> None:
    any_world.order("o1", lines=[MIA])
    any_world.tell("order_cancelled", "o1", by=by, paid=paid)
    deal = any_world.one(Deal)
    assert deal.state == state
    if state == "open":
        assert deal.opened_by == "cancelled"
        assert any_world.rate("o1", seller_0_stars="1", seller_0_text="Never sent").status_code == 303
        assert any_world.one(Rating).stars == 1


def test_a_one_seller_shop_publishes_at_once_and_asks_about_no_seller(any_world: World) -> None:
    any_world.review("o1", 4)
    assert any_world.one(Review).shown_at == any_world.clock()
    assert "seller-0" not in any_world.client().get(any_world.rate_path("o1")).text


def test_where_only_buyers_rate_everything_is_public_at_once(make_world: Callable[..., World]) -> None:
    world = make_world(TRUST_MUTUAL="buyers")
    world.order("o1", lines=[MIA])
    world.deliver("o1")
    assert world.rate("o1", line_0_stars="4", seller_0_stars="2").status_code == 303
    assert world.one(Rating).shown_at == world.one(Review).shown_at == world.clock()
    assert world.one(Deal).state == "open"


def test_each_seller_of_an_order_waits_by_itself(any_world: World) -> None:
    any_world.order("o1", lines=[MIA, Line("b", "cup", seller_id="tom")])
    any_world.deliver("o1")
    any_world.rate("o1", line_0_stars="4", line_1_stars="4", seller_0_stars="2", seller_1_stars="3")
    answer(any_world, 1)
    mia, tom = any_world.all(Rating)
    assert mia.shown_at == any_world.clock()
    assert tom.shown_at == any_world.clock() + timedelta(days=7)
    assert [review.shown_at for review in any_world.all(Review)] == [mia.shown_at, tom.shown_at]


def test_after_the_closing_products_can_be_reviewed_and_sellers_cannot_be_rated(any_world: World) -> None:
    any_world.order("o1", lines=[MIA])
    any_world.deliver("o1")
    path = any_world.rate_path("o1")
    any_world.pass_days(30)
    assert any_world.one(Deal).state == "empty"
    late = any_world.rate("o1", line_0_stars="4", seller_0_id="mia", seller_0_stars="1", seller_0_text="kept words")
    assert late.status_code == 409
    assert "kept words" in late.text or "time for this rating is over" in late.text
    assert any_world.one(Review).shown_at == any_world.clock()
    assert any_world.all(Rating) == []
    assert "time for this rating is over" in any_world.client().get(path).text


def test_whoever_works_for_a_seller_cannot_rate_them(any_world: World) -> None:
    any_world.shop.acting["anna"] = {"mia"}
    any_world.order("o1", lines=[MIA], buyer=ANNA)
    any_world.deliver("o1")
    page = any_world.client().get(any_world.rate_path("o1")).text
    assert "You work for this seller" in page
    answered = any_world.rate("o1", seller_0_id="mia", seller_0_stars="5")
    assert answered.status_code in (409, 422)
    assert any_world.all(Rating) == []


def test_what_they_say_of_the_goods_waits_for_nobody(any_world: World) -> None:
    any_world.shop.acting["anna"] = {"mia"}
    any_world.order("o1", lines=[MIA], buyer=ANNA)
    any_world.deliver("o1")
    assert any_world.rate("o1", line_0_stars="5").status_code == 303
    review = any_world.one(Review)
    assert (review.insider, review.counted, review.shown_at) == (True, False, any_world.clock())
    assert any_world.one(Deal).buyer_wrote_at is None


def test_no_mail_about_rating_the_shop_itself_where_that_is_not_rated(any_world: World) -> None:
    any_world.order("o1")
    any_world.tell("order_cancelled", "o1", by="seller", paid=True)
    any_world.run()
    assert any_world.mails() == []


def test_the_shop_has_its_name_even_where_the_adapter_forgets_it(world: World) -> None:
    world.shop.add(Seller("mia", "Mia"))
    with world.app.app_context():
        assert lookup.sellers(world.shop, ["mia", "shop"])["shop"].name == "Corner Shop"


def test_a_value_that_cannot_be_used_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.shop, "orders", lambda ids: {"o1": Line("a", "bowl", seller_id=None)})  # type: ignore[arg-type]
    with world.app.app_context(), pytest.raises(AdapterError, match="not None"):
        lookup.orders(world.shop, ["o1"])


def test_a_thing_without_a_seller_shows_the_shop_s_stars(world: World) -> None:
    with world.app.test_request_context():
        source = "{{ trust.seller(none) }}"
        assert "No ratings yet" in world.app.jinja_env.from_string(source).render()


def test_somebody_who_buys_here_and_sells_there_has_two_sides(any_world: World) -> None:
    any_world.shop.acting["anna"] = {"mia"}
    any_world.order("o1", lines=[Line("a", "cup", seller_id="tom")], buyer=ANNA)
    any_world.order("o2", lines=[MIA], buyer=Person("tom-1", "Tom", "tom@customer.example"))
    any_world.deliver("o1")
    any_world.deliver("o2")
    assert any_world.rate("o1", seller_0_stars="5").status_code == 303
    answer(any_world, 2, person="anna")
    assert any_world.one(Rating).person_id == any_world.one(BuyerRating).author_id == any_world.person("anna").id


def test_a_guest_rates_and_is_rated_like_anybody(any_world: World) -> None:
    with any_world.app.app_context():
        from flask_trust import guest_id

        guest = Person(guest_id("g@customer.example"), "G", "g@customer.example")
    any_world.order("o1", lines=[MIA], buyer=guest)
    any_world.deliver("o1")
    answer(any_world)
    assert any_world.rate("o1", seller_0_stars="5").status_code == 303
    assert any_world.one(Deal).state == "revealed"
    assert any_world.one(BuyerRating).person_id == any_world.one(Rating).person_id


def test_events_that_are_asked_for_open_deals_too(any_world: World) -> None:
    any_world.order("o1", lines=[MIA])
    any_world.shop.add(Event("delivered", "o1", any_world.clock()))
    any_world.run()
    assert any_world.one(Deal).state == "open"
