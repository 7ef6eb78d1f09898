"""What the page of a person shows of what we hold: their own words, what others said to them, orders, mails."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..mail.models import OPEN, Outgoing
from ..moderation.models import Case
from ..orders.models import Deal, Line, Order
from ..orders.naming import Bought
from ..orders.queries import bought_in
from ..people.models import Person
from ..people.queries import numbers_of
from ..privacy.rights.export.queries import belongings_of
from ..privacy.rights.models import DataRequest
from ..ratings.models import BuyerRating, Rating, Reply
from ..ratings.queries import waiting_about
from ..reviews.models import Review
from ..reviews.replies.models import ReviewReply
from ..reviews.votes.models import HelpfulVote
from ..scores.models import Subject
from ..verdicts.rules import STANDING

#: The page shows so many of each kind, the newest first; the file to take along has all of them.
MOST = 100


@dataclass(frozen=True, slots=True)
class Written:
    """One review or rating, what it is about, the order it belongs to, and the reply to it."""

    thing: Any
    about: str
    order: Order
    reply: str | None
    case: Case | None

    @property
    def title(self) -> str:
        """Return its headline; ratings have none."""
        return str(getattr(self.thing, "title", ""))

    @property
    def note(self) -> str:
        """Return the private note beside a rating."""
        return str(getattr(self.thing, "note", ""))


@dataclass(frozen=True, slots=True)
class Holdings:
    """What we hold about somebody, as their page shows it."""

    person: Person
    now: datetime
    reviews: Sequence[Written]
    ratings: Sequence[Written]
    #: What sellers said; and until when what was said is private, by our number of the deal.
    answers: Sequence[BuyerRating]
    waiting: Sequence[tuple[int, datetime]]
    orders: Sequence[Order]
    #: What was bought in these orders and deals, by kind and our number.
    bought: Mapping[tuple[str, int], Bought]
    mails: Sequence[Outgoing]
    planned: int
    votes: int
    replies: int
    requests: Sequence[DataRequest]


def find_holdings(session: Session, person: Person, now: datetime) -> Holdings:
    """Return it, merged accounts included."""
    numbers = numbers_of(session, person)
    answers, waiting = _answers(session, numbers, now), waiting_about(session, person.id, now)
    orders = _orders(session, numbers)
    return Holdings(
        person=person,
        now=now,
        reviews=_reviews(session, numbers),
        ratings=_ratings(session, numbers),
        answers=answers,
        waiting=waiting,
        orders=orders,
        bought=_bought(session, orders, {*(each.deal_id for each in answers), *(deal for deal, _ in waiting)}),
        mails=_mails(session, numbers),
        planned=_count(session, Outgoing, Outgoing.person_id.in_(numbers), Outgoing.state.in_(OPEN)),
        votes=_count(session, HelpfulVote, HelpfulVote.person_id.in_(numbers)),
        replies=sum(_count(session, each, each.author_id.in_(numbers)) for each in (ReviewReply, Reply)),
        requests=session.scalars(
            select(DataRequest).where(DataRequest.person_id.in_(numbers)).order_by(DataRequest.id.desc()).limit(MOST)
        ).all(),
    )


def has_reported(session: Session, email: str, now: datetime) -> bool:
    """Say whether somebody of whom we know nothing else has reported something from an address."""
    return bool(belongings_of(session, None, email, now).reports)


def _count(session: Session, model: Any, *wanted: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*wanted)) or 0


def _written(row: Any) -> Written:
    """Return it with the first title that is there; the shop's own id stands for one where none is known."""
    thing, title, other_title, key, *rest = row
    return Written(thing, title or other_title or key, *rest)


def _reviews(session: Session, numbers: Sequence[int]) -> list[Written]:
    query = (
        select(Review, Line.title, Subject.title, Line.product_key, Order, ReviewReply.text, Case)
        .join(Line, Line.id == Review.line_id)
        .join(Subject, Subject.id == Line.subject_id)
        .join(Order, Order.id == Review.order_id)
        .outerjoin(ReviewReply, (ReviewReply.review_id == Review.id) & (ReviewReply.state == "shown"))
        .outerjoin(Case, (Case.kind == "review") & (Case.object_id == Review.id))
        .where(Review.person_id.in_(numbers), Review.state.in_(STANDING))
    )
    return [_written(row) for row in session.execute(query.order_by(Review.id.desc()).limit(MOST))]


def _ratings(session: Session, numbers: Sequence[int]) -> list[Written]:
    query = (
        select(Rating, Subject.title, Subject.title, Subject.key, Order, Reply.text, Case)
        .join(Subject, Subject.id == Rating.subject_id)
        .join(Deal, Deal.id == Rating.deal_id)
        .join(Order, Order.id == Deal.order_id)
        .outerjoin(Reply, (Reply.rating_id == Rating.id) & (Reply.state == "shown"))
        .outerjoin(Case, (Case.kind == "rating") & (Case.object_id == Rating.id))
        .where(Rating.person_id.in_(numbers), Rating.state.in_(STANDING))
    )
    return [_written(row) for row in session.execute(query.order_by(Rating.id.desc()).limit(MOST))]


def _answers(session: Session, numbers: Sequence[int], now: datetime) -> Sequence[BuyerRating]:
    query = select(BuyerRating).where(
        BuyerRating.person_id.in_(numbers), BuyerRating.state == "shown", BuyerRating.shown_at <= now
    )
    return session.scalars(query.order_by(BuyerRating.id.desc()).limit(MOST)).all()


def _orders(session: Session, numbers: Sequence[int]) -> Sequence[Order]:
    query = select(Order).where(Order.buyer_id.in_(numbers)).order_by(Order.placed_at.desc(), Order.id.desc())
    return session.scalars(query.limit(MOST)).all()


def _bought(session: Session, orders: Sequence[Order], deals: Collection[int]) -> dict[tuple[str, int], Bought]:
    titles: dict[int, list[str]] = {order.id: [] for order in orders}
    lines = select(Line.order_id, Line.title, Line.product_key).where(Line.order_id.in_(titles)).order_by(Line.id)
    for row in session.execute(lines):
        titles[row.order_id].append(row.title or row.product_key)
    whole = {("order", order.id): Bought(order.key, order.placed_at, titles[order.id]) for order in orders}
    return whole | {("deal", deal): bought for deal, bought in bought_in(session, deals).items()}


def _mails(session: Session, numbers: Sequence[int]) -> Sequence[Outgoing]:
    sent = select(Outgoing).where(Outgoing.person_id.in_(numbers), Outgoing.state == "sent")
    return session.scalars(sent.order_by(Outgoing.id.desc()).limit(MOST)).all()
