"""Mails about rating each other: who gets which and when, the same words whatever the stars, and who gets none."""

from __future__ import annotations

import email.message
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_trust import Line, Person, Seller
from flask_trust.desk import actions as desk
from flask_trust.mail.models import Outgoing
from flask_trust.orders.models import Deal
from flask_trust.people.actions import new_number
from flask_trust.ratings.models import BuyerRating
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.scores.queries import find_subject_id
from tests.mail.boxes import unsubscribe_path
from tests.web.deals import ANNA, TOM, buyer_rates, deal
from tests.web.pages import open_page
from tests.world import World

GOOD, BAD = BuyerDraft(True, True, True), BuyerDraft(False, False, False)
TINA, THEO = Person("tina", "Tina", "tina@lamps.example"), Person("theo", "Theo", "theo@lamps.example")
RATING_KINDS = ("receipt", "written", "opened", "no_arrival", "seller_news", "seller_receipt")


def with_people(world: World, *people: Person) -> None:
    world.shop.add(Seller("tom", "Tom's Lamps", people=[each.id for each in people]), *people)


def speaker(world: World, viewer: str) -> desk.Speaker:
    return desk.Speaker(viewer, world.read(lambda session: find_subject_id(session, "seller", "tom")) or 0)


def found(world: World, key: str = "o1") -> Deal:
    orders = {each.id: each for each in world.all(Deal)}
    wanted = world.read(lambda session: {row[0] for row in session.execute(_by_key(key))})
    (one,) = [each for each in orders.values() if each.id in wanted]
    return one


def _by_key(key: str) -> Any:
    import sqlalchemy as sa

    from flask_trust.orders.models import Order

    return sa.select(Deal.id).join(Order, Order.id == Deal.order_id).where(Order.key == key)


def seller_rates(world: World, draft: BuyerDraft = GOOD, key: str = "o1", viewer: str = "tina", **named: Any) -> None:
    with world.app.app_context():
        desk.answer(world.state, speaker(world, viewer), found(world, key).id, draft, None, **named)


def seller_passes(world: World, key: str = "o1") -> None:
    with world.app.app_context():
        desk.say_nothing(world.state, speaker(world, "tina"), found(world, key).id)


def sent(world: World, kind: str) -> list[Outgoing]:
    return [mail for mail in world.all(Outgoing) if mail.kind == kind and mail.state == "sent"]


def ends(world: World, kind: str) -> list[tuple[str, str | None]]:
    return [(mail.state, mail.error_code) for mail in world.all(Outgoing) if mail.kind == kind]


def to(world: World, address: str) -> list[email.message.EmailMessage]:
    return [mail for mail in world.mails() if mail["To"] == address]


def words(mail: email.message.EmailMessage) -> tuple[str, str, str]:
    """Return subject, text and HTML with all that differs between two worlds taken out."""
    parts = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]  # type: ignore[union-attr]
    clean = [re.sub(r"http://localhost/trust/\w+/[\w.-]+", "LINK", part) for part in parts]
    return str(mail["Subject"]), clean[0], clean[1]


# The seller has written


def test_the_buyer_hears_once_that_the_seller_has_written(any_world: World) -> None:
    deal(any_world)
    seller_rates(any_world)
    any_world.run()
    seller_rates_again = any_world.one(BuyerRating).version
    with any_world.app.app_context():
        desk.answer(any_world.state, speaker(any_world, "tina"), any_world.one(Deal).id, BAD, seller_rates_again)
    any_world.run()
    (mail,) = to(any_world, ANNA.email or "")
    text = any_world.text_of(mail)
    assert mail["Subject"] == "Tom's Lamps has written about your order"
    assert "until 2 June 2027" in text
    assert any_world.rate_path("o1") in text
    assert len(sent(any_world, "written")) == 1


@pytest.mark.parametrize("stars", [1, 5])
@pytest.mark.parametrize("draft", [GOOD, BAD])
def test_mails_say_the_same_whatever_was_said(make_world: Callable[..., World], stars: int, draft: BuyerDraft) -> None:
    """I12: neither the answers nor the stars change a letter of what the other side gets."""
    said = []
    for mine, answers in ((stars, draft), (3, BuyerDraft(None, True, None))):
        world = make_world()
        deal(world)
        with_people(world, TINA)
        seller_rates(world, answers)
        world.run()
        buyer_rates(world, stars=mine, text="words")
        world.pass_days(1)
        assert {"written", "opened", "seller_news"} <= {mail.kind for mail in world.all(Outgoing)}
        said.append(sorted(words(mail) for mail in world.mails() if not str(mail["Subject"]).startswith("What you")))
        for file in world.folder.glob("*.eml"):
            file.unlink()
    assert len(said[0]) == 3
    assert said[0] == said[1]


