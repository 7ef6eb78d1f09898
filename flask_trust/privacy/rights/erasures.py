"""The list of erasures: a file outside the database, so that a restored backup can be erased again.

Each line is a date and a keyed hash. A line is on the disk before the erasure is committed: whatever dies in between,
no erasure is lost. At worst one is listed that has not happened yet, of somebody who had asked for it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from ...errors import TrustError
from ...links import secret_keys
from ...settings import Settings
from .rules import Kind, Listed, read_line

FILE = "trust-erasures.log"


class CannotList(TrustError):
    """The list of erasures cannot be written, so nothing is erased."""


def path_of(settings: Settings) -> Path:
    """Return where the list lies: `TRUST_ERASURE_FILE`, or a file in the app's instance folder."""
    return Path(current_app.instance_path, settings.erasure_file or FILE)


def key_name(key: bytes) -> str:
    """Return what tells one secret key from another and nothing about it."""
    return hmac.new(key, b"flask-trust.erasure-key", hashlib.sha256).hexdigest()[:8]


def mark_of(kind: Kind, what: int | str, key: bytes) -> str:
    """Return the keyed hash under which a person, an order or a report is listed."""
    # An account is a person's row of ours as well; an erasure of either has to find the other.
    name = "person" if kind == "account" else kind
    return hmac.new(key, f"flask-trust.erased-{name}|{what}".encode(), hashlib.sha256).hexdigest()


def marks_of(kind: Kind, what: int | str) -> list[str]:
    """Return that hash under the present secret key, then under each older one."""
    return [mark_of(kind, what, key) for key in reversed(secret_keys(current_app))]


def append(path: Path, lines: Sequence[Listed]) -> None:
    """Add lines to the list and wait until they are on the disk; raises `CannotList`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # A line that was cut off by a crash must not swallow the next one.
            cut_off = os.fstat(file).st_size and os.pread(file, 1, os.fstat(file).st_size - 1) != b"\n"
            content = "".join(f"{line}\n" for line in lines).encode()
            _write_all(file, b"\n" + content if cut_off else content)
            os.fsync(file)
        finally:
            os.close(file)
        if new:
            _keep_name(path.parent)
    except OSError as error:
        raise CannotList(
            f"The list of erasures {path} cannot be written ({type(error).__name__}), and nothing was erased: let the "
            "app write there, or set TRUST_ERASURE_FILE to a file that it can write."
        ) from error


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _keep_name(folder: Path) -> None:
    """Let the name of a new file survive a power cut too."""
    if hasattr(os, "O_DIRECTORY"):
        opened = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@dataclass(frozen=True, slots=True)
class Found:
    """What the list says: lines, how many of them are broken, and how many no present key has made."""

    lines: Sequence[Listed]
    broken: int
    unknown: int


def read_list(path: Path, keys: Iterable[bytes]) -> Found:
    """Return what the list says; a missing file is an empty list."""
    known = {key_name(key) for key in keys}
    text = path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
    told = [line for line in text.splitlines() if line]
    lines = [listed for listed in map(read_line, told) if listed is not None]
    return Found(lines, len(told) - len(lines), sum(line.key not in known for line in lines))
