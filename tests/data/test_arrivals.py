"""The six ways in which an arrival becomes known, parcels one by one, and calls that come late, twice or too early."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest

from flask_trust import Event, Line, Person
from flask_trust.invitations.models import Request
from flask_trust.orders.models import Deal, Order
from flask_trust.orders.models import Line as LineRow
from flask_trust.people.models import Person as PersonRow
from flask_trust.shop import Order as OrderValue
from tests.world import World

MakeWorld = Callable[..., World]


def told_by_a_call(world: World) -> None:
    world.order("o1")
    world.clock.advance(days=3)
    world.deliver("o1")


def found_by_asking(world: World) -> None:
    world.order("o1")
    world.clock.advance(days=3)
    world.shop.add(Event("delivered", "o1", world.clock()))
    world.run()


def named_on_the_command_line(world: World) -> None:
    world.order("o1")
    world.clock.advance(days=3)
    assert world.cli("delivered", "o1").exit_code == 0


def guessed_from_the_shipping(world: World) -> None:
    world.order("o1")
    world.tell("order_shipped", "o1")
    world.pass_days(5)


def guessed_from_the_promise(world: World) -> None:
    world.order("o1", promised_at=world.clock() + timedelta(days=4))
    world.tell("order_placed", "o1")
    world.pass_days(6)


def guessed_from_the_day_of_the_order(world: World) -> None:
    world.order("o1")
    world.tell("order_placed", "o1")
    world.pass_days(10)


WAYS = [
    # arrived so many days after the order was placed, by which evidence
    (told_by_a_call, 3, "told"),
    (found_by_asking, 3, "told"),
    (named_on_the_command_line, 3, "told"),
    (guessed_from_the_shipping, 5, "shipped"),
    (guessed_from_the_promise, 6, "promised"),
    (guessed_from_the_day_of_the_order, 10, "placed"),
]


@pytest.mark.parametrize(("way", "day", "evidence"), WAYS, ids=lambda value: getattr(value, "__name__", ""))
def test_an_arrival_is_known_and_asked_about_seven_days_later(
    any_world: World, way: Callable[[World], None], day: int, evidence: str
) -> None:
    start = any_world.clock()
    way(any_world)
    line, request, deal = any_world.one(LineRow), any_world.one(Request), any_world.one(Deal)
    assert (line.delivered_at, line.delivered_by) == (start + timedelta(days=day), evidence)
    assert line.expected_at is None
    assert (request.state, request.planned_for) == ("waiting", start + timedelta(days=day + 7))
    assert deal.opened_at == any_world.clock()
    any_world.clock.now = start + timedelta(days=day + 7)
    any_world.run()
    (mail,) = any_world.mails()
    assert ("We think it has arrived" in any_world.text_of(mail)) == (evidence != "told")
    assert any_world.cli("check").exit_code == 0


@pytest.mark.parametrize(
    ("event", "promised", "days"), [("order_shipped", None, 5), ("order_placed", 4, 6), ("order_placed", None, 10)]
)
def test_nothing_is_guessed_a_moment_earlier(world: World, event: str, promised: int | None, days: int) -> None:
    world.order("o1", promised_at=None if promised is None else world.clock() + timedelta(days=promised))
    world.tell(event, "o1")
    world.clock.advance(days=days, seconds=-1)
    world.run()
    assert world.all(Request) == []
    world.clock.advance(seconds=1)
    world.run()
    assert len(world.all(Request)) == 1


def test_deliveries_come_from_standard_input_too(world: World) -> None:
    for key in ("o1", "o2", "o3"):
        world.order(key)
    answer = world.cli("delivered", "-", input="o1\no2 o3\n")
    assert answer.exit_code == 0
    assert [row.key for row in world.all(Order)] == ["o1", "o2", "o3"]
    assert len(world.all(Request)) == 3


def test_the_shops_own_records_are_taken_for_as_far_back_as_is_wished(world: World) -> None:
    for key, age in (("o1", 3), ("o2", 100), ("o3", 300)):
        world.order(key, placed_at=world.clock() - timedelta(days=age + 2))
        world.shop.add(Event("delivered", key, world.clock() - timedelta(days=age)))
    assert world.cli("delivered", "--since", "180d").exit_code == 0
    assert {row.key for row in world.all(Order)} == {"o1", "o2"}


def test_a_shop_may_want_no_guesses(make_world: MakeWorld) -> None:
    world = make_world(TRUST_ARRIVAL_DAYS={"shipped": None, "placed": None})
    world.order("o1")
    world.tell("order_shipped", "o1")
    world.pass_days(200)
    assert world.all(Request) == []


def test_a_promise_that_the_shop_moves_counts(any_world: World) -> None:
    any_world.order("o1", promised_at=any_world.clock() + timedelta(days=4))
    any_world.tell("order_placed", "o1")
    any_world.order("o1", promised_at=any_world.clock() + timedelta(days=9), placed_at=any_world.clock())
    any_world.pass_days(6)
    assert any_world.all(Request) == []
    any_world.pass_days(5)
    assert any_world.one(LineRow).delivered_by == "promised"


def test_a_promised_day_without_a_time_is_taken_as_its_noon(world: World) -> None:
    world.order("o1", promised_at=date(2027, 5, 7))
    world.tell("order_placed", "o1")
    world.pass_days(6)
    assert world.one(LineRow).delivered_at == datetime(2027, 5, 9, 12, tzinfo=world.clock().tzinfo)


def test_what_is_told_replaces_a_guess_and_moves_the_mail(any_world: World) -> None:
    guessed_from_the_shipping(any_world)
    any_world.clock.advance(days=2)
    any_world.deliver("o1")
    line, request = any_world.one(LineRow), any_world.one(Request)
    assert (line.delivered_at, line.delivered_by) == (any_world.clock(), "told")
    assert request.planned_for == any_world.clock() + timedelta(days=7)


def test_a_guess_never_replaces_what_was_told(any_world: World) -> None:
    any_world.order("o1")
    any_world.tell("order_shipped", "o1")
    any_world.clock.advance(days=1)
    any_world.deliver("o1")
    told = any_world.one(LineRow).delivered_at
    any_world.pass_days(30)
    line = any_world.one(LineRow)
    assert (line.delivered_at, line.delivered_by) == (told, "told")


def test_the_first_telling_counts_and_a_later_one_changes_nothing(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    first = any_world.one(LineRow).delivered_at
    any_world.clock.advance(days=2)
    any_world.deliver("o1")
    any_world.deliver("o1", at=any_world.clock() - timedelta(days=10))
    assert any_world.one(LineRow).delivered_at == first
    assert len(any_world.all(Request)) == 1


def test_an_arrival_in_the_future_is_an_arrival_now(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1", at=any_world.clock() + timedelta(days=30))
    assert any_world.one(LineRow).delivered_at == any_world.clock()


def test_a_naive_moment_counts_as_utc(world: World) -> None:
    world.order("o1", placed_at=world.clock() - timedelta(days=5))
    world.deliver("o1", at=datetime(2027, 5, 2, 9))  # noqa: DTZ001 shops have such columns
    assert world.one(LineRow).delivered_at == datetime(2027, 5, 2, 9, tzinfo=world.clock().tzinfo)


def two_parcels(world: World, days: float) -> Request:
    world.order("o1", "bowl", "cup")
    world.deliver("o1", "bowl")
    world.clock.advance(days=days)
    world.deliver("o1", "cup")
    return world.one(Request)


@pytest.mark.parametrize(
    ("days", "asked_on"),
    [(0, 7), (1, 8), (3, 10), (6.9, 13.9), (6, 13)],
)
def test_a_later_parcel_moves_the_mail(any_world: World, days: float, asked_on: float) -> None:
    start = any_world.clock()
    request = two_parcels(any_world, days)
    assert request.planned_for - start - timedelta(days=asked_on) < timedelta(hours=17)
    assert request.planned_for >= start + timedelta(days=asked_on)
    any_world.clock.now = start + timedelta(days=asked_on) - timedelta(minutes=1)
    any_world.run()
    assert any_world.mails() == []
    any_world.clock.now = request.planned_for
    any_world.run()
    (mail,) = any_world.mails()
    assert "Bowl" in any_world.text_of(mail)
    assert "Cup" in any_world.text_of(mail)


def test_parcels_that_dribble_in_hold_the_mail_up_for_no_longer_than_21_days_after_the_first(any_world: World) -> None:
    start = any_world.clock()
    lines = [f"part{number}" for number in range(8)]
    any_world.order("o1", *lines)
    for line in lines:
        any_world.deliver("o1", line)
        any_world.run()
        any_world.clock.advance(days=3)
    request = any_world.one(Request)
    assert (request.state, request.asked_at) == ("asked", start + timedelta(days=21))
    assert len(any_world.mails()) == 1


def test_a_parcel_after_the_mail_changes_nothing_about_the_asking(any_world: World) -> None:
    any_world.order("o1", "bowl", "cup")
    any_world.deliver("o1", "bowl")
    any_world.pass_days(7)
    asked = any_world.one(Request)
    any_world.clock.advance(days=1)
    any_world.deliver("o1", "cup")
    again = any_world.one(Request)
    assert (again.state, again.asked_at, again.planned_for) == ("asked", asked.asked_at, asked.planned_for)
    page = any_world.client().get(any_world.rate_path("o1")).text
    assert "Cup" in page, "what has arrived since can be rated through the same link"


def test_each_line_can_be_asked_about_in_its_own_time(world: World) -> None:
    start = world.clock()
    world.order("o1", lines=[Line("1", "song", ask_after_days=3)])
    world.order("o2", lines=[Line("1", "sofa", ask_after_days=30)])
    world.deliver("o1")
    world.deliver("o2")
    assert [(row.planned_for - start).days for row in world.all(Request)] == [3, 30]


def test_lines_that_the_shop_adds_later_join_the_order(any_world: World) -> None:
    any_world.order("o1", "bowl")
    any_world.tell("order_placed", "o1")
    any_world.order("o1", "bowl", "cup")
    any_world.deliver("o1")
    assert [row.key for row in any_world.all(LineRow)] == ["bowl", "cup"]


def test_lines_that_the_shop_takes_off_stay_known(any_world: World) -> None:
    any_world.order("o1", "bowl", "cup")
    any_world.deliver("o1")
    any_world.order("o1", "bowl")
    any_world.deliver("o1")
    assert [row.key for row in any_world.all(LineRow)] == ["bowl", "cup"]


def test_a_line_that_was_cancelled_arrives_only_when_it_is_named(any_world: World) -> None:
    any_world.order("o1", "bowl", "cup")
    any_world.tell("order_cancelled", "o1", ["cup"])
    any_world.deliver("o1")
    assert [row.delivered_at is not None for row in any_world.all(LineRow)] == [True, False]
    any_world.deliver("o1", "cup")
    assert [(row.delivered_at is not None, row.cancelled_at) for row in any_world.all(LineRow)] == [(True, None)] * 2


def test_several_sellers_in_one_order_are_several_deals_and_one_mail(any_world: World) -> None:
    lines = [Line("1", "bowl", "kiln"), Line("2", "cup", "kiln"), Line("3", "lamp", "lantern"), Line("4", "pin")]
    any_world.order("o1", lines=lines)
    any_world.deliver("o1", "1", "3")
    opened = [deal.opened_at is not None for deal in any_world.all(Deal)]
    assert opened == [True, True, False]
    any_world.deliver("o1")
    assert all(deal.opened_at for deal in any_world.all(Deal))
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1


def test_the_same_line_id_in_two_orders_is_two_lines(any_world: World) -> None:
    any_world.order("o1", lines=[Line("1", "bowl")])
    any_world.order("o2", lines=[Line("1", "bowl")])
    any_world.deliver("o1")
    any_world.deliver("o2")
    assert len(any_world.all(LineRow)) == len(any_world.all(Request)) == 2


@pytest.mark.parametrize("keys", [("a", "A"), ("a", "a "), ("strasse", "straße"), ("e\u0301", "é"), ("1", "01")])
def test_ids_are_compared_byte_by_byte(any_world: World, keys: tuple[str, str]) -> None:
    for key in keys:
        any_world.order(key, lines=[Line(key, key)])
        any_world.deliver(key)
    assert [row.key for row in any_world.all(Order)] == list(keys)
    assert [row.product_key for row in any_world.all(LineRow)] == list(keys)
    assert len(any_world.all(PersonRow)) == 2


@pytest.mark.parametrize("key", ["é" * 32, "🎁" * 16, "x" * 64, " ", "%", "a'b\"c\\", "NULL"])
def test_the_longest_and_oddest_ids_are_kept_to_the_letter(any_world: World, key: str) -> None:
    any_world.order(key, lines=[Line(key, key, key)], buyer=Person(key, "Anna", "anna@customer.example"))
    any_world.deliver(key)
    assert any_world.one(Order).key == any_world.one(LineRow).key == key
    assert any_world.client().get(any_world.rate_path(key)).status_code == 200


@pytest.mark.parametrize("field", ["title", "variant"])
@pytest.mark.parametrize(
    "words", ["x" * 5000, "🎁" * 300, "a\x00b", "a\nb", "\ud800", "<script>", "'; DROP TABLE trust_line; --"], ids=repr
)
def test_whatever_a_line_is_called_it_can_be_noted(any_world: World, field: str, words: str) -> None:
    any_world.order("o1", lines=[Line("1", "bowl", **{field: words})])  # type: ignore[arg-type]
    any_world.deliver("o1")
    assert any_world.one(LineRow).key == "1"


@pytest.mark.parametrize("words", ["x" * 5000, "🎁" * 300, "a\x00b", "\ud800"], ids=repr)
def test_whatever_was_promised_or_said_on_return_can_be_noted(any_world: World, words: str) -> None:
    any_world.order("o1", incentive=words)
    any_world.deliver("o1")
    any_world.tell("order_returned", "o1", None, words)
    assert any_world.one(LineRow).returned_at is not None


def too_old(world: World, days: float) -> Request:
    world.order("o1", placed_at=world.clock() - timedelta(days=days + 2))
    world.deliver("o1", at=world.clock() - timedelta(days=days))
    return world.one(Request)


@pytest.mark.parametrize(("days", "state"), [(13, "waiting"), (14, "waiting"), (14.01, "skipped"), (400, "skipped")])
def test_a_delivery_older_than_14_days_at_the_first_call_is_noted_and_not_asked(
    any_world: World, days: float, state: str
) -> None:
    request = too_old(any_world, days)
    assert (request.state, request.reason) == (state, "too_old" if state == "skipped" else None)
    any_world.pass_days(1)
    assert len(any_world.mails()) == (state == "waiting")
    assert any_world.cli("check").exit_code == 0


def test_an_old_order_is_asked_about_when_somebody_wants_it(any_world: World) -> None:
    assert too_old(any_world, 100).reason == "too_old"
    assert any_world.cli("delivered", "o1", "--even-old").exit_code == 0
    any_world.run()
    assert any_world.one(Request).state == "asked"


def test_an_old_order_that_is_wanted_is_not_forgotten_overnight(any_world: World) -> None:
    """The same delivery is told again by the poll before the morning on which the mail leaves."""
    any_world.clock.advance(hours=10)
    any_world.order("o1", placed_at=any_world.clock() - timedelta(days=30))
    any_world.shop.add(Event("delivered", "o1", any_world.clock() - timedelta(days=28)))
    assert any_world.cli("delivered", "--since", "180d", "--even-old").exit_code == 0
    any_world.run()
    assert any_world.mails() == []  # it is ten in the evening
    any_world.pass_days(0.5)
    assert any_world.one(Request).state == "asked"


def test_a_fresh_parcel_of_an_order_whose_first_was_too_old_is_asked_about(any_world: World) -> None:
    any_world.order("o1", "bowl", "cup", placed_at=any_world.clock() - timedelta(days=40))
    any_world.deliver("o1", "bowl", at=any_world.clock() - timedelta(days=30))
    assert any_world.one(Request).reason == "too_old"
    any_world.deliver("o1", "cup")
    any_world.pass_days(7)
    assert any_world.one(Request).state == "asked"


def test_an_event_that_the_shop_repeats_changes_nothing(any_world: World) -> None:
    any_world.order("o1")
    any_world.shop.add(Event("placed", "o1", any_world.clock()), Event("delivered", "o1", any_world.clock()))
    for _ in range(3):
        any_world.run()
        any_world.clock.advance(minutes=5)
    assert len(any_world.all(Request)) == 1


def test_the_shop_is_asked_only_for_what_is_new(world: World) -> None:
    seen: list[datetime] = []
    ask = world.shop.events_since

    def events_since(when: datetime) -> list[Event]:
        seen.append(when)
        return ask(when)

    world.shop.events_since = events_since  # type: ignore[method-assign]
    world.order("o1")
    world.shop.add(Event("placed", "o1", world.clock()))
    world.run()
    world.clock.advance(days=20)
    world.order("o2")
    world.shop.add(Event("placed", "o2", world.clock()))
    world.run()
    world.clock.advance(minutes=5)
    world.run()
    assert seen[0] < world.clock() - timedelta(days=40)
    assert seen[1] > seen[0] + timedelta(days=20), "not all from the beginning again"
    assert seen[2] > seen[1] + timedelta(days=6), "nor a week back more than once a day"


@pytest.mark.parametrize("late", [timedelta(minutes=30), timedelta(hours=6), timedelta(days=5)], ids=str)
def test_an_event_that_is_entered_late_with_its_true_time_is_found_within_a_day(
    any_world: World, late: timedelta
) -> None:
    """A carrier's time of delivery is known to the shop only when the shop has asked the carrier."""
    any_world.order("o1")
    any_world.order("o2")
    any_world.shop.add(Event("delivered", "o1", any_world.clock()))
    any_world.run()
    any_world.shop.add(Event("delivered", "o2", any_world.clock() - late))
    for _ in range(25):
        any_world.clock.advance(hours=1)
        any_world.run()
    assert {row.key for row in any_world.all(Order)} == {"o1", "o2"}


