"""`ETag` and 304 on public pages, for requests that carry nothing about a person; all others get the whole page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

from flask import current_app, request
from jinja2 import Environment
from werkzeug.http import quote_etag
from werkzeug.wrappers import Response

from .. import i18n
from ..state import current_state
from ..viewer import is_anonymous, session_has_changed
from .headers import is_ours, public, public_headers

#: Seconds.
SHARED_FOR = 600

_PACKAGE = Path(__file__).parent.parent
#: What pages are put together from.
_PIECES = (
    "trust/base.html",
    "trust/bare.html",
    "trust/_macros.html",
    "trust/_star_row.html",
    "trust/reputation/_rating.html",
)
_tags: WeakKeyDictionary[Environment, dict[str, hashlib._Hash]] = WeakKeyDictionary()
#: Where an address stands in a request. `request.url` spells it out for people, which takes as long as a query.
_ASKED = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
_DRAWN = (".py", ".html", ".svg", ".xml", ".css", ".mo", ".toml")


def tag_of(template: str, *state: object) -> str:
    """Return what stands for everything a page is drawn from; `state` is what it is about, as it is now."""
    app, environ = current_state(), request.environ
    today = app.clock().date()  # UTC
    asked = [environ.get(name) for name in _ASKED]
    digest = _begun(template).copy()
    digest.update("\n".join((app.settings.told, i18n.locale(), *map(repr, (*asked, today, *state)))).encode())
    return digest.hexdigest()[:32]


@cache
def _code() -> str:
    """Return what changes with every change of this package."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in _DRAWN:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _begun(template: str) -> hashlib._Hash:
    """Return the part of a tag that changes with our code, and with the shop's own templates in the place of ours."""
    environment = current_app.jinja_env
    if environment.auto_reload:
        return _begin(environment, template)
    # Jinja draws what it has read once, so files need to be looked at only once too.
    known = _tags.setdefault(environment, {})
    if template not in known:
        known[template] = _begin(environment, template)
    return known[template]


def _begin(environment: Environment, template: str) -> hashlib._Hash:
    return hashlib.sha256("\n".join(map(repr, (_code(), *_look(environment, template), ""))).encode())


def _look(environment: Environment, template: str) -> Iterator[tuple[str, int]]:
    for name in (template, *_PIECES):
        if not is_ours(name):
            file = Path(environment.get_template(name).filename or "")
            yield name, file.stat().st_mtime_ns if file.is_file() else 0


def shared(tag: str | None, draw: Callable[[], Response]) -> Response:
    """Return something that is the same for everybody, with or without cookies; caches may keep it for some minutes."""
    known = tag is not None and request.if_none_match.contains_weak(tag)
    response = public(Response(status=304) if known else draw())
    if session_has_changed():
        return response
    response.headers["Cache-Control"] = f"public, max-age={SHARED_FOR}"
    response.vary.clear()
    response.vary.add("Accept-Language")
    # Other sites show badges; what they may do with them is none of our headers' business.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    if tag is not None:
        response.set_etag(tag, weak=True)
    return response


def unless_known(tag: str | None, draw: Callable[[], Response]) -> Response:
    """Return a page, or 304 where its reader has it already; without a tag, or to somebody, always the page."""
    if tag is None or not is_anonymous():
        return draw()
    response = still_known(tag)
    if response is not None:
        return response
    response = draw()
    if not session_has_changed():  # the shop's frame may have begun a session
        response.set_etag(tag, weak=True)
    return response


def asked_again() -> bool:
    """Say whether somebody asks anew for something that may still be the same."""
    return "HTTP_IF_NONE_MATCH" in request.environ and is_anonymous()


def still_known(tag: str) -> Response | None:
    """Return the answer to somebody who has the page of this tag already."""
    told = quote_etag(tag, weak=True)
    # Most browsers send what we told them, and nothing has to be taken apart.
    if request.environ.get("HTTP_IF_NONE_MATCH") != told and not request.if_none_match.contains_weak(tag):
        return None
    return Response(status=304, headers={**public_headers(), "ETag": told})
