"""Carrying out what was posted behind the link, each in one transaction of our own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from .. import lookup
from ..db import lock_rows, transaction
from ..invitations import actions as invitations
from ..invitations.queries import find as find_request
from ..moderation.corrections.actions import look_again
from ..orders import actions as orders
from ..orders.models import Deal, Order
from ..orders.queries import deals_now
from ..orders.rules import waits
from ..people.actions import close_page, open_page, rename
from ..people.models import Person
from ..ratings import notices, opening
from ..ratings.actions import Refused, SellerSaying, withdraw_rating, write_ratings
from ..ratings.models import Rating
from ..ratings.rules import RatingDraft, shown_from
from ..reviews.actions import Saying, withdraw, write
from ..reviews.families.actions import keep_families
from ..reviews.models import Review
from ..reviews.now.queries import Changed
from ..reviews.rules import Draft
from ..scores.actions import lock_total, touch_pages_of
from ..scores.subjects.actions import TITLE_LENGTH, retitle
from ..state import State
from ..verdicts.rules import Forbidden, Kind
from .holding.actions import Overtaken, hold_buyer, hold_still, is_disowned, ratings_changed, versions_seen
from .sheet import Row, SellerRow, Sheet


@dataclass(frozen=True, slots=True)
class Said:
    """What a buyer says on one page: reviews (draft and language by line), ratings (by deal), and the public name."""

    reviews: Mapping[int, tuple[Draft, str]]
    ratings: Mapping[int, tuple[RatingDraft, str]]
    public_name: str

    def without(self, forbidden: Forbidden) -> Said:
        """Return all but what staff has taken down before."""
        if forbidden.kind == "review":
            return replace(self, reviews={key: self.reviews[key] for key in self.reviews.keys() - forbidden.keys})
        return replace(self, ratings={key: self.ratings[key] for key in self.ratings.keys() - forbidden.keys})


def publish_what_may(state: State, sheet: Sheet, said: Said) -> set[tuple[Kind, int]]:
    """Publish all but words that staff has taken down before; returns those by kind and our number of line or deal.

    Raises what `publish` raises.
    """
    try:
        publish(state, sheet, said)
    except Forbidden as error:
        return publish_what_may(state, sheet, said.without(error)) | {(error.kind, key) for key in error.keys}
    return set()


def publish(state: State, sheet: Sheet, said: Said) -> int:
    """Publish or change reviews, ratings and the public name; returns how many of them changed.

    Raises `Overtaken` where the buyer was erased or merged, the order disowned, a review or rating changed since the
    sheet was read or its time ran out, and `AdapterError` where the shop cannot say whether the writer works for the
    seller. Raises `Forbidden` for words that staff has taken down; nothing was written then.
    """
    rows = [row for row in sheet.rows if row.line.id in said.reviews and said.reviews[row.line.id][0] != row.said]
    sellers = [row for row in sheet.sellers if row.deal.id in said.ratings and said.ratings[row.deal.id][0] != row.said]
    works_for = _employers(state, sheet, {row.seller_key for row in rows} | {row.key for row in sellers})

    def work(session: Session) -> int:
        name, deals = hold_buyer(session, sheet), deals_now(session, sheet.deal_ids)
        if (not rows and is_disowned(session, sheet)) or ratings_changed(session, sellers):
            raise Overtaken  # of an order with new reviews, `write` finds out by itself
        writing = Writing(session, sheet, deals, state.clock())
        changed = writing.review(rows, said.reviews, works_for)
        changed += writing.rate(sellers, said.ratings, works_for, reviewed=bool(rows))
        _keep_names(session, rows, sellers)
        if name != said.public_name and rename(session, sheet.buyer.id, said.public_name):
            touch_pages_of(session, sheet.buyer.id)
        if said.reviews or said.ratings:
            invitations.note_answer(session, sheet.order.id, writing.now)
        if changed:
            notices.acknowledge(session, sheet.order, deals, writing.now)
        return changed

    return transaction(state, work)


class Writing:
    """One buyer's writing about one order at one moment, with the order's deals locked."""

    def __init__(self, session: Session, sheet: Sheet, deals: Sequence[Deal], now: datetime) -> None:
        self.session, self.sheet, self.now = session, sheet, now
        self.deals = {deal.id: deal for deal in deals}

    def review(self, rows: Sequence[Row], drafts: Mapping[int, tuple[Draft, str]], works_for: set[str]) -> int:
        """Write reviews; in a deal that waits they wait with it."""
        outside = [row for row in rows if row.seller_key not in works_for]
        for deal_id in {row.line.deal_id for row in outside} & set(self.deals):
            opening.note_buyer_wrote(self.session, self.deals[deal_id], self.now, rated=False)
        sayings = {
            row.line.id: Saying(
                *drafts[row.line.id],
                insider=row.seller_key in works_for,
                shown_at=self._shown_from(row, works_for),
            )
            for row in rows
        }
        new = [row.line.deal_id for row in rows if row.given is None and sayings[row.line.id].shown_at == self.now]
        orders.tell_of(self.session, new, self.now)  # before any total is locked
        # Whether a product has left its family, the job asks once a day: here the shop may only be out of order. What
        # waits lets no product join one: all pages of the family would tell that something was written.
        joining = [row for row in rows if row.family is not None and sayings[row.line.id].shown_at == self.now]
        if families := {row.line.subject_id: row.family for row in joining}:
            keep_families(self.session, families, self.now)
        lines, order, seen = [row.line for row in rows], self.sheet.order, versions_seen(rows)
        try:
            written = write(self.session, order, lines, sayings, self.sheet.buyer.id, self.now, seen)
        except Changed as error:
            raise Overtaken from error
        self._look_again("review", written)
        return len(written)

    def _look_again(self, kind: Kind, written: Sequence[Review] | Sequence[Rating]) -> None:
        """Let staff decide about new words in place of those that they have taken down."""
        look_again(self.session, kind, [row.id for row in written if row.state == "hidden"], self.now)

    def _shown_from(self, row: Row, works_for: set[str]) -> datetime:
        # Whoever works for the seller cannot rate them, so there is nobody to wait for.
        deal = None if row.seller_key in works_for else self.deals.get(row.line.deal_id)
        return shown_from(deal, self.now) if deal else self.now

    def rate(
        self,
        rows: Sequence[SellerRow],
        drafts: Mapping[int, tuple[RatingDraft, str]],
        works_for: set[str],
        *,
        reviewed: bool,
    ) -> int:
        """Write ratings of sellers, and open the deals in which the other side has written too.

        `reviewed`: reviews were written before, so that their totals are locked.
        """
        if not rows:
            return 0
        if not reviewed:
            lock_total(self.session, Review)  # reviews come first on every path, and opening may move their totals
        deals = [self.deals[row.deal.id] for row in rows]
        sayings = {row.deal.id: self._seller_saying(row, *drafts[row.deal.id], works_for) for row in rows}
        for deal in deals:
            opening.note_buyer_wrote(self.session, deal, self.now, rated=True)
        try:
            written = write_ratings(self.session, deals, sayings, self.sheet.buyer.id, self.now)
        except Refused as error:
            raise Overtaken from error
        self._look_again("rating", written)
        for rating in written:
            if rating.shown_at == self.now and rating.revised_at is None:  # nobody was waited for
                opening.announce_opened(self.session, self.deals[rating.deal_id])
        opening.open_where_both_rated(self.session, deals, self.now)
        return len(written)

    def _seller_saying(self, row: SellerRow, draft: RatingDraft, lang: str, works_for: set[str]) -> SellerSaying:
        if row.key in works_for:
            raise Overtaken  # the page says so before; whoever speaks for the seller cannot rate them
        return SellerSaying(draft, lang, eligible=not self.sheet.order.incentive)


def _keep_names(session: Session, rows: Sequence[Row], sellers: Sequence[SellerRow]) -> None:
    """Keep what the shop calls its products and sellers now."""
    named = {row.line.subject_id: (row.product_name, row.kept_name) for row in rows}
    named |= {row.deal.seller_id: (row.name, row.kept_name) for row in sellers if row.name != row.key}
    retitle(session, {number: name for number, (name, kept) in named.items() if name[:TITLE_LENGTH] != kept})


def _employers(state: State, sheet: Sheet, sellers: Collection[str]) -> set[str]:
    """Return which of these sellers the writer works for."""
    return {
        seller for seller in sellers if any(lookup.works_for(state.shop, each, seller) for each in sheet.buyer_keys)
    }


def take_back(state: State, sheet: Sheet, row: Row) -> None:
    """Delete the review of one line on its author's wish."""
    review = row.given
    if review is None:
        return

    def work(session: Session) -> None:
        deals = hold_still(session, sheet, [row])
        now = state.clock()
        withdraw(session, review.id, row.line.subject_id, sheet.buyer.id, row.line, now)
        for deal in deals:
            if deal.id == row.line.deal_id:
                opening.note_buyer_withdrew(session, deal, now)

    transaction(state, work)