def rate(world: World) -> None:
    buyer_rates(world)


def withdraw(world: World) -> None:
    with world.app.app_context():
        desk.take_back(world.state, speaker(world, "tina"), world.one(Deal).id, world.one(BuyerRating).version)


def wait(world: World) -> None:
    world.clock.advance(days=40)


@pytest.mark.parametrize(("act", "reason"), [(rate, "answered"), (withdraw, "withdrawn"), (wait, "opened")])
def test_it_is_not_said_any_more_when_it_is_not_so(any_world: World, act: Callable[[World], None], reason: str) -> None:
    deal(any_world)
    seller_rates(any_world)
    act(any_world)
    any_world.run()
    assert ends(any_world, "written") == [("dropped", reason)]


def test_a_buyer_who_has_rated_hears_only_of_the_opening(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world)
    any_world.run()
    seller_rates(any_world)
    any_world.run()
    assert ends(any_world, "written") == []
    assert [mail["Subject"] for mail in to(any_world, "anna@customer.example")] == [
        "What you wrote about your order from Corner Shop",
        "You and Tom's Lamps: both can be read now",
    ]


def test_it_leaves_in_the_buyers_daytime(world: World) -> None:
    deal(world, buyer=replace(ANNA, timezone="Asia/Tokyo"))  # 21:00 over there
    seller_rates(world)
    assert world.run().get("mail_later") == 1
    world.clock.now = datetime(2027, 5, 4, 1, 1, tzinfo=UTC)
    assert world.run()["mail_sent"] == 1
    assert "until 2 June 2027" in world.text_of(world.mails()[0])


# What can be read


def test_at_the_end_of_the_time_the_buyer_hears_what_can_be_read(any_world: World) -> None:
    deal(any_world)
    seller_rates(any_world)
    any_world.run()
    any_world.pass_days(30)
    assert [mail["Subject"] for mail in any_world.mails() if "can be read" in mail["Subject"]] == [
        "What Tom's Lamps wrote can be read now"
    ]
    any_world.pass_days(1)
    assert len(sent(any_world, "opened")) == 1


def test_nothing_is_said_of_the_end_where_nobody_wrote_or_the_seller_passed(any_world: World) -> None:
    deal(any_world, "o1")
    deal(any_world, "o2", buyer=Person("bert", "Bert", "bert@customer.example"))
    buyer_rates(any_world, "o2")
    seller_passes(any_world, "o2")
    any_world.pass_days(40)
    assert ends(any_world, "opened") == []


# Nothing has arrived


def test_a_buyer_hears_once_that_a_seller_can_be_rated_who_delivers_nothing(any_world: World) -> None:
    any_world.shop.add(Seller("tom", "Tom's Lamps"))
    any_world.order("o1", lines=[TOM], buyer=ANNA, promised_at=any_world.clock() + timedelta(days=3))
    config = any_world.state.settings.arrival_days
    assert config["promised" if "promised" in config else "placed"]
    any_world.shop.add(replace(any_world.shop.all_orders["o1"]))
    any_world.tell("order_placed", "o1")
    expire_expectation(any_world)
    any_world.pass_days(11)
    any_world.pass_days(1)
    (mail,) = to(any_world, "anna@customer.example")
    assert "was promised for 6 May 2027" in any_world.text_of(mail)
    assert "Private" not in any_world.text_of(mail)
    assert any_world.client().get(any_world.rate_path("o1")).status_code == 200


def expire_expectation(world: World) -> None:
    """Let no arrival be guessed from the promised day."""
    import sqlalchemy as sa

    from flask_trust.orders.models import Line as LineRow

    with world.app.app_context(), world.state.session() as session:
        session.execute(sa.update(LineRow).values(expected_at=None))
        session.commit()


