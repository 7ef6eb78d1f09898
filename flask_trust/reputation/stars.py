"""The stars of a list: the same until somebody votes or a day ends, so that they are drawn once and kept."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from flask import current_app, g
from jinja2 import Environment
from markupsafe import Markup

from .. import i18n
from ..i18n import Speech
from ..scores.score import Score
from ..web.frame import macros
from ..web.headers import is_ours
from ..web.urls import Addresses

#: Of each app; a drawing takes about a kilobyte.
MOST_KEPT = 5_000

_TEMPLATE, _ROW = "trust/reputation/_stars.html", "trust/_star_row.html"


#: By language, address without the id, the id, counts and score, which give all that our template reads of a score.
_Kept = tuple[Speech, str, str, tuple[int, ...], float]
_kept: WeakKeyDictionary[Environment, dict[_Kept, Markup]] = WeakKeyDictionary()


class Stars:
    """Draws stars in one language, for one request."""

    def __init__(self, speech: Speech) -> None:
        environment = current_app.jinja_env
        # What a shop draws in our place may depend on more than we know of.
        keeps = not environment.auto_reload and is_ours(_TEMPLATE) and is_ours(_ROW)
        self._drawn = _kept.setdefault(environment, {}) if keeps else None
        self._speech = speech
        self._roots: dict[str, str] = {}

    def draw(self, score: Score) -> Markup:
        """Return the stars of a score as a link to its page."""
        drawn = self._drawn
        if drawn is None or score.kind not in ("product", "seller"):
            return _draw(score)
        root = self._roots.get(score.kind) or self._root(score.kind)
        kept = self._speech, root, score.key, score.counts, score.score
        found = drawn.get(kept)
        if found is None:
            if len(drawn) >= MOST_KEPT:
                drawn.clear()
            found = drawn[kept] = _draw(score)
        return found

    def _root(self, kind: str) -> str:
        """Return the address below which all pages of a kind lie."""
        self._roots[kind] = Addresses(kind, f"{kind}_id")("")
        return self._roots[kind]


def _draw(score: Score) -> Markup:
    return Markup(macros(_TEMPLATE).stars(score))  # noqa: S704 drawn by Jinja with autoescape


def stars(score: Score) -> Markup:
    """Return the stars of a score in the language of the moment."""
    made: dict[Speech, Stars] = g.setdefault("_flask_trust_stars", {})
    speech = i18n.speech()
    if speech not in made:
        made[speech] = Stars(speech)
    return made[speech].draw(score)