def test_events_in_any_order_come_to_the_same(any_world: World) -> None:
    now = any_world.clock()
    any_world.order("o1", "bowl", "cup", placed_at=now - timedelta(days=3))
    any_world.shop.add(
        Event("delivered", "o1", now - timedelta(days=1), ["cup"]),
        Event("shipped", "o1", now - timedelta(days=2)),
        Event("placed", "o1", now - timedelta(days=3)),
        Event("delivered", "o1", now - timedelta(days=1), ["bowl"]),
        Event("cancelled", "o1", now),
    )
    any_world.run()
    assert [row.delivered_by for row in any_world.all(LineRow)] == ["told", "told"]
    assert [row.cancelled_at for row in any_world.all(LineRow)] == [None, None]


@pytest.mark.parametrize(
    "bad",
    [
        ("nowhere", None),
        ("o1", ["no such line"]),
    ],
)
def test_one_bad_event_does_not_stop_the_others(any_world: World, bad: tuple[str, list[str] | None]) -> None:
    any_world.order("o1")
    any_world.order("o2")
    any_world.shop.add(Event("delivered", bad[0], any_world.clock(), bad[1]))
    any_world.shop.add(Event("delivered", "o2", any_world.clock()))
    any_world.run()
    assert "o2" in [row.key for row in any_world.all(Order)]
    assert len(any_world.all(Request)) == 1


