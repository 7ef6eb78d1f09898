"""Every error this package raises on purpose."""

from __future__ import annotations

import click


class TrustError(Exception):
    """Base class: catch this to catch all of ours."""


class SettingsError(TrustError, click.ClickException):
    """A `TRUST_*` setting is missing, unknown or wrong; the message says what to type, also in a shell."""


class NotSetUp(TrustError):
    """The extension was used on an app that `init_app` has not seen."""


class UnknownOrder(TrustError, LookupError):
    """The shop's adapter does not know this order; nothing was stored."""


class BadValue(TrustError, ValueError):
    """The shop handed over a value that cannot be right, such as an id with a slash."""


class AdapterError(TrustError):
    """The shop's adapter raised or answered nonsense; the cause is chained."""


class MailError(TrustError):
    """A mail could not be handed over.

    `code` is a short word for the desk, `final` says that trying again is useless, `server` says that the
    mail server is the trouble and no other mail would fare better, `unclear` says that the server may have
    taken the mail nevertheless.
    """

    def __init__(self, code: str, *, final: bool = False, server: bool = False, unclear: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final
        self.server = server
        self.unclear = unclear
