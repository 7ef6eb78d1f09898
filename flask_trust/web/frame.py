"""Drawing pages: in our own bare frame behind secret links, in the shop's frame for everybody.

Templates see few names, so that a shop's frame finds its own untouched: `t_` and `nt_` (screen texts), `fmt`
(dates, numbers, the language) and `view` (what the page is about).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Response, current_app, g, render_template
from markupsafe import Markup, escape

from .. import i18n
from ..state import current_state
from .headers import is_ours, personal, private, public
from .urls import Addresses, canonical_url, own_url


def words() -> dict[str, Any]:
    """Return the names every template of ours sees; the language is found once for all of a page."""
    settings, speech = current_state().settings, i18n.speech()
    fmt = SimpleNamespace(
        day=speech.day,
        month=speech.month,
        number=speech.number,
        figure=speech.figure,
        exact=speech.exact,
        paragraphs=paragraphs,
        product_url=Addresses("product", "product_id"),
        product_feed_url=Addresses("product_feed", "product_id"),
        seller_url=Addresses("seller", "seller_id"),
        review_url=Addresses("review", "public_id"),
        report_url=Addresses("report_review", "public_id"),
        report_rating_url=Addresses("report_rating", "public_id"),
        report_reply_url=Addresses("report_review_reply", "public_id"),
        report_rating_reply_url=Addresses("report_rating_reply", "public_id"),
        helpful_url=Addresses("helpful", "public_id"),
        canonical=canonical_url,
        url=own_url,
        language=speech.tag,
        language_name=speech.language_name,
        direction=speech.direction,
        shop=settings.shop_name or i18n._("this shop"),
        shop_address=settings.shop_address.splitlines(),
    )
    return {"t_": speech.text, "nt_": speech.plural, "fmt": fmt}


def style_link() -> Markup:
    """Return the link to our style sheet."""
    return Markup('<link rel="stylesheet" href="%s">') % own_url("static", filename="trust.css")


def paragraphs(text: str) -> Markup:
    """Return what a person wrote with its lines and paragraphs."""
    lines = str(escape(text)).replace("\n\n", "</p><p>").replace("\n", "<br>")
    return Markup(f"<p>{lines}</p>")  # noqa: S704 escaped above


def macros(template: str) -> Any:
    """Return the macros of a template, made once for a page: for what stands on it many times."""
    made: dict[Any, Any] = g.setdefault("_flask_trust_macros", {})
    key = template, i18n.speech()
    if key not in made:
        made[key] = current_app.jinja_env.get_template(template).make_module(words())
    return made[key]


def fragment(template: str, **view: Any) -> str:
    """Draw a template by itself: without a request, or as a piece of a shop's own page."""
    # Not render_template: context processors of the shop may need a request, or count on running once for a page.
    return current_app.jinja_env.get_template(template).render(**words(), view=SimpleNamespace(**view))


def bare_page(template: str, *, status: int = 200, **view: Any) -> Response:
    """Draw a page behind a secret link: our own frame, none of the shop's scripts, cookies or context processors."""
    return private(Response(fragment(template, **view), status, mimetype="text/html"))


def page(template: str, *, status: int = 200, **view: Any) -> Response:
    """Draw a public page in the shop's frame, or in our own where the shop has none."""
    return public(Response(_framed(template, view), status, mimetype="text/html"))


def personal_page(template: str, *, status: int = 200, **view: Any) -> Response:
    """Draw a page for one person who is signed in, in the shop's frame or our own."""
    return personal(Response(_framed(template, view), status, mimetype="text/html"))


def _framed(template: str, view: dict[str, Any]) -> str:
    if is_ours("trust/base.html") and is_ours(template):
        # Nothing here asks for the shop's context processors, which may read the session or not work at all.
        return fragment(template, **view)
    return _linked_once(render_template(template, **words(), view=SimpleNamespace(**view)))


def _linked_once(html: str) -> str:
    """Drop every link to our style sheet but the first: a shop whose layout has `trust.head()` links it already."""
    link = str(style_link())
    first, found, rest = html.partition(link)
    return first + found + rest.replace(link, "")
