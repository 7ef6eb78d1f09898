"""Reading what the owner's desk lists: each page in a bounded number of rows, however much there is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from ...invitations.models import Request
from ...mail.models import Outgoing
from ...moderation.models import Case, Decision
from ...orders.models import Deal, Line, Order
from ...people.models import Person
from ...ratings.models import Rating, Reply
from ...ratings.rules import ASPECTS
from ...reviews.models import Review
from ...reviews.replies.models import ReviewReply
from ...scores.models import Subject
from .rules import BLOCK, PAGE, Queue, RequestState, Spot


class QueueRow(NamedTuple):
    """A review in the owner's list."""

    id: int
    public_id: str
    stars: int
    title: str
    text: str
    lang: str
    shown_at: datetime
    incentive: str | None
    insider: bool
    product_key: str
    product_title: str
    reply: str | None


_ROW = (
    Review.id,
    Review.public_id,
    Review.stars,
    Review.title,
    Review.text,
    Review.lang,
    Review.shown_at,
    Review.incentive,
    Review.insider,
    Subject.key,
    Subject.title,
    ReviewReply.text,
)


def _rows(ids: Collection[int]) -> Select[Any]:
    query: Any = select(*_ROW).join(Line, Line.id == Review.line_id).join(Subject, Subject.id == Line.subject_id)
    query = query.outerjoin(ReviewReply, ReviewReply.review_id == Review.id).where(Review.id.in_(ids))
    rows: Select[Any] = query.order_by(Review.shown_at.desc(), Review.id.desc())
    return rows


def _before(at: Any, number: Any, spot: Spot) -> ColumnElement[bool]:
    # Spelt out, because MariaDB does not use an index for (a, b) < (x, y).
    return and_(at <= spot.at, or_(at < spot.at, number < spot.id))


def find_queue(
    session: Session, queue: Queue, subject_id: int | None, after: Spot | None, now: datetime
) -> tuple[list[QueueRow], Spot | None]:
    """Return one page of the newest reviews that fit, and where the next begins (None at the end).

    Where a filter lets few rows through, a page may hold less than it could, and still lead on.
    """
    size = BLOCK if queue.filtered else PAGE + 1
    block = select(Review.id, Review.shown_at).where(Review.live == true(), Review.shown_at <= now)
    if subject_id is not None:
        block = block.where(Review.subject_id == subject_id)
    if after is not None:
        block = block.where(_before(Review.shown_at, Review.id, after))
    looked = session.execute(block.order_by(Review.shown_at.desc(), Review.id.desc()).limit(size)).all()
    query = _rows([row.id for row in looked])
    if queue.stars is not None:
        query = query.where(Review.stars == queue.stars)
    if queue.unanswered:
        query = query.where(ReviewReply.id.is_(None))
    found = [QueueRow(*row) for row in session.execute(query.limit(PAGE + 1))]
    if len(found) > PAGE:
        return found[:PAGE], Spot(found[PAGE - 1].shown_at, found[PAGE - 1].id)
    return found, Spot(looked[-1].shown_at, looked[-1].id) if len(looked) == size else None


def find_unanswered(
    session: Session, seller_ids: Sequence[int], before: int | None, now: datetime
) -> tuple[list[QueueRow], int | None]:
    """Return reviews of what these sellers sold that have no reply, from their newest deals on, and where to go on."""
    deals = select(Deal.id, Deal.order_id).where(Deal.seller_id.in_(seller_ids))
    if before is not None:
        deals = deals.where(Deal.id < before)
    looked = session.execute(deals.order_by(Deal.id.desc()).limit(BLOCK)).all()
    # By the order, for which there is an index; the deal then tells whose line it is.
    query = select(Review.id).where(Review.order_id.in_([row.order_id for row in looked]))
    query = query.where(Review.deal_id.in_([row.id for row in looked]), Review.live == true(), Review.shown_at <= now)
    query = query.outerjoin(ReviewReply, ReviewReply.review_id == Review.id).where(ReviewReply.id.is_(None))
    found = [QueueRow(*row) for row in session.execute(_rows(session.scalars(query).all()))]
    return found, looked[-1].id if len(looked) == BLOCK else None


class Asked(NamedTuple):
    """An invitation in the owner's list: the shop's id of the order, and how it stands."""

    id: int
    order_key: str
    state: RequestState
    reason: str | None
    held_up_by: str | None
    planned_for: datetime
    due: datetime | None
    asked_at: datetime | None
    reminded_at: datetime | None
    answered_at: datetime | None


def find_requests(session: Session, state: RequestState, before: int | None) -> tuple[list[Asked], int | None]:
    """Return one page of the invitations in one state, the newest first, and where the next begins."""
    columns = (Request.id, Order.key, Request.state, Request.reason, Request.held_up_by, Request.planned_for)
    query: Any = select(*columns, Request.due, Request.asked_at, Request.reminded_at, Request.answered_at)
    query = query.join(Order, Order.id == Request.order_id).where(Request.state == state)
    if before is not None:
        query = query.where(Request.id < before)
    return _page([Asked(*row) for row in session.execute(query.order_by(Request.id.desc()).limit(PAGE + 1))])


def _page(rows: list[Any]) -> tuple[list[Any], int | None]:
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


class NotArrived(NamedTuple):
    """An order whose buyer said that it has not arrived."""

    id: int
    order_key: str
    said_at: datetime
    arrived: bool


