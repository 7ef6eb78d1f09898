"""Reading replies for cases about them: what they say now, which are gone, and which are kept from being read."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from ...orders.models import Deal
from ...scores.queries import find_keys
from ...shop import SHOP_SELLER
from ...verdicts.rules import WITHHELD, ReplyKind
from ..contents import ANSWERED, GONE, MODELS, REPLIES, Content, number_in, words_of
from ..models import Case


def reply_content(session: Session, kind: ReplyKind, answered: Content) -> Content:
    """Return what a case about the reply to something is about, in whatever state it is."""
    found = find_reply(session, kind, answered.id)
    row = session.get_one(MODELS[ANSWERED[kind]], answered.id)
    about = replace(answered, kind=kind, state=GONE, person_id=0, title="", text="", lang="", former=())
    if found is None:
        return about
    return replace(
        about,
        state=found.state,
        shown_at=found.at,
        person_id=found.author_id or 0,
        text=found.text,
        lang=found.lang,
        signed=getattr(found, "signed", answered.about),
        # A reply can be written only to what can be read, and cannot be read without it.
        answered=words_of(row) if row.live else None,
    )


def find_reply(session: Session, kind: ReplyKind, number: int, *, locked: bool = False) -> Any:
    """Return the reply to something, None where there is none; `locked` as it is now, even in an old transaction."""
    model = REPLIES[kind]
    query = select(model).where(number_in(model) == number)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def speaker_of(session: Session, content: Content) -> str:
    """Return the shop's id of the seller in whose name a reply speaks, "shop" for the shop itself."""
    if content.kind == "to_rating":
        return content.subject_key
    if not content.signed:
        return SHOP_SELLER
    seller = session.get_one(Deal, content.deal_id).seller_id
    return find_keys(session, {seller})[seller]


def gone_cases(session: Session, kind: ReplyKind, limit: int) -> list[int]:
    """Return our numbers of the waiting cases whose reply is not there any more."""
    model = REPLIES[kind]
    still_there = exists().where(number_in(model) == Case.object_id)
    query = select(Case.id).where(Case.kind == kind, Case.phase != "closed", ~still_there)
    return list(session.scalars(query.limit(limit)))


def replies_by_ground(session: Session) -> defaultdict[str, Counter[str]]:
    """Count the replies that staff keeps from being read, by state and reason."""
    found = defaultdict[str, Counter[str]](Counter)
    for kind, model in REPLIES.items():
        query = select(model.state, Case.ground, func.count()).join(model, number_in(model) == Case.object_id)
        query = query.where(Case.kind == kind, model.state.in_(WITHHELD)).group_by(model.state, Case.ground)
        for state, ground, number in session.execute(query.order_by(Case.ground)):
            found[state][ground or ""] += number
    return found


def undecided(kind: ReplyKind) -> Any:
    """Hold of replies that nobody can read although no decision says so."""
    model = REPLIES[kind]
    decided = exists().where(Case.kind == kind, Case.object_id == number_in(model), Case.outcome.in_(WITHHELD))
    return model.state.in_(WITHHELD) & ~decided


def replies_hidden_by_nobody(session: Session) -> int:
    """Return how many replies nobody can read although no decision says so."""
    numbers = (
        session.scalar(select(func.count()).select_from(model).where(undecided(kind)))
        for kind, model in REPLIES.items()
    )
    return sum(number or 0 for number in numbers)
