"""Mails to those who answer for a seller: what is new, once a day at most, and what they have said themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from .. import i18n, links, lookup
from ..clock import zone
from ..i18n import _, ngettext
from ..mail.letter import Drop, Letter
from ..mail.models import Outgoing
from ..orders.naming import OrderName, name_of
from ..orders.queries import bought_in
from ..people.models import Person
from ..people.queries import find_row, follow, mail_stop
from ..reviews.replies.queries import NewReview, new_reviews
from ..scores.queries import find_keys
from ..shop import Order as ShopOrder
from ..shop import Person as ShopPerson
from ..shop import Seller
from ..state import current_state
from ..text import plain
from ..web.urls import public_url
from .letters import Notice, draw, note_refusal
from .models import BuyerRating
from .queries import count_readable, count_waiting_for, parties_of, said_at_once
from .receipt_mails import Item, Receipts, read_since
from .receipts import receipt_for
from .rules import QUESTIONS

#: So many new reviews get a link of their own in one mail; the list has all of them.
MOST_LINKS = 10


@dataclass(frozen=True, slots=True)
class Writers:
    """What the shop says of those who wrote, and of the orders that they wrote about."""

    people: Mapping[str, ShopPerson]
    orders: Mapping[str, ShopOrder]


class SellerReceiptMail:
    """All that somebody has said about buyers with one press of a button, as far as it stands."""

    def look_up(self, mails: Sequence[Outgoing]) -> Writers:
        """Return the shop's view of those who wrote; a mail can do without the numbers of the orders."""
        state = current_state()
        people, orders = state.read(lambda session: (person_keys(session, mails), _order_keys(session, mails)))
        return Writers(lookup.people(state.shop, people), lookup.or_nothing(lookup.orders, state.shop, orders))

    def compose(self, session: Session, mail: Outgoing, known: Writers | None) -> Letter | Drop:
        """Return the mail, or why it must not leave."""
        said = said_at_once(session, mail.object_id)
        if not said:
            return Drop("withdrawn")
        known = self.look_up([mail]) if known is None else known
        who, reason = reader_of(session, mail, known.people)
        if who is None:
            return Drop(reason)
        here = zone(who.timezone, current_state().settings.timezone)
        return draw("receipt", mail.person_id, who, lambda: _sellers(session, said, known.orders, here))

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def _order_keys(session: Session, mails: Sequence[Outgoing]) -> set[str]:
    deals = {said.deal_id for mail in mails for said in said_at_once(session, mail.object_id)}
    return {order for order, _seller in parties_of(session, deals).values()}


def person_keys(session: Session, mails: Sequence[Outgoing]) -> set[str]:
    """Return the shop's ids of those whom these mails go to."""
    people = [follow(session, session.get(Person, mail.person_id)) for mail in mails]
    return {person.key for person in people if person is not None and person.key is not None}


def reader_of(session: Session, mail: Outgoing, known: Mapping[str, ShopPerson]) -> tuple[ShopPerson | None, str]:
    """Return the person a seller's mail goes to, or None and why it must not leave."""
    person = follow(session, session.get(Person, mail.person_id))
    if person is None or person.key is None:
        return None, "erased"
    who = known.get(person.key) or _by_former_id(session, person, known)
    stop = mail_stop(session, person, who.email if who else None)
    if stop is not None:
        return None, stop
    return (who, "") if who is not None and who.email else (None, "no_address")


def _by_former_id(session: Session, person: Person, known: Mapping[str, ShopPerson]) -> ShopPerson | None:
    """Return the one among these whose account has become part of this person's, by which the shop still calls them."""
    return next((who for who in known.values() if follow(session, find_row(session, who)) is person), None)


def _sellers(session: Session, said: Sequence[BuyerRating], told: Mapping[str, ShopOrder], here: ZoneInfo) -> Receipts:
    now = current_state().clock()
    if any(each.shown_at > now for each in said):
        intro = _("Buyers can read it when they have rated you too, or when the time for it is over.")
    else:
        intro = _("What you wrote can be read now.")
    bought = bought_in(session, {each.deal_id for each in said})
    names = {deal: name_of(each, told.get(each.order_key)) for deal, each in bought.items()}
    return Receipts(
        subject=_("What you said about buyers"),
        heading=_("What you said about buyers"),
        intro=intro,
        items=[_answers(each, names[each.deal_id], now, here) for each in said],
        because=_("You get this mail because you answer for a seller."),
    )


