"""Everything the page behind the link needs to know about one order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from .. import lookup
from ..journal.queries import last_entry
from ..moderation.models import Case
from ..moderation.queries import cases_about
from ..moderation.words import withheld_note
from ..orders.models import Deal, Line, Order
from ..orders.rules import waits
from ..people.models import Person
from ..people.queries import follow, keys_of_person
from ..ratings import rules as ratings
from ..ratings.actions import draft_of as rating_draft_of
from ..ratings.models import Rating
from ..ratings.queries import ratings_of
from ..reviews.actions import draft_of
from ..reviews.models import Review
from ..reviews.rules import Draft, Obstacle, may_write
from ..shop import Product, Seller
from ..state import State
from ..text import plain
from ..verdicts.rules import STANDING, WITHHELD
from ..web.urls import own_address
from .queries import ABOUT_PERSON, OrderRows, rows_of_order


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the order: what was bought, what was said, and why nothing can be said, if so.

    `place` counts all lines of the order from 0, so that links in old mails still mean the same line when more of it
    has arrived.
    """

    place: int
    line: Line
    title: str
    product_name: str
    #: What we call the product where the shop is not asked.
    kept_name: str
    #: With which the product shares its reviews, as the shop says now.
    family: str | None
    image_url: str | None
    seller_key: str
    review: Review | None
    obstacle: Obstacle | None

    #: Of what staff has looked at; read only where something is withheld.
    case: Case | None

    @property
    def given(self) -> Review | None:
        """Return the review that stands, whether or not others can read it."""
        return self.review if self.review is not None and self.review.state in STANDING else None

    @property
    def withheld(self) -> str:
        """Return why others cannot read what stands, or an empty string."""
        return _why_withheld(self.given, self.case)

    @property
    def said(self) -> Draft | None:
        """Return what stands, as it would be posted again."""
        return draft_of(self.given) if self.given else None


@dataclass(frozen=True, slots=True)
class SellerRow:
    """One seller of the order: what the buyer has said about them, and why nothing can be said, if so."""

    deal: Deal
    key: str
    name: str
    #: What we call the seller where the shop is not asked.
    kept_name: str
    rating: Rating | None
    obstacle: ratings.Obstacle | None
    now: datetime
    case: Case | None

    @property
    def given(self) -> Rating | None:
        """Return the rating that stands, whether or not others can read it."""
        return self.rating if self.rating is not None and self.rating.state in STANDING else None

    @property
    def withheld(self) -> str:
        """Return why others cannot read what stands, or an empty string."""
        return _why_withheld(self.given, self.case)

    @property
    def said(self) -> ratings.RatingDraft | None:
        """Return what stands, as it would be posted again."""
        return rating_draft_of(self.given) if self.given else None

    @property
    def public(self) -> bool:
        """Say whether others can read the rating already."""
        return self.given is not None and self.given.shown_at <= self.now

    @property
    def private_until(self) -> datetime | None:
        """Return until when nobody else can read what was said, the rating or a review of what they sold."""
        said = self.deal.buyer_wrote_at is not None
        return self.deal.closes_at if said and self.waits else None

    @property
    def opens_at(self) -> datetime | None:
        """Return when what is written now can be read at the latest."""
        if self.deal.window_ends_at is None:
            return None
        return ratings.closing(self.deal.window_ends_at, self.deal.buyer_wrote_at or self.now)

    @property
    def waits(self) -> bool:
        """Say whether what is written now stays private at first."""
        return waits(self.deal, self.now)

    @property
    def change_until(self) -> datetime | None:
        """Return until when a rating that others can read can be changed, once; None where that is over."""
        given = self.given
        if given is None or not self.public or self.withheld or ratings.may_revise(given, self.now):
            return None
        return given.shown_at + ratings.REVISE_WITHIN


@dataclass(frozen=True, slots=True)
class Sheet:
    """One order with its arrived lines (`rows`), those still on their way (`missing`), and its sellers."""

    order: Order
    buyer: Person
    rows: Sequence[Row]
    missing: Sequence[Row]
    sellers: Sequence[SellerRow]
    now: datetime
    #: All ids of the shop behind which the buyer may stand.
    buyer_keys: Sequence[str]
    last_choice: int

    @property
    def deal_ids(self) -> set[int]:
        """Return our numbers of the deals in which sellers are rated; in others nothing ever waits."""
        return {row.deal.id for row in self.sellers}

    @property
    def fingerprint(self) -> str:
        """Return short hashes of what was said and chosen so far and of the public name: they tell a stale form."""
        state = ",".join(f"{row.line.id}.{row.review.version if row.review else 0}" for row in self.rows)
        state += "".join(f",s{row.deal.id}.{row.rating.version if row.rating else 0}" for row in self.sellers)
        return f"{_short(f'{self.order.id}|{state}|{self.last_choice}')}-{name_mark(self.buyer.public_name)}"


