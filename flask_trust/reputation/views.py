"""The public pages: shop, product, seller, buyer, one review. They set no cookie and change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import i18n
from ..errors import BadValue
from ..moderation.gone.views import gone_review
from ..reviews.listing import SORTS, BadListing, Listing, Sort, read_listing
from ..scores.score import Score
from ..shop import SHOP_SELLER, clean_id
from ..state import current_state
from ..web.caching import asked_again, still_known, tag_of, unless_known
from ..web.frame import page
from ..web.headers import public
from ..web.urls import Addresses, full_url, with_query
from . import pages
from .buyer import public_buyer
from .pages import (
    find_about,
    find_known,
    find_product,
    find_shop,
    one_review,
    product_reputation,
    shop_reputation,
    with_titles,
)
from .readers import found_helpful
from .seller import Subject as Seller
from .seller import find_seller, seller_reputation
from .structured import json_ld

#: Nobody votes on ratings of sellers.
_SELLER_ORDERS: tuple[Sort, ...] = tuple(sort for sort in SORTS if sort != "helpful")


def _listing() -> Listing:
    try:
        return read_listing(request.args.to_dict())
    except BadListing:
        abort(404)


def tag_for(template: str, score: Score, *more: object) -> str | None:
    """Return what a page about a subject is known by; None while something has just become public by itself."""
    return None if score.late is not None else tag_of(template, score.subject_id, score.version, *more)


def home() -> Response:
    """Show the shop's reputation."""
    listing = _listing()
    if listing.filtered or listing.sort != "newest":
        abort(404)
    score = find_shop(current_state())
    template = "trust/reputation/home.html"
    return unless_known(tag_for(template, score), lambda: _home(template, score, listing))


def _home(template: str, score: Score, listing: Listing) -> Response:
    found = shop_reputation(current_state(), score, listing)
    titles = with_titles(current_state(), found.page)
    badge = _badge("shop", SHOP_SELLER, full_url("home"))
    return page(template, it=found, listing=listing, titles=titles, badge=badge, mine=found_helpful(found.page.cards))


def _badge(kind: str, key: str, about: str) -> dict[str, str]:
    """Return the address of a score's picture here and for other sites, and of the page it leads to."""
    src = Addresses("badge", "key", kind=kind)(key)
    return {"src": src, "url": full_url("badge", kind=kind, key=key), "page": about}


def asked_key(told: str) -> str:
    """Return an id of the shop as it is kept; what can be none is not found."""
    try:
        return clean_id(told)
    except BadValue:
        abort(404)


def product(product_id: str) -> Response:
    """Show the reputation of one product."""
    key, template = asked_key(product_id), "trust/reputation/product.html"
    # A third of what the whole page's first statement costs, and for most readers who come again all of it.
    known = find_known(current_state(), key) if asked_again() else None
    if known and (response := still_known(tag_of(template, *known))):
        return response
    listing, subject = _listing(), find_product(current_state(), key)
    if subject is None:
        abort(404)
    tag = tag_for(template, subject.score, subject.product)
    return unless_known(tag, lambda: _product(template, subject, listing))


def _product(template: str, subject: pages.Subject, listing: Listing) -> Response:
    # Who asks for an order by name gets the bare list.
    first = listing == Listing() and not request.args.get("sort")
    found = product_reputation(current_state(), subject, listing, i18n.language_tag()[:2] if first else None)
    url = Addresses("product", "product_id")(subject.score.key)
    beside = [*found.beside.own, *(found.beside.pair or ())] if found.beside else []
    return page(
        template,
        it=found,
        listing=listing,
        json_ld=json_ld(found) if first else "",
        badge=_badge("product", subject.score.key, full_url("product", product_id=subject.score.key)),
        mine=found_helpful([*found.page.cards, *beside]),
        **_addresses(url, listing, SORTS, found.page.next_cursor),
    )


def seller(seller_id: str) -> Response:
    """Show the reputation of one seller; the shop's own is on its own page, unless it is rated as a seller too."""
    key, listing = asked_key(seller_id), _listing()
    if listing.sort not in _SELLER_ORDERS or listing.lang or listing.variant:
        abort(404)
    subject = find_seller(current_state(), key)
    if subject is None:
        abort(404)
    if key == SHOP_SELLER and not subject.score.shown:
        return public(redirect(url_for("trust.home")))
    template = "trust/reputation/seller.html"
    tag = tag_for(template, subject.score, subject.seller)
    return unless_known(tag, lambda: _seller(template, subject, listing))


def _seller(template: str, subject: Seller, listing: Listing) -> Response:
    found = seller_reputation(current_state(), subject, listing)
    url = Addresses("seller", "seller_id")(subject.score.key)
    mutual = current_state().settings.mutual in ("auto", "always")
    links = _addresses(url, listing, _SELLER_ORDERS, found.page.next_cursor)
    badge = _badge("seller", subject.score.key, full_url("seller", seller_id=subject.score.key))
    return page(template, it=found, mutual=mutual, listing=listing, badge=badge, **links)


def buyer(public_id: str) -> Response:
    """Show what can be read about a buyer who wants it to be read."""
    found = public_buyer(current_state(), public_id) if public_id.isascii() and public_id.isalnum() else None
    if found is None:
        abort(404)
    return page("trust/reputation/buyer.html", it=found)


def _addresses(url: str, listing: Listing, orders: Sequence[Sort], after: str | None) -> dict[str, Any]:
    """Return the address of a list as it is, in each order, and of its next page."""
    return {
        "url": url,
        "links": {sort: _same_list(url, listing, sort) for sort in orders},
        "next_url": _same_list(url, listing, listing.sort, after) if after else None,
    }


def _same_list(url: str, listing: Listing, sort: Sort, after: str | None = None) -> str:
    """Return the address of a list with the same filter, in some order, from a cursor on."""
    chosen = {"stars": listing.stars, "lang": listing.lang, "variant": listing.variant}
    return with_query(url, sort=None if sort == "newest" else sort, **chosen, after=after)


def review(public_id: str) -> Response:
    """Show one review with its history, or what became of it."""
    # Not every database can be asked for every character.
    about = find_about(current_state(), public_id) if public_id.isascii() and public_id.isalnum() else None
    if about is None:
        return gone_review(public_id)
    template = "trust/reputation/review.html"
    tag = tag_of(template, *about.version, about.product)
    return unless_known(tag, lambda: _review(template, public_id, about))


def _review(template: str, public_id: str, about: pages.About) -> Response:
    found = one_review(current_state(), public_id, about)
    if found is None:
        return gone_review(public_id)
    return page(template, it=found, mine=found_helpful([found.card]))
