"""`trust` in the shop's templates: stars, reviews, scores and the style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from ..reviews.listing import Listing
from ..scores.queries import Score, empty_score, find_scores
from ..shop import clean_id
from ..state import State, current_state
from ..web.frame import fragment, macros
from .pages import product_reputation


class TemplateHelpers:
    """What a shop's template calls; every id may be a string or an integer."""

    def head(self) -> Markup:
        """Return the link to our style sheet, for the page's head."""
        return Markup('<link rel="stylesheet" href="%s">') % url_for("trust.static", filename="trust.css")

    def scores(self, product_ids: Iterable[Any]) -> dict[Any, Score]:
        """Return the scores of many products in one query, by the ids as they were given."""
        keys = {each: clean_id(each) for each in product_ids}
        state = current_state()
        found = _read(state, set(keys.values()))
        return {each: found.get(key) or empty_score("product", key) for each, key in keys.items()}

    def stars(self, product_id: Any, scores: Mapping[Any, Score] | None = None) -> Markup:
        """Return the stars of one product; `scores` of a whole list saves the query."""
        known = scores if scores is not None and product_id in scores else self.scores([product_id])
        return _safe(macros("trust/reputation/_stars.html").stars(known[product_id]))

    def reviews(self, product_id: Any) -> Markup:
        """Return score, figures and the newest reviews of one product, for its page in the shop."""
        key = clean_id(product_id)
        state = current_state()
        with state.db.session.no_autoflush:
            found = product_reputation(state, key, Listing())
        return _safe(fragment("trust/reputation/_reviews.html", it=found, key=key) if found else "")


def _safe(drawn: str) -> Markup:
    return Markup(drawn)  # noqa: S704 drawn by Jinja with autoescape


def _read(state: State, keys: set[str]) -> Mapping[str, Score]:
    def read(session: Session) -> dict[str, Score]:
        return find_scores(session, "product", keys, state.clock())

    return state.read_page(read) if keys else {}
