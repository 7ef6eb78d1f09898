"""Reading reviews: one page of a list, one review, the reviews of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Integer, Select, and_, bindparam, or_, select, true, union_all
from sqlalchemy.orm import Session

from ..db import Moment
from ..db.dialect import table_of
from ..people.models import Person
from ..scores.models import Subject
from .listing import PAGE, Listing, Place, Sort
from .models import Review, Version


class Card(NamedTuple):
    """A review as visitors see it; `author` is empty where the author chose no public name.

    The list of one product leaves `product_key` and `product_title` empty: its page knows them.
    """

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
    product_key: str = ""
    product_title: str = ""


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


# Plain tables instead of mapped classes, and each statement made once: half of a page's time went into making the
# same statement again and into a mapping that a list of values has no use for.
_review, _person, _subject = (table_of(model).c for model in (Review, Person, Subject))

_CARD = (
    _review.public_id,
    _review.stars,
    _review.title,
    _review.text,
    _review.lang,
    _person.public_name,
    _review.variant,
    _review.bought_in,
    _review.shown_at,
    _review.edited_at,
    _review.incentive,
    _review.insider,
    _review.counted,
)
_PRODUCT = (_subject.key, _subject.title.label("product_title"))

_NEWEST_FIRST = (_review.shown_at.desc(), _review.id.desc())
_FILTERS = {"stars": _review.stars, "lang": _review.lang, "variant": _review.variant}
_SORTED_BY = {"highest": _review.stars, "lowest": _review.stars, "helpful": _review.helpful}


def _cards(*, with_product: bool) -> Select[Any]:
    columns: tuple[Any, ...] = (_review.id, _review.helpful, *_CARD)
    if not with_product:
        return select(*columns).join(table_of(Person), _person.id == _review.person_id)
    joined = select(*columns, *_PRODUCT).join(table_of(Person), _person.id == _review.person_id)
    return joined.join(table_of(Subject), _subject.id == _review.subject_id)


def _visible() -> ColumnElement[bool]:
    # Not "IS true", for which MariaDB uses no index.
    return and_(_review.live == true(), _review.shown_at <= bindparam("now"))


def _older() -> ColumnElement[bool]:
    # Spelt out, because MariaDB does not use an index for (a, b) < (x, y).
    column, at = _review.shown_at, bindparam("at", type_=Moment)
    return and_(column <= at, or_(column < at, _review.id < bindparam("id")))


def _newer() -> ColumnElement[bool]:
    column, at = _review.shown_at, bindparam("at", type_=Moment)
    return and_(column >= at, or_(column > at, _review.id > bindparam("id")))


def _below(column: ColumnElement[int]) -> ColumnElement[bool]:
    value = bindparam("value", type_=Integer)
    return and_(column <= value, or_(column < value, _older()))


_ONE = _cards(with_product=True).where(_review.public_id == bindparam("public_id"), _visible())


def find_page(session: Session, subject_id: int | None, listing: Listing, now: datetime) -> Page:
    """Return one page of a product's reviews, or of the whole shop's where `subject_id` is None."""
    values = _values(subject_id, listing, now)
    if listing.sort == "lowest":
        rows = _lowest(session, values, listing.after)
    else:
        query = _list_query(listing.sort, subject_id is not None, _filter_of(listing), listing.after is not None)
        rows = session.execute(query, values).all()
    more = len(rows) > PAGE
    last = rows[PAGE - 1] if more else None
    return Page([Card(*row[2:]) for row in rows[:PAGE]], str(_place(last, listing)) if last else None)


def _filter_of(listing: Listing) -> str | None:
    return next((name for name in _FILTERS if getattr(listing, name) is not None), None)


def _values(subject_id: int | None, listing: Listing, now: datetime) -> dict[str, Any]:
    chosen = _filter_of(listing)
    values = {"now": now, "subject": subject_id, "wanted": getattr(listing, chosen) if chosen else None}
    if listing.after is not None:
        values |= {"value": listing.after.value, "at": listing.after.shown_at, "id": listing.after.id}
    return values


def _place(row: Any, listing: Listing) -> Place:
    column = _SORTED_BY.get(listing.sort)
    # By name: rows that come through a union know the table's columns no more.
    return Place(0 if column is None else row._mapping[column.key], row.shown_at, row.id)


@cache
def _list_query(sort: Sort, of_product: bool, chosen: str | None, going_on: bool) -> Select[Any]:
    """Return the statement for one page of a list: of a product or of the shop, filtered or not, first or next."""
    query = _cards(with_product=not of_product).where(_visible()).limit(PAGE + 1)
    if of_product:
        query = query.where(_review.subject_id == bindparam("subject"))
    if chosen is not None:
        query = query.where(_FILTERS[chosen] == bindparam("wanted"))
    if sort == "oldest":
        query = query.where(_newer()) if going_on else query
        return query.order_by(_review.shown_at, _review.id)
    if sort == "newest":
        query = query.where(_older()) if going_on else query
        return query.order_by(*_NEWEST_FIRST)
    column = _SORTED_BY[sort]
    query = query.where(_below(column)) if going_on else query
    return query.order_by(column.desc(), *_NEWEST_FIRST)


def _lowest(session: Session, values: dict[str, Any], after: Place | None) -> Sequence[Any]:
    """Return a page with the lowest stars first and the newest first among equals.

    No index runs both ways. Each level by itself is in order, and nearly always one level fills the page; where it
    does not, the first rows of the levels above it follow: 55 rows at most.
    """
    level = after.value if after else 1
    if level > 5:
        return []
    of_product = values["subject"] is not None
    first = _list_query("newest", of_product, "stars", after is not None)
    rows = list(session.execute(first, values | {"wanted": level}))
    if len(rows) <= PAGE and level < 5:
        more = session.execute(_levels_above(level, of_product), values)
        rows += sorted(more, key=lambda row: (-row.stars, row.shown_at, row.id), reverse=True)
    return rows[: PAGE + 1]


@cache
def _levels_above(level: int, of_product: bool) -> CompoundSelect[Any]:
    """Return the statement for the first rows of each level of stars above one."""
    one = _list_query("newest", of_product, None, False)
    parts = (one.where(_review.stars == stars).subquery() for stars in range(level + 1, 6))
    return union_all(*(select(part) for part in parts))


def find_card(session: Session, public_id: str, now: datetime) -> tuple[int, Card] | None:
    """Return one visible review with our number."""
    row = session.execute(_ONE, {"public_id": public_id, "now": now}).first()
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
