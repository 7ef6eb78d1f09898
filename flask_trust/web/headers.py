"""Limits and headers around our pages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from flask import current_app, request
from werkzeug.wrappers import Response

R = TypeVar("R", bound=Response)

# Bytes. More than any honest form, so that too long a text comes back with an error beside it, every word kept.
LARGEST_FORM = 4 * 1024 * 1024

CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
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


def public(response: R) -> R:
    """Set the headers of a public page: strict in our own frame, the shop's own in the shop's frame."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.vary.add("Accept-Language")
    if is_ours("trust/base.html"):
        response.headers["Content-Security-Policy"] = PUBLIC_CSP
    return response


def is_ours(template: str) -> bool:
    """Say whether a template is the one we ship, because the shop has none of that name."""
    return _ships_with_us(current_app.jinja_env.get_template(template).filename or "")


@lru_cache(maxsize=128)
def _ships_with_us(filename: str) -> bool:
    return Path(filename).is_relative_to(Path(__file__).parent.parent)
