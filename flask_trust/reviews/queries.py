"""Reading reviews: one page of a list, one review, the reviews of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Integer, Select, and_, bindparam, or_, select, true, union_all
from sqlalchemy.orm import Session

from ..db import Base, Moment
from ..db.dialect import table_of
from ..db.types import MYSQL
from ..people.models import Person
from ..scores.models import Reader
from .families.queries import about_product, find_products
from .listing import PAGE, Listing, Place, Sort
from .models import Review, Version
from .replies.models import ReviewReply


class Card(NamedTuple):
    """A review as visitors see it; `author` is empty where the author chose no public name.

    The list of a product without a family leaves `product_key` and `product_title` empty: its page knows them.
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
    reply: str | None = None
    #: The seller who replied; empty where it is the shop itself.
    reply_by: str | None = None
    reply_lang: str | None = None
    replied_at: datetime | None = None
    reply_edited_at: datetime | None = None
    #: How many readers found it helpful.
    helpful: int = 0
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
    withheld: bool = False


# Plain tables instead of mapped classes, and each statement made once: half of a page's time went into making the
# same statement again and into a mapping that a list of values has no use for.
_review, _person, _reply = (table_of(model).c for model in (Review, Person, ReviewReply))

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
    _reply.text.label("reply"),
    _reply.signed.label("reply_by"),
    _reply.lang.label("reply_lang"),
    _reply.at.label("replied_at"),
    _reply.edited_at.label("reply_edited_at"),
    _review.helpful,
)

_SORTED_BY = {"highest": "stars", "lowest": "stars", "helpful": "helpful"}
_FILTERS = ("stars", "lang", "variant")
_BEYOND = 2**31 - 1  # above every number of stars or votes


@dataclass(frozen=True, eq=False)
class Source:
    """A table of votes that is shown in lists; `cards` selects what is shown of a row, its id and sort keys among it.

    The table has the indexes `…_newest`, `…_by_stars` and one more for each other filter and order.
    """

    model: type[Base]
    cards: Select[Any]

    @property
    def row(self) -> Any:
        """Return the columns of the table."""
        return table_of(self.model).c

    @property
    def newest_first(self) -> tuple[Any, Any]:
        """Return the order of most lists."""
        return self.row.shown_at.desc(), self.row.id.desc()

    def readable(self, until: str = "now") -> ColumnElement[bool]:
        """Return the condition that everybody could read a row at the moment of that name."""
        # Not "IS true", for which MariaDB uses no index.
        return and_(self.row.live == true(), self.row.shown_at <= bindparam(until, type_=Moment))

    def beyond(self, *, newer: bool) -> ColumnElement[bool]:
        """Return the condition that a row comes behind the place `at`, `id`; older ones are `readable("until")` too."""
        # Spelt out, because MariaDB does not use an index for (a, b) < (x, y).
        column, number, at = self.row.shown_at, self.row.id, bindparam("at", type_=Moment)
        if newer:
            return and_(column >= at, or_(column > at, number > bindparam("id")))
        return or_(column < at, number < bindparam("id"))


_CARDS = (
    select(_review.id, _review.subject_id, *_CARD)
    .join(table_of(Person), _person.id == _review.person_id)
    .outerjoin(table_of(ReviewReply), and_(_reply.review_id == _review.id, _reply.state == "shown"))
)
#: The reviews of products, as cards.
REVIEWS = Source(Review, _CARDS)

_ONE = about_product(_CARDS).where(_review.public_id == bindparam("public_id"), REVIEWS.readable())


def find_page(
    reader: Reader, subject_id: int | None, listing: Listing, now: datetime, *, of_several: bool = False
) -> Page:
    """Return one page of a product's reviews, or of the whole shop's where `subject_id` is None.

    `of_several` says that the subject is a family, so that each review has to name its product.
    """
    rows, cursor = find_rows(reader, REVIEWS, subject_id, listing, now)
    cards = [Card(*row[2:]) for row in rows]
    return Page(name_products(reader, cards) if subject_id is None or of_several else cards, cursor)


def name_products(reader: Reader, cards: Sequence[Card]) -> list[Card]:
    """Return cards that say which product each of them is about."""
    # Not joined to the list: MariaDB puts a small table first and then sorts all reviews of the shop.
    products = find_products(reader, [card.public_id for card in cards])
    names = (products[card.public_id] for card in cards)
    return [
        card._replace(product_key=key, product_title=title) for card, (key, title) in zip(cards, names, strict=True)
    ]


def find_rows(
    reader: Reader, source: Source, subject_id: int | None, listing: Listing, now: datetime
) -> tuple[Sequence[Any], str | None]:
    """Return the rows of one page of a list, and the cursor of the next page (None on the last)."""
    values, chosen = _values(subject_id, listing, now), _filter_of(listing)
    if listing.sort in _SORTED_BY:
        rows = _by_value(reader, source, values, listing)
    else:
        query = _by_time(source, listing.sort, subject_id is not None, chosen, listing.after is not None)
        rows = reader.execute(query, values).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return rows[:PAGE], str(_place(last, listing)) if last else None


