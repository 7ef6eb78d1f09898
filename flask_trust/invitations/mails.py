"""The mail that asks for reviews, and its one reminder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy.orm import Session

from .. import i18n, links, lookup
from ..errors import MailError, UnknownOrder
from ..mail.letter import Drop, Letter, check_address
from ..mail.models import Outgoing
from ..orders.models import Line, Order
from ..orders.queries import arrived, lines_of
from ..people.actions import note_bounce
from ..people.models import Person
from ..shop import Order as ShopOrder
from ..state import State, current_state
from ..text import TextTooLong, clean_line
from ..web.frame import fragment
from ..web.urls import public_url
from .actions import mail_failed, mail_left
from .asking import gather
from .queries import find
from .rules import Reason, never


@dataclass(frozen=True, slots=True)
class Item:
    """One arrived line in the mail, with a link for each number of stars; a link only preselects."""

    title: str
    variant: str | None
    star_urls: Sequence[str]


#: What becomes of a request whose mail ended with this code: our own reasons, or the mail server's.
END_OF: dict[str, Reason] = {**{reason: reason for reason in get_args(Reason)}, "broken_address": "no_address"}


class RequestMail:
    """The kind of mail behind the outbox rows "request" and "reminder"."""

    def compose(self, session: Session, mail: Outgoing) -> Letter | Drop:
        """Return the mail, or why the order is not asked about any more; everything is checked again."""
        state = current_state()
        order = session.get_one(Order, mail.object_id)
        request = find(session, order.id)
        assert request is not None
        try:
            told = lookup.order(state.shop, order.key)
        except UnknownOrder:
            return Drop("unknown_order")
        may = lookup.may_mail(state.shop, order.key)
        reason = never(gather(session, state, request, order, told, may_mail=may))
        # Being late is no reason here: the mail was due in time and its server was not.
        if reason not in (None, "too_late", "asked_recently"):
            return Drop(str(reason))
        return letter_for(session, state, order, told, reminder=mail.kind == "reminder")

    def left(self, session: Session, mail: Outgoing) -> None:
        """Note that the order was asked about."""
        state = current_state()
        mail_left(session, session.get_one(Order, mail.object_id), state.settings, None, state.clock())

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Note that it never will be, and remember an address that does not exist."""
        state = current_state()
        reason = END_OF.get(code, "refused")
        mail_failed(session, session.get_one(Order, mail.object_id), reason)
        person = session.get(Person, mail.person_id)
        if code == "recipient_refused" and person is not None and person.mail_stop is None:
            note_bounce(session, person, state.clock())


def letter_for(session: Session, state: State, order: Order, told: ShopOrder, *, reminder: bool) -> Letter:
    """Return the mail about one order in the buyer's language."""
    if told.buyer.email is None:
        raise MailError("broken_address", final=True)
    with i18n.speaking(told.buyer.locale):
        context = _context(session, state, order, told, reminder=reminder)
        return Letter(
            to=check_address(told.buyer.email),
            subject=i18n._("How was your order from %(shop)s?", shop=state.settings.shop_name),
            text=_airy(fragment("trust/mail/request.txt", **context)),
            html=fragment("trust/mail/request.html", **context),
            language=i18n.language_tag(),
            headers=unsubscribe_headers(order.buyer_id),
        )


def _airy(text: str) -> str:
    """Leave one empty line where the template left several."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def unsubscribe_headers(person_id: int) -> dict[str, str]:
    """Return the headers with which a mail program opts its reader out (RFC 2369, RFC 8058)."""
    url = public_url("unsubscribe", token=links.sign("unsubscribe", person_id))
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _context(session: Session, state: State, order: Order, told: ShopOrder, *, reminder: bool) -> dict[str, object]:
    lines = lines_of(session, order.id)
    here = arrived(lines)
    token = links.sign("rate", order.id, order.link_version)
    titles = _titles(state, here)
    return {
        "greeting_name": _greeting_name(told.buyer.name),
        "reminder": reminder,
        "guessed": any(line.delivered_by != "told" for line in here),
        "ordered_on": i18n.format_day(order.placed_at),
        "incentive": order.incentive,
        "items": [_item(line, titles, token, number) for number, line in enumerate(here)],
        "rate_url": public_url("rate", token=token),
        "not_arrived_url": public_url("rate", token=token, ask="arrival"),
        "not_mine_url": public_url("rate", token=token, ask="mine"),
        "unsubscribe_url": public_url("unsubscribe", token=links.sign("unsubscribe", order.buyer_id)),
    }


def _greeting_name(name: str) -> str:
    try:
        return clean_line(name, 60)
    except TextTooLong:
        return ""


def _titles(state: State, lines: Sequence[Line]) -> dict[str, str]:
    known = lookup.or_nothing(lookup.products, state.shop, [line.product_key for line in lines])
    return {
        line.key: line.title or (known[line.product_key].name if line.product_key in known else "") for line in lines
    }


def _item(line: Line, titles: dict[str, str], token: str, number: int) -> Item:
    stars = [public_url("rate", token=token, line=number, stars=stars) for stars in range(1, 6)]
    return Item(" ".join(titles[line.key].split()), line.variant, stars)
