"""People who live through everything there is, each word, name and address of theirs with a marker of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask_trust import Line, Person, Seller, guest_id
from flask_trust.desk import actions as desk
from flask_trust.desk.actions import mark_of
from flask_trust.orders.models import Deal
from flask_trust.orders.queries import find
from flask_trust.ratings.models import Rating, Reply
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.reviews.models import Review
from flask_trust.scores.queries import find_subject_id
from flask_trust.state import EXTENSION
from tests.support.smtp import Sink
from tests.web.cases import STAFF, decided, reported, said_in
from tests.world import World


@dataclass(frozen=True)
class Life:
    """Somebody with an order; `mark` is in everything that is theirs, `person` is how the shop knows them."""

    mark: str
    person: Person
    order: str

    def says(self, what: str) -> str:
        """Return words that only this person has ever used, and for this alone."""
        return f"{self.mark}{what}"


def member(world: World, mark: str) -> Life:
    """Return somebody with an account."""
    return Life(mark, Person(f"{mark}key", f"{mark}name", f"{mark}mail@customer.example"), f"{mark}order")


def guest(world: World, mark: str) -> Life:
    """Return somebody without one."""
    email = f"{mark}mail@customer.example"
    with world.app.app_context():
        return Life(mark, Person(guest_id(email), f"{mark}name", email), f"{mark}order")


def buys(world: World, life: Life) -> None:
    """Let somebody buy a bowl from Mia, who rates her buyers, and a cup from the shop, and get mails about both."""
    world.shop.add(Seller("mia", "Mia", people=["mia-1"]), Person("mia-1", "Mia", "mia@shop.example"))
    world.shop.acting, world.shop.staff = {"mia-1": {"mia"}}, {STAFF}
    lines = [Line(f"{life.mark}a", "bowl", seller_id="mia"), Line(f"{life.mark}b", "cup")]
    world.order(life.order, lines=lines, buyer=life.person)
    world.deliver(life.order)
    world.tell("order_returned", life.order, [f"{life.mark}b"], reason=life.says("return"))


def writes(world: World, life: Life) -> None:
    """Let them say all that can be said about an order, and later change it."""
    said: dict[str, Any] = {"line_0_stars": "2", "line_1_stars": "4", "seller_0_stars": "3", "seller_0_service": "5"}
    for what in ("first", "second"):
        words: dict[str, Any] = {
            "line_0_title": life.says(f"{what}title"),
            "line_0_text": life.says(f"{what}text"),
            "seller_0_text": life.says(f"{what}rating"),
            "seller_0_note": life.says(f"{what}note"),
            "public_name": life.says("public"),
        }
        assert world.rate(life.order, **said, **words).status_code == 303
        if what == "first":
            rated_back(world, life)
            world.pass_days(8)


def deal_with_mia(world: World, life: Life) -> Deal:
    order = world.read(lambda session: find(session, life.order))
    assert order is not None
    return next(deal for deal in world.all(Deal) if deal.order_id == order.id and deal.mode == "mutual")


def mia(world: World) -> desk.Speaker:
    seller = world.read(lambda session: find_subject_id(session, "seller", "mia"))
    assert seller is not None
    return desk.Speaker("mia-1", seller)


def rated_back(world: World, life: Life) -> None:
    with world.app.test_request_context():
        desk.answer(world.state, mia(world), deal_with_mia(world, life).id, BuyerDraft(paid=True, again=False), 0)


def replied_to(world: World, life: Life, text: str) -> None:
    """Let Mia answer what they said about her."""
    deal, seen = deal_with_mia(world, life), mark_of(None)
    assert not [reply for reply in world.all(Reply) if reply.rating_id == rating_of(world, life).id]
    with world.app.test_request_context():
        desk.reply(world.state, mia(world), deal.id, text, "en", seen)


def review_of(world: World, life: Life) -> Review:
    person = world.person(life.person.id)
    return next(each for each in world.all(Review) if each.person_id == person.id and each.text)


def rating_of(world: World, life: Life) -> Rating:
    person = world.person(life.person.id)
    return next(each for each in world.all(Rating) if each.person_id == person.id)


def votes(world: World, life: Life, on: Life) -> None:
    """Let a member find another's review helpful."""
    world.shop.viewer = life.person.id
    path = f"/trust/reviews/{review_of(world, on).public_id}/helpful"
    assert world.client().post(path, data={"helpful": "on"}).status_code == 303
    world.shop.viewer = None


def quarrels(world: World, life: Life, other: Life) -> None:
    """Let somebody report another's review, staff take it down with reasons, and both sides object."""
    public_id = review_of(world, other).public_id
    email = life.person.email or ""
    told = {"explanation": life.says("report"), "name": life.says("reporter"), "email": email}
    case_id = reported(world, public_id, **told)
    report_id = world.read(lambda session: _last_report(session, case_id))
    said_in(world, public_id, "reporter", life.says("reporterword"), report_id)
    facts = {"facts": other.says("facts"), "explanation": other.says("explanation")}
    decided(world, public_id, "remove", law=other.says("law"), **facts)
    assert said_in(world, public_id, "author", other.says("appeal"))
    assert world.rate(other.order, line_0_stars="2", line_0_text=other.says("thirdtext")).status_code == 303


def _last_report(session: Any, case_id: int) -> int:
    from sqlalchemy import select

    from flask_trust.moderation.models import Report

    return int(session.scalar(select(Report.id).where(Report.case_id == case_id).order_by(Report.id.desc())))


@contextmanager
def mails_by_smtp(world: World, sink: Sink) -> Iterator[None]:
    """Let mails leave by a real server for a while."""
    before = world.state
    settings = replace(before.settings, mail_url=sink.url)
    world.app.extensions[EXTENSION] = replace(before, settings=settings)
    yield
    world.app.extensions[EXTENSION] = before


def bounces(world: World, life: Life) -> None:
    """Let the mail server refuse a mail with the address in what it says."""
    world.order(f"{life.mark}later", "bowl", buyer=life.person)
    world.deliver(f"{life.mark}later")
    world.clock.advance(days=7)
    refused = f"550 5.7.1 <{life.person.email}> {life.says('smtp')} is not wanted here"
    with Sink(answer=refused) as sink, mails_by_smtp(world, sink):
        world.run()
    world.tell("mail_bounced", life.person.id)


def live(world: World, *lives: Life) -> None:
    """Let everybody live through everything, each with the next."""
    for life in lives:
        buys(world, life)
    world.pass_days(8)
    for life in lives:
        writes(world, life)
    for life, other in zip(lives, (*lives[1:], lives[0]), strict=True):
        replied_to(world, life, life.says("reply"))
        votes(world, life, other)
    for life, other in zip(lives, (*lives[1:], lives[0]), strict=True):
        quarrels(world, life, other)
    world.run()
    for life in lives:
        bounces(world, life)
