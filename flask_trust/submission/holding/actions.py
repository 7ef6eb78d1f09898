"""Locking what a post changes, and making sure that all is as its page has shown it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from ...db import lock_row
from ...orders.models import Deal
from ...orders.queries import deals_now
from ...people.models import Person
from ...ratings.queries import ratings_of
from ..queries import disowned_now, versions_of_order
from ..sheet import Row, SellerRow, Sheet


class Overtaken(Exception):
    """Something else changed the reviews of this order, or the order's owner, while this was being written."""


def hold_buyer(session: Session, sheet: Sheet) -> str:
    """Lock the buyer, and with them all they write, and return the public name they have now."""
    buyer = lock_row(session, Person, sheet.buyer.id, "key", "merged_into", "public_name")
    if buyer.key is None or buyer.merged_into is not None:
        raise Overtaken
    name: str = buyer.public_name
    return name


def hold_still(
    session: Session, sheet: Sheet, rows: Sequence[Row], sellers: Sequence[SellerRow] = ()
) -> Sequence[Deal]:
    """Lock the buyer and the order's deals; make sure that all is as the sheet shows."""
    hold_buyer(session, sheet)
    deals = deals_now(session, sheet.deal_ids)
    if is_disowned(session, sheet) or _reviews_changed(session, sheet, rows) or ratings_changed(session, sellers):
        raise Overtaken
    return deals


def is_disowned(session: Session, sheet: Sheet) -> bool:
    """Say whether it has changed whose the order is."""
    return disowned_now(session, sheet.order.id) != sheet.order.disowned_at


def _reviews_changed(session: Session, sheet: Sheet, rows: Sequence[Row]) -> bool:
    known = versions_of_order(session, sheet.order.id) if rows else {}
    seen = versions_seen(rows)
    return seen != {key: known.get(key, 0) for key in seen}


def versions_seen(rows: Sequence[Row]) -> dict[int, int]:
    """Return the version of each line's review as the page has shown it, 0 for none."""
    return {row.line.id: row.review.version if row.review else 0 for row in rows}


def ratings_changed(session: Session, sellers: Sequence[SellerRow]) -> bool:
    """Say whether any of these ratings is another one than the page has shown."""
    if not sellers:
        return False
    known = ratings_of(session, [row.deal.id for row in sellers])
    seen = {row.deal.id: row.rating.version if row.rating else 0 for row in sellers}
    return seen != {key: known[key].version if key in known else 0 for key in seen}
