"""Who was asked, who waits, who was skipped and why: the sum holds, and every stop rule stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from flask_trust import Event, Person
from flask_trust.invitations.models import Request
from flask_trust.invitations.queries import Tally, tally
from flask_trust.mail.models import Outgoing
from flask_trust.orders.models import Line as LineRow
from flask_trust.orders.models import Order
from flask_trust.orders.queries import delivered_count
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.hosts.test_transactions import everything
from tests.world import World

MakeWorld = Callable[..., World]

ANNA = Person("anna", "Anna", "anna@customer.example")


def counts(world: World) -> tuple[Tally, int]:
    return world.read(lambda session: (tally(session), delivered_count(session)))


def assert_adds_up(world: World) -> None:
    counted, delivered = counts(world)
    assert counted.total == delivered
    assert all(row.reason for row in world.all(Request) if row.state == "skipped")


def moments(world: World) -> list[datetime]:
    """Return when a mail left, of whichever kind, oldest first."""
    rows = world.all(Request)
    return sorted(at for row in rows for at in (row.asked_at, row.reminded_at) if at is not None)


def at_day(world: World, day: float, start: datetime) -> None:
    world.clock.now = start + timedelta(days=day)
    world.run()


def test_a_buyer_is_asked_on_day_seven_and_reminded_once_on_day_fourteen(any_world: World) -> None:
    start = any_world.clock()
    any_world.order("o1")
    any_world.deliver("o1")
    for hour in range(0, 40 * 24, 6):
        any_world.clock.now = start + timedelta(hours=hour)
        any_world.run()
    assert moments(any_world) == [start + timedelta(days=7), start + timedelta(days=14)]
    assert len(any_world.mails()) == 2
    assert_adds_up(any_world)


def test_a_shop_may_send_no_reminder(make_world: MakeWorld) -> None:
    world = make_world(TRUST_REMIND_AFTER_DAYS=None)
    world.order("o1")
    world.deliver("o1")
    for _ in range(6):
        world.pass_days(7)
    assert len(world.mails()) == 1
    assert world.one(Request).due is None


def test_a_shop_may_ask_later(make_world: MakeWorld) -> None:
    world = make_world(TRUST_REQUEST_AFTER_DAYS=10, TRUST_REMIND_AFTER_DAYS=30)
    start = world.clock()
    world.order("o1")
    world.deliver("o1")
    for day in range(40):
        at_day(world, day, start)
    assert moments(world) == [start + timedelta(days=10), start + timedelta(days=30)]


def test_one_mail_is_about_the_whole_order(any_world: World) -> None:
    any_world.order("o1", *[f"thing{number}" for number in range(12)])
    any_world.deliver("o1")
    any_world.pass_days(7)
    (mail,) = any_world.mails()
    assert all(f"Thing{number}" in any_world.text_of(mail) for number in range(12))


@pytest.mark.parametrize(
    ("timezone", "hour"),
    [("Asia/Tokyo", 1), ("America/New_York", 14), ("Pacific/Auckland", 22), (None, 10), ("Mars/Olympus", 10)],
)
def test_mails_leave_in_the_buyers_daytime(any_world: World, timezone: str | None, hour: int) -> None:
    any_world.clock.now = datetime(2027, 5, 3, 4, tzinfo=UTC)
    any_world.order("o1", buyer=Person("anna", "Anna", "anna@customer.example", timezone=timezone))
    night = {"Asia/Tokyo": 10, "America/New_York": 5, "Pacific/Auckland": 8}.get(timezone or "", 4)
    any_world.clock.now = datetime(2027, 5, 3, night, tzinfo=UTC)
    any_world.deliver("o1")
    for _ in range(24 * 9):
        any_world.clock.advance(hours=1)
        any_world.run()
    asked = any_world.one(Request).asked_at
    assert asked is not None
    assert asked.hour == hour


def test_the_shops_zone_stands_in_where_the_buyers_is_unknown(make_world: MakeWorld) -> None:
    world = make_world(TRUST_TIMEZONE="Asia/Tokyo")
    world.order("o1")
    world.deliver("o1")
    assert world.one(Request).planned_for.hour == 1


def test_a_buyer_gets_one_mail_in_seven_days_and_after_21_days_the_order_is_let_go(any_world: World) -> None:
    start = any_world.clock()
    for number in range(6):
        any_world.order(f"o{number}", buyer=ANNA)
        any_world.deliver(f"o{number}")
    for day in range(80):
        at_day(any_world, day, start)
        assert_adds_up(any_world)
    sent = moments(any_world)
    assert all(later - earlier >= timedelta(days=7) for earlier, later in pairwise(sent))
    reasons = {row.reason for row in any_world.all(Request) if row.state == "skipped"}
    assert reasons == {"asked_recently"}
    assert any_world.cli("check").exit_code == 0


def test_orders_of_different_buyers_do_not_hold_each_other_up(any_world: World) -> None:
    for number in range(5):
        any_world.order(f"o{number}")
        any_world.deliver(f"o{number}")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 5


def test_a_mail_that_could_not_leave_in_time_does_not_break_the_cap(any_world: World) -> None:
    """The worker decides on the first mail, the server is away for a week, and a second order becomes due."""
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    any_world.clock.advance(days=7)
    any_world.folder.write_text("in the way")  # a file where the folder should be: no mail can be kept
    any_world.run()
    assert any_world.one(Outgoing).state != "sent"
    any_world.order("o2", buyer=ANNA)
    any_world.deliver("o2")
    any_world.clock.advance(days=4, hours=23)
    any_world.folder.unlink()
    for _ in range(20):
        any_world.run()
        any_world.clock.advance(days=1)
    sent = moments(any_world)
    assert all(later - earlier >= timedelta(days=7) for earlier, later in pairwise(sent)), sent
    assert len(sent) >= 2


def test_a_mail_that_was_held_and_one_that_waited_for_it_do_not_leave_together(any_world: World) -> None:
    """Neither could leave for a week; then the server is back and somebody tries the held one again."""
    any_world.order("o1", buyer=ANNA)
    any_world.order("o2", buyer=ANNA)
    any_world.deliver("o1")
    any_world.clock.advance(days=7)
    any_world.folder.write_text("in the way")
    any_world.deliver("o2")
    for _ in range(8):
        any_world.run()
        any_world.clock.advance(days=1)
    assert moments(any_world) == []
    any_world.folder.unlink()
    assert any_world.cli("mail", "retry").exit_code == 0
    for _ in range(30):
        any_world.run()
        any_world.clock.advance(days=1)
    sent = moments(any_world)
    assert len(sent) >= 2
    assert all(later - earlier >= timedelta(days=7) for earlier, later in pairwise(sent)), sent


def test_a_worker_that_slept_for_weeks_sends_no_two_mails_to_one_buyer(any_world: World) -> None:
    for number in range(3):
        any_world.order(f"o{number}", buyer=ANNA)
        any_world.deliver(f"o{number}")
        any_world.clock.advance(days=1)
    any_world.pass_days(12)
    any_world.run()
    assert len(any_world.mails()) == 1


def test_a_worker_that_slept_too_long_lets_the_orders_go(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.pass_days(40)
    assert any_world.one(Request).reason == "too_late"
    assert any_world.mails() == []
    assert_adds_up(any_world)


@pytest.mark.parametrize(("days", "asked_on"), [(3, 7), (10, 10), (14, 14), (60, 14), (21, 14)])
def test_an_open_return_or_dispute_postpones_by_14_days_at_most(any_world: World, days: int, asked_on: int) -> None:
    start = any_world.clock()
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.tell("order_paused", "o1", start + timedelta(days=days))
    for day in range(60):
        at_day(any_world, day, start)
    asked = any_world.one(Request).asked_at
    assert asked == start + timedelta(days=asked_on)


def test_pauses_again_and_again_hold_the_mail_up_for_no_longer_than_14_days(any_world: World) -> None:
    start = any_world.clock()
    any_world.order("o1")
    any_world.deliver("o1")
    for day in range(60):
        at_day(any_world, day, start)
        any_world.tell("order_paused", "o1", any_world.clock() + timedelta(days=30))
    asked = any_world.one(Request).asked_at
    assert asked is not None
    assert asked <= start + timedelta(days=21)


def test_a_pause_that_ends_early_lets_the_mail_go(any_world: World) -> None:
    start = any_world.clock()
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.tell("order_paused", "o1", start + timedelta(days=14))
    at_day(any_world, 8, start)
    any_world.tell("order_paused", "o1", any_world.clock())
    at_day(any_world, 8.1, start)
    assert any_world.one(Request).asked_at == start + timedelta(days=8.1)


def test_a_return_changes_nothing_about_the_asking(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.tell("order_returned", "o1", None, "too small")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1, "skipping those who sent it back would be asking only the happy"


def test_an_order_cancelled_before_it_arrived_is_not_asked_about(any_world: World) -> None:
    any_world.order("o1")
    any_world.tell("order_placed", "o1")
    any_world.tell("order_cancelled", "o1")
    any_world.pass_days(10)
    any_world.pass_days(10)
    assert any_world.all(Request) == []
    assert any_world.mails() == []


def test_lines_that_were_cancelled_are_not_in_the_mail(any_world: World) -> None:
    any_world.order("o1", "bowl", "cup")
    any_world.tell("order_cancelled", "o1", ["cup"])
    any_world.deliver("o1")
    any_world.pass_days(7)
    (mail,) = any_world.mails()
    assert "Cup" not in any_world.text_of(mail)


def test_a_cancellation_after_the_arrival_was_only_guessed_ends_the_asking(any_world: World) -> None:
    """Nobody told that it arrived, and now the shop tells that it never will."""
    any_world.order("o1")
    any_world.tell("order_placed", "o1")
    any_world.pass_days(10)
    assert any_world.one(LineRow).delivered_by == "placed"
    any_world.tell("order_cancelled", "o1", by="seller", paid=True)
    any_world.pass_days(7)
    assert any_world.mails() == []
    assert any_world.one(Request).reason == "cancelled"
    assert_adds_up(any_world)


def test_a_cancellation_of_a_guessed_arrival_touches_nothing_that_was_written(any_world: World) -> None:
    any_world.order("o1")
    any_world.tell("order_placed", "o1")
    any_world.pass_days(17)
    assert any_world.rate("o1", line_0_stars="1").status_code == 303
    any_world.tell("order_cancelled", "o1", by="seller", paid=True)
    assert any_world.one(Review).live
    page = any_world.client().get(any_world.rate_path("o1")).text
    assert 'name="line-0-stars"' in page, "it can still be changed and deleted"


def written(world: World) -> None:
    world.order("o1", "bowl", buyer=ANNA)
    world.deliver("o1")
    assert world.rate("o1", line_0_stars="1", line_0_text="broken").status_code == 303


def public(world: World) -> tuple[object, ...]:
    """Return what readers see and what is counted."""
    review = world.one(Review)
    rows = [(row.kind, row.key, row.n1, row.n2, row.n3, row.n4, row.n5, row.shown) for row in world.all(Subject)]
    return review.state, review.live, review.counted, review.stars, review.text, sorted(rows)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("order_returned", ("o1", None, "it is broken")),
        ("order_cancelled", ("o1",)),
        ("order_cancelled", ("o1", ["bowl"], "seller", True)),
        ("order_paused", ("o1", datetime(2027, 6, 1, tzinfo=UTC))),
        ("order_shipped", ("o1",)),
        ("order_delivered", ("o1",)),
        ("mail_bounced", ("anna",)),
    ],
)
def test_the_shop_cannot_pull_a_review_back_by_bookkeeping(
    any_world: World, event: str, arguments: tuple[object, ...]
) -> None:
    written(any_world)
    before = public(any_world)
    any_world.tell(event, *arguments)
    assert public(any_world) == before
    assert any_world.cli("check").exit_code == 0


def test_a_product_an_order_or_a_customer_that_the_shop_forgets_changes_no_review(any_world: World) -> None:
    written(any_world)
    before = public(any_world)
    any_world.shop.all_orders.clear()
    any_world.shop.all_products.clear()
    any_world.shop.all_people.clear()
    any_world.pass_days(30)
    assert public(any_world) == before
    page = any_world.client().get("/trust/products/bowl")
    assert page.status_code == 200
    assert "broken" in page.text


def test_who_has_written_is_not_reminded(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.pass_days(7)
    any_world.rate("o1", line_0_stars="5")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1


def test_who_wrote_before_being_asked_is_not_asked(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.rate("o1", line_0_stars="5")
    any_world.pass_days(7)
    assert any_world.mails() == []
    assert any_world.one(Request).reason == "answered"
    assert_adds_up(any_world)


@pytest.mark.parametrize("stars", ["1", "5"])
def test_what_somebody_wrote_makes_no_difference_to_being_asked(any_world: World, stars: str) -> None:
    any_world.review("o1", int(stars), buyer=ANNA)
    any_world.order("o2", buyer=ANNA)
    any_world.deliver("o2")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1


def test_an_order_without_permission_is_skipped_with_that_reason(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.shop.no_mail.add("o1")
    any_world.pass_days(7)
    assert any_world.one(Request).reason == "no_consent"
    assert any_world.mails() == []


def test_permission_is_asked_again_just_before_sending(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.pass_days(7)
    any_world.shop.no_mail.add("o1")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1, "no reminder"
    assert any_world.one(Request).state == "asked"


def test_not_mine_and_not_arrived(any_world: World) -> None:
    any_world.order("o1")
    any_world.order("o2")
    for key in ("o1", "o2"):
        any_world.deliver(key)
    any_world.pass_days(7)
    assert any_world.rate("o1", action="not-mine").status_code == 303
    assert any_world.rate("o2", action="not-arrived").status_code == 303
    for _ in range(5):
        any_world.pass_days(3)
    assert len(any_world.mails()) == 3, "one more for the parcel that is late, none for the stranger"
    assert_adds_up(any_world)


def test_without_mail_settings_everything_is_planned_and_nothing_is_sent(make_world: MakeWorld) -> None:
    """A trial in the shadow of another system."""
    world = make_world(
        TRUST_MAIL_URL=..., TRUST_MAIL_FROM=..., TRUST_MAIL_BASIS=..., TRUST_SHOP_ADDRESS=..., TRUST_BASE_URL=...
    )
    for number in range(3):
        world.order(f"o{number}")
        world.deliver(f"o{number}")
    for _ in range(5):
        world.pass_days(3)
    assert [row.state for row in world.all(Request)] == ["waiting"] * 3
    assert world.all(Outgoing) == []
    assert counts(world)[0].waiting == 3
    assert world.cli("stats").exit_code == 0


def test_switching_mails_on_after_a_trial_asks_those_that_are_not_yet_too_late(make_world: MakeWorld) -> None:
    world = make_world(TRUST_MAIL_URL=...)
    world.order("old")
    world.deliver("old")
    world.clock.advance(days=20)
    world.order("new")
    world.deliver("new")
    world.pass_days(8)
    later = World(world.app.config["SQLALCHEMY_DATABASE_URI"], world.folder.parent)
    later.shop, later.clock.now = world.shop, world.clock.now
    later.app.extensions["trust"] = type(later.state)(
        later.state.settings, world.shop, later.db, later.clock, later.state.mails
    )
    later.run()
    assert {row.state: row.reason for row in later.all(Request)} == {"skipped": "too_late", "asked": None}
    later.close()


def test_figures_say_how_many_were_asked_wait_or_were_skipped_and_why(any_world: World) -> None:
    for number in range(4):
        any_world.order(f"o{number}", placed_at=any_world.clock() - timedelta(days=40))
    any_world.deliver("o0")
    any_world.deliver("o1", at=any_world.clock() - timedelta(days=30))
    any_world.clock.advance(days=7)
    any_world.run()
    any_world.deliver("o2")
    figures = json.loads(any_world.cli("stats", "--json").output)
    assert figures["orders delivered"] == 3
    assert (figures["asked"], figures["waiting"], figures["skipped"]) == (1, 1, {"too_old": 1})


DRY = ("delivered", "--dry-run")


def dry_run(world: World, *arguments: str) -> str:
    answer = world.cli(*DRY, *arguments)
    assert answer.exit_code == 0, answer.output
    return str(answer.output)


def test_a_dry_run_changes_nothing_and_says_when_or_why_not(any_world: World) -> None:
    now = any_world.clock()
    for key, age in (("fresh", 0), ("due", 10), ("old", 30)):
        any_world.order(key, placed_at=now - timedelta(days=age + 2))
        any_world.shop.add(Event("delivered", key, now - timedelta(days=age)))
    any_world.order("forbidden")
    any_world.shop.no_mail.add("forbidden")
    any_world.shop.add(Event("delivered", "forbidden", now))
    before = everything(any_world)
    told = dry_run(any_world, "--since", "180d")
    assert everything(any_world) == before
    assert "fresh: 2027-05-10 12:00" in told
    assert "due: 2027-05-03 12:00" in told
    assert "old: not asked, had arrived more than 14 days before we heard of it" in told
    assert "forbidden: not asked, the checkout recorded no permission to write" in told
    assert "2 orders would be asked about, 2 not" in told
    assert "Nothing was changed" in told


def test_a_dry_run_of_named_orders_tells_unknown_ones_too(any_world: World) -> None:
    any_world.order("o1")
    answer = any_world.cli(*DRY, "o1", "nowhere")
    assert answer.exit_code == 1
    assert "o1: 2027-05-10 12:00" in answer.output
    assert "nowhere: not asked" in answer.output
    assert any_world.all(Order) == []


def forecast(told: str) -> dict[str, str]:
    """Return what a dry run said of each order: the minute, or the reason."""
    lines = [line.partition(": ") for line in told.splitlines() if ": " in line and not line.startswith("Nothing")]
    return {key: words.removeprefix("not asked, ")[:16] for key, _, words in lines}


def what_happened(world: World, days: int = 60) -> dict[str, str]:
    """Let the worker run at the start of every third hour for some weeks and tell what became of each order."""
    for _ in range(days * 8):
        world.clock.advance(hours=3)
        world.run()
    keys = {row.id: row.key for row in world.all(Order)}
    return {
        keys[row.order_id]: f"{row.asked_at:%Y-%m-%d %H:%M}" if row.asked_at else str(row.reason)
        for row in world.all(Request)
    }


def test_the_forecast_of_a_dry_run_comes_true(world: World) -> None:
    now = world.clock()
    for key, age in (("a", 0), ("b", 3), ("c", 13)):
        world.order(key, placed_at=now - timedelta(days=age + 2))
        world.shop.add(Event("delivered", key, now - timedelta(days=age)))
    world.order("parcels", "bowl", "cup")
    world.shop.add(
        Event("delivered", "parcels", now - timedelta(days=5), ["bowl"]), Event("delivered", "parcels", now, ["cup"])
    )
    said = forecast(dry_run(world, "--since", "30d"))
    assert world.cli("delivered", "--since", "30d").exit_code == 0
    world.clock.now = now - timedelta(hours=3)
    assert what_happened(world, 15) == said


def test_the_forecast_knows_that_a_buyer_gets_one_mail_in_seven_days(make_world: MakeWorld) -> None:
    world = make_world(TRUST_REMIND_AFTER_DAYS=None)  # whether reminders come in between depends on the buyer
    now = world.clock()
    for number in range(6):
        world.order(f"o{number}", buyer=ANNA)
        world.shop.add(Event("placed", f"o{number}", now), Event("delivered", f"o{number}", now))
    told = dry_run(world, "--since", "30d")
    assert "4 orders would be asked about, 2 not" in told
    assert world.cli("delivered", "--since", "30d").exit_code == 0
    world.clock.now = now - timedelta(hours=3)
    happened = what_happened(world, 40)
    assert sorted(when for when in happened.values()) == sorted(
        when if when.startswith("2027") else "asked_recently" for when in forecast(told).values()
    )


def test_a_dry_run_at_night_names_no_reason_for_a_mail_that_leaves_by_day_anyway(world: World) -> None:
    world.order("o1")
    at_noon = world.clock()
    world.deliver("o1")
    world.clock.now = at_noon.replace(hour=23)
    assert "o1: 2027-05-10 12:00\n" in dry_run(world, "o1")


@pytest.mark.parametrize("arguments", [(), ("--since", "soon"), ("--since", "180"), ("--since", "99999d")])
def test_a_wrong_command_says_what_to_write(world: World, arguments: tuple[str, ...]) -> None:
    answer = world.cli("delivered", *arguments)
    assert answer.exit_code == 2
    assert "180d" in answer.output


def test_a_shop_that_tells_of_no_events_is_told_so(world: World) -> None:
    answer = world.cli("delivered", "--since", "180d")
    assert answer.exit_code == 0
    assert "events_since" in answer.output
