"""The addresses of the page about privacy, each with its endpoint, view and methods."""

from __future__ import annotations

from typing import Any

from ...lazy import lazy

views = lazy("privacy.page.views")

ROUTES: list[tuple[str, str, Any, tuple[str, ...]]] = [
    ("/privacy", "privacy", views.privacy, ("GET",)),
    ("/privacy.json", "privacy_json", views.privacy_json, ("GET",)),
    ("/privacy.atom", "privacy_feed", views.privacy_feed, ("GET",)),
    ("/privacy/<int:number>", "privacy_version", views.privacy_version, ("GET",)),
]
