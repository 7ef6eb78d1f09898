"""The addresses of a person's own page, each with its endpoint, view and methods."""

from __future__ import annotations

from typing import Any

from ..lazy import lazy

views = lazy("account.views")

ROUTES: list[tuple[str, str, Any, tuple[str, ...]]] = [
    ("/me", "me", views.me, ("GET", "POST")),
    ("/me/export.json", "me_export", views.me_export, ("GET",)),
    ("/me/erase", "me_erase", views.me_erase, ("GET", "POST")),
    ("/me/erased", "me_erased", views.erased, ("GET",)),
    ("/me/<token>", "me_by_link", views.me_by_link, ("GET", "POST")),
    ("/me/<token>/export.json", "me_export_by_link", views.me_export_by_link, ("GET",)),
    ("/me/<token>/erase", "me_erase_by_link", views.me_erase_by_link, ("GET", "POST")),
    ("/link", "link", views.link, ("GET", "POST")),
]

#: They carry a form token of their own, which is bound to the link or to who is signed in.
WITH_FORMS = (views.me, views.me_erase, views.me_by_link, views.me_erase_by_link, views.link)
