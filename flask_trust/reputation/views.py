"""The public pages: shop, product, one review. They set no cookie and change nothing."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from ..errors import BadValue
from ..reviews.listing import SORTS, BadListing, Listing, Sort, read_listing
from ..shop import clean_id
from ..state import current_state
from ..web.frame import page
from .pages import one_review, product_reputation, shop_reputation, with_titles


def _listing() -> Listing:
    try:
        return read_listing(request.args.to_dict())
    except BadListing:
        abort(404)


def home() -> Response:
    """Show the shop's reputation."""
    state, listing = current_state(), _listing()
    if listing.filtered or listing.sort != "newest":
        abort(404)
    found = shop_reputation(state, listing)
    return page("trust/reputation/home.html", it=found, listing=listing, titles=with_titles(state, found.page))


def product(product_id: str) -> Response:
    """Show the reputation of one product."""
    try:
        key = clean_id(product_id)
    except BadValue:
        abort(404)
    listing = _listing()
    found = product_reputation(current_state(), key, listing)
    if found is None:
        abort(404)
    url = url_for("trust.product", product_id=key)
    after = found.page.next_cursor
    return page(
        "trust/reputation/product.html",
        it=found,
        url=url,
        listing=listing,
        links={sort: _same_list(url, listing, sort) for sort in SORTS if sort != "helpful"},
        next_url=_same_list(url, listing, listing.sort, after) if after else None,
    )


def _same_list(url: str, listing: Listing, sort: Sort, after: str | None = None) -> str:
    """Return the address of a list with the same filter, in some order, from a cursor on."""
    asked = {"sort": None if sort == "newest" else sort, "stars": listing.stars, "lang": listing.lang}
    asked |= {"variant": listing.variant, "after": after}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    # The shop's own URL defaults may have put something behind a question mark already.
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def review(public_id: str) -> Response:
    """Show one review with its history."""
    # Not every database can be asked for every character.
    found = one_review(current_state(), public_id) if public_id.isascii() and public_id.isalnum() else None
    if found is None:
        abort(404)
    return page("trust/reputation/review.html", it=found)