def name_mark(public_name: str) -> str:
    """Return the part of a fingerprint that stands for the public name."""
    return _short(f"name|{public_name}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of an order before the shop was asked for names and pictures."""

    rows: OrderRows
    buyer: Person
    lines: Sequence[Line]
    deals: Sequence[Deal]
    ratings: dict[int, Rating]
    buyer_keys: Sequence[str]
    #: Number of the newest choice about whose order it is and whether the buyer has a page of their own.
    last_choice: int
    #: By kind and our number of what is withheld.
    cases: Mapping[tuple[str, int], Case]


def read_order(session: Session, number: int, version: int) -> Found | None:
    """Return the rows of an order, or None where the link was revoked or the buyer erased."""
    rows = rows_of_order(session, number)
    buyer = follow(session, rows.buyer) if rows else None
    if rows is None or buyer is None or buyer.key is None or rows.order.link_version != version:
        return None
    deals = sorted(rows.deals.values(), key=lambda deal: deal.id)
    rated = ratings_of(session, [deal.id for deal in deals if deal.mode != "off"]) if _is_rated(deals) else {}
    return Found(
        rows,
        buyer,
        list(rows.lines.values()),
        deals,
        rated,
        # A shop that sells by itself has nobody else who could be rated by their own people.
        keys_of_person(session, buyer) if _is_rated(deals) else [buyer.key],
        # Where nobody rates buyers, none has a page.
        max(rows.order_choice, _page_choice(session, rows, buyer)) if _is_rated(deals) else rows.order_choice,
        _cases(session, rows.reviews.values(), rated.values()),
    )


def _cases(session: Session, written: Iterable[Review], rated: Iterable[Rating]) -> dict[tuple[str, int], Case]:
    withheld = [("review", row.id) for row in written if row.state in WITHHELD]
    withheld += [("rating", row.id) for row in rated if row.state in WITHHELD]
    return cases_about(session, withheld) if withheld else {}


def _why_withheld(given: Review | Rating | None, case: Case | None) -> str:
    if given is None or case is None or given.state not in WITHHELD:
        return ""
    return withheld_note(given.state, case.ground, corrected=case.corrected_at is not None)


def _page_choice(session: Session, rows: OrderRows, buyer: Person) -> int:
    # Numbers only grow, while "mine" after "not mine" looks as if nothing had ever happened.
    return rows.page_choice if buyer is rows.buyer else last_entry(session, "person", buyer.id, ABOUT_PERSON)


def _is_rated(deals: Sequence[Deal]) -> bool:
    return any(deal.mode != "off" for deal in deals)


def load(state: State, number: int, version: int, now: datetime) -> Sheet | None:
    """Return the sheet of an order, or None where the link opens nothing any more."""
    found = state.read(lambda session: read_order(session, number, version))
    if found is None:
        return None
    products = lookup.or_nothing(lookup.products, state.shop, [line.product_key for line in found.lines])
    rows = [_row(found, place, line, products.get(line.product_key), now) for place, line in enumerate(found.lines)]
    here = [row for row in rows if row.obstacle not in ("cancelled", "not_arrived")]
    missing = [row for row in rows if row.obstacle == "not_arrived"]
    sellers = _seller_rows(state, found, now)
    return Sheet(found.rows.order, found.buyer, here, missing, sellers, now, found.buyer_keys, found.last_choice)


def _seller_rows(state: State, found: Found, now: datetime) -> list[SellerRow]:
    """Return the sellers who can be rated, or have been; the shop's own goods are rated by their reviews."""
    deals = [deal for deal in found.deals if deal.mode != "off" and deal.state != "pending"]
    known = (
        lookup.or_nothing(lookup.sellers, state.shop, {found.rows.sellers[deal.id][0] for deal in deals})
        if deals
        else {}
    )
    return [_seller_row(state, found, deal, known, now) for deal in deals]


def _seller_row(state: State, found: Found, deal: Deal, known: Mapping[str, Seller], now: datetime) -> SellerRow:
    (key, kept_name), rating = found.rows.sellers[deal.id], found.ratings.get(deal.id)
    name = (plain(known[key].name) if key in known else "") or key
    insider = any(lookup.seems_to_work_for(state.shop, each, key) for each in found.buyer_keys)
    obstacle = ratings.may_write(deal, rating, now, insider=insider)
    case = found.cases.get(("rating", rating.id)) if rating else None
    return SellerRow(deal, key, name, kept_name, rating, obstacle, now, case)


def _row(found: Found, place: int, line: Line, product: Product | None, now: datetime) -> Row:
    review = found.rows.reviews.get(line.id)
    written = review is not None and review.state in STANDING
    return Row(
        place=place,
        line=line,
        title=line.title or (product.name if product else line.product_key),
        product_name=product.name if product else "",
        kept_name=found.rows.products[line.id],
        family=product.family if product else None,
        image_url=own_address(product.image_url) if product else None,
        seller_key=found.rows.sellers[line.deal_id][0],
        review=review,
        obstacle=may_write(line.delivered_at, line.cancelled_at, written, now),
        case=found.cases.get(("review", review.id)) if review else None,
    )
