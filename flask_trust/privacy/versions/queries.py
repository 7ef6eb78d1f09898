"""Reading published versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from ...reviews.models import Review
from .models import PolicyVersion


def number_at(session: Session, moment: datetime) -> int | None:
    """Return the number of the version that held at a moment, or None before the first.

    Versions are neither changed nor deleted, so this says for every review which one its author could read.
    """
    then = (PolicyVersion.effective_at <= moment, PolicyVersion.published_at <= moment)
    return session.scalar(select(PolicyVersion.number).where(*then).order_by(PolicyVersion.number.desc()).limit(1))


def all_versions(session: Session) -> Sequence[PolicyVersion]:
    """Return every version without its facts and pages, newest first."""
    columns = (PolicyVersion.number, PolicyVersion.published_at, PolicyVersion.effective_at, PolicyVersion.note)
    query = select(PolicyVersion).options(load_only(*columns))
    return session.scalars(query.order_by(PolicyVersion.number.desc())).all()


def by_number(session: Session, number: int) -> PolicyVersion | None:
    """Return one version, or None."""
    return session.scalar(select(PolicyVersion).where(PolicyVersion.number == number))


def newest(session: Session) -> PolicyVersion | None:
    """Return the version that was published last, whether or not it holds already."""
    return session.scalars(select(PolicyVersion).order_by(PolicyVersion.number.desc()).limit(1)).first()


def facts_of_all(session: Session) -> Sequence[tuple[int, str]]:
    """Return numbers and facts of all versions, oldest first."""
    query = select(PolicyVersion.number, PolicyVersion.facts).order_by(PolicyVersion.number)
    return [(number, facts) for number, facts in session.execute(query)]


def moments_of(session: Session, review_id: str) -> tuple[datetime, datetime | None] | None:
    """Return when a review was written and last changed, by its public id; None where there is no such review."""
    row = session.execute(select(Review.written_at, Review.edited_at).where(Review.public_id == review_id)).first()
    return (row[0], row[1]) if row else None
