"""The mail that asks for reviews, and its one reminder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy.orm import Session

from .. import i18n, links, lookup
from ..addresses import address_hashes
from ..errors import MailError
from ..mail.letter import Drop, Later, Letter, check_address
from ..mail.models import Outgoing
from ..orders.models import Line, Order
from ..orders.queries import arrived, deals_of, keys_of, lines_of
from ..orders.rules import is_open, waits
from ..people.actions import note_bounce
from ..people.models import Person
from ..people.queries import follow
from ..shop import Order as ShopOrder
from ..state import State, current_state
from ..text import TextTooLong, clean_line, plain
from ..web.frame import fragment
from ..web.urls import public_url, with_query
from .actions import mail_failed, mail_left
from .asking import gather
from .queries import find
from .rules import Reason, later, never


@dataclass(frozen=True, slots=True)
class Item:
    """One arrived line in the mail, with a link for each number of stars; a link only preselects."""

    title: str
    variant: str
    star_urls: Sequence[str]


#: What becomes of a request whose mail ended with this code: our own reasons, or that nobody is to be reached.
END_OF: dict[str, Reason] = {
    **{reason: reason for reason in get_args(Reason)},
    "broken_address": "no_address",
    "recipient_refused": "refused",
}


class RequestMail:
    """The kind of mail behind the outbox rows "request" and "reminder"."""

    def look_up(self, mails: Sequence[Outgoing]) -> dict[str, ShopOrder]:
        """Return the shop's view of all these orders in one look-up."""
        state = current_state()
        keys = state.read(lambda session: keys_of(session, [mail.object_id for mail in mails]))
        return lookup.orders(state.shop, keys)

    def compose(self, session: Session, mail: Outgoing, known: Mapping[str, ShopOrder] | None) -> Letter | Later | Drop:
        """Return the mail, or why the order is not asked about (now) any more; everything is checked again."""
        state = current_state()
        order = session.get_one(Order, mail.object_id)
        request = find(session, order.id)
        assert request is not None
        told = (lookup.orders(state.shop, [order.key]) if known is None else known).get(order.key)
        may = told is not None and lookup.may_mail(state.shop, order.key)
        lines = lines_of(session, order.id)
        facts = gather(session, state, request, order, lines, told, may_mail=may, capped=False)
        # Being late is no reason here: the mail was due in time and its server was not.
        reason = never(facts)
        if reason not in (None, "too_late", "asked_recently"):
            return Drop(reason)
        wait = later(facts)
        if wait is not None:
            return Later(wait.until)
        assert told is not None
        return letter_for(session, state, order, lines, told, reminder=mail.kind == "reminder")

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Note that the order was asked about."""
        state = current_state()
        mail_left(session, mail.object_id, state.settings, letter.timezone, state.clock())

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Note that it never will be, and remember an address that does not exist."""
        state = current_state()
        mail_failed(session, mail.object_id, END_OF[code])
        person = follow(session, session.get(Person, mail.person_id))
        if code == "recipient_refused" and person is not None and person.mail_stop is None:
            note_bounce(session, person, state.clock())


def letter_for(
    session: Session, state: State, order: Order, lines: Sequence[Line], told: ShopOrder, *, reminder: bool
) -> Letter:
    """Return the mail about one order and all its lines, in the buyer's language."""
    if told.buyer.email is None:
        raise MailError("broken_address", final=True)
    with i18n.speaking(told.buyer.locale):
        context = _context(session, state, order, lines, told, reminder=reminder)
        return Letter(
            to=check_address(told.buyer.email),
            subject=i18n._("How was your order from %(shop)s?", shop=state.settings.shop_name),
            text=airy(fragment("trust/mail/request.txt", **context)),
            html=fragment("trust/mail/request.html", **context),
            language=i18n.language_tag(),
            timezone=told.buyer.timezone,
            headers=unsubscribe_headers(context["unsubscribe_url"]),
        )


def airy(text: str) -> str:
    """Leave one empty line where the template left several."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def unsubscribe_headers(url: object) -> dict[str, str]:
    """Return the headers with which a mail program opts its reader out (RFC 2369, RFC 8058)."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _context(
    session: Session, state: State, order: Order, lines: Sequence[Line], told: ShopOrder, *, reminder: bool
) -> dict[str, object]:
    here = arrived(lines)
    rate_url = public_url("rate", token=links.sign("rate", order.id, order.link_version))
    titles, now = titles_of(state, here), state.clock()
    ratable = [deal for deal in deals_of(session, order.id) if deal.mode != "off" and is_open(deal, now)]
    return {
        "greeting_name": greeting_name(told.buyer.name),
        "reminder": reminder,
        "guessed": any(line.delivered_by != "told" for line in here),
        "ordered_on": i18n.format_day(order.placed_at),
        "incentive": order.incentive,
        "sellers": bool(ratable),
        # As the page behind the link says it: sellers who have nothing to say are waited for by nobody.
        "mutual": any(waits(deal, now) for deal in ratable),
        # Numbered among all lines: links in old mails stay right when the rest of the order arrives.
        "items": [_item(line, titles, rate_url, place) for place, line in enumerate(lines) if line in here],
        "rate_url": rate_url,
        "not_arrived_url": with_query(rate_url, ask="arrival"),
        "not_mine_url": with_query(rate_url, ask="mine"),
        "unsubscribe_url": unsubscribe_url(order.buyer_id, told.buyer.email or ""),
    }


def unsubscribe_url(person_id: int, email: str) -> str:
    """Return the link that opts out a person and the very address that this mail goes to."""
    return public_url("unsubscribe", token=links.sign("unsubscribe", person_id, extra=address_hashes(email)[0]))


def greeting_name(name: str) -> str:
    try:
        return clean_line(name, 60)
    except TextTooLong:
        return ""


def titles_of(state: State, lines: Sequence[Line]) -> dict[str, str]:
    nameless = [line.product_key for line in lines if not line.title]
    known = lookup.or_nothing(lookup.products, state.shop, nameless)
    names = {key: product.name for key, product in known.items()}
    return {line.key: line.title or names.get(line.product_key) or line.product_key for line in lines}


def _item(line: Line, titles: dict[str, str], rate_url: str, number: int) -> Item:
    stars = [with_query(rate_url, line=number, stars=stars) for stars in range(1, 6)]
    return Item(plain(titles[line.key]), plain(line.variant or ""), stars)
