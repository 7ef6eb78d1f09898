"""Finding what is older than was promised: one query for each rule of retention that ends by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, exists, func, or_, select, true
from sqlalchemy.orm import Session

from ...clock import LONG_AGO
from ...inventory import KEEPS
from ...invitations.models import Request
from ...limits.models import Sender
from ...mail.models import Outgoing
from ...moderation.models import Case, CaseWord, Contact, Decision, Report
from ...orders.models import Deal, Line, Order
from ...people.models import Person
from ...ratings.models import FormerRating, Rating, Reply
from ...reviews.models import Review, Version
from ...reviews.replies.models import ReviewReply
from ...reviews.votes.models import HelpfulVote
from ...verdicts.models import Verdict
from ...verdicts.rules import NOBODY, STANDING
from ..rights.models import DataRequest
from .rules import before

#: Selects our numbers of the rows that have been kept since before a moment and should not be any more.
Find = Callable[[datetime], Select[Any]]


def _mails(end: datetime) -> Select[Any]:
    finished = Outgoing.state.in_(("sent", "dropped", "held"))
    return select(Outgoing.id).where(finished, func.coalesce(Outgoing.sent_at, Outgoing.created_at) <= end)


def _visitors(end: datetime) -> Select[Any]:
    return select(HelpfulVote.id).where(HelpfulVote.visitor.is_not(None), HelpfulVote.at <= end)


def _requests(end: datetime) -> Select[Any]:
    return select(DataRequest.id).where(DataRequest.answered_at <= end)


def _cases(end: datetime) -> Select[Any]:
    reasons = or_(Decision.explanation != "", Decision.decision_facts != "")
    # Not correlated: none of these tables has an index that begins with the case.
    with_words = or_(
        Case.id.in_(select(Report.case_id).where(Report.explanation != "")),
        Case.id.in_(select(CaseWord.case_id)),
        Case.id.in_(select(Decision.case_id).where(reasons)),
    )
    return select(Case.id).where(Case.phase == "closed", Case.closed_at <= end, with_words)


def _contacts(end: datetime) -> Select[Any]:
    mine = select(Report.id).join(Case, Case.id == Report.case_id)
    return select(Contact.id).where(
        Contact.report_id.in_(mine.where(Case.phase == "closed", Case.closed_at <= end)),
    )


def _senders(end: datetime) -> Select[Any]:
    return select(Sender.mark).where(Sender.day < end.astimezone(UTC).date())


def _notes(end: datetime) -> Select[Any]:
    former = exists().where(FormerRating.rating_id == Rating.id, FormerRating.note != "")
    return select(Rating.id).where(Rating.state.in_(STANDING), Rating.written_at <= end, or_(Rating.note != "", former))


def _decided(end: datetime, kind: str, number: Any) -> Any:
    """Hold where staff decided about something so long ago that nobody can object any more."""
    return exists().where(
        Case.kind == kind,
        Case.object_id == number,
        Case.phase == "closed",
        Case.outcome.is_not(None),
        Case.closed_at <= end,
    )


def _removed_reviews(end: datetime) -> Select[Any]:
    words = or_(Review.text != "", Review.title != "")
    return select(Review.id).where(Review.state == "removed", words, _decided(end, "review", Review.id))


def _removed_ratings(end: datetime) -> Select[Any]:
    words = or_(Rating.text != "", Rating.note != "")
    return select(Rating.id).where(Rating.state == "removed", words, _decided(end, "rating", Rating.id))


def _withheld_versions(end: datetime) -> Select[Any]:
    words = or_(Version.text != "", Version.title != "")
    return select(Version.id).where(Version.withheld == true(), words, _decided(end, "review", Version.review_id))


def _withheld_former(end: datetime) -> Select[Any]:
    words = or_(FormerRating.text != "", FormerRating.note != "")
    theirs = _decided(end, "rating", FormerRating.rating_id)
    return select(FormerRating.id).where(FormerRating.withheld == true(), words, theirs)


def _removed_review_replies(end: datetime) -> Select[Any]:
    gone = _decided(end, "to_review", ReviewReply.review_id)
    return select(ReviewReply.id).where(ReviewReply.state == "removed", ReviewReply.text != "", gone)


def _removed_rating_replies(end: datetime) -> Select[Any]:
    gone = _decided(end, "to_rating", Reply.rating_id)
    return select(Reply.id).where(Reply.state == "removed", Reply.text != "", gone)


def _marks(end: datetime) -> Select[Any]:
    return select(Verdict.id).where(Verdict.mark != "", Verdict.person_id != NOBODY, Verdict.at <= end)


def _unowned(end: datetime) -> Select[Any]:
    return select(Verdict.id).where(Verdict.person_id == NOBODY, Verdict.at <= end)


def _orders(end: datetime) -> Select[Any]:
    """Select orders that are over and about which no word of their buyers stands."""
    return _over(end).where(~_with_words())


def _dates(end: datetime) -> Select[Any]:
    """Select orders that are over, about which words stand, and of which the exact dates are still there."""
    return _over(end).where(_with_words(), Order.created_at > LONG_AGO)


def _with_words() -> Any:
    rated = select(Deal.id).where(Deal.order_id == Order.id)
    return or_(
        exists().where(Review.order_id == Order.id, Review.state.in_(STANDING)),
        exists().where(Rating.deal_id.in_(rated), Rating.state.in_(STANDING)),
    )


def _over(end: datetime) -> Select[Any]:
    """Select orders of known people about which nothing has happened, or could, since then."""
    line, deal, request = Line.order_id == Order.id, Deal.order_id == Order.id, Request.order_id == Order.id
    moving = [
        exists().where(line, or_(Line.expected_at.is_not(None), _after(end, Line.delivered_at, Line.returned_at))),
        exists().where(deal, or_(Deal.due.is_not(None), _after(end, Deal.closes_at))),
        exists().where(request, Request.due.is_not(None)),
        exists().where(request, _after(end, Request.asked_at, Request.reminded_at, Request.answered_at)),
    ]
    known = exists().where(Person.id == Order.buyer_id, Person.key.is_not(None))
    return select(Order.id).where(Order.created_at <= end, known, *(~each for each in moving))


def _after(end: datetime, *columns: Any) -> Any:
    return or_(*(column > end for column in columns))


#: What each rule with days speaks of, under the name of the step that keeps it.
FIND: Mapping[str, tuple[str, Find]] = {
    "mails": ("mail", _mails),
    "visitors": ("visitor_vote", _visitors),
    "orders": ("order", _orders),
    "dates": ("order", _dates),
    "cases": ("case", _cases),
    "contacts": ("contact", _contacts),
    "senders": ("flood", _senders),
    "requests": ("data_request", _requests),
    "notes": ("note", _notes),
    "reviews": ("taken_down", _removed_reviews),
    "ratings": ("taken_down", _removed_ratings),
    "versions": ("taken_down", _withheld_versions),
    "former": ("taken_down", _withheld_former),
    "review_replies": ("taken_down", _removed_review_replies),
    "rating_replies": ("taken_down", _removed_rating_replies),
    "marks": ("kept_down", _marks),
    "unowned": ("kept_down", _unowned),
}


def _found(step: str, now: datetime, *, late: bool = False) -> Select[Any]:
    rule, find = FIND[step]
    return find(before(KEEPS[rule], now, late=late))


def next_of(session: Session, step: str, now: datetime, after: int, limit: int) -> list[int]:
    """Return the next rows whose time is up, in the order of their numbers."""
    found = _found(step, now)
    key = found.selected_columns[0]
    return list(session.scalars(found.where(key > after).order_by(key).limit(limit)))


def ends_of(session: Session, step: str, now: datetime, size: int) -> list[int]:
    """Return the numbers at which pieces of so many rows end whose time is up, in their order.

    All at once: where no index has them in their order, each piece would look at all that are left.
    """
    found = _found(step, now)
    key = found.selected_columns[0]
    ranked = found.add_columns(func.row_number().over(order_by=key).label("place")).subquery()
    ends = select(func.max(ranked.c[0])).group_by((ranked.c.place - 1) // size)
    return sorted(session.scalars(ends))


def due_between(step: str, now: datetime, after: int, last: int) -> list[Any]:
    """Return the conditions for the rows behind a number, up to another, whose time is up."""
    found = _found(step, now)
    key = found.selected_columns[0]
    return [key > after, key <= last, found.whereclause]


def still_due(session: Session, step: str, now: datetime, ids: list[int]) -> list[int]:
    """Return which of these rows, locked by now, are still older than promised."""
    found = _found(step, now)
    return list(session.scalars(found.where(found.selected_columns[0].in_(ids))))


def overdue(session: Session, now: datetime) -> dict[str, int]:
    """Return for each rule how many rows are older than promised, by more than the job needs to notice."""
    counts: Counter[str] = Counter()
    for step, (rule, _) in FIND.items():
        counts[rule] += session.scalar(select(func.count()).select_from(_found(step, now, late=True).subquery())) or 0
    return dict(+counts)
