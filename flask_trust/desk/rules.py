"""How things stand between buyer and seller, as one of them may know it: pure rules."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ..orders.rules import is_open, waits
from ..ratings.rules import Deal

#: How many deals a page shows, and so how many can be ticked at once.
PAGE = 50
REPLY_LENGTH = 1000

Side = Literal["buyer", "seller"]

#: "nobody" to "both" wait for each other; "passed" and "at_once" can be read once written; the rest is over.
Standing = Literal[
    "pending", "nobody", "mine", "theirs", "both", "passed", "at_once", "both_read", "mine_read", "theirs_read", "empty"
]


def standing(deal: Deal, side: Side, now: datetime, *, mine: bool, theirs: bool) -> Standing:
    """Return how a deal stands as one side may know it; `mine` and `theirs` say whose words can be read by now."""
    if deal.state == "pending":
        return "pending"
    if waits(deal, now):
        buyer, seller = buyer_wrote(deal), deal.seller_rated_at is not None
        return _who_wrote(buyer, seller) if side == "buyer" else _who_wrote(seller, buyer)
    if is_open(deal, now):
        return "passed" if deal.passed_at is not None else "at_once"
    if mine and theirs:
        return "both_read"
    return "mine_read" if mine else "theirs_read" if theirs else "empty"


def _who_wrote(mine: bool, theirs: bool) -> Standing:
    if mine and theirs:
        return "both"
    return "mine" if mine else "theirs" if theirs else "nobody"


def buyer_wrote(deal: Deal) -> bool:
    """Say whether the buyer has said anything, about the goods or the seller: more nobody may know before."""
    return deal.buyer_wrote_at is not None or deal.buyer_rated_at is not None


def is_closed(deal: Deal, now: datetime) -> bool:
    """Say whether a deal is over, so that the buyer's record is none of the seller's business any more."""
    return deal.state != "pending" and not is_open(deal, now)
