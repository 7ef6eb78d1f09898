"""The public pages: shop, product, one review. They set no cookie and change nothing."""

from __future__ import annotations

from flask import abort, request
from werkzeug.wrappers import Response

from ..errors import BadValue
from ..reviews.listing import SORTS, BadListing, Listing, read_listing
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
    sorts = [sort for sort in SORTS if sort != "helpful"]
    return page("trust/reputation/product.html", it=found, key=key, listing=listing, sorts=sorts)


def review(public_id: str) -> Response:
    """Show one review with its history."""
    # Not every database can be asked for every character.
    found = one_review(current_state(), public_id) if public_id.isascii() and public_id.isalnum() else None
    if found is None:
        abort(404)
    return page("trust/reputation/review.html", it=found)