def take_rating_back(state: State, sheet: Sheet, row: SellerRow) -> None:
    """Take a rating back that nobody has read yet; raises `Overtaken` once it can be read."""

    def work(session: Session) -> None:
        deals = hold_still(session, sheet, [], [row])
        now = state.clock()
        for deal in deals:
            if deal.id == row.deal.id:
                _withdraw_rating(session, sheet, deal, now)

    transaction(state, work)


def _withdraw_rating(session: Session, sheet: Sheet, deal: Deal, now: datetime) -> None:
    try:
        withdraw_rating(session, deal, sheet.buyer.id, now)
    except Refused as error:
        raise Overtaken from error
    opening.note_buyer_withdrew(session, deal, now)


def note_not_arrived(state: State, sheet: Sheet) -> None:
    """Note that nothing has arrived, and ask again a week later."""

    def work(session: Session) -> None:
        order = session.get_one(Order, sheet.order.id)
        orders.deny_arrival(session, order, state.clock())
        invitations.snooze(session, order, state.clock())

    transaction(state, work)


def note_owner(state: State, sheet: Sheet, *, mine: bool) -> None:
    """Note that the reader did not buy this and ask no more, or take that back."""

    def work(session: Session) -> None:
        lock_rows(session, Person, [sheet.buyer.id])  # as in publishing: nothing is being written at this moment
        order = session.get_one(Order, sheet.order.id)
        if (order.disowned_at is None) == mine:
            return
        orders.disown(session, order, state.clock(), mine=mine)
        request = find_request(session, order.id)
        if not mine and request is not None:
            invitations.stop(request, "not_mine")
        if not mine:
            _take_all_back(session, sheet, state.clock())

    transaction(state, work)


def choose_page(state: State, sheet: Sheet, *, wanted: bool) -> None:
    """Open or close the buyer's own public page; raises `Overtaken` where the buyer was erased or merged."""

    def work(session: Session) -> None:
        lock_rows(session, Person, [sheet.buyer.id])
        buyer = session.get_one(Person, sheet.buyer.id, populate_existing=True)
        if buyer.key is None or buyer.merged_into is not None:
            raise Overtaken
        (open_page if wanted else close_page)(session, buyer, state.clock())

    transaction(state, work)


def _take_all_back(session: Session, sheet: Sheet, now: datetime) -> None:
    """Delete what was said: whoever did not buy it has nothing to say. What sellers can read already stays."""
    deals = deals_now(session, sheet.deal_ids)
    for row in sheet.rows:
        if row.given is not None:
            withdraw(session, row.given.id, row.line.subject_id, sheet.buyer.id, row.line, now)
    for deal in deals:
        if waits(deal, now):
            withdraw_rating(session, deal, sheet.buyer.id, now)
            opening.note_buyer_withdrew(session, deal, now)
