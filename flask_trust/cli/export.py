"""`flask trust export`: everything about one person, for a request that came by letter."""

from __future__ import annotations

import json

import click
from sqlalchemy.orm import Session

from .. import lookup
from ..errors import BadValue
from ..people.queries import find
from ..privacy.rights.export.document import export as export_person
from ..shop import clean_id
from ..state import State, current_state
from .group import trust_cli


@trust_cli.command()
@click.argument("person_id")
def export(person_id: str) -> None:
    """Print everything we hold about a person, by the shop's id, as JSON: what they get on their own page."""
    state = current_state()
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
