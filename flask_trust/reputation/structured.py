"""What search engines read: a product with its ratings as JSON-LD, from the very values that draw the page."""

from __future__ import annotations

import json
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from ..i18n import _
from ..reviews.queries import Card
from ..web.urls import Addresses, from_here
from .pages import Reputation

_CONTEXT = "https://schema.org"
_SCALE = {"bestRating": 5, "worstRating": 1}


def json_ld(it: Reputation) -> Markup:
    """Return the block for the page of a product, empty where nothing is counted.

    There is none for the shop or a seller: search engines take ratings that a shop publishes of itself for a trick.
    """
    if it.score.kind != "product" or it.score.average is None:
        return Markup("")
    # "<", ">", "&" and "'" leave it as \u003c and so on: no word of a review can end the block.
    told = htmlsafe_json_dumps(product_data(it), dumps=json.dumps, ensure_ascii=False, separators=(",", ":"))
    return Markup('<script type="application/ld+json">%s</script>') % told


def product_data(it: Reputation) -> dict[str, Any]:
    """Return the product with the plain average of its counted ratings and the counted reviews on the page."""
    data = {"@context": _CONTEXT, "@type": "Product", "name": it.title, **_details(it)}
    address = Addresses("review", "public_id", full=True)
    rating = {"@type": "AggregateRating", "ratingValue": round(it.score.average or 0, 2), "ratingCount": it.score.count}
    return {
        **data,
        "aggregateRating": {**rating, **_SCALE},
        "review": [_review(card, address) for card in it.page.cards if card.counted],
    }


def _details(it: Reputation) -> dict[str, Any]:
    told = it.product
    if told is None:
        return {}
    details: dict[str, Any] = {"inProductGroupWithID": it.score.family or None}
    details |= {"url": from_here(told.url) if told.url else None, "sku": told.sku, "gtin": told.gtin}
    details["image"] = from_here(told.image_url) if told.image_url else None
    brand = {"brand": {"@type": "Brand", "name": told.brand}} if told.brand else {}
    return {name: value for name, value in details.items() if value} | brand


def _review(card: Card, address: Addresses) -> dict[str, Any]:
    words = {"name": card.title, "reviewBody": card.text, "inLanguage": card.lang}
    return {
        "@type": "Review",
        "url": address(card.public_id),
        "author": {"@type": "Person", "name": card.author or _("Confirmed buyer")},
        "datePublished": card.shown_at.date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": card.stars, **_SCALE},
        **{name: value for name, value in words.items() if value},
    }
