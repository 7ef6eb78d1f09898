"""Who looks at the page, in hosts with Flask-Login, with plain sessions or with neither."""

from __future__ import annotations

from flask import current_app, request, session
from flask.globals import request_ctx


def is_anonymous() -> bool:
    """Say whether a request tells nothing about who makes it."""
    # Not from `request.headers`, which looks for a name in three ways: every public page asks some times over.
    environ = request.environ
    return "HTTP_COOKIE" not in environ and "HTTP_AUTHORIZATION" not in environ


def session_has_changed() -> bool:
    """Say whether somebody has put something into Flask's session during this request.

    Looking at `session` itself would count as reading it, and Flask then tells caches that the answer goes by cookies.
    """
    opened = getattr(request_ctx, "_session", None)  # older versions of Flask do not mind, and have no such name
    return bool(getattr(session if opened is None else opened, "modified", False))


def login_id() -> str | None:
    """Return Flask-Login's user id, or None where nobody is logged in or Flask-Login is not set up."""
    manager = getattr(current_app, "login_manager", None)
    if manager is None or (manager._user_callback is None and manager._request_callback is None):
        # A LoginManager without a loader raises on the first touch of current_user.
        return None
    from flask_login import current_user

    # bool(current_user) is True for an anonymous visitor, so only is_authenticated tells.
    return str(current_user.get_id()) if current_user and current_user.is_authenticated else None
