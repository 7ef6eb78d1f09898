"""Deciding about replies: what is locked for it, who is told, and showing again what nobody has decided to hide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ... import lookup
from ...db import lock_rows, transaction
from ...orders.models import Deal
from ...people.actions import enrol
from ...reviews.models import Review
from ...scores.actions import lock_total, moving_totals, touch
from ...scores.subjects.actions import lock_subjects
from ...state import State
from ..contents import ANSWERED, MODELS, REPLIES, Content, number_in
from .queries import speaker_of, undecided


@contextmanager
def holding(session: Session, content: Content, now: datetime) -> Iterator[None]:
    """Let nobody write what is decided about: with the totals where it counts, under the lock of its writers else.

    Use it as the first statement of a transaction.
    """
    votes = MODELS[content.of]
    if content.reply is None:
        with moving_totals(session, votes, [content.subject_id], [content.person_id], now):
            yield
        return
    if content.of == "rating":
        lock_rows(session, Deal, [content.deal_id])
    lock_subjects(session, votes.total_key, [content.subject_id])
    if content.of == "review":
        lock_rows(session, Review, [content.id])
    yield
    session.flush()
    touch(session, votes, [content.subject_id])  # a reply counts for nothing, but the pages that show it change


def readers_of(state: State, content: Content) -> list[int]:
    """Return our numbers of the people who answer for the seller (or the shop) in whose name a reply speaks.

    The shop is asked before anything is locked; where its adapter fails, only who wrote the reply is told.
    """
    seller = state.read(lambda session: speaker_of(session, content))
    told = lookup.or_nothing(lookup.sellers, state.shop, [seller]).get(seller)
    people = lookup.or_nothing(lookup.people, state.shop, told.people) if told is not None and told.people else {}
    if not people:
        return []
    now = state.clock()
    return transaction(state, lambda session: [enrol(session, who, now).id for who in people.values()])


def show_replies_nobody_hid(session: Session) -> None:
    """Show the replies again that were hidden in the tables and by no decision."""
    for kind, model in REPLIES.items():
        votes = MODELS[ANSWERED[kind]]
        lock_total(session, votes)
        subjects = select(votes.subject_id).join(model, number_in(model) == votes.id).where(undecided(kind))
        known = session.scalars(subjects).all()
        back = update(model).where(undecided(kind)).values(state="shown")
        session.execute(back, execution_options={"synchronize_session": False})
        if known:
            touch(session, votes, known)