def test_a_paid_order_that_the_seller_cancels_can_be_rated_and_the_buyer_hears_of_it(any_world: World) -> None:
    deal(any_world, arrives=False)
    any_world.tell("order_cancelled", "o1", by="seller", paid=True)
    any_world.tell("order_cancelled", "o1", by="seller", paid=True)
    any_world.run()
    (mail,) = any_world.mails()
    assert "Tom's Lamps has cancelled something that you had paid for on 3 May 2027" in any_world.text_of(mail)
    assert len(any_world.all(Outgoing)) == 1


def test_what_has_arrived_meanwhile_is_not_called_missing(any_world: World) -> None:
    deal(any_world, arrives=False)
    any_world.tell("order_cancelled", "o1", by="seller", paid=True)
    any_world.deliver("o1")
    any_world.run()
    assert ends(any_world, "no_arrival") == [("dropped", "arrived")]


# Who gets no mail


def opt_out(world: World) -> None:
    world.client(use_cookies=False).post(unsubscribe_path(world, "anna"))


STOPS: dict[str, Callable[[World], object]] = {
    "opted_out": opt_out,
    "bounced": lambda world: world.tell("mail_bounced", "anna"),
    "erased": lambda world: world.tell("person_erased", "anna"),
    "no_consent": lambda world: world.shop.no_mail.add("o1"),
    "unknown_order": lambda world: world.shop.all_orders.clear(),
    "no_address": lambda world: world.shop.add(replace(world.shop.all_orders["o1"], buyer=replace(ANNA, email=None))),
}


@pytest.mark.parametrize("reason", STOPS)
def test_none_of_these_mails_leaves_to_somebody_who_must_not_be_written_to(any_world: World, reason: str) -> None:
    deal(any_world)
    deal(any_world, "o2", arrives=False)
    buyer_rates(any_world)
    seller_rates(any_world)  # opens it
    any_world.tell("order_cancelled", "o2", by="seller", paid=True)
    seller_rates(any_world, key="o2")
    any_world.shop.no_mail.add("o2" if reason == "no_consent" else "none")
    STOPS[reason](any_world)
    if reason == "no_address":
        any_world.shop.add(replace(any_world.shop.all_orders["o2"], buyer=replace(ANNA, email=None)))
    any_world.run()
    assert to(any_world, "anna@customer.example") == []
    ended = {
        mail.kind: (mail.state, mail.error_code)
        for mail in any_world.all(Outgoing)
        if mail.person_id == anna(any_world)
    }
    assert set(ended) == {"receipt", "opened", "written", "no_arrival"}
    gone = {"withdrawn", "erased", "over"} if reason == "erased" else {reason}
    assert {code for _, code in ended.values()} <= gone
    assert {state for state, _ in ended.values()} == {"dropped"}


def anna(world: World) -> int:
    return world.all(Outgoing)[0].person_id


def test_every_mail_shows_the_way_out(any_world: World) -> None:
    deal(any_world)
    with_people(any_world, TINA)
    buyer_rates(any_world)
    any_world.run()
    seller_rates(any_world)
    any_world.pass_days(1)
    assert {mail.kind for mail in any_world.all(Outgoing) if mail.state == "sent"} >= {
        "receipt", "opened", "seller_news", "seller_receipt",
    }  # fmt: skip
    for mail in any_world.mails():
        out = str(mail["List-Unsubscribe"]).strip(" <>")
        assert "/unsubscribe/" in out
        assert out in any_world.text_of(mail)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert any_world.client(use_cookies=False).post(out.removeprefix("http://localhost")).status_code == 200
    assert any_world.person("tina").mail_stop == any_world.person("anna").mail_stop == "opted_out"


def test_without_mail_settings_nothing_is_queued(make_world: Callable[..., World]) -> None:
    world = make_world(TRUST_MAIL_URL=...)
    deal(world)
    with_people(world, TINA)
    seller_rates(world)
    buyer_rates(world)
    world.pass_days(2)
    assert world.all(Outgoing) == []


def test_an_address_that_the_server_refuses_gets_nothing_more(world: World) -> None:
    deal(world)
    seller_rates(world)
    (mail,) = [each for each in world.all(Outgoing) if each.kind == "written"]
    with world.app.app_context(), world.state.session() as session:
        world.state.mails["written"].failed(session, mail, "recipient_refused")
        session.commit()
    assert world.person("anna").mail_stop == "bounced"


# Sellers


