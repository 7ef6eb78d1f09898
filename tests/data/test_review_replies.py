"""Replies to product reviews on each database: who may, once, changed, deleted, told, and gone with the review."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flask_trust import Line, Person, Seller, links
from flask_trust.desk.actions import Overtaken
from flask_trust.desk.replies import sheet as replying
from flask_trust.journal.models import Entry
from flask_trust.mail.models import Outgoing
from flask_trust.orders.models import Deal
from flask_trust.ratings.models import Rating, Reply
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.reviews.replies.rules import worries
from tests.web.deals import TOM, buyer_rates, deal, press
from tests.web.pages import everything, open_page
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")


@pytest.fixture
def reviewed(any_world: World) -> World:
    """Anna has reviewed a bowl of the shop's own; Olga runs the shop and gets its mails."""
    any_world.shop.staff.add("olga")
    any_world.shop.add(Seller("shop", "Corner Shop", people=["olga"]), Person("olga", "Olga", "olga@shop.example"))
    any_world.review("o1", 2, buyer=ANNA)
    return any_world


def sheet(world: World, key: str = "olga") -> replying.ReplySheet | None:
    with world.app.app_context():
        return replying.load_by_key(world.state, world.all(Review)[0].public_id, key)


def say(world: World, text: str = "Thank you.", key: str = "olga", seen: str | None = None) -> None:
    found = sheet(world, key)
    assert found is not None
    with world.app.app_context():
        replying.publish_reply(world.state, found, text, "en", replying.mark_of(found.reply) if seen is None else seen)


def product_page(world: World) -> str:
    return open_page(world, "/trust/products/bowl").text


def test_a_reply_stands_below_its_review_and_is_in_the_journal(reviewed: World) -> None:
    say(reviewed, "Danke, Anna.")
    assert "Reply of Corner Shop, 3 May 2027 Danke, Anna." in product_page(reviewed)
    reviewed.clock.advance(days=1)
    say(reviewed, "Danke.")
    assert "3 May 2027, changed on 4 May 2027 Danke." in product_page(reviewed)
    told = [(entry.event, entry.role) for entry in reviewed.all(Entry) if entry.event.startswith("repl")]
    assert told == [("replied", "seller"), ("reply_changed", "seller")]


def test_saying_the_same_again_changes_nothing(reviewed: World) -> None:
    say(reviewed)
    before = everything(reviewed)
    say(reviewed, seen="")
    assert everything(reviewed) == before


def test_an_older_page_overwrites_no_reply(reviewed: World) -> None:
    say(reviewed)
    found = sheet(reviewed)
    assert found is not None
    reviewed.clock.advance(minutes=1)
    say(reviewed, "Newer.")
    with pytest.raises(Overtaken):
        say(reviewed, "Older.", seen=replying.mark_of(found.reply))
    with reviewed.app.app_context(), pytest.raises(Overtaken):
        replying.delete_reply(reviewed.state, found, replying.mark_of(found.reply))
    assert reviewed.one(ReviewReply).text == "Newer."


def test_only_the_rated_seller_s_people_and_the_owner_may_reply(any_world: World) -> None:
    any_world.shop.staff.add("olga")
    deal(any_world, "o1", Line("lamp", "lamp", seller_id="tom"))
    any_world.shop.acting["uwe"] = {"una"}
    any_world.rate("o1", line_0_stars="1")
    assert sheet(any_world, "tina") is None  # private still: what nobody can read, nobody can answer
    any_world.pass_days(40)
    for key, signed in (("tina", "Tom's Lamps"), ("olga", "")):
        found = sheet(any_world, key)
        assert found is not None
        assert (found.signed, found.role) == (signed, "staff" if key == "olga" else "seller")
    assert [sheet(any_world, key) for key in ("uwe", "anna", "nobody")] == [None] * 3


def test_nobody_replies_to_their_own_review(any_world: World) -> None:
    any_world.shop.acting["anna"] = {"shop"}
    any_world.review("o1", 5, buyer=ANNA)
    assert sheet(any_world, "anna") is None


def test_a_deleted_reply_is_gone_and_can_be_written_anew(reviewed: World) -> None:
    say(reviewed, "Rash words.")
    found = sheet(reviewed)
    assert found is not None
    with reviewed.app.app_context():
        replying.delete_reply(reviewed.state, found, replying.mark_of(found.reply))
        replying.delete_reply(reviewed.state, found, replying.mark_of(found.reply))
    assert "Rash words." not in product_page(reviewed)
    say(reviewed, "Calm words.")
    assert reviewed.one(ReviewReply).edited_at is None


