"""Both sides at the same instant: a deal opens once, whoever comes first, and no count is lost."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from flask_trust import Line, Person
from flask_trust.desk import actions as desk
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal
from flask_trust.ratings.actions import Refused
from flask_trust.ratings.models import BuyerRating, Rating
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from flask_trust.scores.queries import find_subject_id
from tests.data.test_concurrency import together
from tests.world import World

PAIRS = 4


def buyers(url: str, folder: str, keys: list[str], together: Barrier) -> None:
    """Rate seller and product of each order, as one process of a buyer's pages."""
    world = World(url, Path(folder))
    for key in keys:
        together.wait(60)
        assert world.rate(key, line_0_stars="4", seller_0_stars="2").status_code == 303
    world.close()


def sellers(url: str, folder: str, keys: list[str], together: Barrier) -> None:
    """Rate the buyer of each order, as one process of a seller's pages."""
    world = World(url, Path(folder))
    seller = world.read(lambda session: find_subject_id(session, "seller", "mia"))
    assert seller is not None
    numbers = numbers_of(world)
    for key in keys:
        together.wait(60)
        with world.app.test_request_context():
            desk.answer(world.state, desk.Speaker("mia-1", seller), numbers[key], BuyerDraft(paid=True), None)
    world.close()


def numbers_of(world: World) -> dict[str, int]:
    from flask_trust.orders.models import Order

    keys = {row.id: row.key for row in world.all(Order)}
    return {keys[row.order_id]: row.id for row in world.all(Deal)}


def open_deals(world: World, count: int) -> list[str]:
    keys = [f"o{number}" for number in range(count)]
    for number, key in enumerate(keys):
        buyer = Person(f"buyer{number % 20}", "", f"buyer{number % 20}@customer.example")
        world.order(key, lines=[Line("a", f"bowl{number % 5}", seller_id="mia")], buyer=buyer)
        world.deliver(key)
    return keys


def everything_is_open_once(world: World, count: int) -> None:
    assert {row.state for row in world.all(Deal)} == {"revealed"}
    opened = Counter(row.object_id for row in world.all(Entry) if (row.kind, row.event) == ("deal", "revealed"))
    assert set(opened.values()) == {1}
    assert len(opened) == len(world.all(Rating)) == len(world.all(BuyerRating)) == len(world.all(Review)) == count
    closes = {row.id: row.closes_at for row in world.all(Deal)}
    for model in (Rating, BuyerRating, Review):
        assert all(row.shown_at == closes[row.deal_id] for row in world.all(model))  # type: ignore[attr-defined]
    assert world.cli("check").exit_code == 0


def test_the_totals_are_there_before_the_first_vote(any_world: World) -> None:
    # Made by the first votes, under their locks, they ended vote after vote in a deadlock on MariaDB.
    any_world.order("o1")
    any_world.deliver("o1")
    assert {row.key for row in any_world.all(Subject) if row.kind == "shop"} == {"ratings", "reviews"}


@pytest.mark.slow
def test_two_hundred_deals_written_by_both_sides_at_once_open_once_each(
    any_world: World, database_name: str, tmp_path: Path
) -> None:
    count = 40 if database_name == "sqlite" else 200
    keys = open_deals(any_world, count)
    url, context = any_world.app.config["SQLALCHEMY_DATABASE_URI"], multiprocessing.get_context("spawn")
    processes = []
    meetings = [context.Barrier(2) for _ in range(PAIRS)]  # kept until the end: collected, they are gone for all
    for pair, meet in enumerate(meetings):
        mine = keys[pair::PAIRS]
        processes += [context.Process(target=side, args=(url, str(tmp_path), mine, meet)) for side in (buyers, sellers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0] * 2 * PAIRS
    everything_is_open_once(any_world, count)


def test_the_job_the_seller_and_the_buyer_at_the_moment_of_closing(any_world: World) -> None:
    keys = open_deals(any_world, 8)
    for key in keys:
        any_world.rate(key, line_0_stars="4", seller_0_stars="2")
    seller = any_world.read(lambda session: find_subject_id(session, "seller", "mia"))
    assert seller is not None
    numbers = numbers_of(any_world)
    any_world.clock.advance(days=7)

    def work(number: int) -> None:
        if number % 2:
            any_world.run()
            return
        with any_world.app.test_request_context(), pytest.raises(Refused):
            desk.answer(any_world.state, desk.Speaker("mia-1", seller), numbers[keys[number]], BuyerDraft(), None)

    together(work)
    any_world.run()
    assert {row.state for row in any_world.all(Deal)} == {"revealed"}
    assert any_world.all(BuyerRating) == []
    opened = Counter(row.object_id for row in any_world.all(Entry) if (row.kind, row.event) == ("deal", "revealed"))
    assert set(opened.values()) == {1}
    assert any_world.cli("check").exit_code == 0
