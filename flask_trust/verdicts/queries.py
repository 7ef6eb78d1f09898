"""Reading what stands against an author."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from .models import Verdict
from .rules import ReplyKind, Verdicts


def verdicts_on(session: Session, person_id: int) -> Verdicts:
    """Return what stands against one author, as of now even in an old transaction."""
    return _found(session, Verdict.person_id == person_id)


def verdicts_on_reply(session: Session, kind: ReplyKind, number: int, person_id: int) -> Verdicts:
    """Return what stands against whoever replies here: a colleague cannot put back what was taken down either."""
    here = and_(Verdict.kind == kind, Verdict.object_id == number)
    return _found(session, or_(here, Verdict.person_id == person_id))


def _found(session: Session, wanted: ColumnElement[bool]) -> Verdicts:
    columns = (Verdict.kind, Verdict.object_id, Verdict.nonce, Verdict.digest, Verdict.withheld)
    # A locking read: MariaDB's plain reads see the moment of the first one, before whoever decided had committed.
    rows = session.execute(select(*columns).where(wanted).with_for_update(read=True)).all()
    texts = frozenset((row.nonce, row.digest) for row in rows)
    return Verdicts(texts, frozenset((row.kind, row.object_id) for row in rows if row.withheld))
