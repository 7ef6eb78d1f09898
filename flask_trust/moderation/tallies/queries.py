"""Counting what came in, what can be read, and what cannot and by whose wish."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import Session

from ...scores.queries import SHOP_RATINGS, SHOP_REVIEWS, find_scores
from ...verdicts.rules import WITHHELD, VoteKind
from ..contents import MODELS
from ..models import Case
from ..replies.queries import replies_by_ground

#: What a case says of something that staff had taken down when its author was erased.
TAKEN_DOWN = Case.outcome == "removed"

_TOTALS = {"review": SHOP_REVIEWS, "rating": SHOP_RATINGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What the shop's staff keeps from being read, while checking and for good, by reason ("G1" to "G8")."""

    hidden: Mapping[str, int]
    removed: Mapping[str, int]

    @property
    def withheld(self) -> int:
        """Return how many these are in all."""
        return sum(self.hidden.values()) + sum(self.removed.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Withheld):
    """What has come in of one kind, as far as its time has come: received = shown + all the others.

    `withdrawn` counts what authors took back themselves, and `erased` what went together with its author's data.
    """

    shown: int
    withdrawn: int
    erased: int

    @property
    def received(self) -> int:
        """Return how many have come in."""
        return self.shown + self.withheld + self.withdrawn + self.erased


@dataclass(frozen=True, slots=True)
class Counts:
    """The tallies of product reviews and of ratings of sellers; `replies` to them are in neither.

    A reply that is deleted leaves no row, so nobody counts how many there were.
    """

    reviews: Tally
    ratings: Tally
    replies: Withheld


def counts(session: Session, now: datetime) -> Counts:
    """Return how many reviews and ratings came in, can be read, are withheld for which reason, and are gone."""
    replies = replies_by_ground(session)
    withheld = Withheld(hidden=replies["hidden"], removed=replies["removed"])
    return Counts(_tally(session, "review", now), _tally(session, "rating", now), withheld)


def _tally(session: Session, kind: VoteKind, now: datetime) -> Tally:
    model, (total, key) = MODELS[kind], _TOTALS[kind]
    score = find_scores(session, total, [key], now).get(key)
    # What cannot be read is little; what can be read was counted already, whatever its number.
    gone = select(model.state, func.count()).where(model.live == false(), model.shown_at <= now)
    states = {row[0]: row[1] for row in session.execute(gone.group_by(model.state))}
    reasons = _by_ground(session, kind)
    # The author's erasure is not why nobody can read what staff had taken down before.
    erased = states.get("erased", 0) - reasons["erased"].total()
    shown = score.shown if score else 0
    removed = reasons["removed"] + reasons["erased"]
    withdrawn = states.get("withdrawn", 0)
    return Tally(shown=shown, hidden=reasons["hidden"], removed=removed, withdrawn=withdrawn, erased=erased)


def _by_ground(session: Session, kind: VoteKind) -> defaultdict[str, Counter[str]]:
    """Count by state and reason what staff keeps from being read; "erased" is what was taken down before that."""
    model, found = MODELS[kind], defaultdict[str, Counter[str]](Counter)
    query = select(model.state, Case.ground, func.count()).join(model, model.id == Case.object_id)
    wanted = or_(model.state.in_(WITHHELD), and_(model.state == "erased", TAKEN_DOWN))
    query = query.where(Case.kind == kind, wanted).group_by(model.state, Case.ground).order_by(Case.ground)
    for state, ground, number in session.execute(query):
        found[state][ground or ""] += number
    return found