def _answers(said: BuyerRating, name: OrderName, now: datetime, here: ZoneInfo) -> Item:
    status = read_since(said.shown_at, here) if said.shown_at <= now else ""
    names = {"paid": _("Paid promptly"), "reachable": _("Easy to reach"), "again": _("Would sell again")}
    words = {True: _("Yes"), False: _("No"), None: _("No answer")}
    facts = [(names[each], words[getattr(said, each)]) for each in QUESTIONS]
    return Item(_title(name, here), status, facts, receipt_for(said))


def _title(name: OrderName, here: ZoneInfo) -> str:
    number = [_("Order %(order)s", order=name.number)] if name.number else []
    return _(", ").join([name.what, _("ordered on %(day)s", day=i18n.format_day(name.placed_at, here)), *number])


@dataclass(frozen=True, slots=True)
class News:
    """What is so now: how many buyers wait for this seller and until when, and what new can be read."""

    seller: Seller
    waiting: int
    until: datetime | None
    readable: int
    reviews: Sequence[NewReview]
    reader_id: int

    @property
    def is_none(self) -> bool:
        """Say whether there is nothing to tell."""
        return not self.waiting and not self.readable and not self.reviews


#: Sellers and people by the shop's own ids.
Known = tuple[Mapping[str, Seller], Mapping[str, ShopPerson]]


class SellerNewsMail:
    """How many buyers have written, and how many ratings can be read now: no names, no stars."""

    def look_up(self, mails: Sequence[Outgoing]) -> Known:
        """Return the shop's view of the sellers and of those who answer for them."""
        state = current_state()
        keys = state.read(lambda session: find_keys(session, {mail.object_id for mail in mails})).values()
        sellers = lookup.sellers(state.shop, keys)
        return sellers, lookup.people(state.shop, {key for seller in sellers.values() for key in seller.people})

    def compose(self, session: Session, mail: Outgoing, known: Known | None) -> Letter | Drop:
        """Return the mail with what is so now, or why it must not leave (any more)."""
        state, key = current_state(), find_keys(session, {mail.object_id})[mail.object_id]
        sellers, people = self.look_up([mail]) if known is None else known
        if key not in sellers:
            return Drop("unknown_seller")
        who, reason = reader_of(session, mail, {each: people[each] for each in sellers[key].people if each in people})
        if who is None:
            return Drop(reason)
        news = _news(session, mail, sellers[key], state.clock())
        if news.is_none:
            return Drop("no_news")
        here = zone(who.timezone, state.settings.timezone)
        return draw("notice", mail.person_id, who, partial(_words, news, here))

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def _news(session: Session, mail: Outgoing, seller: Seller, now: datetime) -> News:
    waiting, until = count_waiting_for(session, mail.object_id, now)
    readable = count_readable(session, mail.object_id, mail.created_at, now)
    reviews = new_reviews(session, mail.object_id, mail.created_at, now)
    return News(seller, waiting, until, readable, reviews, mail.person_id)


def _words(news: News, here: ZoneInfo) -> Notice:
    paragraphs = []
    if news.until is not None:
        paragraphs.append(
            ngettext(
                "%(n)d buyer has written. You have until %(day)s to rate them too.",
                "%(n)d buyers have written. To rate the first of them you have until %(day)s.",
                news.waiting,
                day=i18n.format_day(news.until, here),
            )
        )
    if news.readable:
        paragraphs.append(ngettext("%(n)d rating can be read now.", "%(n)d ratings can be read now.", news.readable))
    if news.reviews:
        paragraphs.append(
            ngettext("%(n)d review has no reply yet.", "%(n)d reviews have no reply yet.", len(news.reviews))
        )
    name = plain(news.seller.name) or news.seller.id
    orders = news.until is not None or news.readable > 0
    return Notice(
        subject=_("New for %(seller)s", seller=name),
        heading=_("New for %(seller)s", seller=name),
        paragraphs=paragraphs,
        button=_("Open your list of orders") if orders else _("Open your list of reviews"),
        url=public_url("deals" if orders else "desk_replies", seller=news.seller.id),
        because=_("You get this mail because you answer for a seller."),
        links=[_reply_link(review, news.reader_id) for review in news.reviews[:MOST_LINKS]],
    )


def _reply_link(review: NewReview, reader_id: int) -> tuple[str, str]:
    token = links.sign("reply", review.id, extra=str(reader_id))
    words = _("A review of “%(product)s”: read it and reply", product=plain(review.product_title or review.product_key))
    return words, public_url("reply_by_link", token=token)
