"""What is promised about how long things are kept: one day before it is there, one day after it is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from flask_trust import Person
from flask_trust.health.checks import check
from flask_trust.inventory import KEEPS
from flask_trust.invitations.models import Request
from flask_trust.invitations.queries import tally
from flask_trust.journal.models import Entry
from flask_trust.limits.actions import within_limit
from flask_trust.limits.models import Sender
from flask_trust.mail.models import Outgoing
from flask_trust.moderation.actions import Overtaken
from flask_trust.moderation.models import CaseWord, Contact, Decision, Report
from flask_trust.moderation.rules import KEEP_CONTACTS
from flask_trust.orders.models import Deal, Line, Order
from flask_trust.people.models import Person as PersonRow
from flask_trust.privacy.retention import actions
from flask_trust.privacy.retention.actions import NOBODY, STEPS, SWEEPS, Retaining
from flask_trust.privacy.retention.queries import FIND
from flask_trust.privacy.rights.actions import note_request
from flask_trust.privacy.rights.models import DataRequest
from flask_trust.ratings.models import FormerRating, Rating, Reply
from flask_trust.ratings.receipts import check as check_receipt
from flask_trust.ratings.receipts import digest_of
from flask_trust.reviews.models import Review, Version
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.reviews.votes.models import HelpfulVote
from flask_trust.scores.models import Subject
from flask_trust.verdicts.models import Verdict
from tests.web.cases import PHONE, decided, reported, said_in, tallies, written
from tests.web.deals import buyer_rates, deal
from tests.web.replies import replied_to_rating, replied_to_review
from tests.world import World

#: What the privacy page tells people. Whoever lengthens a rule breaks a promise that was read: change this list only
#: together with a new version of the policy.
PROMISED = {
    "order": 730,
    "mail": 730,
    "visitor_vote": 365,
    "case": 730,
    "contact": 183,
    "flood": 1,
    "data_request": 1095,
    "note": 365,
    "taken_down": 214,
    "kept_down": 730,
}


def test_nothing_is_kept_longer_than_people_were_told() -> None:
    assert {key: rule.days for key, rule in KEEPS.items() if rule.days is not None} == PROMISED


def test_every_promise_has_somebody_who_keeps_it_and_somebody_who_looks() -> None:
    assert {rule for rule, _ in FIND.values()} == set(PROMISED)
    assert {*SWEEPS, *STEPS} == set(FIND) - {"contacts", "senders"}  # those go with the cases
    assert timedelta(days=PROMISED["contact"]) == KEEP_CONTACTS


# One scene for each promise. Each lets something happen now and returns a question: is anything of it still there?

Left = Callable[[World], object]


def mails_sent(world: World) -> Left:
    world.order("o1")
    world.deliver("o1")
    world.pass_days(8)
    return lambda world: [row for row in world.all(Outgoing) if row.kind == "request"]


def a_visitor_votes(world: World) -> Left:
    world.review("o1", 4)
    number = world.one(Review).public_id
    assert world.client().post(f"/trust/reviews/{number}/helpful", data={"helpful": "on"}).status_code == 303
    return lambda world: [row for row in world.all(HelpfulVote) if row.visitor]


def an_order_without_words(world: World) -> Left:
    world.order("o1", "bowl")
    world.deliver("o1")
    world.pass_days(8)
    world.pass_days(7)
    world.pass_days(15)  # nothing can be written any more
    return lambda world: [row for row in world.all(Order) if row.key == "o1"]


def a_case(world: World) -> Left:
    review = written(world)
    reported(world, review, explanation="My number.")
    decided(world, review, "remove", explanation="It holds a number.")
    said_in(world, review, "author", "It is my own number.")
    decided(world, review, "restore")
    return lambda world: [
        *world.all(CaseWord),
        *[row for row in world.all(Report) if row.explanation],
        *[row for row in world.all(Decision) if row.explanation or row.decision_facts],
    ]


def a_contact(world: World) -> Left:
    review = written(world)
    reported(world, review)
    decided(world, review, "keep")
    return lambda world: world.all(Contact)


def a_form(world: World) -> Left:
    with world.app.test_request_context():
        assert within_limit(world.state, "report", 10)
    return lambda world: world.read(lambda session: session.scalars(sa.select(Sender.mark)).all())


def a_wish(world: World) -> Left:
    with world.app.app_context(), world.state.session() as session:
        note_request(session, 1, "export", world.clock())
        session.commit()
    return lambda world: world.all(DataRequest)


def a_note(world: World) -> Left:
    deal(world)
    buyer_rates(world, text="Fine", note="For you only")
    return lambda world: [row for row in world.all(Rating) if row.note]


def words_taken_down(world: World) -> Left:
    review = written(world)
    deal(world, "o2")
    buyer_rates(world, "o2", stars=2, text=PHONE, note="Call me there")
    world.pass_days(31)
    decided(world, review, "remove")
    decided(world, world.one(Rating).public_id, "remove", kind="rating")
    answered = [replied_to_review(world), replied_to_rating(world)]
    for kind, public_id in zip(("to_review", "to_rating"), answered, strict=True):
        decided(world, public_id, "remove", kind)
    return lambda world: [
        *[r for r in world.all(Review) if r.text and r.state == "removed"],
        *[r for r in world.all(Rating) if (r.text or r.note) and r.state == "removed"],
        *[r for r in world.all(ReviewReply) if r.text],
        *[r for r in world.all(Reply) if r.text],
    ]


def codes_of_words(world: World) -> Left:
    decided(world, written(world), "remove")
    return lambda world: [row for row in world.all(Verdict) if row.mark]


SCENES: dict[str, Callable[[World], Left]] = {
    "mail": mails_sent,
    "visitor_vote": a_visitor_votes,
    "order": an_order_without_words,
    "case": a_case,
    "contact": a_contact,
    "flood": a_form,
    "data_request": a_wish,
    "note": a_note,
    "taken_down": words_taken_down,
    "kept_down": codes_of_words,
}


def test_every_promise_has_a_scene() -> None:
    assert set(SCENES) == set(PROMISED)


def overdue(world: World) -> list[str]:
    with world.app.app_context():
        return [each.words for each in check(world.state) if "older than the privacy page promises" in each.words]


@pytest.mark.parametrize("rule", SCENES)
def test_what_was_promised_is_done_by_the_run(any_world: World, rule: str) -> None:
    left = SCENES[rule](any_world)
    assert left(any_world)
    journal = [(row.id, row.at, row.event, row.commitment) for row in any_world.all(Entry)]

    any_world.pass_days(PROMISED[rule] - 1)
    assert left(any_world)
    assert overdue(any_world) == []

    any_world.clock.advance(days=4)  # nobody runs the job meanwhile
    assert overdue(any_world)
    any_world.run()
    assert not left(any_world)
    assert any_world.cli("check").output == CLEAN
    assert [(row.id, row.at, row.event, row.commitment) for row in any_world.all(Entry)][: len(journal)] == journal


CLEAN = "All totals agree with a recount, and nothing is missing.\n"


def test_an_order_without_words_is_nobody_s_and_still_counts(any_world: World) -> None:
    an_order_without_words(any_world)
    asked = any_world.read(tally)
    any_world.pass_days(732)
    order, line, request = any_world.one(Order), any_world.one(Line), any_world.one(Request)
    assert (order.buyer_id, request.buyer_id) == (NOBODY, NOBODY)
    assert "o1" not in order.key
    assert line.key != "bowl"
    moments = [order.placed_at, order.created_at, line.delivered_at, request.asked_at, request.planned_for]
    moments += [any_world.one(Deal).opened_at, any_world.one(Deal).closes_at]
    assert all((at.day, at.hour, at.minute) == (1, 0, 0) for at in moments if at is not None)
    assert any_world.read(tally) == asked


def test_an_order_with_words_stays_its_buyer_s_until_they_take_them_back(any_world: World) -> None:
    any_world.review("o1", 2)
    any_world.tell("order_returned", "o1", reason="too small")
    any_world.pass_days(31)
    any_world.pass_days(760)
    order, line, request = any_world.one(Order), any_world.one(Line), any_world.one(Request)
    assert (order.key, order.buyer_id) == ("o1", any_world.one(PersonRow).id)
    moments = [order.placed_at, line.delivered_at, line.returned_at, request.answered_at, any_world.one(Deal).opened_at]
    assert all((at.day, at.hour) == (1, 0) for at in moments if at is not None)
    assert line.return_reason is None
    assert any_world.cli("check").output == CLEAN
    any_world.clock.advance(days=1)
    assert "kept_order" not in any_world.run()  # it was done once and for all
    any_world.tell("person_erased", "buyer-o1")
    assert any_world.one(Order).key != "o1"


def test_an_order_that_the_shop_tells_again_after_that_time_does_not_come_back(any_world: World) -> None:
    an_order_without_words(any_world)
    any_world.pass_days(732)
    any_world.deliver("o1")
    any_world.run()
    assert len(any_world.all(Order)) == 1
    assert any_world.one(Order).buyer_id == NOBODY


def test_a_buyer_who_comes_back_keeps_number_and_new_orders(any_world: World) -> None:
    anna = Person("anna", "Anna", "anna@customer.example")
    any_world.order("o1", buyer=anna)
    any_world.deliver("o1")
    any_world.pass_days(800)
    any_world.order("o2", buyer=anna)
    any_world.deliver("o2")
    any_world.run()
    old, new = any_world.all(Order)
    assert (old.buyer_id, new.buyer_id) == (NOBODY, any_world.one(PersonRow).id)
    assert new.key == "o2"


def test_votes_of_visitors_go_on_counting_when_nobody_can_tell_whose_they_were(any_world: World) -> None:
    a_visitor_votes(any_world)
    any_world.client().post(f"/trust/reviews/{any_world.one(Review).public_id}/helpful", data={"helpful": "on"})
    any_world.pass_days(370)
    assert [row.visitor for row in any_world.all(HelpfulVote)] == [None, None]
    assert any_world.one(Review).helpful == 2


def test_decisions_stay_in_the_public_counts_when_their_words_are_gone(any_world: World) -> None:
    review = written(any_world)
    reported(any_world, review)
    decided(any_world, review, "remove", explanation="It holds a number.")
    before, totals = tallies(any_world), [(row.shown, row.n2) for row in any_world.all(Subject)]
    any_world.pass_days(740)
    assert tallies(any_world) == before
    assert [(row.shown, row.n2) for row in any_world.all(Subject)] == totals
    (decision,) = any_world.all(Decision)
    assert (decision.step, decision.decision_ground, decision.explanation) == ("remove", "G1", "")


def test_a_case_that_is_open_keeps_what_was_said_however_old(any_world: World) -> None:
    review = written(any_world)
    reported(any_world, review)
    any_world.pass_days(800)
    assert any_world.one(Report).explanation
    assert len(any_world.all(Contact)) == 1
    assert overdue(any_world) == []


def test_many_old_rows_go_in_small_batches_once_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    for number in range(5):
        an_order(world, f"o{number}")
    world.clock.advance(days=740)
    with world.app.app_context():
        batches = list(iter(Retaining(world.state).batch, Counter()))
    assert [each["order"] for each in batches if each["order"]] == [2, 2, 1]
    an_order(world, "late")
    world.clock.advance(days=740)
    assert world.run()["kept_order"] == 1
    assert "kept_order" not in world.run()


def test_what_one_statement_deletes_goes_in_pieces_too(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MANY", 2)
    long_ago, now = any_world.clock() - timedelta(days=5000), any_world.clock()
    with any_world.app.app_context(), any_world.state.session() as session:
        for number, at in enumerate([long_ago, now, long_ago, long_ago, now, long_ago, long_ago, now]):
            ids = {"dedupe": f"mail:{number}", "person_id": 1, "object_id": number}
            session.add(Outgoing(**ids, kind="request", state="sent", created_at=at, sent_at=at))
        session.commit()
        batches = list(iter(Retaining(any_world.state, ["mails"]).batch, Counter()))
        assert [each["mail"] for each in batches] == [2, 2, 1]
        assert not Retaining(any_world.state, ["mails"]).batch()
    assert [mail.object_id for mail in any_world.all(Outgoing)] == [1, 4, 7]


def an_order(world: World, key: str) -> None:
    world.order(key)
    world.deliver(key)
    for days in (8, 7, 15):
        world.pass_days(days)


def test_two_workers_at_once_do_everything_once(any_world: World) -> None:
    an_order_without_words(any_world)
    any_world.clock.advance(days=740)
    both = Barrier(2)

    def rounds(_: int) -> int:
        with any_world.app.app_context():
            one_round = Retaining(any_world.state)
            both.wait()
            return sum(one_round.batch()["order"] for _ in range(4))

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(rounds, range(2))) == 1
    assert any_world.one(Order).buyer_id == NOBODY


def digest(world: World) -> str:
    found = digest_of(world.all(Rating)[-1])
    assert found
    return found


def receipt(world: World, digest: str) -> tuple[str, bool]:
    number = world.all(Rating)[-1].id
    found = world.read(lambda session: check_receipt(session, "rating", number, digest))
    return found.outcome, found.without_note


def test_receipts_know_what_became_of_a_private_note(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, stars=2, text="Late", note="The first note")
    first = digest(any_world)
    any_world.pass_days(31)
    buyer_rates(any_world, stars=4, text="Late, and mended", note="The second note")
    second = digest(any_world)
    assert [row.note for row in any_world.all(FormerRating)] == ["The first note"]
    assert (receipt(any_world, first), receipt(any_world, second)) == (("changed", False), ("same", False))
    any_world.pass_days(340)
    assert (any_world.one(FormerRating).note, any_world.one(Rating).note) == ("", "")
    assert (receipt(any_world, first), receipt(any_world, second)) == (("changed", True), ("same", True))
    assert receipt(any_world, digest(any_world)) == ("same", False)
    change(any_world, sa.update(Rating).values(text="Never late"))
    assert receipt(any_world, second)[0] == "altered"
    change(any_world, sa.update(Rating).values(text="Late, and mended"))
    change(any_world, sa.update(FormerRating).values(text="Early"))
    assert receipt(any_world, second)[0] == "altered"


def change(world: World, statement: sa.Update) -> None:
    with world.app.app_context(), world.state.session() as session:
        session.execute(statement)
        session.commit()


def test_a_receipt_of_words_that_were_taken_down_says_that_they_are_deleted(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, stars=2, text=PHONE)
    mine = digest(any_world)
    any_world.pass_days(31)
    decided(any_world, any_world.one(Rating).public_id, "remove", kind="rating")
    assert receipt(any_world, mine)[0] == "withheld"
    before = tallies(any_world)
    any_world.pass_days(220)
    assert (any_world.one(Rating).state, any_world.one(Rating).text) == ("removed", "")
    assert tallies(any_world) == before
    assert receipt(any_world, mine)[0] == "deleted"
    change(any_world, sa.update(Rating).values(state="shown", live=sa.true()))
    assert receipt(any_world, mine)[0] == "altered"


def test_former_words_that_were_taken_down_go_as_well(any_world: World) -> None:
    review = written(any_world)
    decided(any_world, review, "hide")
    any_world.rate("o1", line_0_stars="2", line_0_text="Too small")
    decided(any_world, review, "restore")
    assert [(row.text, row.withheld) for row in any_world.all(Version)] == [(PHONE, True)]
    any_world.pass_days(213)
    assert [row.text for row in any_world.all(Version)] == [PHONE]
    any_world.pass_days(2)
    assert [row.text for row in any_world.all(Version)] == [""]
    assert any_world.one(Review).text == "Too small"


def test_words_that_are_deleted_cannot_be_put_back(any_world: World) -> None:
    review = written(any_world)
    decided(any_world, review, "remove")
    any_world.pass_days(220)
    with pytest.raises(Overtaken):
        decided(any_world, review, "restore")
    assert any_world.one(Review).state == "removed"
