"""Replies that are reported, hidden, taken down and put back: for the same reasons as reviews, moving no total."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import render_template_string

from flask_trust.health.checks import check
from flask_trust.journal.models import Entry
from flask_trust.mail.models import Outgoing
from flask_trust.moderation import actions
from flask_trust.moderation.models import Case, CaseWord, Decision
from flask_trust.moderation.places import author_token
from flask_trust.ratings.models import Reply
from flask_trust.reputation.queries import find_answers
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.scores.models import Subject
from flask_trust.signals import content_reported, decision_made
from flask_trust.verdicts.models import Verdict
from flask_trust.verdicts.rules import NOBODY
from tests.data.test_concurrency import together
from tests.web.cases import STAFF, case_of, decided, reported, said_in, tallies
from tests.web.deals import look
from tests.web.pages import open_page
from tests.web.replies import (
    CALM,
    KINDS,
    RUDE,
    delete_reply,
    path_of,
    public_page,
    replied,
    replied_to_rating,
    replied_to_review,
    reply_row,
    reply_to,
)
from tests.world import World


def is_consistent(world: World) -> bool:
    with world.app.app_context():
        return check(world.state) == []


def totals(world: World) -> list[Any]:
    return [(row.kind, row.key, row.shown, row.n1, row.n2, row.n3, row.n4, row.n5) for row in world.all(Subject)]


def stands(world: World, kind: str, text: str = RUDE) -> bool:
    return text in open_page(world, public_page(kind)).text


# Steps


@pytest.mark.parametrize("kind", KINDS)
def test_a_reply_is_hidden_taken_down_and_put_back_and_no_total_moves(any_world: World, kind: str) -> None:
    public_id = replied(any_world, kind)
    before = totals(any_world)
    assert stands(any_world, kind)
    for step, there in (("hide", False), ("restore", True), ("remove", False), ("restore", True)):
        decided(any_world, public_id, step, kind)
        assert stands(any_world, kind) is there
        assert totals(any_world) == before
        assert is_consistent(any_world)
    assert reply_row(any_world, kind).text == RUDE
    told = [(row.event, row.state_from, row.state_to) for row in any_world.all(Entry) if row.kind == kind]
    assert told == [
        ("hidden", "shown", "hidden"),
        ("restored", "hidden", "shown"),
        ("removed", "shown", "removed"),
        ("restored", "removed", "shown"),
    ]


def test_the_reply_and_what_it_answers_are_decided_about_apart(any_world: World) -> None:
    public_id = replied_to_review(any_world)
    reported(any_world, public_id)
    reported(any_world, public_id, "to_review")
    decided(any_world, public_id, "remove", "to_review")
    assert any_world.one(Review).state == "shown"
    assert [(case.kind, case.phase) for case in any_world.all(Case)] == [("review", "open"), ("to_review", "closed")]
    decided(any_world, public_id, "hide")
    decided(any_world, public_id, "restore")
    assert reply_row(any_world, "to_review").state == "removed"


@pytest.mark.parametrize("kind", KINDS)
def test_a_caller_with_an_old_page_hears_of_the_change(any_world: World, kind: str) -> None:
    """The tag of a page changes with what stands on it."""
    public_id = replied(any_world, kind)
    tags = [any_world.client().get(public_page(kind)).headers["ETag"]]
    for step in ("hide", "restore"):
        decided(any_world, public_id, step, kind)
        tags.append(any_world.client().get(public_page(kind)).headers["ETag"])
    assert len(set(tags)) == 3


def where_it_stands(world: World, kind: str, public_id: str) -> set[str]:
    """Return the addresses of whatever tells readers, its buyer and the owner of a reply, as far as it is there."""
    places: dict[str | None, list[str]] = {
        None: ["/trust/", "/trust/log", public_page(kind), f"{public_page(kind)}/feed.atom"]
    }
    if kind == "to_review":
        places[None] += [
            f"/trust/reviews/{public_id}",
            f"{public_page(kind)}?stars=2",
            f"{public_page(kind)}?sort=helpful",
        ]
    own = ["/trust/me", "/trust/me/export.json", *(["/trust/orders/r2"] if kind == "to_rating" else [])]
    files = ["/trust/desk/export.json", "/trust/desk/export.csv", "/trust/desk/decisions.json"]
    found = set()
    for viewer, paths in {**places, "rita": own, STAFF: files}.items():
        world.shop.viewer = viewer
        for path in paths:
            answer = world.client().get(path)
            assert answer.status_code == 200
            found |= {path} if "Bob Miller" in answer.text else set()
    with world.app.test_request_context():
        parts = render_template_string("{{ trust.reviews('vase') }}{{ trust.json_ld('vase') }}")
    return found | ({"part"} if "Bob Miller" in parts else set())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_withheld_stands_nowhere_but_with_its_author_and_staff(any_world: World, kind: str) -> None:
    any_world.shop.staff.add(STAFF)
    public_id = replied(any_world, kind)
    any_world.run()
    before = where_it_stands(any_world, kind, public_id)
    assert {public_page(kind), "/trust/me", "/trust/me/export.json", "/trust/desk/export.json"} <= before
    assert ("part" in before) == (kind == "to_review")
    decided(any_world, public_id, "remove", kind)
    mails = len(any_world.mails())
    any_world.run()
    assert where_it_stands(any_world, kind, public_id) == set()
    assert all("Bob Miller" not in mail.as_string() for mail in any_world.mails()[mails:])
    any_world.shop.viewer = STAFF
    assert RUDE in any_world.client().get(f"/trust/desk/reports/{case_of(any_world, public_id, kind).id}").text
    any_world.shop.viewer = "olga" if kind == "to_review" else "tina"
    seen = any_world.client().get(path_of(kind, public_id)).text
    assert RUDE in seen
    assert "Taken down: Personal data of somebody." in seen


def test_a_mail_about_a_reply_that_was_hidden_does_not_leave(any_world: World) -> None:
    ids = replied_to_review(any_world), replied_to_rating(any_world)
    for kind, public_id in zip(KINDS, ids, strict=True):
        decided(any_world, public_id, "hide", kind)
    any_world.run()
    found = [mail for mail in any_world.all(Outgoing) if mail.kind in ("replied", "rating_replied")]
    assert [(mail.state, mail.error_code) for mail in found] == [("dropped", "withdrawn")] * 2


def test_a_hidden_reply_is_no_reply_in_the_figures_of_a_seller(any_world: World) -> None:
    """Whoever counts the replies on the page finds as many."""
    public_id = replied_to_rating(any_world)
    any_world.clock.advance(days=8)

    def replies() -> list[bool]:
        now = any_world.clock()
        number = next(row.id for row in any_world.all(Subject) if (row.kind, row.key) == ("seller", "tom"))
        return [at is not None for _, at in any_world.read(lambda session: find_answers(session, number, now, now))]

    assert replies() == [True]
    decided(any_world, public_id, "hide", "to_rating")
    assert replies() == [False]


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_decides_about_their_own_reply(any_world: World, kind: str) -> None:
    public_id = replied(any_world, kind)
    with pytest.raises(actions.Overtaken):
        decided(any_world, public_id, "remove", kind, staff="olga" if kind == "to_review" else "tina")
    assert stands(any_world, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_reply_that_everybody_can_read_is_reported(any_world: World, kind: str) -> None:
    public_id = replied(any_world, kind)
    decided(any_world, public_id, "hide", kind)
    with pytest.raises(actions.Gone):
        reported(any_world, public_id, kind)
    decided(any_world, public_id, "restore", kind)
    decided(any_world, public_id, "hide", kind.removeprefix("to_"))
    with pytest.raises(actions.Gone):
        reported(any_world, public_id, kind)
    decided(any_world, public_id, "restore", kind.removeprefix("to_"))
    reported(any_world, public_id, kind)
    delete_reply(any_world, kind, public_id)
    with pytest.raises(actions.Gone):
        reported(any_world, public_id, kind)


# What stands against the author


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["author", "colleague"])
def test_what_was_taken_down_cannot_be_put_back(any_world: World, kind: str, who: str) -> None:
    public_id = replied(any_world, kind)
    decided(any_world, public_id, "remove", kind)
    speaker = {"author": "", "colleague": "otto" if kind == "to_review" else "theo"}[who]
    any_world.clock.advance(minutes=1)
    delete_reply(any_world, kind, public_id)
    for text in (RUDE, RUDE.upper() + " !!"):
        answer = reply_to(any_world, kind, public_id, text, speaker)
        assert answer.status_code == 422
        assert "taken down these very words" in answer.text
        assert text in answer.text.replace("&#39;", "'"), "no word is lost"
    assert [*any_world.all(ReviewReply), *any_world.all(Reply)] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("deleted", [False, True])
def test_other_words_can_be_read_once_staff_has_looked(any_world: World, kind: str, deleted: bool) -> None:
    public_id = replied(any_world, kind)
    decided(any_world, public_id, "remove", kind)
    any_world.clock.advance(minutes=1)
    if deleted:
        delete_reply(any_world, kind, public_id)
    answer = reply_to(any_world, kind, public_id, CALM)
    assert answer.status_code == 303
    assert "Others can read it once the shop" in any_world.client().get(answer.location).text
    assert reply_row(any_world, kind).state == "hidden"
    assert not stands(any_world, kind, CALM)
    any_world.run()
    assert not any("replied" in str(mail["Subject"]) for mail in any_world.mails()), "nobody can read it"
    case = case_of(any_world, public_id, kind)
    assert (case.phase, case.corrected_at) == ("open", any_world.clock())
    assert is_consistent(any_world)
    decided(any_world, public_id, "restore", kind)
    assert stands(any_world, kind, CALM)
    assert is_consistent(any_world)
    any_world.clock.advance(minutes=1)
    assert reply_to(any_world, kind, public_id, RUDE).status_code == 422


def test_the_same_words_in_another_place_are_refused_to_their_author_and_to_nobody_else(any_world: World) -> None:
    decided(any_world, replied_to_review(any_world), "remove", "to_review")
    any_world.review("o9", 3, "vase")
    other = any_world.all(Review)[-1].public_id
    assert reply_to(any_world, "to_review", other, RUDE).status_code == 422
    assert reply_to(any_world, "to_review", other, RUDE, "otto").status_code == 303


# Who is told


@pytest.mark.parametrize("kind", KINDS)
def test_the_seller_s_people_and_the_reporter_are_told(any_world: World, kind: str) -> None:
    public_id = replied(any_world, kind)
    any_world.run()
    reported(any_world, public_id, kind, explanation="zyxmarker")
    any_world.run()
    before = len(any_world.mails())
    decided(any_world, public_id, "remove", kind, facts="The name of Bob Miller")
    any_world.run()
    told = {str(mail["To"]): mail for mail in any_world.mails()[before:]}
    people = (
        ("olga@shop.example", "otto@shop.example") if kind == "to_review" else ("tina@tom.example", "theo@tom.example")
    )
    assert set(told) == {*people, "bob@reader.example"}
    about = "the reply to a review of Vase" if kind == "to_review" else "the reply to a rating of Tom's Lamps"
    for address in people:
        assert told[address]["Subject"] == "Why others cannot read your reply"
        text = " ".join(any_world.text_of(told[address]).split())
        for words in (about, "Personal data of somebody", "The name of Bob Miller", "Somebody had reported it."):
            assert words in text
        assert "zyxmarker" not in text
        assert "star" not in text.casefold().replace("start", "")
    text = " ".join(any_world.text_of(told["bob@reader.example"]).split())
    assert f"It is about {about}. It was taken down: Personal data of somebody." in text
    decided(any_world, public_id, "restore", kind)
    any_world.run()
    assert {str(mail["Subject"]) for mail in any_world.mails()[before + 3 :] if mail["To"] in people} == {
        "Your reply can be read again"
    }


def test_without_an_answer_of_the_shop_about_the_seller_the_author_is_told(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = replied_to_review(any_world)

    def broken(ids: Any) -> Any:
        raise RuntimeError("no sellers today")

    monkeypatch.setattr(any_world.shop, "sellers", broken)
    decided(any_world, public_id, "remove", "to_review")
    (mail,) = [mail for mail in any_world.all(Outgoing) if mail.kind == "reply_reasons"]
    assert mail.person_id == any_world.person("olga").id


def test_listeners_hear_which_kind_it_was(any_world: World) -> None:
    public_id, heard = replied_to_rating(any_world), list[Any]()

    def listen(app: Any, **told: Any) -> None:
        heard.append(told)

    with content_reported.connected_to(listen), decision_made.connected_to(listen):
        reported(any_world, public_id, "to_rating")
        decided(any_world, public_id, "keep", "to_rating")
    told = {"kind": "to_rating", "public_id": public_id}
    assert heard == [told, {**told, "step": "keep"}]


@pytest.mark.parametrize("kind", KINDS)
def test_the_seller_s_side_objects_and_a_person_decides_once_more(any_world: World, kind: str) -> None:
    public_id = replied(any_world, kind)
    decided(any_world, public_id, "remove", kind)
    with any_world.app.test_request_context():
        path = f"/trust/cases/{author_token(case_of(any_world, public_id, kind))}"
    page = open_page(any_world, path)
    for words in ("Your reply: what was decided", RUDE, "Taken down", "Personal data of somebody", "Change your words"):
        assert words in page.text
    assert "tars" not in page.text
    form = page.forms[0]
    answer = any_world.client().post(form.action, data={**form.fields, "text": "Bob is my own name"})
    assert answer.status_code == 303
    assert case_of(any_world, public_id, kind).phase == "appealed"
    assert [row.role for row in any_world.all(Entry) if row.event == "appealed"] == ["seller"]
    decided(any_world, public_id, "restore", kind)
    assert stands(any_world, kind)
    assert any_world.all(Verdict) == []
    assert any_world.all(Decision)[-1].on_appeal
    assert is_consistent(any_world)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("erased", [True, False], ids=["erased", "left"])
def test_a_former_colleague_s_link_shows_nothing_of_who_replies_there_now(
    any_world: World, kind: str, erased: bool
) -> None:
    public_id = replied(any_world, kind)
    decided(any_world, public_id, "remove", kind)
    with any_world.app.test_request_context():
        path = f"/trust/cases/{author_token(case_of(any_world, public_id, kind))}"
    assert open_page(any_world, path).text
    who, other = ("olga", "otto") if kind == "to_review" else ("tina", "theo")
    any_world.shop.staff.discard(who)
    if erased:
        any_world.tell("person_erased", who)
    if kind == "to_review":
        any_world.shop.staff.add(other)
    any_world.shop.acting.setdefault(other, set(any_world.shop.acting.pop(who, ())))
    assert reply_to(any_world, kind, public_id, "Words of a colleague", who=other).status_code == 303
    any_world.shop.viewer = None
    assert any_world.client().get(path).status_code == 410


# At the same moment


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_from_before_a_change_decides_nothing(any_world: World, kind: str) -> None:
    public_id = replied(any_world, kind)
    reported(any_world, public_id, kind)
    seen = case_of(any_world, public_id, kind).version
    any_world.clock.advance(minutes=1)
    assert reply_to(any_world, kind, public_id, CALM).status_code == 303
    with pytest.raises(actions.Overtaken):
        decided(any_world, public_id, "remove", kind, seen=seen)
    assert stands(any_world, kind, CALM)
    assert case_of(any_world, public_id, kind).phase == "open"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("author", ["changes", "deletes", "is erased"])
def test_staff_decides_while_the_author_of_a_reply(any_world: World, kind: str, author: str) -> None:
    public_id = replied(any_world, kind)
    reported(any_world, public_id, kind)
    case, who = case_of(any_world, public_id, kind), "olga" if kind == "to_review" else "tina"
    before = totals(any_world)
    any_world.clock.advance(minutes=1)
    any_world.shop.viewer = who
    page = look(any_world, who, path_of(kind, public_id))
    change, drop = ("publish", "delete") if kind == "to_review" else ("reply", "delete-reply")
    form = next(form for form in page.forms if ("action", change) in form.buttons)

    def work(number: int) -> None:
        if number % 2:
            ruling = actions.Ruling("remove", case.version, "G1", facts=f"words {number}")
            with any_world.app.test_request_context():
                try:
                    actions.decide(any_world.state, STAFF, case.id, ruling)
                except actions.Overtaken:
                    return
        elif author == "is erased":
            any_world.tell("person_erased", who)
        else:
            step = {"action": change, "reply": f"new {number}"} if author == "changes" else {"action": drop}
            answer = any_world.client().post(form.action, data={**form.fields, **step})
            assert answer.status_code in (303, 409, 422)

    together(work)
    rows: list[Any] = [*any_world.all(ReviewReply), *any_world.all(Reply)]
    decisions = any_world.all(Decision)
    assert len(decisions) <= 1
    if decisions and rows:
        assert [row.state for row in rows] == ["removed" if rows[0].text == RUDE else "hidden"]
    elif rows:
        assert [row.state for row in rows] == ["shown"]
    assert [row.event for row in any_world.all(Entry) if row.kind == kind] == ["removed"] * len(decisions)
    assert totals(any_world) == before
    assert is_consistent(any_world)


# Those who leave, and what is gone


@pytest.mark.parametrize("kind", KINDS)
def test_who_replied_is_erased_with_all_that_was_said_of_the_reply(any_world: World, kind: str) -> None:
    public_id = replied(any_world, kind)
    decided(any_world, public_id, "remove", kind, facts="The name of Bob")
    said_in(any_world, public_id, "author", "Bob is my own name", kind=kind)
    any_world.tell("person_erased", "olga" if kind == "to_review" else "tina")
    assert [*any_world.all(ReviewReply), *any_world.all(Reply), *any_world.all(CaseWord)] == []
    assert [(row.person_id, row.nonce, row.digest) for row in any_world.all(Verdict)] == [(NOBODY, "", "")]
    assert [(row.decision_facts, row.decision_ground) for row in any_world.all(Decision)] == [("", "G1")]
    any_world.run()
    assert [case.phase for case in any_world.all(Case)] == ["closed"]
    assert is_consistent(any_world)


def test_a_colleague_s_new_reply_keeps_nothing_of_what_was_said_of_the_first(any_world: World) -> None:
    public_id = replied_to_review(any_world)
    decided(any_world, public_id, "remove", "to_review", facts="The name of Bob")
    any_world.clock.advance(minutes=1)
    delete_reply(any_world, "to_review", public_id)
    assert reply_to(any_world, "to_review", public_id, CALM, "otto").status_code == 303
    assert any_world.one(Case).author_id == any_world.person("otto").id
    any_world.tell("person_erased", "olga")
    assert [row.decision_facts for row in any_world.all(Decision)] == [""]
    assert reply_row(any_world, "to_review").text == CALM


@pytest.mark.parametrize("how", ["reply deleted", "review taken back", "buyer erased"])
def test_a_case_closes_by_itself_when_the_reply_is_gone(any_world: World, how: str) -> None:
    public_id = replied_to_review(any_world)
    reported(any_world, public_id, "to_review")
    match how:
        case "reply deleted":
            delete_reply(any_world, "to_review", public_id)
        case "review taken back":
            any_world.rate("r1", action="do-delete-0")
        case _:
            any_world.tell("person_erased", "rita")
    any_world.run()
    assert any_world.one(Case).phase == "closed"
    (mail,) = [mail for mail in any_world.mails() if mail["Subject"] == "What became of your report"]
    assert "It is not there any more." in any_world.text_of(mail)
    assert is_consistent(any_world)
    any_world.shop.staff = {STAFF}
    for path in ("/trust/desk/reports?show=closed", f"/trust/desk/reports/{any_world.one(Case).id}"):
        assert "Not there any more" in look(any_world, STAFF, path).text


def test_who_replied_takes_the_reply_and_the_case_along(any_world: World) -> None:
    public_id = replied_to_review(any_world)
    decided(any_world, public_id, "remove", "to_review")
    printed = json.loads(any_world.cli("export", "olga").output)
    rows = {table["about"]: table["rows"] for table in printed["tables"]}
    assert [(row["text"], row["state"]) for row in rows["your replies to reviews"]] == [(RUDE, "removed")]
    assert [row["step"] for row in rows["decisions about your words"]] == ["remove"]
    assert len(rows["words of yours that were taken down"]) == 1
    assert "removed" in [row["event"] for row in rows["what happened to what is yours"]]


# Counts


def test_replies_are_counted_apart(any_world: World) -> None:
    ids = replied_to_review(any_world), replied_to_rating(any_world)
    before = tallies(any_world)
    decided(any_world, ids[0], "remove", "to_review", ground="G8")
    decided(any_world, ids[1], "hide", "to_rating")
    found = tallies(any_world)
    assert (found.reviews, found.ratings) == (before.reviews, before.ratings)
    assert (found.replies.hidden, found.replies.removed, found.replies.withheld) == ({"G1": 1}, {"G8": 1}, 2)
    decided(any_world, ids[0], "restore", "to_review")
    delete_reply(any_world, "to_rating", ids[1])
    assert tallies(any_world).replies.withheld == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["hidden", "removed"])
def test_a_reply_hidden_in_the_tables_is_found_by_the_check(any_world: World, kind: str, state: str) -> None:
    replied(any_world, kind)
    table = "trust_review_reply" if kind == "to_review" else "trust_reply"
    with any_world.app.app_context(), any_world.db.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET state = '{state}'")
    assert not stands(any_world, kind)
    with any_world.app.app_context():
        words = [found.words for found in check(any_world.state)]
        assert words == ["1 reply is hidden without a decision: somebody changed the tables by hand."]
        assert check(any_world.state, repair=True) == []
    assert stands(any_world, kind)
