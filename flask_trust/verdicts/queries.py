"""Reading what stands against an author."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from .models import Verdict
from .rules import Verdicts


def verdicts_on(session: Session, person_id: int) -> Verdicts:
    """Return what stands against one author, as of now even in an old transaction."""
    columns = (Verdict.kind, Verdict.object_id, Verdict.nonce, Verdict.digest, Verdict.withheld)
    # A locking read: MariaDB's plain reads see the moment of the first one, before whoever decided had committed.
    rows = session.execute(select(*columns).where(Verdict.person_id == person_id).with_for_update(read=True)).all()
    texts = frozenset((row.nonce, row.digest) for row in rows)
    return Verdicts(texts, frozenset((row.kind, row.object_id) for row in rows if row.withheld))
