"""Links that work in a mail: outside of any request, led to the shop's public address."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from flask import current_app, request, url_for

from ..state import current_state

#: What may stand in a part of a path as it is; werkzeug.routing.BaseConverter quotes the rest.
_SAFE = "!$&'()*+,/:;=@"


def public_url(endpoint: str, **values: Any) -> str:
    """Return the full address of one of our pages under `TRUST_BASE_URL`."""
    path = current_app.url_map.bind("localhost").build(f"trust.{endpoint}", values)
    return current_state().settings.base_url + path


class Addresses:
    """Addresses of many pages of one kind: Flask builds the first, the others differ by the id alone."""

    _ID = "an-id"

    def __init__(self, endpoint: str, parameter: str) -> None:
        self._endpoint, self._parameter = f"trust.{endpoint}", parameter

    @cached_property
    def _around(self) -> tuple[str, str]:
        values: dict[str, Any] = {self._parameter: self._ID}
        before, _, after = url_for(self._endpoint, **values).rpartition(self._ID)
        return before, after

    def __call__(self, key: str) -> str:
        """Return the address of the page of one id, in the request or app context it was first asked in."""
        before, after = self._around
        return f"{before}{quote(key, safe=_SAFE)}{after}"


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
