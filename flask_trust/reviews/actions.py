"""Writing reviews: publish, change, take back, erase. Every path moves the totals through one function."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..db import announce
from ..journal.actions import Role, commitment, entry, new_nonce, record_all
from ..journal.models import Entry
from ..orders.models import Line, Order
from ..scores.actions import adding_votes, lock_total, moving_totals
from ..scores.subjects.actions import Beside
from ..signals import review_changed, review_published
from ..verdicts.marks import marks_of
from ..verdicts.queries import verdicts_on
from ..verdicts.rules import NONE, STANDING, WITHHELD, Forbidden, Verdicts
from .models import Review, Version
from .now.queries import Changed, guarded_by_writer, reviews_as_seen
from .replies.actions import delete_replies_by, delete_reply_to, merge_replies
from .rules import Draft
from .votes.actions import drop_votes_on, erase_votes, merge_votes

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """Return a random id of 16 lower-case letters and digits, without look-alikes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said about one line, in which language, and whether the writer works for the seller.

    `shown_at` is when all can read it where that is later than now: it waits for the other side of the deal.
    """

    draft: Draft
    lang: str
    insider: bool = False
    shown_at: datetime | None = None


def write(
    session: Session,
    order: Order,
    lines: Sequence[Line],
    sayings: Mapping[int, Saying],
    person_id: int,
    now: datetime,
    seen: Mapping[int, int],
) -> list[Review]:
    """Publish or change the reviews of some lines of one order (`sayings` by line id), whatever their stars.

    Lock the writer's row first; `order` is as it was read before, `seen` are the versions of the lines' reviews then, 0
    for none. Returns the reviews that are new or different; saying the same again changes nothing. Raises `Changed`
    where anything differs from what was read, and `Forbidden` for words that staff has taken down; what it has hidden
    stays so with new words.
    """
    chosen = [line for line in lines if line.id in sayings]
    if not chosen:
        return []
    marks = {line.id: marks_of("review", line.subject_id, _words(sayings[line.id].draft)) for line in chosen}
    values = {"person": person_id, "order": order.id, "marks": [*chain(*marks.values())]}
    beside = Beside(guarded_by_writer(), values)
    with adding_votes(session, Review, [line.subject_id for line in chosen], person_id, now, beside) as adding:
        known = reviews_as_seen(session, adding.votes, seen)
        if adding.beside.disowned_at != order.disowned_at:
            raise Changed
        before = {line_id: review.state for line_id, review in known.items()}
        looked = adding.beside.said_before or adding.beside.kept_down
        verdicts = verdicts_on(session, person_id, beside.values["marks"]) if looked else NONE
        _refuse_forbidden(verdicts, known, {line.id: sayings[line.id].draft for line in chosen}, marks)
        writer = Writer(session, order, person_id, now, verdicts, adding.homes)
        written = [(line, writer.write(line, known.get(line.id), sayings[line.id])) for line in chosen]
        adding.votes += [review for line, review in written if review is not None and line.id not in known]
    different = [(line, review) for line, review in written if review is not None]
    record_all(session, [_written(review, before.get(line.id), now) for line, review in different])
    for line, review in different:
        if review.live and review.shown_at <= now:
            signal = review_changed if before.get(line.id) in STANDING else review_published
            announce(session, signal, review_id=review.public_id, product_id=line.product_key)
    return [review for _, review in different]


def _words(draft: Draft) -> str:
    return f"{draft.title} {draft.text}"


def _refuse_forbidden(
    verdicts: Verdicts, known: Mapping[int, Review], drafts: Mapping[int, Draft], marks: Mapping[int, Sequence[str]]
) -> None:
    new = {key: draft for key, draft in drafts.items() if key not in known or _said(known[key]) != draft}
    forbidden = [key for key, draft in new.items() if verdicts.forbids(_words(draft), marks[key])]
    if forbidden:
        raise Forbidden("review", forbidden)


def _said(review: Review) -> Draft | None:
    return draft_of(review) if review.state in STANDING else None


class Writer:
    """Writes the reviews of one order for one person at one moment; `homes` say for which subject each one counts."""

    def __init__(
        self,
        session: Session,
        order: Order,
        person_id: int,
        now: datetime,
        verdicts: Verdicts,
        homes: Mapping[int, int],
    ) -> None:
        self.session, self.order, self.person_id, self.now = session, order, person_id, now
        self.verdicts, self.homes = verdicts, homes

    def write(self, line: Line, old: Review | None, saying: Saying) -> Review | None:
        """Publish, change or publish again; None where the same stands there already."""
        if old is None:
            return self._publish(line, saying)
        return self._change(old, saying) if old.state in STANDING else self._publish_again(old, saying)

    def _publish(self, line: Line, saying: Saying) -> Review:
        review = Review(
            public_id=new_public_id(),
            line_id=line.id,
            order_id=line.order_id,
            deal_id=line.deal_id,
            subject_id=self.homes[line.subject_id],
            person_id=self.person_id,
            variant=line.variant,
            bought_in=self.order.placed_at.date().replace(day=1),
            shown_at=saying.shown_at or self.now,
            written_at=self.now,
            state="shown",
            live=True,
            version=1,
        )
        self._fill(review, saying)
        return review

    def _publish_again(self, review: Review, saying: Saying) -> Review:
        # Taking it back and writing anew is no way around staff that has not looked yet.
        hidden = self.verdicts.stands_against("review", review.id)
        review.state, review.live = ("hidden", False) if hidden else ("shown", True)
        review.shown_at, review.written_at = saying.shown_at or self.now, self.now
        review.edited_at = None
        review.version += 1
        self._fill(review, saying)
        return review

    def _change(self, review: Review, saying: Saying) -> Review | None:
        if saying.draft == draft_of(review):
            return None
        if review.shown_at <= self.now:  # nobody has read what still waits, so no reader needs its history
            _keep_version(self.session, review, self.now)
            review.edited_at = self.now
        if review.state in WITHHELD:
            review.state = "hidden"  # until staff has looked at the new words
        review.version += 1
        self._fill(review, saying)
        return review

    def _fill(self, review: Review, saying: Saying) -> None:
        draft = saying.draft
        review.stars, review.title, review.text, review.lang = draft.stars, draft.title, draft.text, saying.lang
        review.incentive = review.incentive or self.order.incentive
        review.insider = saying.insider
        review.eligible = not (review.incentive or review.insider)
        review.nonce = new_nonce()


def draft_of(review: Review) -> Draft:
    """Return what a review says that was neither taken back nor erased."""
    assert review.stars is not None
    return Draft(review.stars, review.title, review.text)


def _keep_version(session: Session, review: Review, now: datetime) -> None:
    withheld = review.state in WITHHELD
    if withheld:  # the words may stand in any of them
        older = update(Version).where(Version.review_id == review.id)
        session.execute(older.values(withheld=True))
    session.add(
        Version(
            review_id=review.id,
            no=review.version,
            stars=review.stars,
            title=review.title,
            text=review.text,
            withheld=withheld,
            until=now,
        )
    )


def content_of(review: Review) -> dict[str, Any]:
    """Return what the journal commits to."""
    return {"id": review.public_id, "stars": review.stars, "title": review.title, "text": review.text}


def _note(
    session: Session, review: Review, event: str, now: datetime, *, before: str | None, role: Role = "buyer"
) -> None:
    session.add(_entry(review, event, now, before=before, role=role))


def _written(review: Review, before: str | None, now: datetime) -> Entry:
    return _entry(review, "changed" if before in STANDING else "published", now, before=before)


def _entry(review: Review, event: str, now: datetime, *, before: str | None, role: Role = "buyer") -> Entry:
    return entry(
        event,
        "review",
        review.id,
        at=now,
        role=role,
        actor_id=review.person_id if role == "buyer" else None,
        state=(before, review.state),
        committed=commitment(review.nonce, content_of(review)) if review.nonce else None,
    )


def withdraw(session: Session, review_id: int, subject: int, person_id: int, line: Line, now: datetime) -> bool:
    """Take a review back on its author's wish: words, stars and history go. Say whether there was one."""
    with moving_totals(session, Review, [subject], [person_id], now):
        review = session.get_one(Review, review_id, populate_existing=True, with_for_update=True)
        before, live = review.state, review.live
        if before in STANDING:
            _empty(session, review, "withdrawn")
            _note(session, review, "withdrawn", now, before=before)
            if live and review.shown_at <= now:
                announce(session, review_changed, review_id=review.public_id, product_id=line.product_key)
    return before in STANDING


