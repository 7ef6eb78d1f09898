"""The demo's own pages: jumping in time, and a look into everybody's mailbox."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import mailbox
from .clock import now
from .lock import only_one
from .passing import pass_days
from .serving import HOST

JUMPS = (1, 7, 14)
# A mail may bring styles of its own and nothing else; its links open in the whole window.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)

blueprint = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates", static_folder="static")


@blueprint.app_context_processor
def banner() -> dict[str, object]:
    """Give every page what the banner shows."""
    return {"demo_now": now, "demo_jumps": JUMPS, "demo_mails": lambda: len(mailbox.names(_app()))}


@blueprint.post("/jump")
def jump() -> ResponseReturnValue:
    """Move the clock, and do at once what the worker would do at its next turn."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    days = request.form.get("days", type=int)
    if days not in JUMPS:
        abort(400, "The clock jumps by 1, 7 or 14 days.")
    # Two clicks at once would pull the clock to and fro.
    with only_one(_app()):
        pass_days(days)
    return redirect(_inside(request.form.get("back", "/")), 303)


def _inside(path: str) -> str:
    """Return a path of this site, whatever was posted."""
    # Browsers drop tabs and line breaks and read a backslash as a slash.
    plain = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if plain else "/"


@blueprint.get("/mailbox")
def inbox() -> str:
    """List all mails, newest first."""
    return render_template("demo/mailbox.html", mails=mailbox.newest_first(_app()))


@blueprint.get("/mailbox/<name>")
def mail(name: str) -> str:
    """Show one mail as its reader sees it."""
    found = _mail(name)
    return render_template("demo/mail.html", mail=found, text=_here(found.text))


@blueprint.get("/mailbox/<name>/html")
def mail_html(name: str) -> Response:
    """Return the HTML part of a mail for its frame: without scripts, whatever a mail may hold."""
    html = _here(_mail(name).html)
    answer = Response(f'<!doctype html><base target="_top">{html}', mimetype="text/html")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    return answer


def _mail(name: str) -> mailbox.Mail:
    return mailbox.read(_app(), name) or abort(404)


def _here(text: str) -> str:
    """Let a mail's links lead to where the visitor is, also when the mail is of a run on another port."""
    known = rf"http://{re.escape(HOST)}:\d+|{re.escape(current_app.config['TRUST_BASE_URL'])}"
    return re.sub(known, request.url_root.rstrip("/"), text)


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
