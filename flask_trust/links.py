"""Signed links: who may open what, without a login and without a row in the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from flask import Flask, current_app
from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from .errors import NotSetUp
from .state import current_state

Purpose = Literal["rate", "unsubscribe", "receipt", "reply", "visitor", "case", "me"]

# Seconds. A rating link shows, edits and deletes for two years; an opt-out has to work for as long as mails lie about.
MAX_AGE: dict[Purpose, int] = {
    "rate": 2 * 365 * 86400,
    "unsubscribe": 10 * 365 * 86400,
    "receipt": 10 * 365 * 86400,
    "reply": 180 * 86400,
    "visitor": 365 * 86400,
    "case": 2 * 365 * 86400,
    "me": 86400,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token stands for: our own number of the thing, and whether the link is too old."""

    number: int
    version: int
    extra: str = ""
    expired: bool = False


def secret_keys(app: Flask) -> list[bytes]:
    """Return the app's secret keys, oldest first: itsdangerous signs with the last and accepts all."""
    if not app.secret_key:
        raise NotSetUp('flask_trust signs its links: set app.config["SECRET_KEY"] to a long random string.')
    older = app.config.get("SECRET_KEY_FALLBACKS") or []
    # One bare string is one key, not many of a letter each; an empty key would let anybody sign.
    older = [older] if isinstance(older, (str, bytes)) else older
    return [key.encode() if isinstance(key, str) else key for key in [*older, app.secret_key] if key]


class _ClockSigner(TimestampSigner):
    """Signs with the moment of the one clock that tests can set."""

    def get_timestamp(self) -> int:
        return int(current_state().clock().timestamp())


def _signer(purpose: Purpose) -> URLSafeTimedSerializer:
    # Made for each call, because a running app may change its keys.
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(
        secret_keys(current_app), salt=f"flask-trust.{purpose}", signer=_ClockSigner, signer_kwargs=options
    )


def sign(purpose: Purpose, number: int, version: int = 0, extra: str = "") -> str:
    """Return the token for one thing and purpose; raising `version` in its row kills older links.

    Everybody who has the link can read `extra`, and nobody can change it.
    """
    token = _signer(purpose).dumps([number, version, extra] if extra else [number, version])
    return token if isinstance(token, str) else token.decode()


def read(purpose: Purpose, token: str) -> Opened | None:
    """Return what the token stands for, or None when it was not made by us for this purpose."""
    try:
        return _opened(_signer(purpose).loads(token, max_age=MAX_AGE[purpose]))
    except SignatureExpired as late:
        return _opened(_signer(purpose).load_payload(late.payload), expired=True) if late.payload else None
    except (BadData, UnicodeError, ValueError):
        return None


def _opened(payload: object, *, expired: bool = False) -> Opened | None:
    match payload:
        case [int(number), int(version)]:
            return Opened(number, version, expired=expired)
        case [int(number), int(version), str(extra)]:
            return Opened(number, version, extra, expired)
    return None
