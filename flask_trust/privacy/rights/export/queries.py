"""Every row of ours that is about one person, table by table, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from ....addresses import address_hashes
from ....db import Base
from ....db.dialect import table_of
from ....invitations.models import Request
from ....journal.models import Entry
from ....mail.models import Outgoing
from ....moderation.models import Case, CaseWord, Contact, Decision, Report
from ....moderation.notices import STRANGER
from ....orders.models import Deal, Line, Order
from ....people.models import OptOut, Person
from ....people.queries import address_hashes_of, numbers_of
from ....ratings.models import BuyerRating, FormerRating, Rating, Reply
from ....reviews.models import Review, Version
from ....reviews.replies.models import ReviewReply
from ....reviews.votes.models import HelpfulVote
from ....verdicts.models import Verdict
from ..models import DataRequest

#: Columns that only our workers use.
_INNER = {"token", "attempts"}


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of one table; `about` says why they are told, `without` names columns that tell of others."""

    model: type[Base]
    wanted: ColumnElement[bool]
    about: str
    without: Collection[str] = ()
    only: Collection[str] = ()

    @property
    def columns(self) -> list[Any]:
        """Return the columns that are told."""
        told = [column for column in table_of(self.model).columns if column.name not in {*_INNER, *self.without}]
        return [column for column in told if not self.only or column.name in self.only]


@dataclass(frozen=True, slots=True)
class Belongings:
    """Our numbers of a person and of all that is theirs."""

    numbers: Sequence[int]
    hashes: Collection[str]
    orders: Sequence[int]
    deals: Sequence[int]
    reviews: Sequence[int]
    ratings: Sequence[int]
    cases: Sequence[int]
    reports: Sequence[int]
    #: Of the reviews and ratings to which they have replied.
    replied: Mapping[str, Sequence[int]]
    now: datetime


def belongings_of(session: Session, person: Person | None, email: str | None, now: datetime) -> Belongings:
    """Return what is a person's; by the address we also find what they have reported, who may never have ordered."""
    numbers = numbers_of(session, person) if person else []
    known = address_hashes_of(session, person) if person else set()
    hashes = known | set(address_hashes(email) if email else ())

    def ids(model: Any, wanted: ColumnElement[bool]) -> Sequence[int]:
        return session.scalars(select(model.id).where(wanted).order_by(model.id)).all()

    orders = ids(Order, Order.buyer_id.in_(numbers))
    contacts = session.execute(select(Contact.report_id, Contact.email)).all()
    return Belongings(
        numbers=numbers,
        hashes=hashes,
        orders=orders,
        deals=ids(Deal, Deal.order_id.in_(orders)),
        reviews=ids(Review, Review.person_id.in_(numbers)),
        ratings=ids(Rating, Rating.person_id.in_(numbers)),
        cases=ids(Case, Case.author_id.in_(numbers)),
        reports=[row.report_id for row in contacts if hashes & set(address_hashes(row.email))],
        replied={
            "to_review": session.scalars(select(ReviewReply.review_id).where(ReviewReply.author_id.in_(numbers))).all(),
            "to_rating": session.scalars(select(Reply.rating_id).where(Reply.author_id.in_(numbers))).all(),
        },
        now=now,
    )


def parts_of(mine: Belongings) -> list[Part]:
    """Return which rows of which tables are told."""
    return [*_account(mine), *_orders(mine), *_written(mine), *_about_me(mine), *_cases(mine), *_journal(mine)]


def _account(mine: Belongings) -> list[Part]:
    to_reporter = and_(Outgoing.person_id == STRANGER, Outgoing.object_id.in_(mine.reports))
    of_cases = Outgoing.kind.in_(("case_receipt", "case_outcome"))
    return [
        Part(Person, Person.id.in_(mine.numbers), "you"),
        Part(OptOut, OptOut.address_hash.in_(mine.hashes), "you"),
        Part(Outgoing, or_(Outgoing.person_id.in_(mine.numbers), and_(to_reporter, of_cases)), "mails to you"),
        Part(HelpfulVote, HelpfulVote.person_id.in_(mine.numbers), "what you found helpful"),
        Part(DataRequest, DataRequest.person_id.in_(mine.numbers), "what you asked about your data"),
    ]


def _waits(mine: Belongings) -> ColumnElement[bool]:
    """Hold of what a seller has said about this person that they may not read yet."""
    return and_(BuyerRating.live == true(), BuyerRating.shown_at > mine.now)


