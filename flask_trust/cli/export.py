"""`flask trust export`: everything about one person, for a request that came by letter, or everything there is."""

from __future__ import annotations

import json

import click
from sqlalchemy.orm import Session

from .. import lookup
from ..errors import BadValue
from ..people.queries import find
from ..privacy.rights.export.document import export as export_person
from ..privacy.rights.export.document import plain
from ..privacy.rights.export.whole.queries import read_everything
from ..shop import clean_id
from ..state import State, current_state
from .group import trust_cli


@trust_cli.command()
@click.argument("person_id", required=False)
def export(person_id: str | None) -> None:
    """Print everything we hold about a person, by the shop's id, as JSON: what they get on their own page.

    Without a person: every row of every table of ours, one line of JSON each.
    """
    state = current_state()
    if person_id is None:
        _everything(state)
        return
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


def _everything(state: State) -> None:
    with state.session() as session:
        for table, row in read_everything(session):
            told = {name: plain(value) for name, value in row.items()}
            click.echo(json.dumps({"table": table, "row": told}, ensure_ascii=False))