def test_a_reply_goes_with_the_review_when_its_author_deletes_it(reviewed: World) -> None:
    say(reviewed, "As you wrote: too small.")
    with reviewed.app.app_context():
        reviewed.rate("o1", action="do-delete-0")
    assert reviewed.all(ReviewReply) == []


def test_a_reply_goes_when_the_author_of_the_review_is_erased(reviewed: World) -> None:
    say(reviewed, "As you wrote, Anna.")
    reviewed.tell("person_erased", "anna")
    assert reviewed.all(ReviewReply) == []


def test_a_reply_goes_when_whoever_wrote_it_is_erased_and_the_review_stays(reviewed: World) -> None:
    say(reviewed)
    reviewed.tell("person_erased", "olga")
    assert reviewed.all(ReviewReply) == []
    assert reviewed.one(Review).live


def test_a_merged_account_keeps_its_replies(reviewed: World) -> None:
    say(reviewed)
    reviewed.tell("person_merged", "olga", "olga2")
    reviewed.tell("person_erased", "olga")
    assert reviewed.one(ReviewReply).author_id == reviewed.person("olga2").id


def test_an_erased_person_cannot_reply_from_a_page_that_is_still_open(reviewed: World) -> None:
    found = sheet(reviewed)
    say(reviewed)
    assert found is not None
    reviewed.tell("person_erased", "anna")
    with reviewed.app.app_context(), pytest.raises(Overtaken):
        replying.publish_reply(reviewed.state, found, "Too late.", "en", "")


def test_the_author_is_told_once_without_the_words_of_the_reply(reviewed: World) -> None:
    say(reviewed, "MARKER words")
    reviewed.clock.advance(minutes=1)
    say(reviewed, "MARKER other words")
    reviewed.run()
    (mail,) = [mail for mail in reviewed.mails() if "replied" in str(mail["Subject"])]
    assert mail["To"] == "anna@customer.example"
    assert mail["Subject"] == "Corner Shop has replied to you"
    assert "It is about “Bowl”." in reviewed.text_of(mail)
    assert f"/trust/reviews/{reviewed.one(Review).public_id}" in reviewed.text_of(mail)
    assert "MARKER" not in mail.as_string()
    assert "/trust/unsubscribe/" in mail["List-Unsubscribe"]


def test_the_mail_is_the_same_for_one_star_and_for_five(any_world: World) -> None:
    any_world.shop.staff.add("olga")
    for key, stars in (("o1", 1), ("o2", 5)):
        any_world.review(key, stars, buyer=Person(f"b-{key}", "Anna", f"{key}@customer.example"))
    for review in any_world.all(Review):
        with any_world.app.app_context():
            found = replying.load_by_key(any_world.state, review.public_id, "olga")
            assert found is not None
            replying.publish_reply(any_world.state, found, "Thank you.", "en", "")
    any_world.run()
    texts = {re.sub(r"(reviews|unsubscribe)/\S+", "", any_world.text_of(mail)) for mail in replied(any_world)}
    assert len(replied(any_world)) == 2
    assert len(texts) == 1


def replied(world: World) -> list[Any]:
    return [mail for mail in world.mails() if "replied" in str(mail["Subject"])]


def test_no_mail_leaves_about_a_reply_that_is_gone_or_to_somebody_who_wants_none(reviewed: World) -> None:
    say(reviewed)
    found = sheet(reviewed)
    assert found is not None
    with reviewed.app.app_context():
        replying.delete_reply(reviewed.state, found, replying.mark_of(found.reply))
    reviewed.run()
    assert [(mail.state, mail.error_code) for mail in reviewed.all(Outgoing) if mail.kind == "replied"] == [
        ("dropped", "withdrawn")
    ]


def test_the_seller_s_people_get_one_digest_with_a_link_for_each_new_review(reviewed: World) -> None:
    reviewed.review("o2", 5, "cup")
    reviewed.run()
    reviewed.run()
    (mail,) = [mail for mail in reviewed.mails() if mail["To"] == "olga@shop.example"]
    text = reviewed.text_of(mail)
    assert "2 reviews have no reply yet." in text
    assert "A review of “Bowl”: read it and reply" in text
    paths = re.findall(r"http://localhost(/trust/replies/\S+)", text)
    assert len(paths) == 2
    assert "Reply to a review" in open_page(reviewed, paths[0]).text


