"""`trust` in the shop's templates: stars, reviews, scores and the style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from flask import g, has_request_context
from markupsafe import Markup

from .. import lookup
from ..reviews.listing import Listing
from ..scores.queries import SHOP_REVIEWS, find_list, find_shared
from ..scores.score import Score, empty_score
from ..shop import SHOP_SELLER, clean_id
from ..state import State, current_state
from ..web.frame import fragment, style_link
from ..web.urls import public_url
from .pages import Reputation, find_product, product_reputation
from .readers import found_helpful
from .stars import stars
from .structured import json_ld


class TemplateHelpers:
    """What a shop's template calls; every id may be a string or an integer."""

    def head(self) -> Markup:
        """Return the link to our style sheet, for the page's head."""
        return style_link()

    def privacy_url(self) -> str:
        """Return the address of the page about privacy, for a footer or a mail."""
        return public_url("privacy")

    def scores(self, ids: Iterable[Any], kind: Literal["product", "seller"] = "product") -> dict[Any, Score]:
        """Return the scores of many products, or sellers, in one query, by the ids as they were given.

        Where products share their reviews, the shop is asked about those that have none, and one query more sent.
        """
        keys = {each: clean_id(each) for each in ids}
        found = _read(current_state(), kind, set(keys.values()))
        return {each: found.get(key) or empty_score(kind, key) for each, key in keys.items()}

    def stars(self, product_id: Any, scores: Mapping[Any, Score] | None = None) -> Markup:
        """Return the stars of one product; `scores` of a whole list saves the query."""
        known = scores if scores is not None and product_id in scores else self.scores([product_id])
        return stars(known[product_id])

    def seller(self, seller_id: Any, scores: Mapping[Any, Score] | None = None) -> Markup:
        """Return the stars of one seller as a link to their page; of the shop (or None), those of its reviews."""
        if scores is not None and seller_id in scores:
            return stars(scores[seller_id])
        key = SHOP_SELLER if seller_id is None else clean_id(seller_id)
        kind, key = SHOP_REVIEWS if key == SHOP_SELLER else ("seller", key)
        found = _read(current_state(), kind, {key}).get(key) or empty_score(kind, key)
        return stars(found)

    def reviews(self, product_id: Any) -> Markup:
        """Return score, figures and the newest reviews of one product, for its page in the shop."""
        key = clean_id(product_id)
        found = _reputation(key)
        if found is None:
            return Markup("")
        mine = found_helpful(found.page.cards) if has_request_context() else set()
        return _safe(fragment("trust/reputation/_reviews.html", it=found, key=key, mine=mine))

    def json_ld(self, product_id: Any) -> Markup:
        """Return one product's ratings for search engines, from what `reviews` draws; empty where nobody has rated."""
        found = _reputation(clean_id(product_id))
        return json_ld(found) if found else Markup("")


def _safe(drawn: str) -> Markup:
    return Markup(drawn)  # noqa: S704 drawn by Jinja with autoescape


def _reputation(key: str) -> Reputation | None:
    """Return what is known of a product, read once for a page."""
    state = current_state()
    known: dict[str, Reputation | None] = g.setdefault("_flask_trust_read", {}) if has_request_context() else {}
    if key not in known:
        with state.db.session.no_autoflush:
            subject = find_product(state, key)
            known[key] = product_reputation(state, subject, Listing()) if subject else None
    return known[key]


def _read(state: State, kind: str, keys: set[str]) -> Mapping[str, Score]:
    if not keys:
        return {}
    found, some_families = state.read_rows(lambda rows: find_list(rows, kind, keys, state.clock()))
    unrated = keys - {key for key, score in found.items() if score.shown or score.family}
    return {**found, **_shared(state, sorted(unrated))} if some_families and kind == "product" and unrated else found


def _shared(state: State, products: Sequence[str]) -> Mapping[str, Score]:
    """Return what products have from their families, which only the shop can name before the job has met them."""
    told = lookup.or_nothing(lookup.products, state.shop, products)
    families = {key: product.family for key, product in told.items() if product.family}
    return state.read_rows(lambda rows: find_shared(rows, families, state.clock()))
