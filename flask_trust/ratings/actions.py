"""Writing ratings: each side for itself, under the lock of the deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..journal.actions import Role, commitment, entry, new_nonce, record, record_all
from ..journal.models import Entry
from ..orders.models import Deal, Order
from ..reviews.actions import new_public_id
from ..reviews.now.queries import said_before
from ..scores.actions import adding_votes, lock_total, moving_totals, touch
from ..scores.subjects.actions import Beside
from ..verdicts.marks import marks_of
from ..verdicts.queries import kept_down, verdicts_on
from ..verdicts.rules import NONE, STANDING, WITHHELD, Forbidden, Verdicts
from .models import BuyerRating, FormerRating, Rating, Reply
from .queries import buyer_ratings_of, ratings_of
from .rules import ASPECTS, QUESTIONS, BuyerDraft, Obstacle, RatingDraft, may_rate_buyer, may_write, shown_from


class Refused(Exception):
    """Nothing can be written (any more); `reason` says why."""

    def __init__(self, reason: Obstacle) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SellerSaying:
    """What is said about a seller, in which language, and whether it may count."""

    draft: RatingDraft
    lang: str
    eligible: bool = True


def write_ratings(
    session: Session, deals: Sequence[Deal], sayings: Mapping[int, SellerSaying], person_id: int, now: datetime
) -> list[Rating]:
    """Write or change what a buyer says about sellers (`sayings` by deal), under the locks of the buyer and the deals.

    Returns what is new or different; raises `Refused`, and `Forbidden` for words that staff has taken down. What it
    has hidden stays so with new words.
    """
    chosen = [deal for deal in deals if deal.id in sayings]
    if not chosen:
        return []
    marks = {deal.id: marks_of("rating", deal.seller_id, sayings[deal.id].draft.text) for deal in chosen}
    beside = Beside((said_before(), kept_down()), {"person": person_id, "marks": [*chain(*marks.values())]})
    with adding_votes(session, Rating, [deal.seller_id for deal in chosen], person_id, now, beside) as adding:
        # Only now: what staff decides moves totals too, and so waits for us, or we for it.
        known = ratings_of(session, [*marks], locked=True) if adding.beside.said_before else {}
        stands = adding.beside.said_before or adding.beside.kept_down
        verdicts = verdicts_on(session, person_id, beside.values["marks"]) if stands else NONE
        _refuse_forbidden(verdicts, known, {deal.id: sayings[deal.id] for deal in chosen}, marks)
        written = [_write(session, deal, known.get(deal.id), sayings[deal.id], person_id, now) for deal in chosen]
        adding.votes += [rating for rating, _, _ in written if rating.deal_id not in known]
    record_all(session, [_entry(rating, event, now, before=before) for rating, event, before in written if event])
    return [rating for rating, event, _ in written if event]


def _refuse_forbidden(
    verdicts: Verdicts, known: Mapping[int, Rating], sayings: Mapping[int, SellerSaying], marks: Mapping[int, list[str]]
) -> None:
    said = {key: _said(rating) for key, rating in known.items()}
    new = {key: saying.draft for key, saying in sayings.items() if saying.draft != said.get(key)}
    forbidden = [key for key, draft in new.items() if verdicts.forbids(draft.text, marks[key])]
    if forbidden:
        raise Forbidden("rating", forbidden)


def _said(rating: Rating) -> RatingDraft | None:
    return draft_of(rating) if rating.state in STANDING else None


def _write(
    session: Session, deal: Deal, old: Rating | None, saying: SellerSaying, person_id: int, now: datetime
) -> tuple[Rating, str, str | None]:
    """Return the row, what happened to it ("" for nothing) and its state before."""
    before = old.state if old else None
    if old is not None and _said(old) == saying.draft:
        return old, "", before
    reason = may_write(deal, old, now)
    if reason is not None:
        raise Refused(reason)
    if old is None or before == "withdrawn":
        rating = old or Rating(public_id=new_public_id(), deal_id=deal.id, subject_id=deal.seller_id, version=0)
        rating.person_id, rating.state, rating.live = person_id, "shown", True
        rating.written_at, rating.shown_at, rating.revised_at = now, shown_from(deal, now), None
        event = "published" if rating.shown_at <= now else "written"
    else:
        rating, event = old, "changed"
        if old.shown_at <= now:
            _keep_former(session, old, now)
            old.revised_at = now
        if old.state in WITHHELD:
            old.state = "hidden"  # until staff has looked at the new words
    _fill(rating, saying)
    return rating, event, before


def _fill(rating: Rating, saying: SellerSaying) -> None:
    for name, value in asdict(saying.draft).items():
        setattr(rating, name, value)
    rating.lang, rating.eligible, rating.nonce = saying.lang, saying.eligible, new_nonce()
    rating.version += 1


def _keep_former(session: Session, rating: Rating, now: datetime) -> None:
    said = asdict(draft_of(rating))
    if rating.state in WITHHELD:  # readers see one former value, and none of the words that were taken down
        session.execute(delete(FormerRating).where(FormerRating.rating_id == rating.id))
    kept = {"no": rating.version, "nonce": rating.nonce, "withheld": rating.state in WITHHELD, "until": now}
    session.add(FormerRating(rating_id=rating.id, **kept, **said))


def draft_of(rating: Rating | FormerRating) -> RatingDraft:
    """Return what a rating says, or said."""
    assert rating.stars is not None
    aspects = {name: getattr(rating, name) for name in ASPECTS}
    return RatingDraft(rating.stars, rating.text, rating.note or "", **aspects)


def content_of(rating: Rating) -> dict[str, Any]:
    """Return what the journal commits to."""
    return {"id": rating.public_id, **asdict(draft_of(rating))}


def former_content_of(rating: Rating, former: FormerRating) -> dict[str, Any]:
    """Return what the journal committed to before a revision."""
    return {"id": rating.public_id, **asdict(draft_of(former))}


def _note(session: Session, rating: Rating, event: str, now: datetime, before: str | None, by: Role = "buyer") -> None:
    session.add(_entry(rating, event, now, before=before, by=by))


def _entry(rating: Rating, event: str, now: datetime, before: str | None, by: Role = "buyer") -> Entry:
    return entry(
        event,
        "rating",
        rating.id,
        at=now,
        role=by,
        actor_id=rating.person_id if by == "buyer" else None,
        state=(before, rating.state),
        committed=commitment(rating.nonce, content_of(rating)) if rating.nonce else None,
    )


def withdraw_rating(session: Session, deal: Deal, person_id: int, now: datetime) -> bool:
    """Take a rating back that nobody has read yet (T4); raises `Refused` once it can be read."""
    rating = ratings_of(session, [deal.id]).get(deal.id)
    if rating is None or rating.state != "shown":
        return False
    if rating.shown_at <= now:
        raise Refused("over")
    with moving_totals(session, Rating, [deal.seller_id], [person_id], now):
        _empty(session, rating, "withdrawn")
        _note(session, rating, "withdrawn", now, before="shown")
    return True


def _empty(session: Session, rating: Rating, state: str) -> None:
    session.execute(delete(FormerRating).where(FormerRating.rating_id == rating.id))
    session.execute(delete(Reply).where(Reply.rating_id == rating.id))
    rating.taken_down = state == "erased" and rating.state == "removed"
    rating.state, rating.live = state, False
    rating.text = rating.note = ""
    rating.stars = rating.nonce = None
    for name in ASPECTS:
        setattr(rating, name, None)
    rating.version += 1


def write_buyer_rating(
    session: Session, deal: Deal, draft: BuyerDraft, author_id: int, now: datetime
) -> BuyerRating | None:
    """Write or change what a seller says about the buyer, under the lock of the deal.

    Returns None where the same was said before; raises `Refused`.
    """
    old = buyer_ratings_of(session, [deal.id]).get(deal.id)
    before = old.state if old else None
    if old is not None and before == "shown" and answers_of(old) == draft:
        return None
    reason = may_rate_buyer(deal, old, now)
    if reason is not None:
        raise Refused(reason)
    rating = old or BuyerRating(deal_id=deal.id, version=0)
    if before == "shown":
        rating.revised_at = now if rating.shown_at <= now else None
    else:
        rating.person_id, rating.state, rating.live = session.get_one(Order, deal.order_id).buyer_id, "shown", True
        rating.written_at, rating.shown_at = now, shown_from(deal, now)
    for name in QUESTIONS:
        setattr(rating, name, getattr(draft, name))
    rating.author_id, rating.nonce = author_id, new_nonce()
    rating.version += 1
    session.add(rating)
    session.flush()
    event = "changed" if before == "shown" else "written"
    _note_buyer_rating(session, rating, event, now, before=before, by=("seller", author_id))
    return rating


def answers_of(rating: BuyerRating) -> BuyerDraft:
    """Return what a seller has said about a buyer."""
    return BuyerDraft(rating.paid, rating.reachable, rating.again)


def buyer_content_of(rating: BuyerRating) -> dict[str, Any]:
    """Return what the journal commits to."""
    return {"deal": rating.deal_id, **asdict(answers_of(rating))}


def _note_buyer_rating(
    session: Session, rating: BuyerRating, event: str, now: datetime, *, before: str | None, by: tuple[Role, int | None]
) -> None:
    role, actor_id = by
    record(
        session,
        event,
        "buyer_rating",
        rating.id,
        at=now,
        role=role,
        actor_id=actor_id,
        state=(before, rating.state),
        committed=commitment(rating.nonce, buyer_content_of(rating)) if rating.nonce else None,
    )


def withdraw_buyer_rating(session: Session, deal: Deal, actor_id: int, now: datetime) -> bool:
    """Take back what the seller said, as long as nobody has read it; raises `Refused` afterwards.

    Any of the seller's people may, so the journal names the one who did.
    """
    rating = buyer_ratings_of(session, [deal.id]).get(deal.id)
    if rating is None or rating.state != "shown":
        return False
    if rating.shown_at <= now:
        raise Refused("over")
    _empty_buyer_rating(rating, "withdrawn")
    _note_buyer_rating(session, rating, "withdrawn", now, before="shown", by=("seller", actor_id))
    return True


def _empty_buyer_rating(rating: BuyerRating, state: str) -> None:
    rating.state, rating.live, rating.nonce = state, False, None
    for name in QUESTIONS:
        setattr(rating, name, None)
    rating.version += 1


def erase_ratings(session: Session, person_id: int, now: datetime, by: Role = "buyer") -> None:
    """Erase what a person has said about sellers, what sellers said about them, and replies they wrote."""
    lock_total(session, Rating)
    mine = _ratings_by(session, person_id)
    with moving_totals(session, Rating, {rating.subject_id for rating in mine}, [person_id], now):
        for rating in _ratings_by(session, person_id):
            if rating.state in STANDING:  # what its author took back before is counted as that
                before = rating.state
                _empty(session, rating, "erased")
                _note(session, rating, "erased", now, before=before, by=by)
    about_me = select(BuyerRating).where(BuyerRating.person_id == person_id, BuyerRating.state != "erased")
    for answer in session.scalars(about_me.with_for_update()):
        before = answer.state
        _empty_buyer_rating(answer, "erased")
        _note_buyer_rating(session, answer, "erased", now, before=before, by=(by, person_id if by == "buyer" else None))
    answered = select(Rating.subject_id).join(Reply, Reply.rating_id == Rating.id).where(Reply.author_id == person_id)
    touch(session, Rating, session.scalars(answered).all())
    session.execute(delete(Reply).where(Reply.author_id == person_id))
    session.execute(update(BuyerRating).where(BuyerRating.author_id == person_id).values(author_id=None))


def _ratings_by(session: Session, person_id: int) -> Sequence[Rating]:
    return session.scalars(select(Rating).where(Rating.person_id == person_id).with_for_update()).all()


def merge_raters(session: Session, old: int, new: int, now: datetime) -> None:
    """Give what one account has said and what was said about it to another; one vote counts per seller."""
    lock_total(session, Rating)
    subjects = {rating.subject_id for rating in _ratings_by(session, old)}
    with moving_totals(session, Rating, subjects, [old, new], now):
        for rating in _ratings_by(session, old):
            rating.person_id = new
    session.execute(update(BuyerRating).where(BuyerRating.person_id == old).values(person_id=new))
    session.execute(update(BuyerRating).where(BuyerRating.author_id == old).values(author_id=new))
    session.execute(update(Reply).where(Reply.author_id == old).values(author_id=new))
