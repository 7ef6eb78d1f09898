"""The rows that votes count for: products, families, sellers, and the shop's two totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from ...db import find_or_insert
from ...db.dialect import table_of
from ..models import Subject

TITLE_LENGTH = 200
#: The shop's totals over all product reviews and over all ratings of sellers.
TOTALS = (("shop", "ratings"), ("shop", "reviews"))


def subject_id(session: Session, kind: str, key: str) -> int:
    """Return our number of a product, family, seller or shop's total, making its row when it is new."""
    known = session.scalar(select(Subject.id).where(Subject.kind == kind, Subject.key == key))
    return known or find_or_insert(session, Subject, {"kind": kind, "key": key}, {"title": ""}).id


def subject_ids(session: Session, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return our numbers of several (kind, key) and of the shop's totals, making the rows that are missing.

    New rows are made in one order, so that two transactions with the same new ones do not wait for each other in a
    circle. The totals are made here, with the first order, because MariaDB locks the gap beside a new row: made by
    the first votes, which hold other locks by then, they would end one vote after the other in a deadlock.
    """
    pairs = sorted({*wanted, *TOTALS})
    rows = session.execute(
        select(Subject.kind, Subject.key, Subject.id).where(tuple_(Subject.kind, Subject.key).in_(pairs))
    )
    known = {(row.kind, row.key): row.id for row in rows}
    return {pair: known.get(pair) or subject_id(session, *pair) for pair in pairs}


def shop_id(session: Session, total_key: str = "reviews") -> int:
    """Return our number of the shop's total over all product reviews, or over all ratings of sellers."""
    return subject_id(session, "shop", total_key)


def retitle(session: Session, titles: Mapping[int, str]) -> None:
    """Keep the names that the shop gives its products now, for pages that have to do without the shop."""
    short = {number: title[:TITLE_LENGTH] for number, title in titles.items() if title}
    if not short:
        return
    table = table_of(Subject)
    known = session.execute(select(table.c.id, table.c.title).where(table.c.id.in_(short)).order_by(table.c.id)).all()
    new = [{"number": row.id, "name": short[row.id]} for row in known if row.title != short[row.id]]
    if new:
        named = update(table).where(table.c.id == bindparam("number")).values(title=bindparam("name"))
        session.connection().execute(named, new)
