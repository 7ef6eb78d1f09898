"""Mails wait in the outbox until they may leave, and each of them has a defined end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jinja2
import pytest

from flask_trust import Order, Person
from flask_trust.invitations.models import Request
from flask_trust.mail import actions
from flask_trust.mail.models import Outgoing
from tests.mail.boxes import accounted, decide, die_while_sending, queue, send_to, state_of_mail, state_of_request
from tests.mail.servers import Moody
from tests.support.smtp import Sink
from tests.world import World

NOWHERE = "smtp://127.0.0.1:9"


def test_a_mail_goes_into_the_outbox_only_once(any_world: World) -> None:
    def put(world: World) -> bool:
        with world.app.app_context(), world.state.session() as session:
            new = actions.enqueue(session, "request:1", "request", person_id=1, object_id=1, now=world.clock())
            session.commit()
        return new

    assert [put(any_world) for _ in range(3)] == [True, False, False]
    assert len(any_world.all(Outgoing)) == 1


def test_a_delivered_order_is_asked_about_once(any_world: World) -> None:
    any_world.order("1", "bowl", "spoon")
    for _ in range(3):
        any_world.deliver("1")
    assert any_world.pass_days(7)["mail_sent"] == 1
    assert any_world.pass_days(1).get("mail_sent") is None
    assert len(any_world.mails()) == 1
    assert accounted(any_world).asked == 1


def test_without_an_address_for_mails_all_is_planned_and_nothing_sent(make_world: Callable[..., World]) -> None:
    world = make_world(TRUST_MAIL_URL=...)
    world.order("1")
    world.deliver("1")
    world.pass_days(8)
    assert world.all(Outgoing) == []
    assert accounted(world).waiting == 1


def test_back_off_doubles_and_after_five_days_a_person_is_asked(world: World) -> None:
    send_to(world, NOWHERE)
    queue(world)
    start, pauses = world.clock(), []
    world.run()
    while (due := world.one(Outgoing).due) is not None:
        pauses.append(round((due - world.clock()) / timedelta(minutes=1)))
        world.clock.now = due
        world.run()
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 64, 128]
    assert timedelta(days=5) <= world.clock() - start < timedelta(days=6)
    assert state_of_mail(world) == ("held", "server_down")
    assert accounted(world).waiting == 1
    assert "order 1: given up, the mail server did not answer" in world.cli("mail", "list").output


def test_a_held_mail_leaves_when_the_owner_says_so(world: World) -> None:
    with Moody("END", "554 5.7.1 Your address is not verified") as sink:
        send_to(world, sink.url)
        queue(world)
        world.run()
        assert state_of_mail(world) == ("held", "mail_refused")
        assert accounted(world).waiting == 1
        assert world.pass_days(1).get("mail_sent") is None
        sink.step = ""
        assert world.cli("mail", "retry").output == "1 mail will be tried again at the next run.\n"
        assert world.run()["mail_sent"] == 1
    assert len({each.message_id for each in sink.received}) == 1
    assert accounted(world).asked == 1


def test_a_server_in_trouble_is_asked_once_in_a_run(world: World) -> None:
    with Sink(trouble="busy") as sink:
        send_to(world, sink.url)
        queue(world, *(str(number) for number in range(45)))
        world.run()
        assert sink.connections == 1
        sink.trouble = None
        world.clock.advance(minutes=2)
        assert world.run()["mail_sent"] == 45
    assert accounted(world).asked == 45


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "END"])
def test_mails_that_certainly_did_not_leave_are_no_doubtful_ones(any_world: World, step: str) -> None:
    with Moody(step, "421 4.3.2 Going down") as sink:
        send_to(any_world, sink.url)
        queue(any_world, "1", "2", "3")
        any_world.run()
    assert [(mail.state, mail.error_code) for mail in any_world.all(Outgoing)] == [("waiting", "server_busy")] * 3


def test_one_recipient_in_trouble_does_not_hold_up_the_others(any_world: World) -> None:
    with Sink(defer={"b@customer.example"}, refuse={"c@customer.example"}) as sink:
        send_to(any_world, sink.url)
        queue(any_world, "a", "b", "c", "d")
        done = any_world.run()
        assert (done["mail_sent"], done["mail_postponed"], done["mail_dropped"]) == (2, 1, 1)
        assert sink.connections == 1
    counts = accounted(any_world)
    assert (counts.asked, counts.waiting, counts.skipped) == (2, 1, {"refused": 1})


def test_an_address_that_does_not_exist_is_not_written_to_again(any_world: World) -> None:
    anna = Person("anna", "Anna", "gone@customer.example")
    with Sink(refuse={"gone@customer.example"}) as sink:
        send_to(any_world, sink.url)
        queue(any_world, "1", buyer=anna)
        any_world.run()
        assert any_world.person("anna").mail_stop == "bounced"
        assert state_of_request(any_world) == ("skipped", "refused")
        queue(any_world, "2", buyer=anna)
        any_world.run()
        assert sink.received == []
    assert accounted(any_world).skipped == {"refused": 1, "bounced": 1}


def test_a_server_that_refuses_to_relay_makes_no_buyer_a_bounce(world: World) -> None:
    with Moody("RCPT", "554 5.7.1 Relay access denied") as sink:
        send_to(world, sink.url)
        queue(world, "1", "2")
        world.run()
    assert [world.person(f"buyer-{key}").mail_stop for key in "12"] == [None, None]
    assert accounted(world).waiting == 2


def test_a_broken_address_ends_as_a_skip(any_world: World) -> None:
    queue(any_world, "1", buyer=Person("anna", "Anna", "anna@nowhere\r\nBcc: victim@customer.example"))
    any_world.run()
    assert state_of_mail(any_world) == ("dropped", "broken_address")
    assert state_of_request(any_world) == ("skipped", "no_address")
    assert accounted(any_world).skipped == {"no_address": 1}


@pytest.mark.parametrize("question", ["orders", "may_mail"])
def test_a_failing_adapter_is_asked_again(any_world: World, question: str) -> None:
    any_world.order("1")
    any_world.deliver("1")
    any_world.shop.failing = {question}
    assert any_world.pass_days(7)["asked_adapter"] == 1
    assert any_world.one(Request).held_up_by == "adapter"
    any_world.shop.failing = set()
    any_world.clock.advance(hours=1)
    decide(any_world)
    any_world.shop.failing = {question}
    assert any_world.run()["mail_postponed"] == 1
    assert state_of_mail(any_world) == ("waiting", "adapter")
    any_world.shop.failing = set()
    any_world.clock.advance(minutes=1)
    assert any_world.run()["mail_sent"] == 1
    assert accounted(any_world).asked == 1


def test_an_order_that_breaks_the_adapter_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [str(number) for number in range(8)]
    for key in keys:
        world.order(key)
        world.deliver(key)
    honest = world.shop.orders

    def orders(ids: list[str]) -> dict[str, Order]:
        if "3" in ids:
            raise ValueError("an old order without a date")
        return honest(ids)

    monkeypatch.setattr(world.shop, "orders", orders)
    done = world.pass_days(7)
    assert (done["asked_queued"], done["asked_adapter"], done["mail_sent"]) == (7, 1, 7)
    monkeypatch.setattr(world.shop, "orders", honest)
    world.clock.advance(hours=1)
    decide(world)
    monkeypatch.setattr(world.shop, "orders", orders)
    assert world.run()["mail_postponed"] == 1
    assert accounted(world).waiting == 1


def test_a_template_that_breaks_on_one_order_does_not_hold_up_the_others(world: World) -> None:
    broken = "{% for item in view['items'] %}{{ 1 // (item.title|length - 5) }}{% endfor %}"
    world.app.jinja_loader = jinja2.DictLoader({"trust/mail/request.txt": broken})
    world.order("bad", "spoon")
    world.deliver("bad")
    queue(world, "good")
    done = world.run()
    assert (done["mail_sent"], done["mail_postponed"]) == (1, 1)
    assert "'flask trust mail preview ORDER' shows why" in world.cli("mail", "list").output
    assert (accounted(world).asked, accounted(world).waiting) == (1, 1)


def test_a_repeat_has_the_same_identity_even_under_a_new_key(any_world: World) -> None:
    with Moody("END", "452 4.3.1 Disk full") as sink:
        send_to(any_world, sink.url)
        queue(any_world)
        any_world.run()
        any_world.app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["a secret of tests"])
        sink.step = ""
        any_world.clock.advance(minutes=1)
        any_world.run()
    first, second = (each.message_id for each in sink.received)
    assert first == second


def test_a_mail_whose_worker_died_is_left_alone_until_the_lease_is_over(any_world: World) -> None:
    queue(any_world)
    die_while_sending(any_world)
    any_world.clock.advance(minutes=19)
    any_world.run()
    assert any_world.mails() == []
    any_world.clock.advance(minutes=1)
    assert any_world.run()["mail_sent"] == 1
    assert accounted(any_world).asked == 1


def test_a_mail_whose_workers_died_twice_is_left_to_a_person(any_world: World) -> None:
    queue(any_world)
    for _ in range(2):
        die_while_sending(any_world)
        any_world.clock.advance(minutes=20)
    assert any_world.run()["mail_held"] == 1
    assert state_of_mail(any_world) == ("held", "unclear")
    assert "nobody knows whether it left" in any_world.cli("mail", "list").output
    assert accounted(any_world).waiting == 1
    any_world.cli("mail", "retry")
    assert any_world.run()["mail_sent"] == 1


def test_a_connection_that_breaks_after_the_mail_leads_to_one_repeat_at_most(any_world: World) -> None:
    with Moody("END", "drop") as sink:
        send_to(any_world, sink.url)
        queue(any_world)
        for _ in range(10):
            any_world.run()
            any_world.clock.advance(minutes=30)
        assert len(sink.received) == 2
        assert len({each.message_id for each in sink.received}) == 1
    assert state_of_mail(any_world) == ("held", "unclear")


def test_what_is_unclear_stays_unclear_when_something_else_fails_in_between(world: World) -> None:
    with Moody("END", "drop") as sink:
        send_to(world, sink.url)
        queue(world)
        world.run()
        world.shop.failing = {"orders"}
        world.clock.advance(minutes=5)
        world.run()
        world.shop.failing = set()
        for _ in range(5):
            world.clock.advance(minutes=30)
            world.run()
        assert len(sink.received) == 2
    assert state_of_mail(world) == ("held", "unclear")


def test_a_worker_that_lost_its_lease_may_neither_send_nor_mark(any_world: World) -> None:
    queue(any_world)
    now, lease = any_world.clock(), timedelta(minutes=20)
    with any_world.app.app_context(), any_world.state.session() as session:
        slow, ids = actions.take(session, now, lease, 20)
        (mail,) = actions.read(session, ids, slow)
        session.commit()
        quick, _ = actions.take(session, now + lease, lease, 20)
        session.commit()
        assert actions.read(session, ids, slow) == []
        assert not actions.mark(session, mail, slow, now + 2 * lease)
        assert not actions.mark_sent(session, mail.id, slow, now + lease)
        assert actions.postpone(session, mail, slow, "timeout", now + lease) == "lost"
        assert actions.mark(session, mail, quick, now + 2 * lease)
        session.commit()
    assert state_of_mail(any_world) == ("sending", None)


def test_one_reminder_on_day_14(any_world: World) -> None:
    any_world.order("1")
    any_world.deliver("1")
    any_world.pass_days(7)
    any_world.pass_days(6.9)
    assert len(any_world.mails()) == 1
    any_world.pass_days(0.1)
    first, second = any_world.mails()
    assert first["Message-ID"] != second["Message-ID"]
    assert "the last time" in any_world.text_of(second)
    any_world.pass_days(60)
    assert len(any_world.mails()) == 2
    assert accounted(any_world).asked == 1


def test_no_reminder_after_an_answer(any_world: World) -> None:
    any_world.order("1", "bowl", "spoon")
    any_world.deliver("1")
    any_world.pass_days(7)
    any_world.rate("1", line_0_stars="2")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1
    assert accounted(any_world).asked == 1


@pytest.mark.parametrize(
    ("zone", "arrived", "mails"),
    [
        # Noon in UTC is 21:00 in Tokyo: the first mail waits for the next morning, the reminder keeps its hour.
        ("Asia/Tokyo", datetime(2027, 5, 3, 12, tzinfo=UTC), ["2027-05-11 10:00", "2027-05-18 10:00"]),
        ("America/Los_Angeles", datetime(2027, 5, 3, 12, tzinfo=UTC), ["2027-05-10 10:00", "2027-05-17 10:00"]),
        ("Europe/Berlin", datetime(2027, 5, 3, 12, tzinfo=UTC), ["2027-05-10 14:00", "2027-05-17 14:00"]),
        # Over the change to summer time the reminder is an hour later by the wall clock, and still in the day.
        ("Europe/Berlin", datetime(2027, 3, 17, 12, tzinfo=UTC), ["2027-03-24 13:00", "2027-03-31 14:00"]),
        ("Not/AZone", datetime(2027, 5, 3, 12, tzinfo=UTC), ["2027-05-10 12:00", "2027-05-17 12:00"]),
    ],
)
def test_mails_leave_by_day_where_the_buyer_lives(world: World, zone: str, arrived: datetime, mails: list[str]) -> None:
    from flask_trust.clock import zone as known

    world.clock.now = arrived
    world.order("1", buyer=Person("anna", "Anna", "anna@customer.example", timezone=zone))
    world.deliver("1")
    world.clock.advance(days=6)
    for _ in range(10 * 24):
        world.clock.advance(hours=1)
        world.run()
    local = known(zone, "UTC")
    sent = [row.sent_at.astimezone(local) for row in world.all(Outgoing) if row.sent_at]
    assert [f"{at:%Y-%m-%d %H:%M}" for at in sent] == mails


def test_a_late_retry_waits_for_the_morning(world: World) -> None:
    with Moody("END", "452 4.3.1 Disk full") as sink:
        send_to(world, sink.url)
        queue(world)
        world.clock.now = world.clock.now.replace(hour=17, minute=59, second=30)
        world.run()
        sink.step = ""
        world.clock.advance(minutes=2)
        assert world.run()["mail_later"] == 1
        assert len(sink.received) == 1
        world.clock.now = world.clock.now.replace(hour=10, minute=0) + timedelta(days=1)
        assert world.run()["mail_sent"] == 1