def _orders(mine: Belongings) -> list[Part]:
    # When the seller said it, too, is nobody's business before it can be read.
    blind = Deal.id.in_(select(BuyerRating.deal_id).where(BuyerRating.person_id.in_(mine.numbers), _waits(mine)))
    theirs = Deal.id.in_(mine.deals)
    return [
        Part(Order, Order.id.in_(mine.orders), "your orders"),
        Part(Deal, and_(theirs, ~blind), "your orders, by seller"),
        Part(Deal, and_(theirs, blind), "your orders, by seller, with something to read later", {"seller_rated_at"}),
        Part(Line, Line.order_id.in_(mine.orders), "what you ordered"),
        Part(Request, Request.buyer_id.in_(mine.numbers), "when you were asked for a review"),
    ]


def _written(mine: Belongings) -> list[Part]:
    numbers = mine.numbers
    return [
        Part(Review, Review.person_id.in_(numbers), "your reviews"),
        Part(Version, Version.review_id.in_(mine.reviews), "what your reviews said before"),
        Part(Rating, Rating.person_id.in_(numbers), "your ratings of sellers"),
        Part(FormerRating, FormerRating.rating_id.in_(mine.ratings), "what your ratings said before"),
        Part(ReviewReply, ReviewReply.author_id.in_(numbers), "your replies to reviews"),
        Part(Reply, Reply.author_id.in_(numbers), "your replies to ratings"),
        Part(BuyerRating, BuyerRating.author_id.in_(numbers), "what you said about buyers", {"person_id"}),
    ]


def _about_me(mine: Belongings) -> list[Part]:
    """Return what others have said to or about this person, as far as they may read it now."""
    about, strangers, waits = BuyerRating.person_id.in_(mine.numbers), {"author_id"}, _waits(mine)
    taken_back = BuyerRating.state == "withdrawn"
    # What staff keeps from being read is nobody's to take along but its author's.
    to_reviews = and_(ReviewReply.review_id.in_(mine.reviews), ReviewReply.state == "shown")
    to_ratings = and_(Reply.rating_id.in_(mine.ratings), Reply.state == "shown")
    exists = ("id", "deal_id", "shown_at")
    return [
        Part(BuyerRating, and_(about, ~waits, ~taken_back), "what sellers said about orders with you", strangers),
        Part(
            BuyerRating, and_(about, taken_back), "taken back before you could read it", only=("id", "deal_id", "state")
        ),
        Part(BuyerRating, and_(about, waits), "exists, and can be read from the moment in shown_at", only=exists),
        Part(ReviewReply, to_reviews, "replies to your reviews", strangers),
        Part(Reply, to_ratings, "replies to your ratings", strangers),
    ]


def _cases(mine: Belongings) -> list[Part]:
    in_mine = and_(CaseWord.case_id.in_(mine.cases), CaseWord.side == "author")
    sent = CaseWord.report_id.in_(mine.reports)
    others = and_(Report.case_id.in_(mine.cases), Report.id.not_in(mine.reports))
    by_me = Decision.actor_id.in_(mine.numbers)
    return [
        Part(Case, Case.author_id.in_(mine.numbers), "what was reported of yours"),
        Part(Decision, Decision.case_id.in_(mine.cases), "decisions about your words", {"actor_id"}),
        Part(
            Decision, and_(by_me, Decision.case_id.not_in(mine.cases)), "decisions you took", only=("id", "at", "step")
        ),
        Part(CaseWord, or_(in_mine, sent), "what you said in cases"),
        Part(Report, Report.id.in_(mine.reports), "what you reported"),
        Part(Report, others, "that somebody reported words of yours", only=("id", "case_id", "reason", "at")),
        Part(Contact, Contact.report_id.in_(mine.reports), "your contact in a report"),
        Part(Verdict, Verdict.person_id.in_(mine.numbers), "words of yours that were taken down"),
    ]


def _journal(mine: Belongings) -> list[Part]:
    things: Mapping[str, Sequence[int]] = {
        "person": mine.numbers,
        "order": mine.orders,
        "deal": mine.deals,
        "review": mine.reviews,
        "rating": mine.ratings,
        "case": mine.cases,
        **mine.replied,
    }
    by_me = Entry.actor_id.in_(mine.numbers)
    of_mine = or_(false(), *(and_(Entry.kind == kind, Entry.object_id.in_(ids)) for kind, ids in things.items()))
    by_others = and_(of_mine, or_(Entry.actor_id.is_(None), ~by_me))
    return [
        Part(Entry, by_me, "what you did"),
        Part(Entry, by_others, "what happened to what is yours", {"actor_id"}),
    ]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one part, each by the names of its columns."""

    part: Part
    rows: Sequence[Mapping[str, Any]] = field(default_factory=list)


def read_part(session: Session, part: Part) -> Rows:
    """Return the rows of one part, oldest first."""
    table = table_of(part.model)
    query = select(*part.columns).where(part.wanted).order_by(*table.primary_key.columns)
    return Rows(part, [dict(row) for row in session.execute(query).mappings()])
