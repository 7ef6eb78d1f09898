"""The stars of a list: the same until somebody votes or a day ends, so that they are drawn once and kept."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from flask import current_app, g
from jinja2 import Environment
from markupsafe import Markup

from .. import i18n
from ..i18n import Speech
from ..scores.queries import Score
from ..web.frame import macros
from ..web.headers import is_ours
from ..web.urls import Addresses

#: Of each app; a drawing takes about a kilobyte.
MOST_KEPT = 5_000

_TEMPLATE, _ROW = "trust/reputation/_stars.html", "trust/_star_row.html"


#: By language, address, number of ratings and figure, which is all that our template reads of a score.
_kept: WeakKeyDictionary[Environment, dict[tuple[Speech, str, int, float], Markup]] = WeakKeyDictionary()


class Stars:
    """Draws stars in one language, for one request."""

    def __init__(self, speech: Speech) -> None:
        environment = current_app.jinja_env
        # What a shop draws in our place may depend on more than we know of.
        keeps = not environment.auto_reload and is_ours(_TEMPLATE) and is_ours(_ROW)
        self._drawn = _kept.setdefault(environment, {}) if keeps else None
        self._speech = speech
        self._addresses = {"product": Addresses("product", "product_id"), "seller": Addresses("seller", "seller_id")}

    def draw(self, score: Score) -> Markup:
        """Return the stars of a score as a link to its page."""
        drawn = self._drawn
        if drawn is None or score.kind not in self._addresses:
            return _draw(score)
        kept = self._speech, self._addresses[score.kind](score.key), score.count, score.headline
        found = drawn.get(kept)
        if found is None:
            if len(drawn) >= MOST_KEPT:
                drawn.clear()
            found = drawn[kept] = _draw(score)
        return found


def _draw(score: Score) -> Markup:
    return Markup(macros(_TEMPLATE).stars(score))  # noqa: S704 drawn by Jinja with autoescape


def stars(score: Score) -> Markup:
    """Return the stars of a score in the language of the moment."""
    made: dict[Speech, Stars] = g.setdefault("_flask_trust_stars", {})
    speech = i18n.speech()
    if speech not in made:
        made[speech] = Stars(speech)
    return made[speech].draw(score)
