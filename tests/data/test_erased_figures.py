"""What an erasure leaves: no exact moment, and every figure about sellers, products and the shop as it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust import Line, Person
from flask_trust.db import Base
from flask_trust.journal.models import Entry
from flask_trust.moderation.models import Decision
from flask_trust.orders.models import Deal
from flask_trust.orders.models import Line as LineRow
from flask_trust.reputation import rules
from flask_trust.reviews.models import Review
from tests.data.lives import live, member
from tests.data.test_seller_figures import figures, rated
from tests.web.cases import decided, reported, tallies, written
from tests.web.deals import deal
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
BERT = Person("bert", "Bert", "bert@customer.example")


def work(world: World) -> tuple[Any, Any]:
    found = figures(world).work
    assert found is not None
    return found.rated, found.on_time


def test_no_share_of_a_seller_moves_when_buyers_are_erased(any_world: World) -> None:
    any_world.clock.now = any_world.clock().replace(day=20)
    for number in range(6):
        late = timedelta(days=2 if number in (0, 4) else 0)
        rated(any_world, f"o{number}", 5, promised_at=any_world.clock() - late)
        any_world.clock.advance(hours=7)
    deal(any_world, "o6")  # Anna does not rate
    any_world.pass_days(31)
    rated(any_world, "open", 1, promised_at=any_world.clock() - timedelta(days=3))  # still to be settled
    before = work(any_world)
    assert before == (rules.Share(6, 7), rules.Share(4, 6))
    for key in ("buyer-o0", "buyer-o1", "buyer-o4", "anna", "buyer-open"):
        any_world.tell("person_erased", key)
        assert work(any_world) == before, key
    any_world.pass_days(31)
    assert work(any_world) == before, "what ended with an erasure counts for nobody"


def test_erasing_moves_no_share_on_the_last_day_of_the_year_that_counts(any_world: World) -> None:
    any_world.clock.now = any_world.clock().replace(day=20)
    for number in range(6):
        rated(any_world, f"o{number}", 5, promised_at=any_world.clock())
    any_world.pass_days(31)
    closes_at = any_world.all(Deal)[0].closes_at
    assert closes_at
    any_world.clock.now = closes_at + timedelta(days=364)
    before = work(any_world)
    assert before == (rules.Share(6, 6), rules.Share(6, 6))
    any_world.tell("person_erased", "buyer-o0")
    assert work(any_world) == before


def test_a_rating_that_staff_took_down_was_given_all_the_same(any_world: World) -> None:
    for number in range(5):
        rated(any_world, f"o{number}", 5)
    any_world.pass_days(31)
    from flask_trust.ratings.models import Rating

    before = work(any_world)
    decided(any_world, any_world.all(Rating)[0].public_id, "hide", "rating")
    assert work(any_world) == before
    any_world.tell("person_erased", "buyer-o0")
    assert work(any_world) == before


# Why things were sent back


def sends_back(world: World, key: str, reason: str, buyer: Person | None = None) -> None:
    world.order(key, "bowl", buyer=buyer)
    world.deliver(key)
    world.tell("order_returned", key, reason=reason)


def returns_on(page: str) -> str:
    return page.split("3 of the last 5")[1][:40] if "3 of the last 5" in page else ""


def test_what_was_sent_back_is_counted_as_before(any_world: World) -> None:
    any_world.review("o9", 4)
    for number, reason in enumerate(("Too small", "too  small", "TOO SMALL", "Anna told me of her operation")):
        sends_back(any_world, f"o{number}", reason)
    path = "/trust/products/bowl"
    before = any_world.client().get(path).text
    assert returns_on(before)
    for number in (3, 0, 1, 2):
        any_world.tell("person_erased", f"buyer-o{number}")
        assert returns_on(any_world.client().get(path).text) == returns_on(before), number
    reasons = [line.return_reason for line in any_world.all(LineRow)]
    assert reasons[4] is None, "one buyer's own words"


def test_words_of_one_buyer_or_two_are_not_shared(any_world: World) -> None:
    for key in ("o1", "o2", "o3"):
        sends_back(any_world, key, "Anna's story", ANNA)
    sends_back(any_world, "o4", "anna's  story", BERT)
    any_world.tell("person_erased", "anna")
    assert [line.return_reason for line in any_world.all(LineRow)] == [None, None, None, "anna's  story"]
    any_world.tell("person_erased", "bert")
    assert any_world.all(LineRow)[3].return_reason is None


def tag(world: World, path: str) -> dict[str, str]:
    answer = world.client(use_cookies=False).get(path)
    return {"If-None-Match": answer.headers["ETag"]}


def test_a_page_is_new_where_something_was_sent_back(any_world: World) -> None:
    any_world.review("o0", 4)
    for key in ("o1", "o2"):
        sends_back(any_world, key, "Too small")
    path = "/trust/products/bowl"
    known = tag(any_world, path)
    assert any_world.client(use_cookies=False).get(path, headers=known).status_code == 304
    sends_back(any_world, "o3", "Too small")
    answer = any_world.client(use_cookies=False).get(path, headers=known)
    assert answer.status_code == 200
    assert "Too small" in answer.text


def test_a_seller_s_page_is_new_where_something_came_after_all(any_world: World) -> None:
    for number in range(5):
        rated(any_world, f"o{number}", 5, promised_at=any_world.clock())
    deal(any_world, "late", arrives=False, buyer=BERT)
    order = any_world.shop.all_orders["late"]
    any_world.shop.add(type(order)(order.id, order.buyer, order.lines, order.placed_at, any_world.clock()))
    any_world.tell("order_placed", "late")
    any_world.pass_days(20)
    any_world.pass_days(80)
    known, before = tag(any_world, "/trust/sellers/tom"), work(any_world)
    get = any_world.client(use_cookies=False).get
    assert get("/trust/sellers/tom", headers=known).status_code == 304
    any_world.deliver("late", at=any_world.clock() - timedelta(days=99, hours=20))
    assert work(any_world) != before
    assert get("/trust/sellers/tom", headers=known).status_code == 200


# Moments


def test_no_exact_moment_of_somebody_erased_is_left(any_world: World) -> None:
    any_world.clock.now = any_world.clock().replace(day=17, hour=13, minute=7, second=5)
    lives = [member(any_world, mark) for mark in ("qqanna", "qqbert")]
    live(any_world, *lives)
    for each in lives:
        any_world.client()
        any_world.tell("person_erased", each.person.id)
    tables = ["person", "order", "line", "deal", "request", "review", "rating", "buyer_rating", "data_request"]
    left: dict[tuple[str, str], Any] = {}
    for name in tables:
        for row in rows_of(any_world, name):
            left |= {(name, key): value for key, value in row.items() if is_exact(key, value)}
    strangers = {row["id"] for row in rows_of(any_world, "person") if row["erased_at"] is None}
    mails = [row for row in rows_of(any_world, "outbox") if row["person_id"] not in (*strangers, 0)]
    left |= {("outbox", key): value for row in mails for key, value in row.items() if is_exact(key, value)}
    # Mia and the staff are there still.
    assert {key for key in left if key != ("person", "created_at")} == set()
    gone = [row for row in rows_of(any_world, "person") if row["erased_at"] is not None]
    assert not any(is_exact("created_at", row["created_at"]) for row in gone)
    assert mails


def rows_of(world: World, name: str) -> list[dict[str, Any]]:
    table = Base.metadata.tables[f"trust_{name}"]
    return world.read(lambda session: [dict(row) for row in session.execute(sa.select(table)).mappings()])


def is_exact(name: str, value: Any) -> bool:
    if not isinstance(value, datetime) or name in ("erased_at", "due"):
        return False
    return (value.day, value.hour, value.minute, value.second, value.microsecond) != (1, 0, 0, 0, 0)


# What had gone before


@pytest.mark.parametrize("kind", ["review", "rating"])
def test_what_staff_had_taken_down_stays_counted_so(any_world: World, kind: str) -> None:
    for number in range(3):
        lines = [Line("lamp", "lamp", seller_id="tom")]
        buyer = Person(f"buyer-o{number}", "x", f"{number}@customer.example")
        any_world.order(f"o{number}", lines=lines, buyer=buyer)
        any_world.deliver(f"o{number}")
        any_world.rate(f"o{number}", line_0_stars="2", line_0_text="words", seller_0_stars="1", seller_0_text="words")
    any_world.pass_days(31)
    from flask_trust.ratings.models import Rating

    model: Any = Review if kind == "review" else Rating
    ids = [row.public_id for row in any_world.all(model)]
    decided(any_world, ids[0], "remove", kind)
    decided(any_world, ids[1], "hide", kind)
    any_world.tell("person_erased", "buyer-o0")
    any_world.tell("person_erased", "buyer-o1")
    told = getattr(tallies(any_world), f"{kind}s")
    assert (told.shown, dict(told.hidden), dict(told.removed), told.erased) == (1, {}, {"G1": 1}, 1)
    assert told.received == 3
    page = any_world.client().get("/trust/how-reviews-work").text
    assert "shop deleted the account: 3." in page, "one of this kind, and two of the other"
    assert any_world.cli("check").exit_code == 0


def test_words_that_were_written_anew_after_staff_took_them_down_are_erased_by_their_author(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "remove")
    assert any_world.rate("o1", line_0_stars="2", line_0_text="Nothing but the bowl").status_code == 303
    any_world.tell("person_erased", "anna")
    any_world.run()
    told = tallies(any_world).reviews
    assert (dict(told.removed), told.erased) == ({}, 1)


def test_what_its_author_took_back_before_stays_counted_so(any_world: World) -> None:
    any_world.review("o1", 2, buyer=ANNA)
    any_world.rate("o1", action="do-delete-0")
    any_world.tell("person_erased", "anna")
    told = tallies(any_world).reviews
    assert (told.withdrawn, told.erased) == (1, 0)
    assert [entry.event for entry in any_world.all(Entry) if entry.kind == "review"] == ["published", "withdrawn"]


def test_no_free_words_of_a_decision_are_left(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    reported(any_world, public_id)
    decided(any_world, public_id, "remove", law="§ 185, for what Anna said", explanation="Anna", facts="Anna")
    any_world.tell("person_erased", "anna")
    decision = any_world.one(Decision)
    assert (decision.illegal_content_legal_ground, decision.explanation, decision.decision_facts) == ("", "", "")
    assert decision.decision_ground == "G1", "the reason by its number stays in the log"
