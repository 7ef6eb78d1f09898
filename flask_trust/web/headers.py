"""Limits and headers around our pages."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from flask import current_app, request
from jinja2 import Environment
from werkzeug.wrappers import Response

from ..viewer import is_anonymous, session_has_changed

R = TypeVar("R", bound=Response)

# Bytes. More than any honest form, so that too long a text comes back with an error beside it, every word kept.
LARGEST_FORM = 4 * 1024 * 1024

CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_ours: WeakKeyDictionary[Environment, dict[str, bool]] = WeakKeyDictionary()
# Shops often keep the pictures of their products elsewhere.
PUBLIC_CSP = f"{CSP}; img-src 'self' https: data:"


def allow_long_forms() -> None:
    """Let a form with too long a text reach its own error message instead of a bare 413."""
    request.max_form_memory_size = LARGEST_FORM
    request.max_content_length = LARGEST_FORM


def private(response: R) -> R:
    """Set the headers of a page that opens by a secret link: never stored, indexed or told to other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def personal(response: R) -> R:
    """Set the headers of a page for one person who is signed in: kept nowhere; in the shop's frame the shop's stand."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if is_ours("trust/base.html"):
        response.headers["Content-Security-Policy"] = CSP
    return response


def public(response: R) -> R:
    """Set the headers of a public page."""
    response.headers.update(public_headers())
    return response


def public_headers() -> dict[str, str]:
    """Return the headers of a public page: strict in our own frame, the shop's own in the shop's frame.

    It may be kept for everybody only where nothing told who asked for it: the shop's frame may say "Hello Anna".
    """
    told = not is_anonymous() or session_has_changed()
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Language, Cookie, Authorization",
        "Cache-Control": "private, no-cache" if told else "no-cache",
    }
    return {**headers, "Content-Security-Policy": PUBLIC_CSP} if is_ours("trust/base.html") else headers


def is_ours(template: str) -> bool:
    """Say whether a template is the one we ship, because the shop has none of that name."""
    environment = current_app.jinja_env
    if environment.auto_reload:
        return _ships_with_us(environment, template)
    # Every page asks some times over; which file a name leads to is settled once Jinja has read it.
    known = _ours.setdefault(environment, {})
    if template not in known:
        known[template] = _ships_with_us(environment, template)
    return known[template]


def _ships_with_us(environment: Environment, template: str) -> bool:
    return Path(environment.get_template(template).filename or "").is_relative_to(Path(__file__).parent.parent)
