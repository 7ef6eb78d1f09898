"""Links that work in a mail: outside of any request, led to the shop's public address."""

from __future__ import annotations

from typing import Any

from flask import current_app

from ..state import current_state


def public_url(endpoint: str, **values: Any) -> str:
    """Return the full address of one of our pages under `TRUST_BASE_URL`."""
    path = current_app.url_map.bind("localhost").build(f"trust.{endpoint}", values)
    return current_state().settings.base_url + path