@pytest.mark.parametrize("question", ["events_since", "orders"])
def test_a_shop_that_fails_when_asked_is_asked_again_and_mails_leave_all_the_same(
    any_world: World, question: str
) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.order("o2")
    any_world.clock.advance(days=7)
    any_world.shop.add(Event("delivered", "o2", any_world.clock()))
    any_world.shop.failing.add(question)
    any_world.run()
    any_world.shop.failing.clear()
    any_world.clock.advance(hours=1)
    any_world.run()
    assert sorted(row.state for row in any_world.all(Request)) == ["asked", "waiting"]


def test_an_order_the_shop_no_longer_knows_is_expected_no_more(any_world: World) -> None:
    any_world.order("o1")
    any_world.tell("order_placed", "o1")
    any_world.shop.all_orders.clear()
    any_world.pass_days(10)
    assert any_world.one(LineRow).expected_at is None
    assert any_world.all(Request) == []


def test_an_adapter_that_mixes_up_its_orders_does_not_keep_the_worker_busy_for_ever(world: World) -> None:
    world.order("o1")
    other = world.order("o2")
    world.tell("order_placed", "o1")
    world.shop.all_orders["o1"] = other
    world.clock.advance(days=10)
    world.run()
    assert world.run().get("assumed_orders", 0) == 0


