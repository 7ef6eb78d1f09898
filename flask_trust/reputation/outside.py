"""What other sites and programs read: badges, feeds, the map of public pages; the same for every reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ..i18n import _
from ..reviews.listing import Listing
from ..scores.score import Score
from ..shop import SHOP_SELLER
from ..state import current_state
from ..web.caching import shared
from ..web.frame import fragment
from ..web.urls import full_url
from .pages import find_product, find_shop, product_reputation
from .queries import find_listed, find_ratings, highest_subject
from .rules import shortened
from .seller import find_seller
from .views import asked_key, tag_for

THEMES, SIZES = ("light", "dark"), ("small", "large")
#: Half-width letters that fit into the first line of a large badge.
NAME_WIDTH = 26
#: Addresses in one file, as the protocol of sitemaps allows.
MAP_PART = 50_000


def badge(kind: str, key: str) -> Response:
    """Draw a score for other people's pages: a picture with its words inside, light or dark, small or large."""
    theme, size = request.args.get("theme", "light"), request.args.get("size", "small")
    if theme not in THEMES or size not in SIZES:
        abort(404)
    score, title = _scored(kind, asked_key(key))
    view = {"score": score, "title": title, "short": shortened(title, NAME_WIDTH), "theme": theme, "size": size}
    template = "trust/reputation/badge.svg"
    tag = tag_for(template, score, title)
    return shared(tag, lambda: Response(fragment(template, **view), mimetype="image/svg+xml"))


def _scored(kind: str, key: str) -> tuple[Score, str]:
    state = current_state()
    if kind == "shop" and key == SHOP_SELLER:
        return find_shop(state), state.settings.shop_name or _("this shop")
    finders: dict[str, Callable[..., object]] = {"product": find_product, "seller": find_seller}
    subject = finders[kind](state, key) if kind in finders else None
    if subject is None:
        abort(404)
    return subject.score, subject.title  # type: ignore[attr-defined]  # both kinds of subject have them


@dataclass(frozen=True, slots=True)
class Entry:
    """One review or rating in a feed."""

    url: str
    stars: int
    title: str
    text: str
    lang: str
    author: str
    at: datetime
    changed_at: datetime


def product_feed(product_id: str) -> Response:
    """Return the newest reviews of a product as an Atom feed."""
    state, subject = current_state(), find_product(current_state(), asked_key(product_id))
    if subject is None:
        abort(404)

    def entries() -> Sequence[Entry]:
        cards = product_reputation(state, subject, Listing()).page.cards
        return [
            Entry(
                full_url("review", public_id=card.public_id),
                *(card.stars, card.title, card.text, card.lang, card.author),
                card.shown_at,
                card.edited_at or card.shown_at,
            )
            for card in cards
        ]

    url = full_url("product", product_id=subject.score.key)
    return _feed(subject.score, _("Reviews of %(product)s", product=subject.title), url, entries)


def seller_feed(seller_id: str) -> Response:
    """Return the newest ratings of a seller as an Atom feed."""
    state, subject = current_state(), find_seller(current_state(), asked_key(seller_id))
    if subject is None:
        abort(404)
    url, number = full_url("seller", seller_id=subject.score.key), subject.score.subject_id

    def read(session: Session) -> Sequence[Entry]:
        cards, _cursor = find_ratings(session, number, Listing(), state.clock()) if number else ([], None)
        return [
            Entry(
                f"{url}#rating-{card.public_id}",
                *(card.stars, "", card.text, card.lang, card.author),
                card.shown_at,
                card.changed_at or card.shown_at,
            )
            for card in cards
        ]

    title = _("Ratings of %(seller)s", seller=subject.title)
    return _feed(subject.score, title, url, lambda: state.read_page(read))


def _feed(score: Score, title: str, url: str, entries: Callable[[], Sequence[Entry]]) -> Response:
    template = "trust/reputation/feed.xml"

    def draw() -> Response:
        found = entries()
        updated = max((each.changed_at for each in found), default=current_state().clock())
        drawn = fragment(template, title=title, url=url, here=request.base_url, entries=found, updated=updated)
        return Response(drawn, mimetype="application/atom+xml")

    return shared(tag_for(template, score, title), draw)


def sitemap() -> Response:
    """Return the addresses of all public pages, or of the parts of that list where one file cannot hold them."""
    highest = current_state().read_page(highest_subject)
    parts = range(highest // MAP_PART + 1)
    if len(parts) == 1:
        return sitemap_part(0)
    return _map("trust/reputation/sitemap_index.xml", parts=[full_url("sitemap_part", part=part) for part in parts])


def sitemap_part(part: int) -> Response:
    """Return one part of the addresses: by ranges of our own numbers, so that none has to be counted off."""
    first = part * MAP_PART
    if first + MAP_PART >= 2**63:  # more than a number in the database can be
        abort(404)
    rows = current_state().read_page(lambda session: find_listed(session, range(first, first + MAP_PART)))
    if part and not rows:
        abort(404)
    names = {"product": "product_id", "seller": "seller_id"}
    listed = [(full_url(kind, **{names[kind]: key}), day) for kind, key, day in rows]
    always = [full_url(name) for name in ("home", "how_reviews_work", "log", "privacy")]
    return _map("trust/reputation/sitemap.xml", always=always if part == 0 else [], listed=listed)


def _map(template: str, **view: object) -> Response:
    return shared(None, lambda: Response(fragment(template, **view), mimetype="application/xml"))
