"""Links that work in a mail: outside of any request, led to the shop's public address."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from flask import current_app, request, url_for

from ..state import current_state

#: What may stand in a part of a path as it is; werkzeug.routing.BaseConverter quotes the rest.
_SAFE = "!$&'()*+,/:;=@"
#: Most ids, which need no quoting: finding that out takes a quarter of the time.
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")


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


def from_here(url: str) -> str:
    """Return the full address of something the shop names, which may be a path of its own."""
    return urljoin(current_state().settings.base_url or request.host_url, url)


class Addresses:
    """Addresses of many pages of one kind: Flask builds the first, the others differ by the id alone."""

    _ID = "the-id-stands-here"

    def __init__(self, endpoint: str, parameter: str, *, full: bool = False) -> None:
        self._endpoint, self._parameter, self._full = endpoint, parameter, full

    @cached_property
    def _around(self) -> tuple[str, str]:
        values: dict[str, Any] = {self._parameter: self._ID}
        url = full_url(self._endpoint, **values) if self._full else url_for(f"trust.{self._endpoint}", **values)
        before, _, after = url.rpartition(self._ID)
        return before, after

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
