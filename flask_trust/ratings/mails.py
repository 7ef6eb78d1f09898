"""Mails to buyers about rating each other: the same words whatever the stars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from .. import i18n, links, lookup
from ..clock import zone
from ..i18n import _
from ..invitations.rules import in_daytime
from ..mail.letter import Drop, Later, Letter
from ..mail.models import Outgoing
from ..orders.models import Deal, Order
from ..orders.queries import lines_of
from ..orders.rules import is_open, waits
from ..people.models import Person
from ..people.queries import find_row, follow, mail_stop
from ..shop import Order as ShopOrder
from ..state import State, current_state
from ..text import plain
from ..web.urls import public_url
from .letters import Notice, draw, note_refusal
from .queries import buyer_ratings_of, parties_of


@dataclass(frozen=True, slots=True)
class Known:
    """What the shop says: orders and names of sellers, by its own ids."""

    orders: Mapping[str, ShopOrder]
    sellers: Mapping[str, str]


def ask_shop(state: State, orders: set[str], sellers: set[str]) -> Known:
    """Ask about orders and sellers at once; raises `AdapterError`."""
    names = {key: plain(seller.name) or key for key, seller in lookup.sellers(state.shop, sellers).items()}
    return Known(lookup.orders(state.shop, orders), names)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a mail about one deal is made from."""

    deal: Deal
    order: Order
    told: ShopOrder
    seller: str
    now: datetime
    zone: ZoneInfo

    def day(self, moment: datetime) -> str:
        """Return a day in the buyer's time zone."""
        return i18n.format_day(moment, self.zone)


class DealMail:
    """A kind of mail to the buyer of a deal; what is behind it is looked at once more just before it leaves."""

    def look_up(self, mails: Sequence[Outgoing]) -> Known:
        """Return the shop's view of all these orders and their sellers."""
        state = current_state()
        parties = state.read(lambda session: parties_of(session, [mail.object_id for mail in mails])).values()
        return ask_shop(state, {order for order, _ in parties}, {seller for _, seller in parties})

    def compose(self, session: Session, mail: Outgoing, known: Known | None) -> Letter | Later | Drop:
        """Return the mail in the buyer's daytime, or why it must not leave (any more)."""
        state, deal = current_state(), session.get_one(Deal, mail.object_id)
        late = self.stale(session, deal, state.clock())
        if late is not None:
            return Drop(late)
        known = self.look_up([mail]) if known is None else known
        order = session.get_one(Order, deal.order_id)
        told = known.orders.get(order.key)
        reason = why_not(session, state, order, told)
        if told is None or reason is not None:
            return Drop(reason or "unknown_order")
        now, here = state.clock(), zone(told.buyer.timezone, state.settings.timezone)
        if (until := in_daytime(now, here)) > now:
            return Later(until)
        key = parties_of(session, [deal.id])[deal.id][1]
        facts = Facts(deal, order, told, known.sellers.get(key, key), now, here)
        return draw("notice", order.buyer_id, told.buyer, lambda: self.words(facts))

    def stale(self, session: Session, deal: Deal, now: datetime) -> str | None:
        """Return why there is nothing to tell any more, or None."""
        raise NotImplementedError

    def words(self, facts: Facts) -> Notice:
        """Return the words, in the language of the moment."""
        raise NotImplementedError

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def why_not(session: Session, state: State, order: Order, told: ShopOrder | None) -> str | None:
    """Return why the buyer of an order must not be written to, or None; the same reasons as for requests."""
    if told is None:
        return "unknown_order"
    person = follow(session, session.get(Person, order.buyer_id))
    stop = mail_stop(session, person, told.buyer.email) if person else "erased"
    if stop is not None:
        return stop
    if follow(session, find_row(session, told.buyer)) is not person:
        return "other_buyer"
    if order.disowned_at is not None:
        return "not_mine"
    if told.buyer.email is None:
        return "no_address"
    return None if lookup.may_mail(state.shop, order.key) else "no_consent"


def rate_url(order: Order) -> str:
    """Return the buyer's link to the page of an order."""
    return public_url("rate", token=links.sign("rate", order.id, order.link_version))


