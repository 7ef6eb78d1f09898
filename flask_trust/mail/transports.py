"""Ways in which a mail leaves: SMTP, the host's mail extension, or a folder for trying out."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from flask import Flask

from ..errors import MailError
from ..settings import Settings


class Transport(Protocol):
    """A way out, used as a context manager around many mails; every failure is a `MailError`.

    A mail leaves in two steps, so that the next one can be composed while the server is busy with this one.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def begin(self, message: EmailMessage, content: bytes) -> None:
        """Hand over one mail, whose bytes are `content`; raises `MailError`."""

    def finish(self) -> None:
        """Wait until the mail begun last was taken; raises `MailError`."""


def open_transport(settings: Settings, app: Flask) -> Transport:
    """Return the way out that `TRUST_MAIL_URL` names; connects with the first mail, raises `SettingsError`."""
    if settings.mail_url == "host":
        from .hostmail import HostMail

        return HostMail(app)
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "folder":
        return Folder(Path(unquote(parts.path)))
    from .smtp import Smtp  # smtplib is imported where mails are sent and nowhere else

    return Smtp(settings.mail_url)


def send(transport: Transport, message: EmailMessage) -> None:
    """Hand over one mail and wait until it was taken; raises `MailError`."""
    transport.begin(message, message.as_bytes())
    transport.finish()


class Folder:
    """A folder of `.eml` files, one for each mail: for demos and debugging."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is kept open."""

    def begin(self, message: EmailMessage, content: bytes) -> None:
        """Write one mail; a repeat of the same Message-ID replaces the file."""
        name = re.sub(r"[^0-9a-zA-Z]", "", str(message["Message-ID"]).split("@")[0])
        target = self._folder / f"{name}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            part.write_bytes(content)
            part.replace(target)
        except OSError as error:
            raise MailError("folder", server=True) from error

    def finish(self) -> None:
        """A written file is written."""

    def delete(self, is_meant: Callable[[str, str], bool]) -> None:
        """Delete the mails that are meant, by their address and text."""
        for file in self._folder.glob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=SMTP)
            body = mail.get_body(("plain",))
            if is_meant(mail["To"].addresses[0].addr_spec, body.get_content() if body else ""):
                file.unlink(missing_ok=True)
