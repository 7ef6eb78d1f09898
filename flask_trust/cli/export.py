"""`flask trust export`: everything about one person, for a request that came by letter, or everything there is."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click
from sqlalchemy.orm import Session

from .. import lookup
from ..errors import BadValue
from ..people.queries import find
from ..privacy.rights.export.document import export as export_person
from ..privacy.rights.export.document import plain
from ..privacy.rights.export.whole.queries import AT_ONCE, check_place, count_everything, read_everything
from ..shop import clean_id
from ..state import State, current_state
from .group import trust_cli
from .progress import Bar

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: How many bytes of a part are read first to find its last line.
TAIL = 1 << 16
BEGINS = b'{"table": "'


@trust_cli.command()
@click.argument("person_id", required=False)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write everything into this file; stopped and run again, it goes on.",
)
def export(person_id: str | None, to: Path | None) -> None:
    """Print everything we hold about a person, by the shop's id, as JSON: what they get on their own page.

    Without a person: every row of every table of ours, one line of JSON each.
    """
    state = current_state()
    if person_id is None:
        _everything(state, to)
        return
    if to is not None:
        raise click.UsageError("--to is for everything; what is held about a person is printed.")
    try:
        key = clean_id(person_id)
    except BadValue as error:
        raise click.ClickException(str(error)) from error
    told = lookup.or_nothing(lookup.people, state.shop, [key]).get(key)
    found = state.read(lambda session: _document(session, state, key, told.email if told else None))
    if found is None:
        raise click.ClickException(f"Nothing of {key} is here: never heard of, or erased before.")
    click.echo(found)


def _document(session: Session, state: State, key: str, email: str | None) -> str | None:
    told = export_person(session, state, find(session, key), email)
    return None if told is None else json.dumps(told, ensure_ascii=False, indent=1)


def _everything(state: State, to: Path | None) -> None:
    if to is None:
        write_everything(state, sys.stdout, None)
        return
    if to.exists():
        raise click.ClickException(f"{to} is there already. Name another file, or delete it.")
    part = to.with_name(f"{to.name}.part")
    try:
        with _alone(part) as file:
            _go_on(state, part, file)
            if sys.platform != "win32":  # before anybody else can get the lock
                part.replace(to)
    except KeyboardInterrupt:
        click.echo(f"Stopped. What there is so far is in {part}; the same command goes on from there.", err=True)
        raise SystemExit(130) from None
    if sys.platform == "win32":  # where no open file can be renamed, by anybody
        part.replace(to)


@contextmanager
def _alone(part: Path) -> Iterator[BinaryIO]:
    """Open a file to read it and write behind what is in it, and keep other exports out of it meanwhile."""
    with os.fdopen(os.open(part, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
        # Another one may have been done, and its part renamed, after this one was opened.
        if not _lock(file) or not part.exists() or not os.path.samestat(os.fstat(file.fileno()), part.stat()):
            raise click.ClickException(
                f"Another export is writing {part}. Wait until it is done, or name another file."
            )
        yield file


def _lock(file: BinaryIO) -> bool:
    """Say whether nobody else writes; the system gives the lock back however we end, so that none is left behind."""
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks: an export is worth more than none
    return True


def _go_on(state: State, part: Path, file: BinaryIO) -> None:
    behind = _last_row(part, file)
    _for_the_owner(part, file)
    if behind is not None:
        click.echo(f"Going on behind the last row of {behind[0]} in {part}; what came since may be missing.", err=True)
    text = TextIOWrapper(file, encoding="utf-8", newline="\n")
    try:
        write_everything(state, text, behind)
    finally:
        text.detach()  # which writes what is left; the file stays open, and with it the lock


def _for_the_owner(part: Path, file: BinaryIO) -> None:
    """Let nobody else read the file, whoever made it."""
    if hasattr(os, "fchmod"):
        try:
            os.fchmod(file.fileno(), 0o600)
        except PermissionError as error:
            raise click.ClickException(f"Others can read {part}. Delete it, or name another file.") from error


def write_everything(state: State, file: TextIO, behind: tuple[str, dict[str, Any]] | None) -> None:
    """Write every row of ours behind a place as a line of JSON."""
    encode = json.JSONEncoder(ensure_ascii=False, default=plain).encode
    # What is left half read holds its snapshot, and the connection with it.
    with state.session() as session, Bar("exporting") as bar, closing(read_everything(session, behind)) as rows:
        whole = count_everything(session, behind) if bar.shown else 0
        while some := list(islice(rows, AT_ONCE)):
            file.writelines(f'{{"table": "{table}", "row": {encode(row)}}}\n' for table, row in some)
            bar(len(some), whole)


def _last_row(part: Path, file: BinaryIO) -> tuple[str, dict[str, Any]] | None:
    """Return the last row of an export that was stopped, and cut off what is torn; None where there is none."""
    line, end = _last_line(file)
    try:
        place = _place(line) if line else None
        if place is None:
            _check_beginning(file)
    except (KeyError, TypeError, ValueError) as error:
        raise click.ClickException(f"{part} is not part of an export. Delete it, or name another file.") from error
    file.truncate(end)
    file.seek(end)
    return place


def _place(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return the table and the row of a line; raises KeyError, TypeError or ValueError where it is not one of ours."""
    told = json.loads(line)
    check_place((told["table"], told["row"]))
    return told["table"], told["row"]


def _check_beginning(file: BinaryIO) -> None:
    """Raise ValueError where a file without a whole line is not the beginning of an export."""
    file.seek(0)
    if not BEGINS.startswith(file.read(len(BEGINS))):
        raise ValueError("something else")


def _last_line(file: BinaryIO) -> tuple[bytes, int]:
    """Return the last whole line and where it ends; an empty one where there is none."""
    size, length = file.seek(0, os.SEEK_END), TAIL
    while True:
        start = max(0, size - length)
        file.seek(start)
        tail = file.read(size - start)
        end = tail.rfind(b"\n") + 1
        begins = tail.rfind(b"\n", 0, end - 1) + 1 if end else 0
        if begins or not start:
            return tail[begins:end], start + end
        length *= 2