def test_sellers_people_hear_once_a_day_how_many_have_written(any_world: World) -> None:
    with_people(any_world, TINA, THEO)
    for number in range(3):
        deal(any_world, f"o{number}", buyer=Person(f"b{number}", "B", f"b{number}@customer.example"))
        with_people(any_world, TINA, THEO)
        buyer_rates(any_world, f"o{number}", stars=1)
    assert any_world.run()["told_sellers"] == 1
    buyers = [f"b{number}@customer.example" for number in range(3)]
    for person in (TINA, THEO):
        (mail,) = to(any_world, person.email or "")
        text = any_world.text_of(mail)
        assert "3 buyers have written" in text
        assert "until 10 May 2027" in text
        assert "/trust/desk/deals?seller=tom" in text
        spoken = re.sub(r"http\S+", "", text)  # a signed link may hold any letters
        assert not any(word in spoken for word in [*buyers, "star", "o0"])
    deal(any_world, "late", buyer=ANNA)
    with_people(any_world, TINA, THEO)
    buyer_rates(any_world, "late")
    assert any_world.run()["told_tomorrow"] == 1
    assert len(to(any_world, "tina@lamps.example")) == 1
    any_world.pass_days(1)
    assert "4 buyers have written" in any_world.text_of(to(any_world, "tina@lamps.example")[-1])
    assert any_world.pass_days(1).get("told_sellers") is None
    assert len(to(any_world, "tina@lamps.example")) == 2


def test_sellers_people_hear_how_many_ratings_can_be_read(any_world: World) -> None:
    with_people(any_world, TINA)
    for number in range(2):
        deal(any_world, f"o{number}", buyer=Person(f"b{number}", "B", f"b{number}@customer.example"))
        buyer_rates(any_world, f"o{number}")
    with_people(any_world, TINA)
    any_world.run()
    any_world.pass_days(8)
    assert "2 ratings can be read now." in any_world.text_of(to(any_world, "tina@lamps.example")[-1])
    assert len(to(any_world, "tina@lamps.example")) == 2


def test_news_that_is_none_any_more_is_not_told(any_world: World) -> None:
    deal(any_world)
    with_people(any_world, replace(TINA, timezone="Asia/Tokyo"))
    buyer_rates(any_world)
    any_world.run()  # 21:00 in Tokyo: it leaves the next morning
    assert ends(any_world, "seller_news") == [("waiting", None)]
    seller_passes(any_world)
    any_world.tell("person_erased", "anna")
    any_world.pass_days(1)
    assert [end for end in ends(any_world, "seller_news") if end[0] == "sent"] == []


def test_sellers_without_people_stop_nothing(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world)
    assert any_world.run()["told_nobody"] == 1
    assert any_world.one(Deal).tell_at is None
    assert any_world.run().get("told_nobody") is None
    assert ends(any_world, "seller_news") == []


@pytest.mark.parametrize("broken", ["sellers", "people"])
def test_an_adapter_that_fails_is_asked_again_later(any_world: World, broken: str) -> None:
    deal(any_world)
    with_people(any_world, TINA)
    buyer_rates(any_world)
    any_world.shop.failing.add(broken)
    assert any_world.run()["told_adapter"] == 1
    any_world.shop.failing.clear()
    any_world.clock.advance(minutes=61)
    assert any_world.run()["told_sellers"] == 1


def test_somebody_who_no_longer_answers_for_the_seller_gets_no_mail(world: World) -> None:
    deal(world)
    with_people(world, replace(TINA, timezone="Asia/Tokyo"))
    buyer_rates(world)
    world.run()
    with_people(world, THEO)
    world.pass_days(1)
    assert ends(world, "seller_news") == [("dropped", "no_address")]


def test_one_press_over_many_orders_gives_one_mail(any_world: World) -> None:
    with_people(any_world, TINA)
    for number in range(3):
        buyer = Person(f"b{number}", "B", f"b{number}@customer.example")
        deal(any_world, f"o{number}", buyer=buyer, number=f"N{number}")
    with_people(any_world, TINA)
    post = new_number()
    for number in range(3):
        seller_rates(any_world, key=f"o{number}", post_id=post)
    any_world.clock.advance(minutes=2)
    any_world.run()
    (mail,) = to(any_world, "tina@lamps.example")
    assert mail["Subject"] == "What you said about buyers"
    text = any_world.text_of(mail)
    assert [f"Lamp, ordered on 3 May 2027, Order N{number}" in text for number in range(3)] == [True] * 3
    assert all(each.nonce in text for each in any_world.all(BuyerRating) if each.nonce)


