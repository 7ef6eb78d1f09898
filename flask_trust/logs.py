"""Keeping the secrets of links out of the logs of servers."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterable
from typing import Any

#: The first part of every address of ours whose second part is a secret.
SECRET = ("rate", "cases", "me", "replies", "receipts", "unsubscribe")
#: What stands in the log instead.
MARK = "[secret]"


def _with_escapes(word: str) -> str:
    """Return a pattern of a word of which any letter may be written as an escape: servers read it all the same."""
    return "".join(f"(?:{re.escape(each)}|%{ord(each):02X})" for each in word)


class TokenFilter(logging.Filter):
    """Takes the secret part and the query string out of addresses, for the loggers of servers.

    `logging.getLogger("werkzeug").addFilter(TokenFilter())`. Every request is still logged, and so is its page.
    `prefix` is `TRUST_URL_PREFIX`; `more` are first parts of further addresses of the shop's own with a secret after
    them.
    """

    def __init__(self, prefix: str = "/trust", more: Iterable[str] = ()) -> None:
        super().__init__()
        names = "|".join(_with_escapes(each) for each in (*SECRET, *more))
        # Also where the address is written with escapes or stands within another one, as in a Referer.
        slash = r"(?:/|%2F)+"
        self._secret = re.compile(rf"({slash}(?:{names}){slash})(?:(?!%2F|%3F|%23)[^\s/?#\"'])+", re.IGNORECASE)
        self._query = re.compile(rf"({re.escape(prefix)}/[^\s?\"']*)\?[^\s\"']*")

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean a record before any handler sees it; every record passes."""
        record.msg, record.args = self._clean(record.msg), self._clean(record.args)
        return True

    def _clean(self, value: Any) -> Any:
        """Return the value with all its texts cleaned, in the same form: servers read their arguments once more."""
        if isinstance(value, str):
            return self._query.sub(r"\1", self._secret.sub(rf"\1{MARK}", value))
        if isinstance(value, tuple):
            return tuple(self._clean(each) for each in value)
        if isinstance(value, dict):
            # Not dict(…): one of a server answers for keys that it does not have.
            cleaned = copy.copy(value)
            cleaned.update({key: self._clean(each) for key, each in value.items()})
            return cleaned
        return value
