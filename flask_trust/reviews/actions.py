"""Writing reviews: publish, change, take back, erase. Every path moves the totals through one function."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db import announce
from ..journal.actions import commitment, new_nonce, record
from ..orders.models import Line, Order
from ..scores.actions import moving_totals
from ..signals import review_changed, review_published
from .models import Review, Version
from .rules import Draft

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """Return a random id of 16 lower-case letters and digits, without look-alikes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said about one line, in which language, and whether the writer works for the seller."""

    draft: Draft
    lang: str
    insider: bool = False


def write(
    session: Session,
    order: Order,
    lines: Sequence[Line],
    sayings: Mapping[int, Saying],
    person_id: int,
    now: datetime,
) -> list[Review]:
    """Publish or change the reviews of some lines of one order (`sayings` by line id), whatever their stars.

    Call it first in a transaction. Returns the reviews that are new or different; saying the same again changes
    nothing.
    """
    chosen = [line for line in lines if line.id in sayings]
    with moving_totals(session, Review, [line.subject_id for line in chosen], [person_id], now):
        known = reviews_of_lines(session, [line.id for line in chosen])
        writer = Writer(session, order, person_id, now)
        changed = [writer.write(line, known.get(line.id), sayings[line.id]) for line in chosen]
    return [review for review in changed if review is not None]


def reviews_of_lines(session: Session, line_ids: Sequence[int]) -> dict[int, Review]:
    """Return the reviews of some lines by line id, as they stand now and locked."""
    rows = session.scalars(select(Review).where(Review.line_id.in_(line_ids)).with_for_update()).all()
    return {row.line_id: row for row in rows}


class Writer:
    """Writes the reviews of one order for one person at one moment."""

    def __init__(self, session: Session, order: Order, person_id: int, now: datetime) -> None:
        self.session, self.order, self.person_id, self.now = session, order, person_id, now

    def write(self, line: Line, old: Review | None, saying: Saying) -> Review | None:
        """Publish, change or publish again; None where the same stands there already."""
        if old is None:
            return self._publish(line, saying)
        return self._change(line, old, saying) if old.state == "shown" else self._publish_again(line, old, saying)

    def _publish(self, line: Line, saying: Saying) -> Review:
        review = Review(
            public_id=new_public_id(),
            line_id=line.id,
            order_id=line.order_id,
            deal_id=line.deal_id,
            subject_id=line.subject_id,
            person_id=self.person_id,
            variant=line.variant,
            bought_in=self.order.placed_at.date().replace(day=1),
            shown_at=self.now,
            written_at=self.now,
            version=1,
        )
        self._fill(review, saying)
        self.session.add(review)
        self.session.flush()
        return self._noted(line, review, "published", before=None)

    def _publish_again(self, line: Line, review: Review, saying: Saying) -> Review:
        before, review.state, review.live = review.state, "shown", True
        review.shown_at = review.written_at = self.now
        review.edited_at = None
        review.version += 1
        self._fill(review, saying)
        return self._noted(line, review, "published", before=before)

    def _change(self, line: Line, review: Review, saying: Saying) -> Review | None:
        if saying.draft == draft_of(review):
            return None
        _keep_version(self.session, review, self.now)
        review.edited_at = self.now
        review.version += 1
        self._fill(review, saying)
        return self._noted(line, review, "changed", before="shown")

    def _fill(self, review: Review, saying: Saying) -> None:
        draft = saying.draft
        review.stars, review.title, review.text, review.lang = draft.stars, draft.title, draft.text, saying.lang
        review.incentive = review.incentive or self.order.incentive
        review.insider = saying.insider
        review.eligible = not (review.incentive or review.insider)
        review.nonce = new_nonce()

    def _noted(self, line: Line, review: Review, event: str, *, before: str | None) -> Review:
        _note(self.session, review, event, self.now, before=before)
        signal = review_published if event == "published" else review_changed
        announce(self.session, signal, review_id=review.public_id, product_id=line.product_key)
        return review


def draft_of(review: Review) -> Draft:
    """Return what a shown review says."""
    assert review.stars is not None
    return Draft(review.stars, review.title, review.text)


def _keep_version(session: Session, review: Review, now: datetime) -> None:
    session.add(
        Version(
            review_id=review.id,
            no=review.version,
            stars=review.stars,
            title=review.title,
            text=review.text,
            until=now,
        )
    )


def content_of(review: Review) -> dict[str, Any]:
    """Return what the journal commits to."""
    return {"id": review.public_id, "stars": review.stars, "title": review.title, "text": review.text}


def _note(session: Session, review: Review, event: str, now: datetime, *, before: str | None) -> None:
    record(
        session,
        event,
        "review",
        review.id,
        at=now,
        role="buyer",
        actor_id=review.person_id,
        state=(before, review.state),
        committed=commitment(review.nonce, content_of(review)) if review.nonce else None,
    )


def withdraw(session: Session, review_id: int, subject: int, person_id: int, line: Line, now: datetime) -> bool:
    """Take a review back on its author's wish: words, stars and history go. Say whether there was one."""
    with moving_totals(session, Review, [subject], [person_id], now):
        review = session.get_one(Review, review_id, populate_existing=True, with_for_update=True)
        shown = review.state == "shown"
        if shown:
            _empty(session, review, "withdrawn")
            _note(session, review, "withdrawn", now, before="shown")
            announce(session, review_changed, review_id=review.public_id, product_id=line.product_key)
    return shown


def _empty(session: Session, review: Review, state: str) -> None:
    session.execute(delete(Version).where(Version.review_id == review.id))
    review.state, review.live = state, False
    review.title = review.text = ""
    review.stars = review.nonce = review.edited_at = None
    review.version += 1


def reviews_by(session: Session, people: Iterable[int]) -> Sequence[Review]:
    """Return everything these people have written."""
    # A locking read: in a transaction of the shop that began earlier, a plain one may not see the newest.
    return session.scalars(select(Review).where(Review.person_id.in_(list(people))).with_for_update()).all()


def erase_all(session: Session, person_id: int, now: datetime) -> None:
    """Erase the words, stars and history of everything a person has written."""
    subjects = {review.subject_id for review in reviews_by(session, [person_id])}
    with moving_totals(session, Review, subjects, [person_id], now):
        for review in reviews_by(session, [person_id]):
            if review.state != "erased":
                before = review.state
                _empty(session, review, "erased")
                _note(session, review, "erased", now, before=before)


def merge_authors(session: Session, old: int, new: int, now: datetime) -> None:
    """Give everything one account has written to another; one vote of theirs counts per product."""
    subjects = {review.subject_id for review in reviews_by(session, [old])}
    with moving_totals(session, Review, subjects, [old, new], now):
        for review in reviews_by(session, [old]):
            review.person_id = new
