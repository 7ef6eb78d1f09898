"""What the public pages show, read from our own rows; the shop is asked once and may fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy.orm import Session

from .. import lookup
from ..reviews.listing import PAGE, Listing
from ..reviews.queries import Card, Former, Page, find_card, find_page, history_of, name_products
from ..reviews.votes.queries import find_highlights
from ..scores.models import Reader
from ..scores.parts.queries import find_parts
from ..scores.queries import SHOP_REVIEWS, find_scores, find_shared, find_version
from ..scores.score import Score, empty_score
from ..shop import Product
from ..state import State
from .lately import Lately, lately
from .queries import find_version as find_review_version
from .queries import reasons_of_returns
from .rules import Often, sent_back
from .working import Working, work_out


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the list on the first page of a product or of the shop.

    `pair` is criticism and praise that readers found helpful; `own` are reviews in the reader's language, which come
    before the others where there are several languages.
    """

    lately: Lately
    returns: Sequence[Often] = ()
    pair: tuple[Card, Card] | None = None
    own: Sequence[Card] = ()


@dataclass(frozen=True, slots=True)
class Reputation:
    """The score of a product or of the shop with one page of its reviews."""

    score: Score
    title: str
    page: Page
    product: Product | None = None
    beside: Beside | None = None

    @property
    def url(self) -> str | None:
        """Return the address of the product's page in the shop."""
        return self.product.url if self.product else None

    @property
    def image_url(self) -> str | None:
        """Return the address of the product's picture."""
        return self.product.image_url if self.product else None

    @property
    def working(self) -> Working | None:
        """Return how the score is worked out, or None where the plain average is printed."""
        return None if self.score.few else work_out(self.score)


@dataclass(frozen=True, slots=True)
class OneReview:
    """One review with what it said before."""

    card: Card
    history: list[Former]
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Subject:
    """A product's score, and what the shop says of it now (None where it does not know it)."""

    score: Score
    product: Product | None

    @property
    def title(self) -> str:
        """Return the product's name."""
        return self.product.name if self.product else self.score.title or self.score.key


def find_known(state: State, key: str) -> tuple[int, int, Product | None] | None:
    """Return what the tag of a product's page is made of, or None where its first statement has to be read for it."""
    found = state.read_rows(lambda rows: find_version(rows, "product", key, state.clock()))
    if found is None:
        return None
    product = lookup.or_nothing(lookup.products, state.shop, [key]).get(key)
    if found.borrows and product and product.family:
        return None
    return found.number, found.version, product


def find_product(state: State, key: str) -> Subject | None:
    """Return what is known of a product before anything else is read, or None where nobody knows it."""
    score = state.read_rows(lambda rows: find_scores(rows, "product", [key], state.clock())).get(key)
    product = lookup.or_nothing(lookup.products, state.shop, [key]).get(key)
    if score is None and product is None:
        return None
    if product and product.family and (score is None or not (score.shown or score.family)):
        # Nobody has bought it yet, or the job has not met it in this family: what the family has is true of it too.
        family = product.family
        score = state.read_rows(lambda rows: find_shared(rows, {key: family}, state.clock())).get(key) or score
    return Subject(score or empty_score("product", key), product)


def product_reputation(state: State, subject: Subject, listing: Listing, lang: str | None = None) -> Reputation:
    """Return what a product's page shows; with the reader's language, all that stands beside the first page."""

    def read(rows: Reader) -> tuple[Page, Beside | None]:
        if subject.score.subject_id is None:
            return Page([], None), None
        several = bool(subject.score.family)
        page = find_page(rows, subject.score.subject_id, listing, state.clock(), of_several=several)
        return page, None if lang is None else _beside_product(rows, state, subject.score, page, lang)

    page, beside = state.read_rows(read)
    return Reputation(subject.score, subject.title, page, subject.product, beside)


def _beside_product(rows: Reader, state: State, score: Score, page: Page, lang: str) -> Beside:
    assert score.subject_id is not None
    now = state.clock()
    today = now.astimezone(UTC).date()
    # Sizes and colours are sent back for reasons of their own, so those are of the product alone.
    product = score.own_id or score.subject_id
    parts = find_parts(rows, score.subject_id, today, reasons_of_returns(), product=product)
    reasons = {name[1:]: numbers[0] for name, numbers in parts.items() if name.startswith(":")}
    one_language = all(_is_in(card, lang) for card in page.cards)
    pair, own = None, [] if one_language else [card for card in page.cards if _is_in(card, lang)]
    if score.shown > PAGE:
        found = find_highlights(rows, score.subject_id, lang, now)
        pair, own = found.pair, [] if one_language else list(found.own)
        if score.family:
            named = name_products(rows, [*own, *(pair or ())])
            own, pair = named[: len(own)], (named[-2], named[-1]) if pair else None
    return Beside(lately(score, parts, today), sent_back(reasons), pair, own)


def _is_in(card: Card, lang: str) -> bool:
    return card.lang in ("", lang)


def find_shop(state: State) -> Score:
    """Return the score of the shop as a whole."""
    kind, key = SHOP_REVIEWS
    found = state.read_rows(lambda rows: find_scores(rows, kind, [key], state.clock()))
    return found.get(key) or empty_score(kind, key)


def shop_reputation(state: State, score: Score, listing: Listing) -> Reputation:
    """Return what the shop's own page shows: the total and the newest reviews of all products."""

    def read(rows: Reader) -> tuple[Page, Beside | None]:
        now = state.clock()
        page = find_page(rows, None, listing, now)
        if score.subject_id is None or listing != Listing():
            return page, None
        today = now.astimezone(UTC).date()
        return page, Beside(lately(score, find_parts(rows, score.subject_id, today), today))

    page, beside = state.read_rows(read)
    return Reputation(score, state.settings.shop_name, page, None, beside)


@dataclass(frozen=True, slots=True)
class About:
    """What a review is about: version of the product's row, its id, and what the shop says of it now."""

    version: tuple[int, int]
    key: str
    product: Product | None


def find_about(state: State, public_id: str) -> About | None:
    """Return what is known of a review before it is read, or None where it cannot be read."""
    found = state.read_page(lambda session: find_review_version(session, public_id, state.clock()))
    if found is None:
        return None
    number, version, key = found
    return About((number, version), key, lookup.or_nothing(lookup.products, state.shop, [key]).get(key))


def one_review(state: State, public_id: str, about: About) -> OneReview | None:
    """Return what the page of one review shows, or None where it can no longer be read."""

    def read(session: Session) -> tuple[Card, list[Former]] | None:
        found = find_card(session, public_id, state.clock())
        return (found[1], history_of(session, found[0])) if found else None

    found = state.read_page(read)
    if found is None:
        return None
    card, history = found
    title = about.product.name if about.product else card.product_title or card.product_key
    return OneReview(card, history, title, about.product.url if about.product else None)


def with_titles(state: State, page: Page) -> dict[str, str]:
    """Return the products' names for a list over many products, asked of the shop in one batch."""
    known = lookup.or_nothing(lookup.products, state.shop, {card.product_key for card in page.cards})
    stored = {card.product_key: card.product_title or card.product_key for card in page.cards}
    return stored | {key: product.name for key, product in known.items()}