class WrittenMail(DealMail):
    """The seller has written, and the buyer can still rate."""

    def stale(self, session: Session, deal: Deal, now: datetime) -> str | None:
        """Return why nobody waits for the buyer any more, or None."""
        if deal.buyer_rated_at is not None:
            return "answered"
        if deal.seller_rated_at is None:
            return "withdrawn"
        return None if waits(deal, now) else "opened"

    def words(self, facts: Facts) -> Notice:
        """Return the same words whatever was said."""
        assert facts.deal.closes_at is not None
        seller, until = facts.seller, facts.day(facts.deal.closes_at)
        return Notice(
            subject=_("%(seller)s has written about your order", seller=seller),
            heading=_("%(seller)s has written", seller=seller),
            paragraphs=[
                _(
                    "It is about your order of %(day)s. Neither of you can read what the other writes until both have "
                    "written, or %(until)s.",
                    day=facts.day(facts.order.placed_at),
                    until=until,
                ),
                _("You can rate %(seller)s until %(until)s, good or bad.", seller=seller, until=until),
            ],
            button=_("Rate %(seller)s", seller=seller),
            url=rate_url(facts.order),
        )


class OpenedMail(DealMail):
    """What the seller has written can be read now."""

    def stale(self, session: Session, deal: Deal, now: datetime) -> str | None:
        """Return why there is nothing to read, or None."""
        answer = buyer_ratings_of(session, [deal.id]).get(deal.id)
        return None if answer is not None and answer.live and answer.shown_at <= now else "withdrawn"

    def words(self, facts: Facts) -> Notice:
        """Return the same words whatever was said."""
        seller, day = facts.seller, facts.day(facts.order.placed_at)
        if facts.deal.buyer_wrote_at is not None:
            subject = _("You and %(seller)s: both can be read now", seller=seller)
            heading = _("Both can be read now")
            words = _("You and %(seller)s have both written about your order of %(day)s.", seller=seller, day=day)
        else:
            subject = heading = _("What %(seller)s wrote can be read now", seller=seller)
            words = _("It is about your order of %(day)s. The time for rating each other is over.", day=day)
        return Notice(subject, heading, [words], _("Open the page"), rate_url(facts.order))


class NoArrivalMail(DealMail):
    """The buyer can rate a seller from whom nothing has arrived."""

    def stale(self, session: Session, deal: Deal, now: datetime) -> str | None:
        """Return why it is not so any more, or None."""
        if deal.buyer_rated_at is not None:
            return "answered"
        if any(line.delivered_at for line in lines_of(session, deal.order_id) if line.deal_id == deal.id):
            return "arrived"
        return None if is_open(deal, now) else "over"

    def words(self, facts: Facts) -> Notice:
        """Return words that accuse nobody."""
        assert facts.deal.closes_at is not None
        seller, until = facts.seller, facts.day(facts.deal.closes_at)
        paragraphs = [self._reason(facts), _("You can rate %(seller)s until %(until)s.", seller=seller, until=until)]
        if waits(facts.deal, facts.now):
            paragraphs.append(
                _("What you write stays private until both of you have written, or %(until)s.", until=until)
            )
        return Notice(
            subject=_("Your order from %(seller)s", seller=seller),
            heading=_("You can rate %(seller)s although nothing has arrived", seller=seller),
            paragraphs=paragraphs,
            button=_("Rate %(seller)s", seller=seller),
            url=rate_url(facts.order),
        )

    def _reason(self, facts: Facts) -> str:
        day, seller = facts.day(facts.order.placed_at), facts.seller
        if facts.deal.opened_by == "cancelled":
            return _("%(seller)s has cancelled something that you had paid for on %(day)s.", seller=seller, day=day)
        if facts.order.promised_at is None:
            return _("Nothing of your order of %(day)s has arrived, as far as we know.", day=day)
        promised = facts.day(facts.order.promised_at)
        return _(
            "Your order of %(day)s was promised for %(promised)s. Nothing has arrived, as far as we know.",
            day=day,
            promised=promised,
        )
