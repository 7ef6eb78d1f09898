"""Errors as pages: what happened, and what to do next."""

from __future__ import annotations

import logging

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from ..db.missing import WORDS, tables_are_missing
from ..i18n import _
from .frame import bare_page, page, personal_page

log = logging.getLogger("flask_trust")

SECRET_ENDPOINTS = (
    "trust.reply_by_link", "trust.case", "trust.rate", "trust.unsubscribe", "trust.me_by_link",
    "trust.me_export_by_link", "trust.me_erase_by_link",
)  # fmt: skip
PERSONAL_ENDPOINTS = (
    "trust.reports", "trust.report", "trust.reply", "trust.order", "trust.deals", "trust.me", "trust.me_export",
    "trust.me_erase",
)  # fmt: skip


def _texts(code: int) -> tuple[str, str]:
    known = {
        403: (_("This page is not for you"), _("Sign in with the account it belongs to, then open it again.")),
        404: (_("Nothing is here"), _("The address may have a typing mistake. Links from mails must be copied whole.")),
        409: (_("This was changed in the meantime"), _("Open the link again to see how things stand now.")),
        410: (
            _("This link is no longer valid"),
            _("It is too old, or what it belongs to was deleted. Please write to the shop if you still need it."),
        ),
        413: (_("That is too much text"), _("Go back, shorten your words and send them again.")),
        422: (_("Something is missing"), _("Go back, look for the marked fields and send the page again.")),
        429: (_("That was a lot at once"), _("Please wait a few minutes and try again.")),
        503: (_("That is not possible just now"), _("Nothing was changed. Please try again in a few minutes.")),
    }
    return known.get(code, (_("That did not work"), _("Please go back and try again.")))


def error_page(error: HTTPException) -> HTTPException | Response:
    """Return an error as a page in the frame the visitor was in; redirects pass through."""
    code = error.code or 500
    if code < 400:
        return error
    title, advice = _texts(code)
    desk = (request.endpoint or "").startswith("trust.desk")
    draw = personal_page if desk or request.endpoint in PERSONAL_ENDPOINTS else page
    draw = bare_page if request.endpoint in SECRET_ENDPOINTS else draw
    template = "trust/error_bare.html" if request.endpoint in SECRET_ENDPOINTS else "trust/error.html"
    return draw(template, status=code, title=title, advice=advice, offers_link=code == 410)


def name_missing_tables(sender: Flask, exception: BaseException, **_: object) -> None:
    """Say what to type, in the log, when a page of ours or of the shop has failed for want of our tables."""
    if tables_are_missing(exception):
        log.error(WORDS)
