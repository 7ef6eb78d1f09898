"""What somebody with bad luck or bad intentions tries between the steps of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from blinker import NamedSignal

from flask_trust import Person, Seller, guest_id
from flask_trust.db import transaction
from flask_trust.intake.actions import merged
from flask_trust.orders.models import Deal
from flask_trust.ratings.models import BuyerRating, Rating
from flask_trust.reviews.models import Review
from flask_trust.signals import rating_revealed, review_published, score_changed
from tests.web.deals import buyer_rates, deal, look, press
from tests.world import World, form_fields

TINA = Person("tina", "Tina", "tina@seller.example")


@contextmanager
def heard(signal: NamedSignal) -> Iterator[list[dict[str, Any]]]:
    """Collect what a signal tells."""
    told: list[dict[str, Any]] = []

    def note(app: object, **arguments: Any) -> None:
        told.append(arguments)

    with signal.connected_to(note):
        yield told


def just_before_writing(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something between the reading of the page and the writing: when the shop is asked for the second time."""
    asked, original = [], world.shop.acts_for

    def acts_for(person: str) -> Any:
        asked.append(person)
        if len(asked) == 2:
            act()
        return original(person)

    monkeypatch.setattr(world.shop, "acts_for", acts_for)


def write(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Any:
    """Post a rating and a review, and let something come between; returns the answer."""
    client, path = world.client(use_cookies=False), world.rate_path("o1")
    words = {"seller-0-id": "tom", "seller-0-stars": "2", "seller-0-text": "Never came", "line-0-stars": "3"}
    posted = {**form_fields(client.get(path).text), "action": "publish", **words}
    just_before_writing(world, monkeypatch, act)
    return client.post(path, data=posted)


def test_words_that_come_too_late_are_kept_and_not_called_published(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal(any_world)
    end = any_world.one(Deal).closes_at
    assert end is not None
    any_world.clock.now = end - timedelta(milliseconds=1)
    answer = write(any_world, monkeypatch, lambda: setattr(any_world.clock, "now", end))
    assert answer.status_code == 409
    assert "The time for this rating is over." in answer.text
    assert any_world.all(Rating) == []


def test_an_account_merged_meanwhile_is_not_told_published(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deal(any_world)
    state = any_world.state
    answer = write(
        any_world, monkeypatch, lambda: transaction(state, lambda session: merged(session, state, "anna", "anna2"))
    )
    assert answer.status_code == 409
    assert "Never came" in answer.text
    assert (any_world.all(Rating), any_world.all(Review)) == ([], [])


def test_a_late_job_still_tells_what_has_opened(any_world: World) -> None:
    """Another rating of the same buyer moves the totals of the first before the job comes."""
    with heard(rating_revealed) as opened, heard(review_published) as published:
        for key in ("o1", "o2"):
            deal(any_world, key)
            any_world.rate(key, line_0_stars="2", seller_0_stars="2")
            any_world.clock.advance(days=8)
        any_world.run()
    assert [each["order_id"] for each in opened] == ["o1", "o2"]
    assert len(published) == 2


def test_a_guest_with_the_address_of_the_seller_cannot_rate_them(any_world: World) -> None:
    any_world.order("t1", "bowl", buyer=TINA)
    any_world.deliver("t1")
    with any_world.app.app_context():
        guest = Person(guest_id("tina@seller.example"), "Tina", "tina@seller.example")
    deal(any_world, "o1", buyer=guest)
    assert any_world.rate("o1", seller_0_id="tom", seller_0_stars="5").status_code in (409, 422)
    assert any_world.all(Rating) == []
    assert "How was the buyer?" not in look(any_world, "tina").text


def test_a_merged_account_still_works_for_the_seller(any_world: World) -> None:
    deal(any_world)
    press(any_world, "tina", "answer", paid="yes")
    press(any_world, "tina", "take-back")
    any_world.tell("person_merged", "tina", "anna")
    assert any_world.rate("o1", seller_0_id="tom", seller_0_stars="5").status_code in (409, 422)
    assert any_world.all(Rating) == []


def test_nobody_waits_for_an_erased_buyer(any_world: World) -> None:
    any_world.shop.add(TINA)
    deal(any_world)
    any_world.shop.add(Seller("tom", "Tom's Lamps", people=("tina",)))
    buyer_rates(any_world)
    any_world.tell("person_erased", "anna")
    assert any_world.one(Deal).state == "empty"
    with heard(rating_revealed) as opened:
        any_world.pass_days(31)
    assert opened == []
    assert [mail for mail in any_world.mails() if mail["To"] == "tina@seller.example"] == []
    assert "the buyer has written" not in look(any_world, "tina", "/trust/desk/deals").text
    assert any_world.cli("check").exit_code == 0


def test_an_erased_buyer_takes_the_answers_about_them_along(any_world: World) -> None:
    deal(any_world)
    press(any_world, "tina", "answer", paid="yes")
    with heard(rating_revealed) as opened:
        any_world.tell("person_erased", "anna")
        any_world.pass_days(31)
    assert opened == []
    assert [answer.paid for answer in any_world.all(BuyerRating)] == [None]


def test_a_rating_that_waits_for_nobody_is_announced_once(any_world: World) -> None:
    deal(any_world)
    with heard(rating_revealed) as opened:
        press(any_world, "tina", "pass")
        assert opened == []
        buyer_rates(any_world, stars=4)
        buyer_rates(any_world, stars=3)  # its one change
        any_world.pass_days(31)
    assert [each["order_id"] for each in opened] == ["o1"]


def test_words_that_wait_announce_no_new_score(any_world: World) -> None:
    deal(any_world)
    any_world.rate("o1", line_0_stars="3")
    with heard(score_changed) as told:
        buyer_rates(any_world)
    assert told == []
    with heard(score_changed) as told:
        press(any_world, "tina", "answer", paid="yes")
    assert {each["kind"] for each in told} == {"product", "seller", "shop"}
