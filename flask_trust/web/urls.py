"""Links that work in a mail: outside of any request, led to the shop's public address."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit
from weakref import WeakKeyDictionary

from flask import Flask, current_app, has_request_context, request, url_for

from ..state import current_state

#: What may stand in a part of a path as it is; werkzeug.routing.BaseConverter quotes the rest.
_SAFE = "!$&'()*+,/:;=@"
#: Of each app; a server may let whoever asks name the root.
MOST_KEPT = 500
_kept: WeakKeyDictionary[Flask, dict[tuple[str, ...], str]] = WeakKeyDictionary()
#: Most ids, which need no quoting: finding that out takes a quarter of the time.
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")


def own_url(endpoint: str, **values: Any) -> str:
    """Return the path of one of our pages as `url_for` does, kept for what stands on every page.

    It is the same for all requests below one root, unless the shop adds something to each address it builds.
    `values` are few: ids of the shop go into `Addresses`.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not has_request_context() or _builds_each_anew(app):
        return url_for(f"trust.{endpoint}", **values)
    known = _kept.setdefault(app, {})
    key = (request.environ.get("SCRIPT_NAME", ""), endpoint, *values.values())
    path = known.get(key)
    if path is None:
        if len(known) >= MOST_KEPT:
            known.clear()
        path = known[key] = url_for(f"trust.{endpoint}", **values)
    return path


def _builds_each_anew(app: Flask) -> bool:
    varied = app.url_default_functions or app.subdomain_matching or app.url_map.host_matching
    return bool(varied) or type(app).url_for is not Flask.url_for


def public_url(endpoint: str, **values: Any) -> str:
    """Return the full address of one of our pages under `TRUST_BASE_URL`."""
    path = current_app.url_map.bind("localhost").build(f"trust.{endpoint}", values)
    return current_state().settings.base_url + path


def full_url(endpoint: str, **values: Any) -> str:
    """Return the full address of one of our pages for readers elsewhere; without `TRUST_BASE_URL`, as it was asked."""
    if current_state().settings.base_url:
        return public_url(endpoint, **values)
    return url_for(f"trust.{endpoint}", **values, _external=True)


def canonical_url(endpoint: str, **values: Any) -> str:
    """Return the one address of a page: the full one where it is known for sure, since readers choose the `Host`."""
    if current_state().settings.base_url:
        return public_url(endpoint, **values)
    return url_for(f"trust.{endpoint}", **values)


def with_query(url: str, **asked: object) -> str:
    """Return an address that asks for more; what is None is left out."""
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    # The shop's own URL defaults may have put something behind a question mark already.
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def from_here(url: str) -> str:
    """Return the full address of something the shop names, which may be a path of its own."""
    return urljoin(current_state().settings.base_url or request.host_url, url)


class Addresses:
    """Addresses of many pages of one kind: Flask builds the first, the others differ by the id alone."""

    _ID = "the-id-stands-here"

    def __init__(self, endpoint: str, parameter: str, *, full: bool = False, **others: str) -> None:
        self._endpoint, self._values, self._full = endpoint, {**others, parameter: self._ID}, full

    @cached_property
    def _around(self) -> tuple[str, str]:
        url = (full_url if self._full else own_url)(self._endpoint, **self._values)
        before, _, after = url.rpartition(self._ID)
        return before, after

    @cached_property
    def pattern(self) -> str:
        """Return the address with `%s` for an id of ours, which needs no quoting: for lists, where calls add up."""
        before, after = (part.replace("%", "%%") for part in self._around)
        return f"{before}%s{after}"

    def __call__(self, key: str) -> str:
        """Return the address of the page of one id, in the request or app context it was first asked in."""
        before, after = self._around
        return f"{before}{key if _PLAIN.fullmatch(key) else quote(key, safe=_SAFE)}{after}"


def own_address(url: str | None) -> str | None:
    """Return the path of something on this site, or None: pages behind secret links load nothing from elsewhere."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    here = (request.host, urlsplit(current_state().settings.base_url).netloc)
    # Browsers read "//" and "/\\" as the start of another site's name.
    if (parts.netloc and parts.netloc not in here) or not parts.path.startswith("/") or parts.path[1:2] in ("/", "\\"):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
