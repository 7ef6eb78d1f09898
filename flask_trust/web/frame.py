"""Drawing pages: in our own bare frame behind secret links, in the shop's frame for everybody.

Templates see few names, so that a shop's frame finds its own untouched: `t_` and `nt_` (screen texts), `fmt`
(dates, numbers, the language) and `view` (what the page is about).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Response, current_app, render_template

from .. import i18n
from ..figures import one_decimal
from ..state import current_state
from .headers import private, public


def words() -> dict[str, Any]:
    """Return the names every template of ours sees."""
    settings = current_state().settings
    fmt = SimpleNamespace(
        day=i18n.format_day,
        month=i18n.format_month,
        number=i18n.format_number,
        one_decimal=one_decimal,
        language=i18n.language_tag(),
        direction=i18n.direction(),
        shop=settings.shop_name or i18n._("this shop"),
        shop_address=settings.shop_address.splitlines(),
    )
    return {"t_": i18n._, "nt_": i18n.ngettext, "fmt": fmt}


def fragment(template: str, **view: Any) -> str:
    """Draw a template by itself: without a request, or as a piece of a shop's own page."""
    # Not render_template: context processors of the shop may need a request, or count on running once for a page.
    return current_app.jinja_env.get_template(template).render(**words(), view=SimpleNamespace(**view))


def bare_page(template: str, *, status: int = 200, **view: Any) -> Response:
    """Draw a page behind a secret link: our own frame, none of the shop's scripts, cookies or context processors."""
    return private(Response(fragment(template, **view), status, mimetype="text/html"))


def page(template: str, *, status: int = 200, **view: Any) -> Response:
    """Draw a public page in the shop's frame, or in our own where the shop has none."""
    body = render_template(template, **words(), view=SimpleNamespace(**view))
    return public(Response(body, status, mimetype="text/html"))
