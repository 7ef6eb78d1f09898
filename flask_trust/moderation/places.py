"""Where something stands that a case is about, and where its author changes it."""

from __future__ import annotations

from flask import url_for

from .. import links
from ..orders.models import Order
from ..state import current_state
from .contents import Content
from .models import Case


def author_token(case: Case) -> str:
    """Return the token of a case for whoever wrote what it is about; another author's token opens it no more."""
    return links.sign("case", case.id, extra=f"author-{case.author_id}")


def author_token_of(number: int) -> str:
    """Return the same for a case by our number of it."""
    return author_token(current_state().read(lambda session: session.get_one(Case, number)))


def url_of(content: Content) -> str:
    """Return the address where everybody can read it."""
    if content.of == "review":
        return url_for("trust.review", public_id=content.public_id)
    return url_for("trust.seller", seller_id=content.subject_key, _anchor=f"rating-{content.public_id}")


def change_url(content: Content, order: Order) -> str:
    """Return the address behind which its author can change it, for a page that only the author sees."""
    if content.kind == "to_review":
        return url_for("trust.reply_by_link", token=links.sign("reply", content.id, extra=str(content.person_id)))
    if content.kind == "to_rating":
        return url_for("trust.order", order_id=order.key)
    return url_for("trust.rate", token=links.sign("rate", order.id, order.link_version))
