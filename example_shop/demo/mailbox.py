"""Reading the mails that the plugin wrote into a folder instead of sending them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

from flask import Flask

RATE_LINK = re.compile(r"https?://\S+?/trust/rate/[\w.~-]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """One sent mail."""

    name: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str

    @property
    def rate_link(self) -> str | None:
        """Return the first link to the page where the reader can write, if there is one."""
        found = RATE_LINK.search(self.text)
        return found.group() if found else None


def folder(app: Flask) -> Path:
    """Return the folder with the mails."""
    return Path(app.instance_path, "mail")


def names(app: Flask) -> set[str]:
    """Return the file names of all mails."""
    return {file.name for file in folder(app).glob("*.eml")}


def read(app: Flask, name: str) -> Mail | None:
    """Return one mail, or None where there is none of this name."""
    if name not in names(app):
        return None
    message = message_from_bytes(Path(folder(app), name).read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return Mail(
        name=name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=parsedate_to_datetime(str(message["Date"])),
        text=part(message, "plain"),
        html=part(message, "html"),
    )


def part(message: EmailMessage, kind: str) -> str:
    """Return the text or the HTML of a mail."""
    found = message.get_body((kind,))
    return str(found.get_content()) if found else ""


def newest_first(app: Flask) -> list[Mail]:
    """Return all mails."""
    mails = [mail for name in names(app) if (mail := read(app, name))]
    return sorted(mails, key=lambda mail: (mail.sent_at, mail.name), reverse=True)