def _filter_of(listing: Listing) -> str | None:
    return next((name for name in _FILTERS if getattr(listing, name) is not None), None)


def _values(subject_id: int | None, listing: Listing, now: datetime) -> dict[str, Any]:
    chosen, after = _filter_of(listing), listing.after
    values = {"now": now, "subject": subject_id, "wanted": getattr(listing, chosen) if chosen else None}
    if after is None:
        return values
    values |= {"until": min(now, after.shown_at)}
    return values | {"value": min(after.value, _BEYOND), "at": after.shown_at, "id": after.id}


def _place(row: Any, listing: Listing) -> Place:
    name = _SORTED_BY.get(listing.sort)
    return Place(getattr(row, name) if name else 0, row.shown_at, row.id)


def _list_of(source: Source, of_subject: bool, index: str, until: str = "now") -> Select[Any]:
    """Return the statement for the first rows of a list, in an index's order, that were readable at a moment."""
    table = table_of(source.model)
    # One bound alone: of two, SQLite takes the first to its index and reads all rows up to the second.
    query = source.cards.where(source.readable(until)).limit(PAGE + 1)
    for name in MYSQL:
        # It thinks of all rows of the list, of which LIMIT takes a few, and would rather read them all.
        query = query.with_hint(table, f"FORCE INDEX ({table.name}_{index})", name)
    return query.where(source.row.subject_id == bindparam("subject")) if of_subject else query


@cache
def _by_time(source: Source, sort: Sort, of_subject: bool, chosen: str | None, going_on: bool) -> Select[Any]:
    """Return the statement for a page in the order of time: all, or those with one value of the chosen column."""
    index, older = f"by_{chosen}" if chosen else "newest" if of_subject else "all", going_on and sort != "oldest"
    query = _list_of(source, of_subject, index, "until" if older else "now")
    if chosen is not None:
        query = query.where(source.row[chosen] == bindparam("wanted"))
    if going_on:
        query = query.where(source.beyond(newer=sort == "oldest"))
    return (
        query.order_by(source.row.shown_at, source.row.id) if sort == "oldest" else query.order_by(*source.newest_first)
    )


def _by_value(reader: Reader, source: Source, values: dict[str, Any], listing: Listing) -> Sequence[Any]:
    """Return a page in the order of stars or votes, the newest first among equals.

    Where the page before ended within a value, the rest of that value comes first, in a statement of its own: one
    for both would read the whole value to skip what was shown.
    """
    of_subject, column, after = values["subject"] is not None, _SORTED_BY[listing.sort], listing.after
    rows: list[Any] = []
    if after is not None:
        rest = _by_time(source, "newest", of_subject, column, True)
        rows = list(reader.execute(rest, values | {"wanted": values["value"]}))
    if len(rows) > PAGE:
        return rows
    if listing.sort == "lowest":
        rows += _upward(reader, source, values, after.value if after else 0)
    else:
        rows += reader.execute(_downward(source, of_subject, column), {"value": _BEYOND, **values})
    return rows[: PAGE + 1]


@cache
def _downward(source: Source, of_subject: bool, name: str) -> Select[Any]:
    """Return the statement for the first rows below a value, the highest first."""
    column = source.row[name]
    query = _list_of(source, of_subject, f"by_{name}").where(column < bindparam("value", type_=Integer))
    return query.order_by(column.desc(), *source.newest_first)


def _upward(reader: Reader, source: Source, values: dict[str, Any], level: int) -> list[Any]:
    """Return the first rows above a level of stars, the lowest first.

    No index runs both ways. Each level by itself is in order, and nearly always one level fills the page; where it
    does not, the first rows of the levels above it follow: 55 rows at most.
    """
    if level >= 5:
        return []
    of_subject = values["subject"] is not None
    one_level = _by_time(source, "newest", of_subject, "stars", False)
    rows = list(reader.execute(one_level, values | {"wanted": level + 1}))
    if len(rows) <= PAGE and level + 1 < 5:
        more = reader.execute(_levels_above(source, level + 1, of_subject), values)
        rows += sorted(more, key=lambda row: (-row.stars, row.shown_at, row.id), reverse=True)
    return rows


@cache
def _levels_above(source: Source, level: int, of_subject: bool) -> CompoundSelect[Any]:
    """Return the statement for the first rows of each level of stars above one."""
    one_level = _list_of(source, of_subject, "by_stars").order_by(*source.newest_first)
    parts = (one_level.where(source.row.stars == stars).subquery() for stars in range(level + 1, 6))
    return union_all(*(select(part) for part in parts))


def find_card(session: Session, public_id: str, now: datetime) -> tuple[int, Card] | None:
    """Return one visible review with our number."""
    row = session.execute(_ONE, {"public_id": public_id, "now": now}).first()
    return (row[0], Card(*row[2:])) if row else None


def history_of(session: Session, review_id: int) -> list[Former]:
    """Return what a review said before, newest first."""
    rows = session.scalars(select(Version).where(Version.review_id == review_id).order_by(Version.no.desc()))
    words = ((row, ("", "") if row.withheld else (row.title, row.text)) for row in rows)
    return [Former(row.stars, *said, row.until, row.withheld) for row, said in words]