def failing_for(world: World, *broken: str) -> None:
    """Let the adapter fail as soon as one of these orders is among those asked about, as a missing customer does."""
    ask = world.shop.orders

    def orders(ids: Sequence[str]) -> dict[str, OrderValue]:
        if set(ids) & set(broken):
            raise AttributeError("'NoneType' object has no attribute 'email'")
        return ask(ids)

    world.shop.orders = orders  # type: ignore[method-assign]


def test_an_order_about_which_the_adapter_fails_holds_up_no_other_event(any_world: World) -> None:
    for key in ("o1", "o2", "o3"):
        any_world.order(key)
        any_world.shop.add(Event("delivered", key, any_world.clock()))
    failing_for(any_world, "o2")
    any_world.run()
    assert [row.key for row in any_world.all(Order)] == ["o1", "o3"]


def test_an_event_whose_order_was_broken_is_carried_out_when_it_is_mended(any_world: World) -> None:
    ask = any_world.shop.orders
    for key in ("o1", "o2"):
        any_world.order(key)
        any_world.shop.add(Event("delivered", key, any_world.clock()))
    failing_for(any_world, "o2")
    any_world.run()
    any_world.shop.orders = ask  # type: ignore[method-assign]
    any_world.pass_days(1)
    assert [row.key for row in any_world.all(Order)] == ["o1", "o2"]


