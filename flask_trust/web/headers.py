"""Limits and headers around our pages."""

from __future__ import annotations

from pathlib import Path

from flask import Response, current_app, request

# Bytes. More than any honest form, so that too long a text comes back with an error beside it, every word kept.
LARGEST_FORM = 4 * 1024 * 1024

CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


def allow_long_forms() -> None:
    """Let a form with too long a text reach its own error message instead of a bare 413."""
    request.max_form_memory_size = LARGEST_FORM
    request.max_content_length = LARGEST_FORM + 1024 * 1024


def private(response: Response) -> Response:
    """Set the headers of a page that opens by a secret link: never stored, indexed or told to other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def public(response: Response) -> Response:
    """Set the headers of a public page: strict in our own frame, the shop's own in the shop's frame."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if frame_is_ours():
        response.headers["Content-Security-Policy"] = CSP
    return response


def frame_is_ours() -> bool:
    """Say whether public pages stand in our own bare frame, because the shop has no `trust/base.html`."""
    filename = current_app.jinja_env.get_template("trust/base.html").filename or ""
    return Path(filename).is_relative_to(Path(__file__).parent.parent)
