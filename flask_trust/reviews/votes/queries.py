"""Reading what readers found helpful: their own votes, and the reviews that stand out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, or_, select, true, union_all
from sqlalchemy.orm import Session

from ...db.dialect import table_of
from ...db.types import MYSQL
from ...people.models import Person
from ...scores.models import Reader
from ..models import Review
from ..queries import REVIEWS, Card
from ..rules import CRITICAL, PRAISE
from .models import HelpfulVote

#: Reviews of the reader's own language that come first where the newest are in several.
OWN = 5
#: Reviews of each number of stars among which one with words is looked for.
_CANDIDATES = 3

_row = REVIEWS.row


@dataclass(frozen=True, slots=True)
class Highlights:
    """What comes before a long list: criticism beside praise, both or neither, and what the reader can read at once."""

    pair: tuple[Card, Card] | None
    own: Sequence[Card]


def find_highlights(reader: Reader, subject_id: int, lang: str, now: datetime) -> Highlights:
    """Return them for a product: the most helpful critical review and praise, among equals the newest."""
    values = {"subject": subject_id, "lang": lang, "now": now}
    rows = reader.execute(_highlights_query(), values).all()
    useful = [row for row in rows if not row.own]
    pair = (_best(useful, CRITICAL), _best(useful, PRAISE))
    own = sorted((row for row in rows if row.own), key=lambda row: (row.shown_at, row.id), reverse=True)
    cards = [_card(row) for row in own]
    return Highlights((_card(pair[0]), _card(pair[1])) if pair[0] and pair[1] else None, cards)


def _best(rows: Sequence[Any], levels: Collection[int]) -> Any:
    fit = [row for row in rows if row.stars in levels and row.text]
    return max(fit, key=lambda row: (row.helpful, row.shown_at, row.id), default=None)


def _card(row: Any) -> Card:
    return Card(*row[2:-1])


@cache
def _highlights_query() -> Select[Any]:
    # Not compared as it stands: SQLite would take an index by time for it, and then sort what readers found helpful.
    public = func.coalesce(_row.shown_at, bindparam("now")) <= bindparam("now")
    order = (_row.helpful.desc(), *REVIEWS.newest_first)
    parts = [
        _first("useful", _CANDIDATES, 0, _row.stars == stars, _row.live == true(), _row.eligible == true(), public)
        for stars in (*CRITICAL, *PRAISE)
    ]
    parts = [part.order_by(*order) for part in parts]
    own = _first("by_lang", OWN, 1, _row.lang == bindparam("lang"), REVIEWS.readable())
    parts.append(own.order_by(*REVIEWS.newest_first))
    # Numbers first, which indexes alone answer: six joins of what is shown took PostgreSQL twice as long to plan.
    picked = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return REVIEWS.cards.join(picked, picked.c.id == _row.id).add_columns(picked.c.own)


def _first(index: str, number: int, own: int, *chosen: Any) -> Select[Any]:
    """Return the statement for the numbers of the first rows of an index; `own` says what they are read for."""
    table = table_of(Review)
    query = select(_row.id, literal_column(str(own)).label("own"))
    query = query.where(_row.subject_id == bindparam("subject"), *chosen).limit(number)
    for name in MYSQL:
        query = query.with_hint(table, f"FORCE INDEX ({table.name}_{index})", name)
    return query


def find_mine(session: Session, person_key: str | None, visitors: Sequence[str], shown: Collection[str]) -> set[str]:
    """Return which of the reviews on a page a reader found helpful, by public id."""
    mine = [HelpfulVote.visitor.in_(visitors)] if visitors else []
    if person_key is not None:
        mine.append(HelpfulVote.person_id.in_(select(Person.id).where(Person.key == person_key)))
    if not mine or not shown:
        return set()
    voted = select(Review.public_id).join(HelpfulVote, HelpfulVote.review_id == Review.id)
    return set(session.scalars(voted.where(Review.public_id.in_(sorted(shown)), or_(*mine))))
