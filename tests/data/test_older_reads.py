"""What a transaction has read before it got its locks decides nothing: MariaDB would go on showing it that moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from flask_trust import Person, Product
from flask_trust.db import transaction
from flask_trust.reviews.families import actions as families
from flask_trust.reviews.families.queries import authors_of
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from flask_trust.submission import actions as submission
from tests.data.test_concurrency import post
from tests.data.test_families import figures, is_clean, name_family, say
from tests.data.test_locks import has_row_locks
from tests.web.deals import deal
from tests.world import World

ANNA, BEN, CLEO = (Person(each, each.title(), f"{each}@customer.example") for each in ("anna", "ben", "cleo"))


@pytest.fixture
def locking_world(any_world: World) -> World:
    if not has_row_locks(any_world):
        pytest.skip("SQLite has one lock for everything")
    return any_world


def elsewhere(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as other:
        other.submit(work).result(60)


def once_at(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, work: Callable[[], object], *, after: bool) -> None:
    """Let somebody else do something before a function is called for the first time, or right after it has read."""
    real, left = getattr(place, name), [work]

    def interrupted(*arguments: Any, **options: Any) -> Any:
        found = real(*arguments, **options) if after else None
        while left:
            elsewhere(left.pop())
        return found if after else real(*arguments, **options)

    monkeypatch.setattr(place, name, interrupted)


def number_of(world: World, kind: str, key: str) -> int:
    return next(row.id for row in world.all(Subject) if (row.kind, row.key) == (kind, key))


def settle(world: World, product: str, family: str | None) -> None:
    """Move a product, as the daily job does."""
    number, at = number_of(world, "product", product), world.clock()
    with world.app.app_context():
        transaction(world.state, lambda session: families.keep_families(session, {number: family}, at))


def opened(world: World, key: str, product: str, buyer: Person) -> tuple[str, str]:
    """Return where a buyer can rate, and the page they have opened."""
    world.order(key, product, buyer=buyer)
    world.deliver(key)
    path = world.rate_path(key)
    return path, world.client().get(path).text


@pytest.mark.parametrize(("before", "then"), [(None, "bowls"), ("bowls", "mugs"), ("bowls", None)])
def test_a_post_whose_product_is_moved_before_it_gets_the_lock_comes_to_an_end(
    locking_world: World, monkeypatch: pytest.MonkeyPatch, before: str | None, then: str | None
) -> None:
    say(locking_world, "o1", "red", 5, ANNA, before)
    say(locking_world, "o2", "red", 4, BEN, before)
    path, page = opened(locking_world, "o3", "red", CLEO)
    locking_world.shop.add(Product("red", "Red", "/products/red", family=then))
    once_at(monkeypatch, families, "members", lambda: settle(locking_world, "red", then), after=True)
    rounds: list[object] = []

    def counted(*arguments: Any) -> Any:
        rounds.append(arguments)
        assert len(rounds) < 20, "it goes round for ever"
        return authors_of(*arguments)

    monkeypatch.setattr(families, "authors_of", counted)
    assert post(locking_world, path, page, line_0_stars="3") == 303
    assert figures(locking_world, "red") == {"red": (3, 3)}
    assert is_clean(locking_world)


@pytest.mark.parametrize(("before", "then"), [(None, "bowls"), ("bowls", "mugs"), ("bowls", None)])
def test_a_review_that_comes_while_its_product_is_being_moved_goes_along(
    any_world: World, monkeypatch: pytest.MonkeyPatch, before: str | None, then: str | None
) -> None:
    say(any_world, "o1", "red", 5, ANNA, before)
    path, page = opened(any_world, "o2", "red", BEN)
    once_at(monkeypatch, families, "members", lambda: post(any_world, path, page, line_0_stars="1"), after=True)
    settle(any_world, "red", then)
    name_family(any_world, "red", then)
    assert figures(any_world, "red") == {"red": (2, 2)}
    assert is_clean(any_world)


def test_the_first_review_of_a_product_that_is_being_moved_goes_along(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, page = opened(any_world, "o1", "red", ANNA)
    once_at(monkeypatch, families, "members", lambda: post(any_world, path, page, line_0_stars="1"), after=True)
    settle(any_world, "red", "bowls")
    name_family(any_world, "red", "bowls")
    assert figures(any_world, "red") == {"red": (1, 1)}
    assert is_clean(any_world)


def next_moments(world: World) -> dict[str, datetime | None]:
    found = {(row.kind, row.key): row.next_shown_at for row in world.all(Subject)}
    return {"lamp": found["product", "lamp"], "shop": found["shop", "reviews"]}


def when_shown(world: World) -> datetime:
    return next(row.shown_at for row in world.all(Review) if row.stars == 1)


def waiting_page(world: World) -> tuple[str, str]:
    """Return the opened page of a buyer whose review will wait for the other side."""
    deal(world, "o1", buyer=BEN)
    path = world.rate_path("o1")
    return path, world.client().get(path).text


def test_a_review_that_waits_is_not_forgotten_when_another_is_taken_back(
    locking_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    locking_world.review("a", 5, "lamp", buyer=ANNA)
    path, page = waiting_page(locking_world)
    once_at(monkeypatch, submission, "withdraw", lambda: post(locking_world, path, page, line_0_stars="1"), after=False)
    assert locking_world.rate("a", action="do-delete-0").status_code == 303
    assert next_moments(locking_world) == dict.fromkeys(("lamp", "shop"), when_shown(locking_world))
    assert is_clean(locking_world)


def test_a_review_that_waits_is_not_forgotten_by_an_erasure_in_an_older_transaction_of_the_shop(
    any_world: World,
) -> None:
    any_world.review("a", 5, "lamp", buyer=ANNA)
    path, page = waiting_page(any_world)
    with any_world.app.app_context():
        any_world.db.session.execute(text("SELECT count(*) FROM trust_review")).scalar()
        elsewhere(lambda: post(any_world, path, page, line_0_stars="1"))
        any_world.trust.person_erased(ANNA.id)
        any_world.db.session.commit()
    assert next_moments(any_world) == dict.fromkeys(("lamp", "shop"), when_shown(any_world))
    assert is_clean(any_world)
