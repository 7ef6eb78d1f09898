"""The statements of the hand-written pages: one for the totals, one for what is counted, one for all reviews shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from flask_trust.orders.models import Line
from flask_trust.people.models import Person
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.scores.models import Day, Subject

from .shop import NOW

PAGE, OWN, RETURNS = 10, 5, 200
LIST, MINE = 0, 9  # the parts of a first page; 1 to 5 are the most helpful reviews of so many stars
TODAY = NOW.date()
YEAR_AGO = TODAY - timedelta(days=365)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_D: Any = Day.__table__.c
_L: Any = Line.__table__.c
_P: Any = Person.__table__.c
_R: Any = Review.__table__.c
_S: Any = Subject.__table__.c
_A: Any = ReviewReply.__table__.c

#: The rows of some products and of the shop as a whole.
TOTALS = select(
    *(_S[name] for name in ("id", "kind", "key", "shown", "withheld", "day", "version")),
    *(_S[f"{name}{stars}"] for name in "nwm" for stars in range(1, 6)),
).where(
    or_(
        and_(_S.kind == "product", _S.key.in_(bindparam("keys", expanding=True))),
        and_(_S.kind == "shop", _S.key == "reviews"),
    )
)
#: All that a 304 has to know.
VERSION = select(_S.version).where(_S.kind == "product", _S.key == bindparam("key"))

_COLUMNS = (
    *(_R.id, _R.public_id, _R.stars, _R.title, _R.text, _R.lang, _R.variant, _R.bought_in, _R.shown_at, _R.edited_at),
    *(_R.incentive, _R.insider, _R.counted, _R.helpful, _P.public_name),
    *(_A.text.label("reply"), _A.signed, _A.lang.label("reply_lang"), _A.at.label("replied_at")),
    _A.edited_at.label("reply_edited_at"),
)
_CARDS = (
    select(*_COLUMNS)
    .join_from(Review.__table__, Person.__table__, _P.id == _R.person_id)
    .outerjoin(ReviewReply.__table__, and_(_A.review_id == _R.id, _A.state == "shown"))
)
_OF_SUBJECT = and_(_R.subject_id == bindparam("subject"), _R.live == true())
_PUBLIC = _R.shown_at <= bindparam("now")
# The same, not compared as it stands: SQLite would go by time for it, and sort what readers found helpful.
_READ = func.coalesce(_R.shown_at, bindparam("now")) <= bindparam("now")
_NEWEST = (_R.shown_at.desc(), _R.id.desc())
#: The newest reviews, those with so many stars, those behind a place, the most helpful.
NEWEST = _CARDS.where(_OF_SUBJECT, _PUBLIC).order_by(*_NEWEST).limit(PAGE + 1)
OF_STARS = NEWEST.where(_R.stars == bindparam("stars"))
HELPFUL = _CARDS.where(_OF_SUBJECT, _READ).order_by(_R.helpful.desc(), *_NEWEST).limit(PAGE + 1)


def _older() -> ColumnElement[bool]:
    at: Any = bindparam("at")
    return and_(_R.shown_at <= at, or_(_R.shown_at < at, _R.id < bindparam("last")))


# One bound above the moment is enough: with two, SQLite takes the wrong one and reads all that lies between.
BEHIND = _CARDS.where(_OF_SUBJECT, _older()).order_by(*_NEWEST).limit(PAGE + 1)


def _picked(part: int, amount: int, *chosen: Any) -> Select[Any]:
    """Return the numbers of some reviews: indexes alone answer that, so that only what is shown is read."""
    query = select(_R.id, literal_column(str(part), Integer).label("part")).where(_OF_SUBJECT, *chosen)
    return select(query.order_by(*_NEWEST).limit(amount).subquery())


def _useful() -> Select[Any]:
    """Return the number of the most helpful review of each number of stars."""
    # One subquery for all of them: PostgreSQL takes longer to plan five than to run them.
    five = (select(literal_column(str(stars), Integer).label("stars")) for stars in range(1, 6))
    levels = union_all(*five).subquery()
    chosen = (_R.stars == levels.c.stars, _R.eligible == true(), _R.text != literal_column("''"), _READ)
    best = select(_R.id).where(_OF_SUBJECT, *chosen).order_by(_R.helpful.desc(), *_NEWEST).limit(1)
    return select(best.correlate(levels).scalar_subquery(), levels.c.stars)


def _first_page() -> Select[Any]:
    parts = _picked(LIST, PAGE + 1, _PUBLIC), _useful(), _picked(MINE, OWN, _R.lang == bindparam("lang"), _PUBLIC)
    picked = union_all(*parts).subquery()
    return _CARDS.add_columns(picked.c.part).join(picked, picked.c.id == _R.id)


#: All reviews of a first page: the list, criticism and praise, the reader's language.
FIRST_PAGE = _first_page()


def months() -> list[date]:
    """Return the first days of the last twelve months, the oldest first."""
    first = TODAY.replace(day=1)
    found = [first]
    while len(found) < 12:
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found[::-1]


#: The first days of the windows, today included.
WINDOWS = {days: TODAY - timedelta(days=days - 1) for days in (30, 90, 365)}


def _counted() -> Any:
    """Return the counts of the last year by stretch of time, and by reason what was sent back (after a ":").

    A new stretch begins with each month and each window: one look at each day is enough for all of them.
    """
    numbers = [_D[f"n{stars}"] for stars in range(1, 6)]
    begins = sorted({*months(), *WINDOWS.values()}, reverse=True)
    stretch = case(*((_D.day >= literal(day), literal_column(f"'{day}'", String)) for day in begins))
    recent = and_(_D.subject_id == bindparam("subject"), _D.day >= literal(begins[-1]), _D.day <= literal(TODAY))
    each = select(stretch.label("name"), *numbers).where(recent).subquery()
    sums = (func.sum(each.c[f"n{stars}"]) for stars in range(1, 6))
    days = select(each.c.name, *sums).group_by(each.c.name)
    since = literal(datetime.combine(YEAR_AGO, time(), UTC), _L.delivered_at.type)
    arrived = select(_L.return_reason).where(_L.subject_id == bindparam("subject"), _L.delivered_at > since)
    newest = arrived.order_by(_L.delivered_at.desc(), _L.id.desc()).limit(RETURNS).subquery()
    reason = func.coalesce(newest.c.return_reason, "")
    reasons = select(reason.label("reason"), func.count().label("n")).select_from(newest).group_by(reason).subquery()
    zeros: list[Any] = [literal_column("0")] * 4
    return union_all(days, select(literal_column("':'", String) + reasons.c.reason, reasons.c.n, *zeros))


COUNTED = _counted()


def place_of(cursor: str) -> dict[str, Any]:
    """Return what a cursor stands for."""
    _, micros, number = cursor.split("-")
    return {"at": EPOCH + timedelta(microseconds=int(micros)), "last": int(number)}


def cursor_at(moment: datetime, number: int, value: int = 0) -> str:
    """Return the cursor of a place in a list."""
    return f"{value}-{(moment - EPOCH) // timedelta(microseconds=1)}-{number}"
