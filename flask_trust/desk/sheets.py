"""What the page of an order and the seller's list show, each to the one who looks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from .. import lookup
from ..moderation.queries import cases_about
from ..moderation.words import withheld_note
from ..orders.models import Deal, Line, Order
from ..orders.naming import Bought, OrderName, name_orders
from ..orders.queries import bought_in, deals_of, find, lines_of
from ..people.models import Person
from ..people.queries import are_one, follow
from ..people.queries import find as find_person
from ..ratings import rules as ratings
from ..ratings.actions import answers_of
from ..ratings.models import BuyerRating, Rating, Reply
from ..ratings.queries import buyer_ratings_of, ratings_of
from ..scores.queries import find_keys, find_subject_id
from ..state import State
from ..text import plain
from ..verdicts.rules import WITHHELD
from ..web.places import Place
from .queries import (
    Answers,
    Unanswered,
    Waiting,
    choice_of,
    record_of,
    replies_to,
    unanswered_ratings,
    waiting_deals,
)
from .replies.sheet import why_withheld
from .rules import Standing, is_closed, standing

W = TypeVar("W", Rating, BuyerRating)


@dataclass(frozen=True, slots=True)
class Part:
    """One seller of an order as both sides may see them: how things stand, and what can be read by now."""

    deal: Deal
    key: str
    name: str
    standing: Standing
    #: What the buyer says, what the seller replied, and what the seller says; None for what cannot be read.
    rating: Rating | None
    reply: Reply | None
    answer: BuyerRating | None
    #: The buyer's rating where the shop's staff has taken it down, for the buyer alone, and why.
    withheld: Rating | None
    withheld_why: str
    #: Why others cannot read the reply, and our number of the case: for the seller's side alone.
    reply_withheld: tuple[str, int | None]
    #: The buyer works for the seller, so that neither can rate the other.
    insider: bool


@dataclass(frozen=True, slots=True)
class OwnPart(Part):
    """The part of somebody who speaks for the seller: what they said themselves, and what they can do now."""

    #: What the seller said last, taken back or not; `said` is what stands.
    last: BuyerRating | None
    record: Mapping[str, Answers] | None
    #: The buyer was erased, or did not buy this: nothing can be said about them any more.
    gone: bool
    now: datetime

    @property
    def said(self) -> ratings.BuyerDraft | None:
        """Return what the seller says about the buyer, readable for them or not yet."""
        return answers_of(self.last) if self.last is not None and self.last.state == "shown" else None

    @property
    def may_answer(self) -> bool:
        """Say whether the questions can be answered, or the answers changed."""
        return not (self.gone or self.insider) and ratings.may_rate_buyer(self.deal, self.last, self.now) is None

    @property
    def may_pass(self) -> bool:
        """Say whether the seller can still have nothing to say."""
        return ratings.may_pass(self.deal, self.now)

    @property
    def may_take_back(self) -> bool:
        """Say whether nobody has read yet what the seller says."""
        return self.said is not None and self.answer is None

    @property
    def change_until(self) -> datetime | None:
        """Return until when answers that the buyer can read can be changed, once; None where that is over."""
        if self.answer is None or not self.may_answer:
            return None
        return self.answer.shown_at + ratings.REVISE_WITHIN


@dataclass(frozen=True, slots=True)
class Sheet:
    """One order for its buyer (`sellers`), or for somebody who speaks for one or more of its sellers (`own`)."""

    order: Order
    name: OrderName
    viewer: str
    sellers: Sequence[Part]
    own: Sequence[OwnPart]


@dataclass(frozen=True, slots=True)
class _Found:
    order: Order
    buyer: Person | None
    viewer: Person | None
    deals: Sequence[Deal]
    lines: Sequence[Line]
    keys: Mapping[int, str]

    @property
    def is_buyers(self) -> bool:
        return self.buyer is not None and self.viewer is not None and are_one(self.buyer, self.viewer)

    def bought(self, deals: Sequence[Deal]) -> Bought:
        """Return what was bought: all of it for the buyer, in these deals for a seller."""
        theirs = {deal.id for deal in deals}
        lines = [line for line in self.lines if self.is_buyers or line.deal_id in theirs]
        titles = [line.title or line.product_key for line in lines]
        return Bought(self.order.key, self.order.placed_at, titles)


def load(state: State, order_key: str, viewer: str) -> Sheet | None:
    """Return what this person may see of an order, None for nothing; raises `AdapterError`.

    Whoever bought it sees the buyer's side alone, even where they speak for the seller.
    """
    found = state.read(partial(_read_order, key=order_key, viewer=viewer))
    if found is None:
        return None
    deals = [deal for deal in found.deals if deal.mode != "off"]
    if not found.is_buyers:
        own = lookup.speaks_for(state.shop, viewer, found.keys.values())
        deals = [deal for deal in deals if found.keys[deal.seller_id] in own]
        if not deals:
            return None
    name = name_orders(state, {"": found.bought(deals)})[""]
    names = seller_names(state, {found.keys[deal.seller_id] for deal in deals})
    read = partial(_read_sheet, found=found, deals=deals, names=names, insiders=_employers(state, found, names))
    return state.read(partial(read, name=name, viewer=viewer, now=state.clock()))


def _employers(state: State, found: _Found, sellers: Collection[str]) -> set[str]:
    """Return for which of these sellers the buyer works."""
    key = found.buyer.key if found.buyer is not None else None
    return {each for each in sellers if key is not None and lookup.seems_to_work_for(state.shop, key, each)}


def _read_order(session: Session, *, key: str, viewer: str) -> _Found | None:
    order = find(session, key)
    if order is None:
        return None
    deals = deals_of(session, order.id)
    keys = find_keys(session, {deal.seller_id for deal in deals})
    buyer = follow(session, session.get(Person, order.buyer_id))
    return _Found(order, buyer, find_person(session, viewer), deals, lines_of(session, order.id), keys)


def seller_names(state: State, keys: Collection[str]) -> dict[str, str]:
    """Return the sellers' names, and the id of one whom the shop does not know."""
    known = lookup.or_nothing(lookup.sellers, state.shop, keys)
    return {key: (plain(known[key].name) if key in known else "") or key for key in keys}


