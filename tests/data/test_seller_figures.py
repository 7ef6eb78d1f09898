"""The figures on a seller's page equal a count that knows nothing of the code that keeps them, at every moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flask_trust import Line, Person, Seller
from flask_trust.health.checks import check
from flask_trust.orders.models import Order
from flask_trust.ratings.models import Rating
from flask_trust.ratings.rules import ASPECTS
from flask_trust.reputation import rules
from flask_trust.reputation.queries import Delivery
from flask_trust.reputation.seller import SellerReputation, find_seller, seller_reputation
from flask_trust.reviews.listing import Listing
from flask_trust.scores.models import Aspect, Day, Subject
from tests.support import databases
from tests.web.deals import buyer_rates, deal
from tests.world import World

NOON = datetime(2027, 5, 3, 12, tzinfo=UTC)


def rated(world: World, key: str, stars: int, *, buyer: str = "", aspects: tuple[str, ...] = (), **order: Any) -> None:
    """Let an order with Tom arrive and be rated; nobody can read it yet."""
    world.shop.add(Seller("tom", "Tom's Lamps"))
    buyer = buyer or f"buyer-{key}"
    person = Person(buyer, buyer, f"{buyer}@customer.example")
    world.order(key, lines=[Line("lamp", "lamp", seller_id="tom", title="Lamp")], buyer=person, **order)
    world.deliver(key)
    given: dict[str, Any] = {f"seller_0_{name}": "4" for name in aspects}
    answer = world.rate(key, seller_0_stars=str(stars), **given)
    assert answer.status_code == 303, answer.text


def figures(world: World) -> SellerReputation:
    with world.app.test_request_context():
        subject = find_seller(world.state, "tom")
        assert subject is not None
        return seller_reputation(world.state, subject, Listing())


def windows(world: World) -> Sequence[rules.Window]:
    lately = figures(world).lately
    assert lately is not None
    return lately.windows


def counted(world: World) -> list[Any]:
    """Return the ratings that should count now: of each person the newest that can be read and may count."""
    newest: dict[int, Any] = {}
    for row in sorted(world.all(Rating), key=lambda each: (each.shown_at, each.id)):
        if row.live and row.shown_at <= world.clock() and row.eligible:
            newest[row.person_id] = row
    return list(newest.values())


def compare(world: World) -> None:
    votes, found, today = counted(world), figures(world), world.clock().date()
    for window in windows(world):
        first = today - timedelta(days=window.days - 1) if window.days else NOON.date() - timedelta(days=9999)
        stars = [vote.stars for vote in votes if vote.shown_at.date() >= first]
        assert window.count == len(stars), window
        assert window.average == (pytest.approx(sum(stars) / len(stars)) if stars else None)
    for name in ASPECTS:
        answers = [getattr(vote, name) for vote in votes if getattr(vote, name) is not None]
        known = {each.name: (each.count, each.mean) for each in found.aspects}
        assert known.get(name) == ((len(answers), sum(answers) / len(answers)) if answers else None)
    assert found.lately is not None
    for month in found.lately.months:
        stars = [vote.stars for vote in votes if vote.shown_at.date().replace(day=1) == month.first]
        assert month.count == len(stars), month
        assert month.average == (pytest.approx(sum(stars) / len(stars)) if stars else None)


STEPS = st.one_of(
    st.tuples(
        st.just("rate"), st.sampled_from("abc"), st.integers(1, 5), st.sets(st.sampled_from(ASPECTS), max_size=2)
    ),
    st.tuples(st.just("wait"), st.sampled_from([1, 8, 31, 70, 300]), st.booleans(), st.none()),
    st.tuples(st.just("change"), st.integers(0, 5), st.integers(1, 5), st.none()),
    st.tuples(st.just("erase"), st.sampled_from("abc"), st.none(), st.none()),
    st.tuples(st.just("merge"), st.sampled_from("ab"), st.none(), st.none()),
)


def carry_out(world: World, number: int, step: tuple[Any, ...]) -> None:
    match step:
        case ("rate", buyer, stars, aspects):
            rewarded = "5 % off" if number % 5 == 4 else None
            rated(world, f"o{number}", stars, buyer=buyer, aspects=tuple(sorted(aspects)), incentive=rewarded)
        case ("wait", days, runs, _):
            world.clock.advance(days=days)
            if runs:
                world.run()
        case ("change", order, stars, _):
            if order_is_ratable(world, f"o{order}"):
                world.rate(f"o{order}", seller_0_stars=str(stars), seller_0_price="2")
        case ("erase", buyer, _, _):
            world.tell("person_erased", buyer)
        case ("merge", buyer, _, _):
            world.tell("person_merged", buyer, "c")


def order_is_ratable(world: World, key: str) -> bool:
    if key not in {order.key for order in world.all(Order)}:  # never placed, or its buyer is erased
        return False
    answer = world.client().get(world.rate_path(key))
    return answer.status_code == 200 and "seller-0-stars" in answer.text


@given(steps=st.lists(STEPS, min_size=3, max_size=10))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_figures_equal_a_recount_after_every_step(any_world: World, steps: list[tuple[Any, ...]]) -> None:
    databases.empty(any_world.app.config["SQLALCHEMY_DATABASE_URI"])
    any_world.shop.all_orders.clear()
    rated(any_world, "first", 3, buyer="a", aspects=("price",))
    for number, step in enumerate(steps):
        carry_out(any_world, number, step)
        compare(any_world)
    any_world.pass_days(40)
    compare(any_world)
    with any_world.app.app_context():
        assert check(any_world.state) == []


def test_a_rating_leaves_one_window_after_the_other(any_world: World) -> None:
    rated(any_world, "o1", 2)
    any_world.clock.now = any_world.one(Rating).shown_at + timedelta(seconds=1)
    for day, expected in (
        (0, [1, 1, 1, 1]),
        (29, [1, 1, 1, 1]),
        (30, [0, 1, 1, 1]),
        (90, [0, 0, 1, 1]),
        (365, [0, 0, 0, 1]),
    ):
        any_world.clock.now = any_world.one(Rating).shown_at + timedelta(days=day, seconds=1)
        assert [each.count for each in windows(any_world)] == expected, f"before the job, day {day}"
        any_world.run()
        assert [each.count for each in windows(any_world)] == expected, day
    assert windows(any_world)[-1].average == 2.0


def test_products_and_the_shop_have_days_too(any_world: World) -> None:
    any_world.review("o1", 5)
    any_world.clock.advance(days=2)
    any_world.review("o2", 1)
    rows = {row.id: row.kind for row in any_world.all(Subject)}
    days = any_world.read(lambda session: session.scalars(sa.select(Day).order_by(Day.subject_id, Day.day)).all())
    found = sorted((rows[row.subject_id], row.day.isoformat(), row.n1, row.n5) for row in days)
    assert found == [
        (kind, day, low, high)
        for kind in ("product", "shop")
        for day, low, high in (("2027-05-03", 0, 1), ("2027-05-05", 1, 0))
    ]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(sa.update(Day).values(n5=Day.n5 + 1), id="a count of a day"),
        pytest.param(sa.delete(Day), id="days that are gone"),
        pytest.param(sa.update(Aspect).values(total=Aspect.total - 1), id="a sum of answers"),
        pytest.param(sa.delete(Aspect), id="answers that are gone"),
        pytest.param(sa.update(Aspect).values(low=Aspect.low + 1), id="a count of low answers"),
    ],
)
def test_tampered_days_and_answers_are_found_and_mended(any_world: World, statement: Any) -> None:
    rated(any_world, "o1", 4, aspects=("service", "price"))
    any_world.pass_days(8)
    assert any_world.cli("check").exit_code == 0
    with any_world.app.app_context(), any_world.state.session() as session:
        assert cast("sa.CursorResult[Any]", session.execute(statement)).rowcount
        session.commit()
    found = any_world.cli("check")
    assert found.exit_code == 1
    assert "recount" in found.output
    assert any_world.cli("check", "--repair").exit_code == 0
    assert any_world.cli("check").exit_code == 0
    compare(any_world)


@pytest.mark.parametrize("public", [0, 6])
def test_what_waits_changes_nothing_on_the_page_whatever_its_stars(any_world: World, public: int) -> None:
    for number in range(public):
        rated(any_world, f"old{number}", 4, aspects=("service",))
    deal(any_world)
    any_world.clock.advance(days=8)
    any_world.run()
    deal(any_world, "o2")
    paths = ["/trust/sellers/tom", "/trust/sellers/tom?sort=lowest", "/trust/sellers/tom?stars=1", "/trust/"]
    before = [any_world.client().get(path).data for path in paths]
    for stars in ("1", "5"):
        buyer_rates(any_world, "o2", int(stars), service=stars, text="Terrible or wonderful", note="Only for you")
        assert [any_world.client().get(path).data for path in paths] == before, stars
        any_world.run()
        assert [any_world.client().get(path).data for path in paths] == before, stars
    any_world.clock.advance(days=7)
    assert any_world.client().get(paths[0]).data != before[0]
    assert "Terrible or wonderful" in any_world.client().get(paths[0]).text


def line(**given: Any) -> Delivery:
    told: dict[str, Any] = {"deal_id": 1, "mode": "mutual", "rated": False, "opened_by": "arrived", "promised_at": NOON}
    told |= {"delivered_at": NOON, "delivered_by": "told", "cancelled_at": None, "in_time": None}
    return Delivery(**(told | given))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, (1, 1)),
        ({"delivered_at": NOON + timedelta(hours=11, minutes=59)}, (1, 1)),
        ({"delivered_at": NOON + timedelta(hours=12)}, (0, 1)),
        ({"promised_at": None}, (0, 0)),
        ({"delivered_by": "promised"}, (0, 0)),
        ({"cancelled_at": NOON}, (0, 0)),
        ({"delivered_at": None, "delivered_by": None, "opened_by": "overdue"}, (0, 1)),
        ({"delivered_at": None, "delivered_by": None}, (0, 0)),
        ({"promised_at": None, "in_time": False}, (0, 1)),
        ({"promised_at": None, "in_time": True}, (1, 1)),
    ],
)
def test_on_time_is_by_the_end_of_the_promised_day(given: dict[str, Any], found: tuple[int, int]) -> None:
    share = rules.share_on_time([line(**given)], UTC)
    assert (share.part, share.whole) == found


def test_an_order_counts_once_in_the_share_of_rated_orders() -> None:
    lines = [line(), line(), line(deal_id=2, rated=True), line(deal_id=3, mode="off")]
    assert rules.share_rated(lines) == rules.Share(1, 2)


def test_replies_count_in_every_time_that_they_keep_to() -> None:
    waits = [0, 1, 1.1, 3, 6.9, 7, 7.1, None]
    found = rules.replies([(NOON, None if each is None else NOON + timedelta(days=each)) for each in waits])
    assert [part.part for _, part in found.within] == [2, 4, 6]
    assert found.later == rules.Share(2, 8)


def test_shares_of_real_orders(any_world: World) -> None:
    for number in range(6):
        promised = any_world.clock() - timedelta(days=2 if number == 0 else 0)
        if number < 4:
            rated(any_world, f"o{number}", 5, promised_at=promised)
        else:
            deal(any_world, f"o{number}")
    assert figures(any_world).work == rules_of_nothing()
    any_world.pass_days(31)
    work = figures(any_world).work
    assert work is not None
    assert work.rated == rules.Share(4, 6)
    assert work.on_time == rules.Share(3, 4)
    assert work.replies.later == rules.Share(4, 4)


def rules_of_nothing() -> Any:
    from flask_trust.reputation.seller import Work

    return Work(rules.Share(0, 0), rules.Share(0, 0), rules.replies([]))