def find_not_arrived(session: Session, after: Spot | None) -> tuple[list[NotArrived], Spot | None]:
    """Return one page of what buyers said has not arrived, the newest message first."""
    since = exists().where(Line.order_id == Order.id, Line.delivered_at > Order.not_arrived_at)
    query: Any = select(Order.id, Order.key, Order.not_arrived_at, since).where(Order.not_arrived_at.is_not(None))
    if after is not None:
        query = query.where(_before(Order.not_arrived_at, Order.id, after))
    rows = session.execute(query.order_by(Order.not_arrived_at.desc(), Order.id.desc()).limit(PAGE + 1)).all()
    found = [NotArrived(row[0], row[1], row[2], bool(row[3])) for row in rows[:PAGE]]
    return found, Spot(found[-1].said_at, found[-1].id) if len(rows) > PAGE else None


def find_mails(session: Session, states: Collection[str], before: int | None) -> tuple[list[Outgoing], int | None]:
    """Return one page of the mails in these states, the newest first."""
    query = select(Outgoing).where(Outgoing.state.in_(states))
    if before is not None:
        query = query.where(Outgoing.id < before)
    return _page(list(session.scalars(query.order_by(Outgoing.id.desc()).limit(PAGE + 1))))


def seen_so_far(session: Session) -> tuple[bool, bool, bool]:
    """Say whether there is any order, any arrival, any mail that has left."""
    wanted = (
        select(Order.id).limit(1),
        select(Line.id).where(Line.delivered_at.is_not(None)).limit(1),
        select(Outgoing.id).where(Outgoing.state == "sent").limit(1),
    )
    order, arrival, sent = (session.scalar(query) is not None for query in wanted)
    return order, arrival, sent


_product, _seller = aliased(Subject), aliased(Subject)

#: What is exported of a review and of a rating, by the name of its column in the file.
EXPORTED: dict[str, dict[str, Any]] = {
    "review": {
        "id": Review.public_id,
        "product": _product.key,
        "product_title": _product.title,
        "seller": _seller.key,
        "stars": Review.stars,
        "title": Review.title,
        "text": Review.text,
        "language": Review.lang,
        "variant": Review.variant,
        "author": Person.public_name,
        "bought_in": Review.bought_in,
        "published_at": Review.shown_at,
        "changed_at": Review.edited_at,
        "counted": Review.counted,
        "incentive": Review.incentive,
        "works_for_seller": Review.insider,
        "reply": ReviewReply.text,
        "replied_at": ReviewReply.at,
    },
    "rating": {
        "id": Rating.public_id,
        "seller": _seller.key,
        "stars": Rating.stars,
        "text": Rating.text,
        "language": Rating.lang,
        "author": Person.public_name,
        "published_at": Rating.shown_at,
        "changed_at": Rating.revised_at,
        "counted": Rating.counted,
        **{name: getattr(Rating, name) for name in ASPECTS},
        "reply": Reply.text,
        "replied_at": Reply.at,
    },
}

_JOINED: dict[str, tuple[Any, Select[Any]]] = {
    "review": (
        Review,
        select(Review.id, *EXPORTED["review"].values())
        .join(Line, Line.id == Review.line_id)
        .join(_product, _product.id == Line.subject_id)
        .join(Deal, Deal.id == Review.deal_id)
        .join(_seller, _seller.id == Deal.seller_id)
        .join(Person, Person.id == Review.person_id)
        .outerjoin(ReviewReply, and_(ReviewReply.review_id == Review.id, ReviewReply.state == "shown")),
    ),
    "rating": (
        Rating,
        select(Rating.id, *EXPORTED["rating"].values())
        .join(_seller, _seller.id == Rating.subject_id)
        .join(Person, Person.id == Rating.person_id)
        .outerjoin(Reply, and_(Reply.rating_id == Rating.id, Reply.state == "shown")),
    ),
}


def find_exported(session: Session, kind: str, after: int, now: datetime) -> list[tuple[int, dict[str, Any]]]:
    """Return the next reviews or ratings that everybody can read, in the order of our numbers, each by column."""
    votes, query = _JOINED[kind]
    query = query.where(votes.id > after, votes.live == true(), votes.shown_at <= now).order_by(votes.id).limit(BLOCK)
    names = list(EXPORTED[kind])
    return [(row[0], dict(zip(names, row[1:], strict=True))) for row in session.execute(query)]


def find_statements(session: Session, after: int) -> list[Any]:
    """Return the next decisions that took words away, in the order of our numbers: what `statements.Stated` holds.

    Of a reply that was deleted since, nothing is left to tell but when its case began.
    """
    names = (Decision.at, Decision.step, Decision.decision_ground, Decision.illegal_content_legal_ground)
    lang = func.coalesce(Review.lang, Rating.lang, ReviewReply.lang, Reply.lang, "")
    shown_at = func.coalesce(Review.shown_at, Rating.shown_at, ReviewReply.at, Reply.at, Case.opened_at)
    query: Any = select(Decision.id, Case.kind, *names, Decision.source_type, lang, shown_at)
    query = query.join(Case, Case.id == Decision.case_id)
    query = query.outerjoin(Review, and_(Case.kind == "review", Review.id == Case.object_id))
    query = query.outerjoin(Rating, and_(Case.kind == "rating", Rating.id == Case.object_id))
    query = query.outerjoin(ReviewReply, and_(Case.kind == "to_review", ReviewReply.review_id == Case.object_id))
    query = query.outerjoin(Reply, and_(Case.kind == "to_rating", Reply.rating_id == Case.object_id))
    query = query.where(Decision.id > after, Decision.step.in_(("hide", "remove"))).order_by(Decision.id).limit(BLOCK)
    return list(session.execute(query))
