"""Who looks at the page, in hosts with Flask-Login, with plain sessions or with neither."""

from __future__ import annotations

from flask import current_app, request


def is_anonymous() -> bool:
    """Say whether a request tells nothing about who makes it."""
    return "Cookie" not in request.headers and "Authorization" not in request.headers


def login_id() -> str | None:
    """Return Flask-Login's user id, or None where nobody is logged in or Flask-Login is not set up."""
    manager = getattr(current_app, "login_manager", None)
    if manager is None or (manager._user_callback is None and manager._request_callback is None):
        # A LoginManager without a loader raises on the first touch of current_user.
        return None
    from flask_login import current_user

    # bool(current_user) is True for an anonymous visitor, so only is_authenticated tells.
    return str(current_user.get_id()) if current_user and current_user.is_authenticated else None
