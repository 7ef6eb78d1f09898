"""What happens between queueing a mail and sending it is honoured, and the order's request says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from flask_trust import Person
from flask_trust.invitations.models import Request
from flask_trust.mail.models import Outgoing
from tests.mail.boxes import accounted, decide, queue, state_of_mail, state_of_request, unsubscribe_path
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")


def opt_out(world: World, who: str = "anna") -> None:
    assert world.client(use_cookies=False).post(unsubscribe_path(world, who)).status_code == 200


def opt_out_with_the_same_address_elsewhere(world: World) -> None:
    world.order("2", buyer=Person("guest-of-anna", "Anna", "ANNA@customer.example"))
    world.deliver("2")
    opt_out(world, "guest-of-anna")


def lose_the_address(world: World) -> None:
    world.shop.add(replace(world.shop.all_orders["1"], buyer=replace(ANNA, email=None)))


CHANGES: dict[str, tuple[Callable[[World], object], str]] = {
    "opts out": (opt_out, "opted_out"),
    "is erased": (lambda world: world.tell("person_erased", "anna"), "erased"),
    "bounces": (lambda world: world.tell("mail_bounced", "anna"), "bounced"),
    "says I did not buy this": (lambda world: world.rate("1", action="not-mine"), "not_mine"),
    "has written": (lambda world: world.rate("1", line_0_stars="1"), "answered"),
    "is unknown to the shop": (lambda world: world.shop.all_orders.clear(), "unknown_order"),
    "takes consent back": (lambda world: world.shop.no_mail.add("1"), "no_consent"),
    "has no address any more": (lose_the_address, "no_address"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_queued_mail_is_dropped_when_its_buyer(any_world: World, change: str) -> None:
    act, reason = CHANGES[change]
    queue(any_world, "1", buyer=ANNA)
    assert any_world.one(Outgoing).state == "waiting"
    act(any_world)
    any_world.run()
    assert any_world.mails() == []
    assert state_of_mail(any_world) == ("dropped", reason)
    assert state_of_request(any_world) == ("skipped", reason)
    assert accounted(any_world).skipped == {reason: 1}
    any_world.pass_days(30)
    assert any_world.mails() == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_queued_reminder_is_dropped_and_the_order_stays_asked_when_its_buyer(world: World, change: str) -> None:
    act, reason = CHANGES[change]
    queue(world, "1", buyer=ANNA)
    world.run()
    world.clock.advance(days=7)
    decide(world)
    act(world)
    world.run()
    # Who is erased takes along the first one too, which lay in the folder for trying out.
    assert len(world.mails()) == (change != "is erased")
    assert [mail.error_code for mail in world.all(Outgoing)] == [None, reason]
    assert state_of_request(world) == ("asked", None)


def test_an_opt_out_of_the_same_address_drops_a_queued_mail(any_world: World) -> None:
    queue(any_world, "1", buyer=ANNA)
    opt_out_with_the_same_address_elsewhere(any_world)
    any_world.run()
    any_world.pass_days(30)
    assert any_world.mails() == []
    assert accounted(any_world).skipped == {"opted_out": 2}


def test_a_pause_lets_a_queued_mail_wait(any_world: World) -> None:
    queue(any_world, "1", buyer=ANNA)
    any_world.tell("order_paused", "1", any_world.clock() + timedelta(days=5))
    assert any_world.run()["mail_later"] == 1
    any_world.pass_days(4)
    assert any_world.mails() == []
    any_world.pass_days(1)
    assert len(any_world.mails()) == 1


def test_a_new_address_of_the_shop_counts(any_world: World) -> None:
    queue(any_world, "1", buyer=ANNA)
    any_world.shop.add(replace(any_world.shop.all_orders["1"], buyer=replace(ANNA, email="new@customer.example")))
    any_world.run()
    assert any_world.mails()[0]["To"] == "new@customer.example"


def test_three_orders_of_a_guest_and_an_opt_out_after_the_first_mail(any_world: World) -> None:
    for key in "123":
        any_world.order(key, buyer=ANNA)
        any_world.deliver(key)
        any_world.clock.advance(days=1)
    any_world.pass_days(5)
    assert len(any_world.mails()) == 1
    opt_out(any_world)
    any_world.pass_days(40)
    assert len(any_world.mails()) == 1
    counts = accounted(any_world)
    assert (counts.asked, counts.skipped) == (1, {"opted_out": 2})
    assert {row.due for row in any_world.all(Request)} == {None}
