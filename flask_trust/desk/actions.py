"""Writing for a seller: about buyers, replies, and the choice never to rate buyers; each deal by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy.orm import Session

from .. import lookup
from ..db import find_or_insert, lock_rows, transaction
from ..errors import BadValue
from ..journal.actions import record
from ..mail.actions import enqueue
from ..moderation.corrections.actions import note_new_reply
from ..orders.models import Deal, Order
from ..orders.queries import deals_now
from ..people.actions import make
from ..people.models import Person
from ..people.queries import are_one, follow
from ..ratings import opening
from ..ratings.actions import Refused, answers_of, withdraw_buyer_rating, write_buyer_rating
from ..ratings.models import BuyerRating, Rating, Reply, SellerChoice
from ..ratings.notices import acknowledge_seller
from ..ratings.queries import buyer_ratings_of, parties_of, ratings_of
from ..ratings.rules import BuyerDraft
from ..scores.actions import touch
from ..scores.subjects.actions import subject_id
from ..shop import clean_id
from ..state import State
from ..verdicts.marks import marks_of
from ..verdicts.queries import verdicts_on_reply
from ..verdicts.rules import WITHHELD, Forbidden
from .queries import deals_of_orders, replies_to


class Overtaken(Exception):
    """Somebody else was first: the deal, or what was said in it, is not as the page showed it."""


Outcome = Literal["done", "over"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks for a seller: the shop's id of the person and our number of the seller."""

    key: str
    seller_id: int


def _enrol(state: State, key: str) -> int:
    """Return our number of a person, made when they are new, before anything is locked."""
    return transaction(state, lambda session: make(session, key, state.clock()).id)


def _refuse_the_gone(session: Session, person_id: int) -> None:
    person = session.get_one(Person, person_id)
    if person.key is None or person.merged_into is not None:
        raise Overtaken


def _hold(session: Session, speaker: Speaker, person_id: int, deal_id: int) -> Deal:
    """Return the deal as it is now, with speaker and deal locked; nobody speaks about themselves."""
    lock_rows(session, Person, [person_id])  # first in its transaction, and before any deal
    # Locked before anything is plainly read: MariaDB shows later reads as it was at the first of them.
    (deal,) = deals_now(session, [deal_id])
    _refuse_the_gone(session, person_id)
    buyer = _buyer_of(session, deal)
    themselves = buyer is not None and are_one(buyer, session.get_one(Person, person_id))
    if deal.seller_id != speaker.seller_id or themselves:
        raise Overtaken
    return deal


def _buyer_of(session: Session, deal: Deal) -> Person | None:
    return follow(session, session.get(Person, session.get_one(Order, deal.order_id).buyer_id))


def _in_deal(state: State, speaker: Speaker, deal_id: int, work: Callable[[Session, Deal, int], T]) -> T:
    actor = _enrol(state, speaker.key)
    return transaction(state, lambda session: work(session, _hold(session, speaker, actor, deal_id), actor))


def answer(
    state: State, speaker: Speaker, deal_id: int, draft: BuyerDraft, seen: int | None, post_id: int | None = None
) -> None:
    """Write or change what the seller says about the buyer, which opens both sides where both have written.

    `seen` is the version that the page showed (0 for nothing, None: only where nothing was said). The same words twice
    change nothing. `post_id` ties together what one mail shows to its author. Raises `Refused` once the time is over,
    and `Overtaken`.
    """

    _refuse_colleague(state, speaker, deal_id)

    def work(session: Session, deal: Deal, actor: int) -> None:
        old = buyer_ratings_of(session, [deal.id]).get(deal.id)
        stands = old is not None and old.state == "shown"
        if old is not None and stands and answers_of(old) == draft:
            return
        if stands if seen is None else seen != version_of(old):
            raise Overtaken
        buyer = _buyer_of(session, deal)
        if buyer is None or buyer.key is None:
            raise Refused("erased")
        if session.get_one(Order, deal.order_id).disowned_at is not None:
            raise Refused("over")  # whoever is named as the buyer may be a stranger
        now = state.clock()
        written = write_buyer_rating(session, deal, draft, actor, now)
        acknowledge_seller(session, actor, filter(None, [written]), now, post_id)
        if deal.seller_rated_at is None:
            opening.note_seller_rated(deal, now)
        opening.open_where_both_rated(session, [deal], now)

    _in_deal(state, speaker, deal_id, work)


def _refuse_colleague(state: State, speaker: Speaker, deal_id: int) -> None:
    """Let nobody rate a buyer who works for the same seller: they would speak about themselves."""

    def read(session: Session) -> tuple[str | None, str]:
        buyer = _buyer_of(session, session.get_one(Deal, deal_id))
        return buyer.key if buyer is not None else None, parties_of(session, [deal_id])[deal_id][1]

    buyer, seller = state.read(read)
    if buyer not in (None, speaker.key) and lookup.works_for(state.shop, buyer, seller):
        raise Refused("insider")


def version_of(known: BuyerRating | None) -> int:
    """Return what tells these answers from those before, for a form."""
    return known.version if known else 0


def take_back(state: State, speaker: Speaker, deal_id: int, seen: int) -> None:
    """Take back what the seller said and nobody has read yet; raises `Refused` once it was, and `Overtaken`."""

    def work(session: Session, deal: Deal, actor: int) -> None:
        old = buyer_ratings_of(session, [deal.id]).get(deal.id)
        if old is None or old.state != "shown":
            return
        if old.version != seen:
            raise Overtaken
        if withdraw_buyer_rating(session, deal, actor, state.clock()):
            opening.note_seller_rated(deal, None)

    _in_deal(state, speaker, deal_id, work)


