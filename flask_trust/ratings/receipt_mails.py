"""The mail that gives buyers their own words about an order, with the proof of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from .. import i18n
from ..clock import zone
from ..i18n import _
from ..invitations.mails import titles_of
from ..mail.letter import Drop, Letter
from ..mail.models import Outgoing
from ..mail.queries import is_queued
from ..orders.models import Line, Order
from ..orders.queries import deals_of, keys_of, lines_of
from ..reviews.models import Review
from ..scores.queries import find_keys
from ..state import current_state
from ..text import plain
from .letters import draw, note_refusal
from .mails import Known, ask_shop, why_not
from .models import Rating
from .notices import receipt_key
from .queries import parties_of, words_about
from .receipts import Receipt, receipt_for
from .rules import ASPECTS


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that its author said: `facts` are pairs of a label and an answer, `note` is for the seller alone."""

    title: str
    status: str
    facts: Sequence[tuple[str, str]]
    receipt: Receipt
    headline: str = ""
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receipts:
    """The words of a mail with receipts."""

    subject: str
    heading: str
    intro: str
    items: Sequence[Item]
    because: str | None = None


class ReceiptMail:
    """What a buyer has said about an order, as it stands when the mail leaves."""

    def look_up(self, mails: Sequence[Outgoing]) -> Known:
        """Return the shop's view of all these orders and their sellers."""
        state = current_state()
        orders, sellers = state.read(lambda session: _keys(session, [mail.object_id for mail in mails]))
        return ask_shop(state, orders, sellers)

    def compose(self, session: Session, mail: Outgoing, known: Known | None) -> Letter | Drop:
        """Return the mail, or why it must not leave; a newer one about the same order takes its place."""
        state, order = current_state(), session.get_one(Order, mail.object_id)
        said = words_about(session, order.id)
        if not said:
            return Drop("withdrawn")
        newest = receipt_key(order.id, said)
        if newest != mail.dedupe and is_queued(session, newest):
            return Drop("overtaken")
        known = self.look_up([mail]) if known is None else known
        told = known.orders.get(order.key)
        reason = why_not(session, state, order, told)
        if told is None or reason is not None:
            return Drop(reason or "unknown_order")
        here = zone(told.buyer.timezone, state.settings.timezone)
        return draw("receipt", order.buyer_id, told.buyer, lambda: _buyers(session, order, said, known, here))

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def _keys(session: Session, order_ids: Sequence[int]) -> tuple[set[str], set[str]]:
    deals = [deal for order_id in set(order_ids) for deal in deals_of(session, order_id)]
    return set(keys_of(session, order_ids)), set(find_keys(session, {deal.seller_id for deal in deals}).values())


def _buyers(session: Session, order: Order, said: Sequence[Review | Rating], known: Known, here: ZoneInfo) -> Receipts:
    state = current_state()
    lines = {line.id: line for line in lines_of(session, order.id)}
    titles = titles_of(state, list(lines.values()))
    parties = parties_of(session, {each.deal_id for each in said})
    sellers = {deal: known.sellers.get(key, key) for deal, (_order, key) in parties.items()}
    return Receipts(
        subject=_("What you wrote about your order from %(shop)s", shop=state.settings.shop_name),
        heading=_("What you wrote"),
        intro=_("This is about your order of %(day)s.", day=i18n.format_day(order.placed_at, here)),
        items=[_item(each, lines, titles, sellers[each.deal_id], here) for each in said],
    )


def _item(
    said: Review | Rating, lines: Mapping[int, Line], titles: Mapping[str, str], seller: str, here: ZoneInfo
) -> Item:
    status, proof = _status(said.shown_at, seller, here), receipt_for(said)
    stars = (_("Stars"), _("%(n)s of 5", n=said.stars))
    if isinstance(said, Review):
        title = plain(titles[lines[said.line_id].key])
        return Item(title, status, [stars], proof, said.title, said.text)
    title = _("The seller: %(seller)s", seller=seller)
    return Item(title, status, [stars, *_aspects(said)], proof, "", said.text, said.note)


def _status(shown_at: datetime, seller: str, here: ZoneInfo) -> str:
    if shown_at <= current_state().clock():
        return read_since(shown_at, here)
    day = i18n.format_day(shown_at, here)
    return _("Private until you and %(seller)s have rated each other, or %(day)s.", seller=seller, day=day)


def read_since(shown_at: datetime, here: ZoneInfo) -> str:
    """Return the sentence about what is no longer private."""
    return _("Others can read it since %(day)s.", day=i18n.format_day(shown_at, here))


def _aspects(rating: Rating) -> list[tuple[str, str]]:
    names = {
        "service": _("Service"),
        "delivery": _("Delivered on time"),
        "presentation": _("Shown clearly and truthfully"),
        "price": _("Price and postage"),
        "privacy": _("Clear about my data"),
    }
    given = [(names[each], getattr(rating, each)) for each in ASPECTS]
    return [(name, _("%(n)s of 5", n=stars)) for name, stars in given if stars is not None]
