"""The addresses of the owner's desk, each with its endpoint, view and methods."""

from __future__ import annotations

from typing import Any

from ...lazy import lazy

views, export, requests = lazy("desk.owner.views"), lazy("desk.owner.export"), lazy("desk.owner.requests")
statements = lazy("desk.owner.statements")

ROUTES: list[tuple[str, str, Any, tuple[str, ...]]] = [
    ("/desk/", "desk", views.home, ("GET",)),
    ("/desk/reviews", "desk_reviews", views.reviews, ("GET",)),
    ("/desk/replies", "desk_replies", views.replies, ("GET",)),
    ("/desk/invitations", "desk_invitations", views.invitations, ("GET",)),
    ("/desk/arrivals", "desk_arrivals", views.not_arrived, ("GET",)),
    ("/desk/mails", "desk_mails", views.mails, ("GET", "POST")),
    ("/desk/requests", "desk_requests", requests.data_requests, ("GET", "POST")),
    ("/desk/health", "desk_health", views.health, ("GET", "POST")),
    ("/desk/export.csv", "desk_csv", export.export_csv, ("GET",)),
    ("/desk/export.json", "desk_json", export.export_json, ("GET",)),
    ("/desk/decisions.csv", "desk_decisions_csv", statements.decisions_csv, ("GET",)),
    ("/desk/decisions.json", "desk_decisions_json", statements.decisions_json, ("GET",)),
]

#: They carry a form token of their own, which is bound to who is signed in.
WITH_FORMS = (views.mails, views.health, requests.data_requests)