def test_an_order_about_which_the_adapter_fails_holds_up_no_other_guess(any_world: World) -> None:
    for key in ("o1", "o2", "o3"):
        any_world.order(key)
        any_world.tell("order_placed", key)
    ask = any_world.shop.orders
    failing_for(any_world, "o2")
    any_world.pass_days(10)
    assert [row.delivered_by for row in any_world.all(LineRow)] == ["placed", None, "placed"]
    any_world.shop.orders = ask  # type: ignore[method-assign]
    any_world.pass_days(1)
    assert [row.delivered_by for row in any_world.all(LineRow)] == ["placed"] * 3


def test_an_order_about_which_the_adapter_fails_holds_up_no_other_mail(any_world: World) -> None:
    for key in ("o1", "o2", "o3"):
        any_world.order(key)
        any_world.deliver(key)
    failing_for(any_world, "o2")
    any_world.pass_days(7)
    assert sorted(str(mail["To"]) for mail in any_world.mails()) == ["o1@customer.example", "o3@customer.example"]
    assert [row.state for row in any_world.all(Request)] == ["asked", "waiting", "asked"]


def test_many_overdue_orders_are_worked_off_in_batches(world: World) -> None:
    for number in range(120):
        world.order(f"o{number}")
        world.tell("order_placed", f"o{number}")
    world.clock.advance(days=10)
    world.shop.asked.clear()
    done = world.run()
    assert done["assumed_orders"] == 120
    assert len([name for name, _ in world.shop.asked if name == "orders"]) == 3
