"""Keyed hashes of e-mail addresses: how a guest is known again without keeping the address."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from flask import current_app

from .links import secret_keys

#: How the ids of buyers without an account begin.
GUEST = "guest-"


def normalise(email: str) -> str:
    """Return the form of an address under which two spellings of one mailbox meet."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def _keyed(purpose: str, email: str, key: bytes) -> str:
    message = f"flask-trust.{purpose}|{normalise(email)}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _hashes(purpose: str, email: str) -> list[str]:
    return [_keyed(purpose, email, key) for key in reversed(secret_keys(current_app))]


def address_hashes(email: str) -> list[str]:
    """Return the hash of an address under the current secret key, then under each older one."""
    return _hashes("address", email)


def guest_ids(email: str) -> list[str]:
    """Return the guest id of an address under the current secret key, then under each older one."""
    return [f"{GUEST}{digest[:40]}" for digest in _hashes("guest", email)]


def guest_id(email: str) -> str:
    """Return the id of a buyer without an account: the same for every order of that address.

    It is a keyed hash (HMAC-SHA256 under the app's `SECRET_KEY`), so it needs an app context.
    """
    return guest_ids(email)[0]