def say_nothing(state: State, speaker: Speaker, deal_id: int, seen: int | None = None) -> None:
    """Pass: the seller has nothing to say, and what the buyer says can be read at once.

    `seen` is the version of the answers that the page showed, None where it does not matter. Raises `Refused`, and
    `Overtaken`.
    """

    def work(session: Session, deal: Deal, actor: int) -> None:
        old = buyer_ratings_of(session, [deal.id]).get(deal.id)
        if deal.passed_at is None and seen is not None and seen != version_of(old):
            raise Overtaken
        passed = opening.pass_on(session, [deal], state.clock(), role="seller", actor_id=actor)
        if not passed and deal.passed_at is None:
            raise Refused("over")

    _in_deal(state, speaker, deal_id, work)


def reply(state: State, speaker: Speaker, deal_id: int, text: str, lang: str, seen: str) -> bool:
    """Write or change the one public reply to the buyer's rating, once everybody can read that.

    Says whether everybody can read the reply, too: not before staff has looked, where it took the former one down.

    `seen` marks the reply that the page showed, see `mark_of`. Raises `Refused` where nothing can be replied to, and
    `Forbidden` for words that staff has taken down.
    """

    def work(session: Session, deal: Deal, actor: int) -> bool:
        now = state.clock()
        rating = ratings_of(session, [deal.id]).get(deal.id)
        if rating is None or not rating.live or rating.shown_at > now:
            raise Refused("over")
        old = replies_to(session, [rating.id]).get(rating.id)
        if old is not None and old.text == text:
            return old.state == "shown"
        if mark_of(old) != seen:
            raise Overtaken
        written = _write_reply(session, rating, old, (text, lang), actor, now)
        hidden = written.state != "shown"
        note_new_reply(session, "to_rating", rating.id, actor, now, role="seller", hidden=hidden)
        if old is None and not hidden:
            _tell_author(session, state, rating, now)
        return not hidden

    return _in_deal(state, speaker, deal_id, work)


def _write_reply(
    session: Session, rating: Rating, old: Reply | None, said: tuple[str, str], actor: int, now: datetime
) -> Reply:
    """Write or change it; where staff has taken the former words down, others cannot read the new ones yet."""
    verdicts = verdicts_on_reply(session, "to_rating", rating.id, actor)
    if verdicts.forbids(said[0], marks_of("to_rating", rating.id, said[0])):
        raise Forbidden("to_rating", [rating.id])
    withheld = old.state in WITHHELD if old is not None else verdicts.stands_against("to_rating", rating.id)
    written = old or Reply(rating_id=rating.id, at=now)
    written.edited_at = now if old is not None else None
    written.author_id, written.state = actor, "hidden" if withheld else "shown"
    written.text, written.lang = said
    session.add(written)
    event = "replied" if old is None else "reply_changed"
    record(session, event, "rating", rating.id, at=now, role="seller", actor_id=actor)
    session.flush()
    touch(session, Rating, [rating.subject_id])
    return written


def _tell_author(session: Session, state: State, rating: Rating, now: datetime) -> None:
    if state.settings.mail_is_on:
        dedupe = f"rating_replied-{rating.id}-{now:%Y-%m-%d}"  # deleted and written again: one mail a day
        number, deal = rating.person_id, rating.deal_id
        enqueue(session, dedupe, "rating_replied", person_id=number, object_id=deal, now=now)


def delete_reply(state: State, speaker: Speaker, deal_id: int, seen: str) -> None:
    """Delete the reply to the buyer's rating; raises `Overtaken` where it is not the one that the page showed."""

    def work(session: Session, deal: Deal, actor: int) -> None:
        rating = ratings_of(session, [deal.id]).get(deal.id)
        old = replies_to(session, [rating.id]).get(rating.id) if rating is not None else None
        if rating is None or old is None:
            return
        if mark_of(old) != seen:
            raise Overtaken
        session.delete(old)
        record(session, "reply_deleted", "rating", rating.id, at=state.clock(), role="seller", actor_id=actor)
        session.flush()
        touch(session, Rating, [rating.subject_id])

    _in_deal(state, speaker, deal_id, work)


def mark_of(known: Reply | None) -> str:
    """Return what tells this reply from the one before, for a form."""
    return (known.edited_at or known.at).isoformat() if known else ""


def for_each(
    state: State, speaker: Speaker, order_keys: Sequence[str], step: Callable[[int], None]
) -> dict[Outcome, int]:
    """Do one step in the seller's deal of each order, each in a transaction of its own; returns how it went."""
    known = [key for key in order_keys if _is_id(key)]
    deals = state.read(lambda session: deals_of_orders(session, speaker.seller_id, known))
    outcomes: dict[Outcome, int] = {"done": 0, "over": len(order_keys) - len(deals)}
    for deal_id in deals.values():
        try:
            step(deal_id)
        except (Refused, Overtaken):
            outcomes["over"] += 1
        else:
            outcomes["done"] += 1
    return outcomes


def _is_id(text: str) -> bool:
    try:
        return clean_id(text) == text
    except BadValue:
        return False


def choose(state: State, person_key: str, seller_key: str, *, rates: bool) -> None:
    """Note that a seller says nothing about buyers from now on, or does again."""
    actor = _enrol(state, person_key)

    def work(session: Session) -> None:
        lock_rows(session, Person, [actor])
        _refuse_the_gone(session, actor)
        now, seller = state.clock(), subject_id(session, "seller", seller_key)
        choice = find_or_insert(session, SellerChoice, {"seller_id": seller})
        if (choice.passes_since is None) == rates:
            return
        choice.passes_since = None if rates else now
        event = "rates_buyers" if rates else "never_rates"
        record(session, event, "seller", seller, at=now, role="seller", actor_id=actor)

    transaction(state, work)
