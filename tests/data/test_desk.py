"""The seller's side on each database: answers, passing, taking back, replies, many orders at once, and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_trust import Line, Person, Seller
from flask_trust.desk import actions
from flask_trust.desk.queries import record_of, unanswered_ratings, waiting_deals
from flask_trust.desk.rules import PAGE, standing
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal, Order
from flask_trust.ratings.actions import Refused
from flask_trust.ratings.models import BuyerRating, Rating, Reply, SellerChoice
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.scores.queries import find_subject_id
from flask_trust.web.places import Place, read_place
from tests.web.deals import TOM, buyer_rates, deal
from tests.world import World

GOOD, BAD = BuyerDraft(True, True, True), BuyerDraft(False, None, False)


def tom(world: World) -> int:
    return world.read(lambda session: find_subject_id(session, "seller", "tom")) or 0


def do(world: World, name: str, *arguments: Any, viewer: str = "tina", order: str = "o1", **named: Any) -> None:
    speaker = actions.Speaker(viewer, tom(world))
    (found,) = [each for each in world.all(Deal) if order_of(world, each).key == order and each.seller_id == tom(world)]
    with world.app.app_context():
        getattr(actions, name)(world.state, speaker, found.id, *arguments, **named)


def order_of(world: World, found: Deal) -> Order:
    return world.read(lambda session: session.get_one(Order, found.order_id))


def events(world: World, *kinds: str) -> list[tuple[str, str]]:
    return [(entry.kind, entry.event) for entry in world.all(Entry) if entry.kind in kinds]


def test_the_second_to_write_opens_both_sides_at_the_same_moment(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world)
    any_world.clock.advance(days=2)
    do(any_world, "answer", GOOD, 0)
    rating, answer, found = any_world.one(Rating), any_world.one(BuyerRating), any_world.one(Deal)
    assert rating.shown_at == answer.shown_at == any_world.clock()
    assert found.state == "revealed"
    assert answer.author_id == any_world.person("tina").id
    assert answer.person_id == any_world.person("anna").id


def test_the_same_answers_twice_change_nothing(any_world: World) -> None:
    deal(any_world)
    do(any_world, "answer", GOOD, 0)
    before = any_world.one(BuyerRating).version, len(any_world.all(Entry))
    do(any_world, "answer", GOOD, 0, viewer="theo")
    assert (any_world.one(BuyerRating).version, len(any_world.all(Entry))) == before


def test_an_older_page_overwrites_nothing(any_world: World) -> None:
    deal(any_world)
    do(any_world, "answer", GOOD, 0)
    do(any_world, "answer", BAD, 1)
    for draft, seen in ((GOOD, 1), (GOOD, 0), (GOOD, None)):
        with pytest.raises(actions.Overtaken):
            do(any_world, "answer", draft, seen)
    with pytest.raises(actions.Overtaken):
        do(any_world, "take_back", 1)
    assert any_world.one(BuyerRating).paid is False


@pytest.mark.parametrize("employed", ["acts_for", "people"])
def test_nobody_rates_a_buyer_who_works_for_the_same_seller(any_world: World, employed: str) -> None:
    deal(any_world)
    if employed == "people":
        any_world.shop.add(Seller("tom", "Tom's Lamps", people=["anna"]))
    else:
        any_world.shop.acting["anna"] = {"tom"}
    with pytest.raises(Refused, match="insider"):
        do(any_world, "answer", GOOD, 0)
    assert any_world.all(BuyerRating) == []


def test_the_journal_names_the_colleague_who_took_an_answer_back(any_world: World) -> None:
    deal(any_world)
    do(any_world, "answer", GOOD, 0)
    do(any_world, "take_back", 1, viewer="theo")
    entry = next(each for each in any_world.all(Entry) if (each.kind, each.event) == ("buyer_rating", "withdrawn"))
    assert entry.actor_id == any_world.person("theo").id


def test_a_seller_s_writing_leaves_the_buyer_s_time_as_it_is(any_world: World) -> None:
    deal(any_world)
    before = any_world.one(Deal).closes_at
    do(any_world, "answer", GOOD, 0)
    assert any_world.one(Deal).closes_at == before == any_world.one(BuyerRating).shown_at


def test_what_is_taken_back_before_the_opening_is_gone_and_can_be_said_anew(any_world: World) -> None:
    deal(any_world)
    do(any_world, "answer", GOOD, 0)
    do(any_world, "take_back", 1)
    do(any_world, "take_back", 1)
    assert any_world.one(BuyerRating).paid is None
    assert any_world.one(Deal).seller_rated_at is None
    buyer_rates(any_world)
    assert any_world.one(Deal).state == "open"
    do(any_world, "answer", BAD, 2)
    assert any_world.one(Deal).state == "revealed"


def test_after_the_opening_answers_change_once_within_sixty_days_and_never_go(any_world: World) -> None:
    deal(any_world)
    do(any_world, "answer", GOOD, 0)
    buyer_rates(any_world)
    with pytest.raises(Refused):
        do(any_world, "take_back", 1)
    any_world.clock.advance(days=60)
    do(any_world, "answer", BAD, 1)
    with pytest.raises(Refused, match="revised"):
        do(any_world, "answer", GOOD, 2)
    assert any_world.one(BuyerRating).again is False


def test_at_the_moment_of_closing_it_is_too_late(any_world: World) -> None:
    deal(any_world)
    any_world.clock.now = any_world.one(Deal).closes_at or any_world.clock()
    for step in (("answer", GOOD, 0), ("say_nothing",)):
        with pytest.raises(Refused, match="over"):
            do(any_world, *step)


def test_passing_opens_the_buyer_s_words_and_is_for_good(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, stars=2)
    do(any_world, "say_nothing")
    do(any_world, "say_nothing")
    found = any_world.one(Deal)
    assert any_world.one(Rating).shown_at == any_world.clock()
    assert (found.passed_at, found.closes_at) == (any_world.clock(), found.window_ends_at)
    assert events(any_world, "deal").count(("deal", "passed")) == 1
    with pytest.raises(Refused):
        do(any_world, "answer", GOOD, 0)


def test_nobody_speaks_about_themselves_or_in_deals_of_others(any_world: World) -> None:
    deal(any_world, "o1", TOM, Line("cup", "cup", seller_id="una"))
    buyer_rates(any_world)
    any_world.shop.acting["anna"] = {"tom"}
    for step in (("answer", GOOD, 0), ("say_nothing",), ("reply", "Thanks", "en", "")):
        with pytest.raises(actions.Overtaken):
            do(any_world, *step, viewer="anna")
    (other,) = [each for each in any_world.all(Deal) if each.seller_id != tom(any_world)]
    with any_world.app.app_context(), pytest.raises(actions.Overtaken):
        actions.answer(any_world.state, actions.Speaker("tina", tom(any_world)), other.id, GOOD, 0)
    assert any_world.all(BuyerRating) == []


def test_a_merged_account_does_not_rate_itself(any_world: World) -> None:
    deal(any_world)
    any_world.tell("person_merged", "anna", "tina")
    with pytest.raises(actions.Overtaken):
        do(any_world, "answer", GOOD, 0)


def test_nothing_is_said_about_a_buyer_who_was_erased(any_world: World) -> None:
    deal(any_world)
    number = any_world.one(Deal).id
    any_world.tell("person_erased", "anna")
    with pytest.raises(Refused, match="erased"), any_world.app.app_context():
        actions.answer(any_world.state, actions.Speaker("tina", tom(any_world)), number, GOOD, 0)
    assert any_world.all(BuyerRating) == []


def test_a_reply_comes_after_the_opening_once_and_can_be_changed(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world)
    with pytest.raises(Refused):
        do(any_world, "reply", "Thank you", "en", "")
    do(any_world, "say_nothing")
    do(any_world, "reply", "Thank you", "en", "")
    do(any_world, "reply", "Thank you", "en", "")
    first = any_world.one(Reply)
    any_world.clock.advance(days=100)
    with pytest.raises(actions.Overtaken):
        do(any_world, "reply", "Something else", "en", "")
    do(any_world, "reply", "Thanks", "en", actions.mark_of(first), viewer="theo")
    last = any_world.one(Reply)
    assert (last.text, last.at, last.edited_at) == ("Thanks", first.at, any_world.clock())
    assert last.author_id == any_world.person("theo").id
    said = [each for each in any_world.all(Entry) if each.kind == "rating" and each.role == "seller"]
    assert [(each.event, each.actor_id) for each in said] == [
        ("replied", any_world.person("tina").id),
        ("reply_changed", any_world.person("theo").id),
    ]
    assert [each.object_id for each in said] == [any_world.one(Rating).id] * 2


def test_many_orders_are_answered_one_by_one_and_those_that_are_over_are_counted(any_world: World) -> None:
    for number in range(5):
        deal(any_world, f"o{number}", buyer=Person(f"b{number}", "B", f"b{number}@customer.example"))
    do(any_world, "answer", BAD, 0, order="o1")
    do(any_world, "say_nothing", order="o2")
    speaker = actions.Speaker("tina", tom(any_world))

    def answer(deal_id: int) -> None:
        actions.answer(any_world.state, speaker, deal_id, GOOD, None)

    with any_world.app.app_context():
        keys = ["o0", "o1", "o2", "o3", "o4", "never seen", "nul\x00"]
        first = actions.for_each(any_world.state, speaker, keys, answer)
        again = actions.for_each(any_world.state, speaker, keys, answer)
    assert first == again == {"done": 3, "over": 4}
    assert [each.paid for each in any_world.all(BuyerRating)] == [False, True, True, True]


def test_the_choice_never_to_rate_buyers_holds_for_new_orders_and_can_be_undone(any_world: World) -> None:
    deal(any_world, "before")
    with any_world.app.app_context():
        for rates in (False, False, True, False):
            actions.choose(any_world.state, "tina", "tom", rates=rates)
    any_world.clock.advance(hours=1)
    deal(any_world, "after")
    assert [found.passed_at is not None for found in any_world.all(Deal)] == [False, True]
    assert any_world.one(SellerChoice).passes_since is not None
    told = [each for each in any_world.all(Entry) if each.kind == "seller"]
    assert [each.event for each in told] == ["never_rates", "rates_buyers", "never_rates"]
    assert {(each.object_id, each.actor_id) for each in told} == {(tom(any_world), any_world.person("tina").id)}


def test_waiting_orders_come_page_by_page_those_first_that_close_first(any_world: World) -> None:
    deal(any_world, "late", buyer=Person("late", "L", "late@customer.example"), arrives=False)
    any_world.tell("order_placed", "late")
    for number in range(PAGE + 3):
        deal(any_world, f"o{number:02}", buyer=Person(f"b{number}", "B", f"b{number}@customer.example"))
        if number % 2:
            any_world.clock.advance(hours=1)
    buyer_rates(any_world, "o40")  # closes in 7 days
    do(any_world, "answer", GOOD, 0, order="o05")
    any_world.clock.advance(hours=1)
    any_world.deliver("late")
    now, seller = any_world.clock(), tom(any_world)
    first, place = any_world.read(lambda session: waiting_deals(session, seller, None, None, now))
    second, end = any_world.read(lambda session: waiting_deals(session, seller, None, place, now))
    seen = [[row.order_key for row in rows] for rows in (first, second)]
    assert end is None
    assert len(first) == PAGE
    assert seen[0][0] == "o40"
    assert seen[0][1:] + seen[1] == [*(f"o{n:02}" for n in range(PAGE + 3) if n not in (5, 40)), "late"]
    mine = any_world.person("b7").id
    rows, _ = any_world.read(lambda session: waiting_deals(session, seller, mine, None, now))
    assert "o07" not in [row.order_key for row in rows]


def test_a_cursor_comes_back_as_it_went(world: World) -> None:
    place = Place(world.clock() + timedelta(microseconds=7), 12)
    assert read_place(str(place)) == place
    for wrong in ("", "1", "a-b", "1-2-3", "-1-2", "1" * 19 + "-1", "9" * 18 + "-1", "1-" + "9" * 30, "١-١"):
        assert read_place(wrong) is None


def test_a_buyer_s_record_holds_what_others_said_and_can_be_read(any_world: World) -> None:
    for key in ("o1", "o2", "o3"):
        deal(any_world, key)
    do(any_world, "answer", GOOD, 0, order="o1")
    do(any_world, "answer", BAD, 0, order="o2")
    buyer_rates(any_world, "o1")
    buyer, deals = any_world.person("anna").id, [found.id for found in any_world.all(Deal)]

    def record(but: int) -> list[tuple[int, int]]:
        found = any_world.read(lambda session: record_of(session, buyer, but, any_world.clock()))
        return [(each.yes, each.no) for each in found.values()]

    assert record(deals[2]) == [(1, 0), (1, 0), (1, 0)]
    assert record(deals[0]) == [(0, 0)] * 3
    buyer_rates(any_world, "o2")
    assert record(deals[2]) == [(1, 1), (1, 0), (1, 1)]
    any_world.rate("o2", action="not-mine")
    assert record(deals[2]) == [(1, 0), (1, 0), (1, 0)], "what was said about an order of somebody else"


def test_ratings_without_a_reply_are_those_that_can_be_read_newest_first(any_world: World) -> None:
    for key in ("o1", "o2", "o3", "o4"):
        deal(any_world, key, buyer=Person(key, "B", f"{key}@customer.example"))
        buyer_rates(any_world, key, text=f"about {key}")
    for key in ("o1", "o2", "o3"):
        any_world.clock.advance(hours=1)
        do(any_world, "say_nothing", order=key)
    do(any_world, "reply", "Thanks", "en", "", order="o2")
    rows = any_world.read(lambda session: unanswered_ratings(session, tom(any_world), any_world.clock()))
    assert [(row.order_key, row.text) for row in rows] == [("o3", "about o3"), ("o1", "about o1")]


def test_each_side_knows_of_the_other_only_that_something_is_there(world: World) -> None:
    deal(world)
    seen = []
    for step in (lambda: None, lambda: buyer_rates(world), lambda: world.clock.advance(days=7)):
        step()
        found = world.one(Deal)
        readable = world.one(Rating).shown_at <= world.clock() if world.all(Rating) else False
        seen.append(
            (
                standing(found, "buyer", world.clock(), mine=readable, theirs=False),
                standing(found, "seller", world.clock(), mine=False, theirs=readable),
            )
        )
    assert seen == [("nobody", "nobody"), ("mine", "theirs"), ("mine_read", "theirs_read")]


def test_the_speaker_s_erasure_leaves_the_answers_and_takes_the_name(any_world: World) -> None:
    deal(any_world)
    do(any_world, "answer", GOOD, 0)
    any_world.tell("person_erased", "tina")
    assert any_world.one(BuyerRating).author_id is None
    buyer_rates(any_world)
    assert any_world.one(Deal).state == "revealed"
