"""Reading what stands against an author."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from ..db.dialect import table_of
from .models import Verdict
from .rules import NOBODY, ReplyKind, Verdicts


def verdicts_on(session: Session, person_id: int, marks: Collection[str]) -> Verdicts:
    """Return what stands against one author and words with these marks, as of now even in an old transaction."""
    nobodys = and_(Verdict.mark.in_(marks), Verdict.person_id == NOBODY)
    return _found(session, or_(Verdict.person_id == person_id, nobodys))


def verdicts_on_reply(session: Session, kind: ReplyKind, number: int, person_id: int) -> Verdicts:
    """Return what stands against whoever replies here: a colleague cannot put back what was taken down either."""
    here = and_(Verdict.kind == kind, Verdict.object_id == number)
    return _found(session, or_(here, Verdict.person_id == person_id))


def _found(session: Session, wanted: ColumnElement[bool]) -> Verdicts:
    columns = (Verdict.kind, Verdict.object_id, Verdict.person_id, Verdict.nonce, Verdict.digest, Verdict.mark)
    # A locking read: MariaDB's plain reads see the moment of the first one, before whoever decided had committed.
    rows = session.execute(select(*columns, Verdict.withheld).where(wanted).with_for_update(read=True)).all()
    texts = frozenset((row.nonce, row.digest) for row in rows if row.person_id != NOBODY)
    marks = frozenset(row.mark for row in rows if row.person_id == NOBODY)
    return Verdicts(texts, frozenset((row.kind, row.object_id) for row in rows if row.withheld), marks)


@cache
def kept_down() -> ColumnElement[bool]:
    """Return whether words with one of `marks` were taken down, by an author who is erased."""
    verdict = table_of(Verdict).c
    marks: Any = bindparam("marks", expanding=True)
    nobodys = and_(verdict.mark.in_(marks), verdict.person_id == NOBODY)
    return exists().where(nobodys).label("kept_down")
