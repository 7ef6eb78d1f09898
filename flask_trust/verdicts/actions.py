"""Writing what stands against an author; every function belongs to the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..clock import month_of
from ..journal.actions import new_nonce
from .marks import marks_of
from .models import Verdict
from .rules import NOBODY, Kind, are_telling, digest_of


def forbid(
    session: Session, kind: Kind, number: int, person_id: int, words: str, now: datetime, *, place: int | None
) -> None:
    """Keep these words of an author down, and whatever else they write in the same place until staff has looked.

    Nobody else can say them in the `place` either once the author is erased; None where others may. Of several
    decisions about the same words, the last one counts.
    """
    mark = "" if place is None or not are_telling(words) else next(iter(marks_of(kind, place, words)), "")
    known = [row for row in _of(session, kind, number) if digest_of(row.nonce, words) == row.digest]
    _set(session, kind, number, withheld=True)
    for row in known:
        row.mark = mark
    if not known:
        nonce = new_nonce()
        whose = {"person_id": person_id, "kind": kind, "object_id": number, "nonce": nonce, "at": now}
        session.add(Verdict(**whose, digest=digest_of(nonce, words), mark=mark, withheld=True))
    session.flush()


def lift(session: Session, kind: Kind, number: int, words: str, *, place: int) -> None:
    """Let these words stand again; other words that were taken down in the same place stay down."""
    for row in _of(session, kind, number):
        if digest_of(row.nonce, words) == row.digest:
            session.delete(row)
    session.flush()
    same = Verdict.mark.in_(marks_of(kind, place, words))
    session.execute(delete(Verdict).where(same, Verdict.person_id == NOBODY))
    _set(session, kind, number, withheld=False)


def _of(session: Session, kind: Kind, number: int) -> list[Verdict]:
    query = select(Verdict).where(Verdict.kind == kind, Verdict.object_id == number).order_by(Verdict.id)
    return list(session.scalars(query.with_for_update()))


def _set(session: Session, kind: Kind, number: int, *, withheld: bool) -> None:
    mine = (Verdict.kind == kind, Verdict.object_id == number)
    session.execute(update(Verdict).where(*mine).values(withheld=withheld))


def forget_verdicts(session: Session, person_id: int) -> None:
    """Delete what stood against an author who is erased; words stay down where they stood, and are nobody's."""
    session.execute(delete(Verdict).where(Verdict.person_id == person_id, Verdict.mark == ""))
    for row in session.scalars(select(Verdict).where(Verdict.person_id == person_id).with_for_update()):
        row.person_id, row.nonce, row.digest, row.at = NOBODY, "", "", month_of(row.at)
    session.flush()


def merge_verdicts(session: Session, old: int, new: int) -> None:
    """Let what stands against one account stand against the one it has become."""
    session.execute(update(Verdict).where(Verdict.person_id == old).values(person_id=new))