def _read_sheet(
    session: Session,
    *,
    found: _Found,
    deals: Sequence[Deal],
    names: Mapping[str, str],
    insiders: Collection[str],
    name: OrderName,
    viewer: str,
    now: datetime,
) -> Sheet:
    ids = [deal.id for deal in deals]
    side = "buyer" if found.is_buyers else "seller"
    said, answers = ratings_of(session, ids), buyer_ratings_of(session, ids)
    replies = replies_to(session, [rating.id for rating in said.values()])
    parts = []
    for deal in deals:
        rating, answer = _readable(said.get(deal.id), now), _readable(answers.get(deal.id), now)
        both = (rating is not None, answer is not None)
        mine, theirs = both if side == "buyer" else both[::-1]
        stands = standing(deal, side, now, mine=mine, theirs=theirs)  # type: ignore[arg-type]
        key, reply = found.keys[deal.seller_id], replies.get(rating.id) if rating else None
        if reply is not None and reply.state != "shown" and found.is_buyers:
            reply = None
        gone = why_withheld(session, "to_rating", rating.id, reply) if rating else ("", None)
        kept, why = _withheld(session, said.get(deal.id)) if found.is_buyers else (None, "")
        parts.append(Part(deal, key, names[key], stands, rating, reply, answer, kept, why, gone, key in insiders))
    if found.is_buyers:
        return Sheet(found.order, name, viewer, parts, ())
    own = [_own_part(session, found, part, answers.get(part.deal.id), now) for part in parts]
    return Sheet(found.order, name, viewer, (), own)


def _withheld(session: Session, rating: Rating | None) -> tuple[Rating | None, str]:
    if rating is None or rating.state not in WITHHELD:
        return None, ""
    case = cases_about(session, [("rating", rating.id)]).get(("rating", rating.id))
    why = withheld_note(rating.state, case.ground, corrected=case.corrected_at is not None) if case else ""
    return rating, why


def _own_part(session: Session, found: _Found, part: Part, last: BuyerRating | None, now: datetime) -> OwnPart:
    mutual = part.deal.mode == "mutual" and not is_closed(part.deal, now)
    record = record_of(session, found.order.buyer_id, part.deal.id, now) if mutual else None
    gone = found.buyer is None or found.buyer.key is None or found.order.disowned_at is not None
    return OwnPart(
        part.deal,
        part.key,
        part.name,
        part.standing,
        part.rating,
        part.reply,
        part.answer,
        part.withheld,
        part.withheld_why,
        part.reply_withheld,
        part.insider,
        last=last,
        record=record,
        gone=gone,
        now=now,
    )


def _readable(row: W | None, now: datetime) -> W | None:
    return row if row is not None and row.live and row.shown_at <= now else None


@dataclass(frozen=True, slots=True)
class Desk:
    """A seller's list: deals that wait for a word, ratings without a reply, and whether buyers are rated at all."""

    key: str
    name: str
    waiting: Sequence[Waiting]
    next_place: Place | None
    unanswered: Sequence[Unanswered]
    passes_since: datetime | None
    #: What to call the orders of both, by our number of the deal.
    names: Mapping[int, OrderName]


def seller_desk(state: State, key: str, viewer: str, after: Place | None) -> Desk:
    """Return a seller's list for somebody who speaks for them, from a place on."""
    name, now = seller_names(state, [key])[key], state.clock()

    def read(session: Session) -> tuple[Desk, dict[int, Bought]]:
        seller = find_subject_id(session, "seller", key)
        if seller is None:  # nobody has ordered there yet
            return Desk(key, name, (), None, (), None, {}), {}
        person = find_person(session, viewer)
        waiting, place = waiting_deals(session, seller, person.id if person else None, after, now)
        unanswered = unanswered_ratings(session, seller, now) if after is None else ()
        bought = bought_in(session, [row.id for row in waiting] + [row.deal_id for row in unanswered])
        return Desk(key, name, waiting, place, unanswered, choice_of(session, seller), {}), bought

    desk, bought = state.read(read)
    return replace(desk, names=name_orders(state, bought))
