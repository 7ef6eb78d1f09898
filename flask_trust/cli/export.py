"""`flask trust export`: everything about one person, for a request that came by letter, or everything there is."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
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
    behind = _last_row(part)
    try:
        with _for_the_owner(part) as file:
            write_everything(state, file, behind)
    except KeyboardInterrupt:
        click.echo(f"Stopped. What there is so far is in {part}; the same command goes on from there.", err=True)
        raise SystemExit(130) from None
    part.replace(to)


def _for_the_owner(part: Path) -> TextIO:
    """Open a file to write behind what is in it; where it is new, nobody else may read it."""
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8")


def write_everything(state: State, file: TextIO, behind: tuple[str, dict[str, Any]] | None) -> None:
    """Write every row of ours behind a place as a line of JSON."""
    encode = json.JSONEncoder(ensure_ascii=False, default=plain).encode
    # What is left half read holds its snapshot, and the connection with it.
    with state.session() as session, Bar("exporting") as bar, closing(read_everything(session, behind)) as rows:
        whole = count_everything(session, behind) if bar.shown else 0
        while some := list(islice(rows, AT_ONCE)):
            file.writelines(f'{{"table": "{table}", "row": {encode(row)}}}\n' for table, row in some)
            bar(len(some), whole)


def _last_row(part: Path) -> tuple[str, dict[str, Any]] | None:
    """Return the last row of an export that was stopped, without what is torn; None where there is none."""
    if not part.exists():
        return None
    with part.open("r+b") as file:
        line, end = _last_line(file)
        try:
            place = _place(line) if line else None
            if place is None:
                _check_beginning(file)
        except (KeyError, TypeError, ValueError) as error:
            raise click.ClickException(f"{part} is not part of an export. Delete it, or name another file.") from error
        file.truncate(end)
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
