"""Pages for people who are signed in at the shop: who looks, and requests that other sites have made."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import abort, request
from werkzeug.wrappers import Response

from .. import lookup
from ..errors import AdapterError
from ..state import current_state
from .headers import allow_long_forms

log = logging.getLogger("flask_trust")


def for_visitor(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let a view know who is signed in, as its first argument; nobody gets 404, a failing adapter 503."""

    @wraps(view)
    def guarded(**values: Any) -> Response:
        if request.method == "POST":
            refuse_other_sites()
            allow_long_forms()
        try:
            viewer = lookup.viewer(current_state().shop)
            return abort(404) if viewer is None else view(viewer, **values)
        except AdapterError as error:
            log.warning("%s; the page of somebody who is signed in cannot be drawn", error)
            abort(503)

    return guarded


def refuse_other_sites() -> None:
    """Refuse a form that another site has sent, beside the form's own token: with 403."""
    told = request.headers.get("Sec-Fetch-Site")
    if told is not None:
        if told not in ("same-origin", "none"):
            abort(403)
        return
    # Browsers that do not say so tell the origin of a POST; programs tell neither.
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc not in _here():
        abort(403)


def _here() -> set[str]:
    return {request.host, urlsplit(current_state().settings.base_url).netloc} - {""}