def test_the_digest_tells_no_stars_and_no_words(any_world: World) -> None:
    texts = set()
    for key, stars in (("o1", 1), ("o2", 5)):
        any_world.shop.add(Seller("shop", "Corner Shop", people=["olga"]), Person("olga", "Olga", "olga@shop.example"))
        any_world.order(key, "bowl")
        any_world.deliver(key)
        any_world.rate(key, line_0_stars=str(stars), line_0_text=f"MARKER {stars}")
        any_world.pass_days(1)
        mail = [mail for mail in any_world.mails() if mail["To"] == "olga@shop.example"][-1]
        assert "MARKER" not in mail.as_string()
        texts.add(re.sub(r"(replies|unsubscribe)/\S+", "", any_world.text_of(mail)))
    assert len(texts) == 1


def test_reviews_that_waited_are_told_of_when_they_can_be_read(any_world: World) -> None:
    any_world.shop.add(Person("tina", "Tina", "tina@tom.example"))
    deal(any_world)
    any_world.shop.add(Seller("tom", "Tom's Lamps", people=["tina"]))
    any_world.rate("o1", line_0_stars="3")
    any_world.run()
    assert "1 buyer has written." in last_to(any_world, "tina@tom.example")
    any_world.pass_days(8)
    any_world.pass_days(1)
    assert "1 review has no reply yet." in last_to(any_world, "tina@tom.example")


def last_to(world: World, address: str) -> str:
    return world.text_of([mail for mail in world.mails() if mail["To"] == address][-1])


def test_a_shop_without_people_to_tell_goes_on_quietly(any_world: World) -> None:
    any_world.review("o1")
    any_world.run()
    assert [mail.kind for mail in any_world.all(Outgoing) if mail.kind == "seller_news"] == []
    assert any_world.one(Deal).tell_at is None


def link(world: World, key: str = "olga") -> str:
    with world.app.test_request_context():
        return f"/trust/replies/{links.sign('reply', world.one(Review).id, extra=str(world.person(key).id))}"


def test_a_link_dies_with_the_right_to_reply(reviewed: World) -> None:
    reviewed.run()
    path = link(reviewed)
    open_page(reviewed, path)
    reviewed.shop.add(Seller("shop", "Corner Shop"))
    reviewed.shop.staff.clear()
    open_page(reviewed, path, 410)


def test_a_link_dies_with_the_review_and_after_half_a_year(reviewed: World) -> None:
    reviewed.run()
    path = link(reviewed)
    reviewed.clock.advance(days=181)
    open_page(reviewed, path, 410)
    reviewed.clock.advance(days=-181)
    reviewed.tell("person_erased", "anna")
    open_page(reviewed, path, 410)


def test_a_seller_deletes_the_reply_to_a_rating_and_its_author_was_told(any_world: World) -> None:
    deal(any_world, "o1", TOM)
    press(any_world, "tina", "pass")
    buyer_rates(any_world, stars=2)
    press(any_world, "tina", "reply", reply="MARKER")
    any_world.run()
    (mail,) = replied(any_world)
    assert mail["Subject"] == "Tom's Lamps has replied to you"
    assert f"/trust/sellers/tom#rating-{any_world.one(Rating).public_id}" in any_world.text_of(mail)
    assert "MARKER" not in mail.as_string()
    assert press(any_world, "tina", "delete-reply").status_code == 303
    assert any_world.all(Reply) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thank you, we are sorry. Size 42 costs 12.50 since 2027-05-03.", []),
        ("Your order of 03/05/2027 is on its way, 10 pieces.", []),
        ("Write to anna.b@customer.example please", ["address"]),
        ("Call +49 (30) 123 45 67", ["phone"]),
        ("Call 030-1234567", ["phone"]),
        ("Our lawyer will write to you", ["threat"]),
        ("We refund you if you delete this", ["threat"]),
        ("Delete it and get a discount", ["threat"]),
        ("We have sent your refund today.", []),
        ("弁護士に相談します", ["threat"]),
        ("anna@x.example or 0301234567, or we go to the police", ["address", "phone", "threat"]),
    ],
)
def test_what_a_reply_should_not_hold_is_found(text: str, found: list[str]) -> None:
    assert worries(text) == found