LINES = [Line("1", "bowl", seller_id="tom", title="Bowl"), Line("2", "cup", seller_id="tom", title="Cup")]


def test_each_press_gives_one_receipt_and_the_newest_takes_the_place_of_older_ones(any_world: World) -> None:
    deal(any_world, "o1", *LINES)
    any_world.rate("o1", line_0_stars="2", line_1_stars="3", line_1_text="A cup.")
    any_world.rate("o1", line_0_stars="2", line_1_stars="3", line_1_text="A cup.")  # the same twice is one
    any_world.rate("o1", line_0_stars="1", line_1_stars="3", line_1_text="A cup.")
    any_world.run()
    assert ends(any_world, "receipt") == [("dropped", "overtaken"), ("sent", None)]
    (mail,) = any_world.mails()
    text = any_world.text_of(mail)
    assert "Stars: 1 of 5" in text
    assert "A cup." in text
    assert "Private until you and Tom's Lamps have rated each other, or 10 May 2027." in text


def test_a_review_that_is_public_at_once_needs_no_receipt(any_world: World) -> None:
    any_world.review("o1")
    deal(any_world, "o2")
    seller_passes(any_world, "o2")
    any_world.rate("o2", line_0_stars="3")
    any_world.run()
    assert ends(any_world, "receipt") == []


def test_every_version_of_a_rating_comes_with_a_receipt(any_world: World) -> None:
    deal(any_world)
    seller_passes(any_world)
    buyer_rates(any_world, text="First words")
    any_world.run()
    any_world.clock.advance(days=1)
    buyer_rates(any_world, stars=2, text="Second words")
    any_world.run()
    first, second = [any_world.text_of(mail) for mail in to(any_world, "anna@customer.example")]
    assert "First words" in first
    assert "Others can read it since 3 May 2027." in second
    assert "Second words" in second
    any_world.clock.advance(days=1)
    any_world.rate("o1", line_0_stars="5")  # a review that all can read at once
    any_world.run()
    assert len(sent(any_world, "receipt")) == 2


def test_a_changed_review_whose_receipt_is_out_of_date_comes_with_a_new_one(any_world: World) -> None:
    deal(any_world)
    any_world.rate("o1", line_0_stars="3")
    any_world.run()
    any_world.pass_days(8)
    any_world.rate("o1", line_0_stars="1")
    any_world.run()
    assert ["Stars: 3 of 5" in any_world.text_of(mail) for mail in to(any_world, "anna@customer.example")] == [
        True,
        False,
    ]


def test_words_go_to_nobody_but_their_author(any_world: World) -> None:
    deal(any_world)
    deal(any_world, "o2")
    buyer_rates(any_world, text="Secret words")
    seller_rates(any_world, key="o2")
    for key in ("o1", "o2"):
        order = any_world.shop.all_orders[key]
        any_world.shop.add(replace(order, buyer=Person("bob", "Bob", "bob@customer.example")))
    any_world.run()
    assert any_world.mails() == []
    assert ends(any_world, "receipt") == ends(any_world, "written") == [("dropped", "other_buyer")]


def test_a_merged_buyer_still_gets_their_words(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, text="My words")
    any_world.tell("person_merged", "anna", "anna2")
    any_world.run()
    (mail,) = any_world.mails()
    assert "My words" in any_world.text_of(mail)


def test_receipts_name_the_reader_s_days(world: World) -> None:
    world.clock.now = world.clock.now.replace(hour=20)  # the 4th of May in Tokyo
    deal(world, buyer=replace(ANNA, timezone="Asia/Tokyo"))
    buyer_rates(world)
    world.run()
    (mail,) = world.mails()
    text = world.text_of(mail)
    assert "your order of 4 May 2027" in text
    assert "or 11 May 2027" in text


