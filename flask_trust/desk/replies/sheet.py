"""Replying to a product review: who may, what the page shows, and the writing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ... import lookup
from ...db import lock_rows, transaction
from ...mail.actions import enqueue
from ...moderation.corrections.actions import note_new_reply
from ...moderation.queries import cases_about
from ...moderation.words import withheld_note
from ...people.actions import make
from ...people.models import Person
from ...people.queries import are_one, find, follow
from ...ratings.models import Reply
from ...reviews.models import Review
from ...reviews.replies.actions import Role, Voice, take_reply_back, write_reply
from ...reviews.replies.models import ReviewReply
from ...reviews.replies.queries import Answerable, find_answerable
from ...scores.models import Subject
from ...scores.subjects.actions import shop_id
from ...shop import SHOP_SELLER
from ...state import State
from ...text import plain
from ...verdicts.rules import WITHHELD, ReplyKind
from ..actions import Overtaken

SIGNED_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ReplySheet:
    """A review with its reply, for somebody who may reply: `key` is the shop's id of that person."""

    key: str
    role: Role
    signed: str
    review: Review
    product_key: str
    title: str
    reply: ReviewReply | None
    #: Why others cannot read the reply, and our number of the case, where the shop's staff has taken it down.
    withheld: str = ""
    case_id: int | None = None


def load_by_key(state: State, public_id: str, key: str) -> ReplySheet | None:
    """Return what somebody who is signed in may reply to, None for nothing; raises `AdapterError`."""
    return _load(state, public_id, key)


def load_by_number(state: State, review_id: int, person_id: int) -> ReplySheet | None:
    """Return what the person of a link may reply to, None for nothing any more; raises `AdapterError`."""
    person = state.read(lambda session: follow(session, session.get(Person, person_id)))
    return _load(state, review_id, person.key) if person is not None and person.key is not None else None


def _load(state: State, wanted: int | str, key: str) -> ReplySheet | None:
    found = state.read(lambda session: _answerable(session, state, wanted, key))
    if found is None:
        return None
    voice = _voice(state, found.seller_key, key)
    if voice is None:
        return None
    product = lookup.or_nothing(lookup.products, state.shop, [found.product_key]).get(found.product_key)
    title = product.name if product else found.product_title or found.product_key
    why, case_id = state.read(lambda session: why_withheld(session, "to_review", found.review.id, found.reply))
    return ReplySheet(key, *voice, found.review, found.product_key, title, found.reply, why, case_id)


def why_withheld(
    session: Session, kind: ReplyKind, number: int, reply: ReviewReply | Reply | None
) -> tuple[str, int | None]:
    """Return why others cannot read a reply, and our number of the case; nothing where they can."""
    if reply is None or reply.state not in WITHHELD:
        return "", None
    case = cases_about(session, [(kind, number)]).get((kind, number))
    if case is None:
        return "", None
    return withheld_note(reply.state, case.ground, corrected=case.corrected_at is not None, reply=True), case.id


def _answerable(session: Session, state: State, wanted: int | str, key: str) -> Answerable | None:
    """Return a review that everybody can read, unless it is this person's own."""
    found = find_answerable(session, wanted, state.clock())
    if found is None:
        return None
    author, viewer = follow(session, session.get(Person, found.review.person_id)), find(session, key)
    own = author is not None and viewer is not None and are_one(author, viewer)
    return None if own else found


def _voice(state: State, seller_key: str, key: str) -> tuple[Role, str] | None:
    """Return as whom a person may reply to a review of a seller's goods, and under which name; None for not at all."""
    seller = lookup.sellers(state.shop, [seller_key]).get(seller_key)
    name = "" if seller is None or seller_key == SHOP_SELLER else plain(seller.name)[:SIGNED_LENGTH]
    if lookup.speaks_for(state.shop, key, [seller_key]):
        return "seller", name or ("" if seller_key == SHOP_SELLER else seller_key)
    return ("staff", "") if lookup.runs_shop(state.shop, key) else None


def mark_of(known: ReviewReply | None) -> str:
    """Return what tells this reply from the one before, for a form."""
    return (known.edited_at or known.at).isoformat() if known else ""


def publish_reply(state: State, sheet: ReplySheet, text: str, lang: str, seen: str) -> None:
    """Write or change the reply, and tell the author of a new one; raises `Overtaken`.

    `seen` marks the reply that the page showed. The same words twice change nothing. Raises `Forbidden` for words that
    staff has taken down.
    """

    def work(session: Session, found: Answerable, voice: Voice) -> None:
        if found.reply is not None and found.reply.text == text:
            return
        _refuse_older(found, seen)
        now = state.clock()
        reply = write_reply(session, found.review, found.reply, voice, text, lang, now)
        author, number, hidden = found.review.person_id, found.review.id, reply.state != "shown"
        note_new_reply(session, "to_review", number, voice.person_id, now, role=voice.role, hidden=hidden)
        if found.reply is None and not hidden and state.settings.mail_is_on:
            dedupe = f"replied-{number}-{now:%Y-%m-%d}"  # deleted and written again: one mail a day
            enqueue(session, dedupe, "replied", person_id=author, object_id=number, now=now)

    _on_review(state, sheet, work)


def delete_reply(state: State, sheet: ReplySheet, seen: str) -> None:
    """Delete the reply; raises `Overtaken` where it is not the one that the page showed."""

    def work(session: Session, found: Answerable, voice: Voice) -> None:
        if found.reply is not None:
            _refuse_older(found, seen)
            take_reply_back(session, found.review, voice, state.clock())

    _on_review(state, sheet, work)


def _on_review(state: State, sheet: ReplySheet, work: Callable[[Session, Answerable, Voice], None]) -> None:
    number, total = transaction(state, lambda session: (make(session, sheet.key, state.clock()).id, shop_id(session)))

    def locked(session: Session) -> None:
        # Locked before anything is plainly read: MariaDB shows later reads as it was at the first of them.
        lock_rows(session, Person, [number])
        lock_rows(session, Subject, [total])  # before the review, as on every other path
        lock_rows(session, Review, [sheet.review.id])
        person, found = session.get_one(Person, number), find_answerable(session, sheet.review.id, state.clock())
        if person.key is None or person.merged_into is not None or found is None:
            raise Overtaken
        work(session, found, Voice(number, sheet.role, sheet.signed))

    transaction(state, locked)


def _refuse_older(found: Answerable, seen: str) -> None:
    if mark_of(found.reply) != seen:
        raise Overtaken
