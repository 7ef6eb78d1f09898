"""Keyed hashes of words in one place: known again there when nobody is tied to them any more."""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app

from ..links import secret_keys
from .rules import Kind, normalised


def marks_of(kind: Kind, place: int, words: str) -> list[str]:
    """Return the mark of words under the current secret key, then under each older one; none where there are none.

    The place is our number of the product that is reviewed, the seller who is rated, or what is replied to.
    """
    text = normalised(words)
    message = f"flask-trust.kept-down|{kind}|{place}|{text}".encode()
    keys = reversed(secret_keys(current_app)) if text else ()
    return [hmac.new(key, message, hashlib.sha256).hexdigest() for key in keys]