def _empty(session: Session, review: Review, state: str) -> None:
    session.execute(delete(Version).where(Version.review_id == review.id))
    delete_reply_to(session, review.id)
    drop_votes_on(session, review)
    review.taken_down = state == "erased" and review.state == "removed"
    review.state, review.live = state, False
    review.title = review.text = ""
    review.stars = review.nonce = review.edited_at = None
    review.version += 1


def reviews_by(session: Session, people: Iterable[int]) -> Sequence[Review]:
    """Return everything these people have written."""
    # A locking read: in a transaction of the shop that began earlier, a plain one may not see the newest.
    query = select(Review).where(Review.person_id.in_(list(people))).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def erase_all(session: Session, person_id: int, now: datetime, role: Role = "buyer") -> None:
    """Erase the words, stars and history of everything a person has written."""
    lock_total(session, Review)  # before any review: MariaDB locks the places beside those that it reads
    subjects = {review.subject_id for review in reviews_by(session, [person_id])}
    with moving_totals(session, Review, subjects, [person_id], now):
        for review in reviews_by(session, [person_id]):
            if review.state in STANDING:  # what its author took back before is counted as that
                before = review.state
                _empty(session, review, "erased")
                _note(session, review, "erased", now, before=before, role=role)
    delete_replies_by(session, person_id)
    erase_votes(session, person_id)


def merge_authors(session: Session, old: int, new: int, now: datetime) -> None:
    """Give everything one account has written to another; one vote of theirs counts per product."""
    lock_total(session, Review)  # before any review: MariaDB locks the places beside those that it reads
    subjects = {review.subject_id for review in reviews_by(session, [old])}
    with moving_totals(session, Review, subjects, [old, new], now):
        for review in reviews_by(session, [old]):
            review.person_id = new
    merge_replies(session, old, new)
    merge_votes(session, old, new)