def test_a_seller_s_receipt_says_who_can_read_it(any_world: World) -> None:
    with_people(any_world, TINA)
    for key in ("o1", "o2"):
        deal(any_world, key, buyer=Person(f"b{key}", "B", f"b{key}@customer.example"))
    with_people(any_world, TINA)
    buyer_rates(any_world, "o1")
    seller_rates(any_world, key="o1")
    any_world.clock.advance(minutes=2)
    any_world.run()
    seen, post = any_world.one(BuyerRating), new_number()
    with any_world.app.app_context():
        desk.answer(any_world.state, speaker(any_world, "tina"), seen.deal_id, BAD, seen.version, post_id=post)
    seller_rates(any_world, BAD, "o2", post_id=post)
    any_world.clock.advance(minutes=2)
    any_world.run()
    readable, mixed = [
        any_world.text_of(mail)
        for mail in to(any_world, "tina@lamps.example")
        if mail["Subject"] == "What you said about buyers"
    ]
    waits = "Buyers can read it when they have rated you too"
    assert "What you wrote can be read now." in readable
    assert waits not in readable
    assert waits in mixed
    assert mixed.count("Others can read it since 3 May 2027.") == 1


def test_a_seller_s_person_hears_under_the_id_of_a_merged_account_too(any_world: World) -> None:
    with_people(any_world, TINA, THEO)
    deal(any_world)
    with_people(any_world, TINA)
    seller_rates(any_world)
    withdraw(any_world)
    any_world.tell("person_merged", "tina", "theo")
    buyer_rates(any_world)
    any_world.run()
    any_world.pass_days(1)
    assert ends(any_world, "seller_news") == [("sent", None)]
    assert [mail["To"] for mail in any_world.mails() if str(mail["Subject"]).startswith("New for")] == [TINA.email]


@pytest.mark.parametrize("name", ["", "\x00 \x01"])
def test_a_seller_without_a_usable_name_is_called_by_the_id(world: World, name: str) -> None:
    deal(world)
    world.shop.add(Seller("tom", name, people=["tina"]), TINA)
    buyer_rates(world)
    seller_rates(world)
    world.run()
    world.pass_days(1)
    subjects = {str(mail["Subject"]) for mail in world.mails()}
    assert {"New for tom", "You and tom: both can be read now"} <= subjects


def test_what_was_taken_back_is_not_mailed(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world)
    any_world.rate("o1", action="take-back-0")
    any_world.run()
    assert ends(any_world, "receipt") == [("dropped", "withdrawn")]


def never_rates(world: World) -> None:
    deal(world, "before", buyer=Person("eve", "Eve", None))
    with world.app.app_context():
        desk.choose(world.state, "tina", "tom", rates=False)
    world.clock.advance(minutes=1)


RATABLE, WAITS = "You can rate the seller too.", "waits until both have written, the seller has nothing to say"
ON_ITS_WAY = Line("cup", "cup", "una", "Cup")


@pytest.mark.parametrize(
    ("before", "after", "settings", "said"),
    [
        (lambda world: None, lambda world: None, {}, (True, True)),
        (never_rates, lambda world: None, {}, (True, False)),
        (lambda world: None, seller_passes, {}, (True, False)),
        (lambda world: None, lambda world: None, {"TRUST_MUTUAL": "buyers"}, (True, False)),
        (lambda world: None, lambda world: None, {"TRUST_RATING_WINDOW_DAYS": 14}, (False, False)),
    ],
    ids=["waits", "never rates buyers", "has passed", "only buyers rate", "over"],
)
def test_the_mail_that_asks_says_of_the_seller_what_the_page_says(
    make_world: Callable[..., World], before: Any, after: Any, settings: dict[str, Any], said: tuple[bool, bool]
) -> None:
    world = make_world(**settings)
    before(world)
    deal(world)
    after(world)
    world.pass_days(7)
    if "TRUST_RATING_WINDOW_DAYS" in settings:
        world.pass_days(8)  # the reminder
    mail = to(world, "anna@customer.example")[-1]
    for words in (world.text_of(mail), open_page(world, world.rate_path("o1")).text):
        assert (RATABLE in words, WAITS in " ".join(words.split())) == said


def test_the_mail_that_asks_says_nothing_of_a_seller_whose_part_has_not_arrived(world: World) -> None:
    deal(world, "o1", Line("bag", "bag", title="Bag"), ON_ITS_WAY, arrives=False)
    world.deliver("o1", "bag")
    world.pass_days(7)
    (mail,) = to(world, "anna@customer.example")
    assert RATABLE not in world.text_of(mail)
    assert RATABLE not in open_page(world, world.rate_path("o1")).text
