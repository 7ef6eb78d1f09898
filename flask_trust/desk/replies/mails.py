"""Mails to authors whose review or rating was replied to: the same words whatever the stars, never the reply itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ... import lookup
from ...clock import zone
from ...i18n import _
from ...invitations.rules import in_daytime
from ...mail.letter import Drop, Later, Letter
from ...mail.models import Outgoing
from ...orders.models import Deal, Order
from ...ratings.letters import Notice, draw, note_refusal
from ...ratings.mails import DealMail, Facts, why_not
from ...ratings.queries import parties_of, ratings_of
from ...reviews.models import Review
from ...reviews.replies.queries import Answerable, find_answerable
from ...shop import Order as ShopOrder
from ...state import current_state
from ...text import plain
from ...web.urls import public_url
from ..queries import replies_to


class RatingRepliedMail(DealMail):
    """A seller has replied to what a buyer says about them."""

    def stale(self, session: Session, deal: Deal, now: datetime) -> str | None:
        """Return why there is nothing to read any more, or None."""
        rating = ratings_of(session, [deal.id]).get(deal.id)
        if rating is None or not rating.live or rating.shown_at > now:
            return "withdrawn"
        reply = replies_to(session, [rating.id]).get(rating.id)
        return None if reply is not None and reply.state == "shown" else "withdrawn"

    def words(self, facts: Facts) -> Notice:
        """Return the same words whatever was said."""
        return Notice(
            subject=_("%(seller)s has replied to you", seller=facts.seller),
            heading=_("%(seller)s has replied to your rating", seller=facts.seller),
            paragraphs=[
                _("It is about your order of %(day)s.", day=facts.day(facts.order.placed_at)),
                _("Everybody can read it below your rating."),
            ],
            button=_("Read the reply"),
            url=self._page(facts.deal),
        )

    def _page(self, deal: Deal) -> str:
        def find(session: Session) -> tuple[str, str]:
            rating = ratings_of(session, [deal.id])[deal.id]
            return parties_of(session, [deal.id])[deal.id][1], rating.public_id

        seller, public_id = current_state().read(find)
        return public_url("seller", seller_id=seller) + f"#rating-{public_id}"


class ReviewRepliedMail:
    """The seller or the shop has replied to a product review."""

    def look_up(self, mails: Sequence[Outgoing]) -> dict[str, ShopOrder]:
        """Return the shop's view of the orders behind these reviews."""
        state = current_state()
        keys = state.read(lambda session: [order.key for mail in mails if (order := _order_of(session, mail))])
        return lookup.orders(state.shop, keys)

    def compose(self, session: Session, mail: Outgoing, known: Mapping[str, ShopOrder] | None) -> Letter | Later | Drop:
        """Return the mail in the author's daytime, or why it must not leave (any more)."""
        state, order = current_state(), _order_of(session, mail)
        found = find_answerable(session, mail.object_id, state.clock())
        if order is None or found is None or found.reply is None or found.reply.state != "shown":
            return Drop("withdrawn")
        told = (self.look_up([mail]) if known is None else known).get(order.key)
        reason = why_not(session, state, order, told)
        if told is None or reason is not None:
            return Drop(reason or "unknown_order")
        now = state.clock()
        until = in_daytime(now, zone(told.buyer.timezone, state.settings.timezone))
        if until > now:
            return Later(until)
        return draw("notice", order.buyer_id, told.buyer, lambda: _words(found))

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def _order_of(session: Session, mail: Outgoing) -> Order | None:
    review = session.get(Review, mail.object_id)
    return session.get(Order, review.order_id) if review is not None else None


def _words(found: Answerable) -> Notice:
    assert found.reply is not None
    state = current_state()
    product = lookup.or_nothing(lookup.products, state.shop, [found.product_key]).get(found.product_key)
    title = plain((product.name if product else "") or found.product_title or found.product_key)
    seller = found.reply.signed or state.settings.shop_name
    return Notice(
        subject=_("%(seller)s has replied to you", seller=seller),
        heading=_("%(seller)s has replied to your review", seller=seller),
        paragraphs=[_("It is about “%(product)s”.", product=title), _("Everybody can read it below your review.")],
        button=_("Read the reply"),
        url=public_url("review", public_id=found.review.public_id),
    )
