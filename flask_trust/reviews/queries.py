"""Reading reviews: one page of a list, one review, the reviews of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all
from sqlalchemy.orm import Session

from ..people.models import Person
from ..scores.models import Subject
from .listing import PAGE, Listing, Place
from .models import Review, Version


@dataclass(frozen=True, slots=True)
class Card:
    """A review as visitors see it; `author` is empty where the author chose no public name."""

    public_id: str
    stars: int
    title: str
    text: str
    lang: str
    author: str
    variant: str | None
    bought_in: date
    shown_at: datetime
    edited_at: datetime | None
    incentive: str | None
    insider: bool
    counted: bool
    product_key: str
    product_title: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some reviews of a list, and the cursor of the next page (None on the last)."""

    cards: Sequence[Card]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Former:
    """What a review said before it was changed."""

    stars: int
    title: str
    text: str
    until: datetime


_CARD = (
    Review.public_id,
    Review.stars,
    Review.title,
    Review.text,
    Review.lang,
    Person.public_name,
    Review.variant,
    Review.bought_in,
    Review.shown_at,
    Review.edited_at,
    Review.incentive,
    Review.insider,
    Review.counted,
    Subject.key,
    Subject.title,
)


def _cards() -> Select[Any]:
    columns: tuple[Any, ...] = (Review.id, Review.helpful, *_CARD)
    joined = select(*columns).join(Subject, Subject.id == Review.subject_id)
    return joined.join(Person, Person.id == Review.person_id)


def _visible(now: datetime) -> ColumnElement[bool]:
    return and_(Review.live.is_(True), Review.shown_at <= now)


def _matching(subject_id: int | None, listing: Listing, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [_visible(now)]
    if subject_id is not None:
        conditions.append(Review.subject_id == subject_id)
    for column, wanted in (
        (Review.stars, listing.stars),
        (Review.lang, listing.lang),
        (Review.variant, listing.variant),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    return conditions


def _older(place: Place) -> ColumnElement[bool]:
    # Spelt out, because MariaDB does not use an index for (a, b) < (x, y).
    at = Review.shown_at
    return and_(at <= place.shown_at, or_(at < place.shown_at, Review.id < place.id))


def _newer(place: Place) -> ColumnElement[bool]:
    at = Review.shown_at
    return and_(at >= place.shown_at, or_(at > place.shown_at, Review.id > place.id))


def _below(column: Any, place: Place) -> ColumnElement[bool]:
    return and_(column <= place.value, or_(column < place.value, _older(place)))


def find_page(session: Session, subject_id: int | None, listing: Listing, now: datetime) -> Page:
    """Return one page of a product's reviews, or of the whole shop's where `subject_id` is None."""
    if listing.sort == "lowest":
        ids = _lowest(session, subject_id, listing, now)
        query = _cards().where(Review.id.in_(ids))
        rows = sorted(session.execute(query).all(), key=lambda row: ids.index(row[0]))
    else:
        query = _ordered(_cards().where(*_matching(subject_id, listing, now)), listing)
        rows = list(session.execute(query.limit(PAGE + 1)).all())
    more = len(rows) > PAGE
    last = rows[PAGE - 1] if more else None
    return Page([Card(*row[2:]) for row in rows[:PAGE]], str(_place(last, listing)) if last else None)


def _place(row: Any, listing: Listing) -> Place:
    card = Card(*row[2:])
    value = {"highest": card.stars, "lowest": card.stars, "helpful": row[1]}.get(listing.sort, 0)
    return Place(value, card.shown_at, row[0])


def _ordered(query: Select[Any], listing: Listing) -> Select[Any]:
    after, newest_first = listing.after, (Review.shown_at.desc(), Review.id.desc())
    if listing.sort == "oldest":
        query = query.where(_newer(after)) if after else query
        return query.order_by(Review.shown_at, Review.id)
    columns: dict[str, Any] = {"highest": Review.stars, "helpful": Review.helpful}
    if listing.sort in columns:
        column = columns[listing.sort]
        query = query.where(_below(column, after)) if after else query
        return query.order_by(column.desc(), *newest_first)
    query = query.where(_older(after)) if after else query
    return query.order_by(*newest_first)


def _lowest(session: Session, subject_id: int | None, listing: Listing, now: datetime) -> list[int]:
    """Return the ids of a page with the lowest stars first and the newest first among equals.

    No index runs both ways, so the first rows of each level are read and put in line here: 55 at most.
    """
    after = listing.after
    first_level = after.value if after else 1
    levels = [level for level in range(1, 6) if level >= first_level]
    if not levels:
        return []
    parts = [_first_of_level(subject_id, listing, now, level) for level in levels]
    rows = session.execute(union_all(*(select(part.subquery()) for part in parts))).all()
    rows = sorted(rows, key=lambda row: (-row.stars, row.shown_at, row.id), reverse=True)
    return [row.id for row in rows[: PAGE + 1]]


def _first_of_level(subject_id: int | None, listing: Listing, now: datetime, level: int) -> Select[Any]:
    columns: tuple[Any, ...] = (Review.id, Review.stars, Review.shown_at)
    query = select(*columns)
    query = query.where(*_matching(subject_id, listing, now), Review.stars == level)
    if listing.after is not None and listing.after.value == level:
        query = query.where(_older(listing.after))
    return query.order_by(Review.shown_at.desc(), Review.id.desc()).limit(PAGE + 1)


def find_card(session: Session, public_id: str, now: datetime) -> tuple[int, Card] | None:
    """Return one visible review with our number."""
    row = session.execute(_cards().where(Review.public_id == public_id, _visible(now))).first()
    return (row[0], Card(*row[2:])) if row else None


def history_of(session: Session, review_id: int) -> list[Former]:
    """Return what a review said before, newest first."""
    columns = (Version.stars, Version.title, Version.text, Version.until)
    rows = session.execute(select(*columns).where(Version.review_id == review_id).order_by(Version.no.desc()))
    return [Former(*row) for row in rows]


def of_order(session: Session, order_id: int) -> dict[int, Review]:
    """Return the reviews of an order by line id, taken-back ones too."""
    rows = session.scalars(select(Review).where(Review.order_id == order_id)).all()
    return {row.line_id: row for row in rows}
