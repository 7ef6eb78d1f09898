"""What the public pages show, read from our own rows; the shop is asked once and may fail."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from .. import lookup
from ..reviews.listing import Listing
from ..reviews.queries import Card, Former, Page, find_card, find_page, history_of
from ..scores.queries import SHOP_REVIEWS, Score, empty_score, find_scores
from ..shop import Product
from ..state import State


@dataclass(frozen=True, slots=True)
class Reputation:
    """The score of a product or of the shop with one page of its reviews."""

    score: Score
    title: str
    url: str | None
    image_url: str | None
    page: Page


@dataclass(frozen=True, slots=True)
class OneReview:
    """One review with what it said before."""

    card: Card
    history: list[Former]
    title: str
    url: str | None


def product_reputation(state: State, key: str, listing: Listing) -> Reputation | None:
    """Return what a product's page shows, or None where neither the shop nor we know it."""
    score, page = state.read_page(lambda session: _read_product(session, state, key, listing))
    product = lookup.or_nothing(lookup.products, state.shop, [key]).get(key)
    if score is None and product is None:
        return None
    score = score or empty_score("product", key)
    return _reputation(score, page, product)


def _reputation(score: Score, page: Page, product: Product | None) -> Reputation:
    if product is None:
        return Reputation(score, score.title or score.key, None, None, page)
    return Reputation(score, product.name, product.url, product.image_url, page)


def _read_product(session: Session, state: State, key: str, listing: Listing) -> tuple[Score | None, Page]:
    now = state.clock()
    score = find_scores(session, "product", [key], now).get(key)
    page = find_page(session, score.subject_id, listing, now) if score else Page([], None)
    return score, page


def shop_reputation(state: State, listing: Listing) -> Reputation:
    """Return what the shop's own page shows: the total and the newest reviews of all products."""

    def read(session: Session) -> tuple[Score, Page]:
        now = state.clock()
        kind, key = SHOP_REVIEWS
        score = find_scores(session, kind, [key], now).get(key) or empty_score(kind, key)
        return score, find_page(session, None, listing, now)

    score, page = state.read_page(read)
    return Reputation(score, state.settings.shop_name, None, None, page)


def one_review(state: State, public_id: str) -> OneReview | None:
    """Return what the page of one review shows, or None where it cannot be read."""

    def read(session: Session) -> tuple[Card, list[Former]] | None:
        found = find_card(session, public_id, state.clock())
        return (found[1], history_of(session, found[0])) if found else None

    found = state.read_page(read)
    if found is None:
        return None
    card, history = found
    product = lookup.or_nothing(lookup.products, state.shop, [card.product_key]).get(card.product_key)
    title = product.name if product else card.product_title or card.product_key
    return OneReview(card, history, title, product.url if product else None)


def with_titles(state: State, page: Page) -> dict[str, str]:
    """Return the products' names for a list over many products, asked of the shop in one batch."""
    known = lookup.or_nothing(lookup.products, state.shop, {card.product_key for card in page.cards})
    stored = {card.product_key: card.product_title or card.product_key for card in page.cards}
    return stored | {key: product.name for key, product in known.items()}
