"""`flask trust policy scan`: columns of the shop that look personal and are not declared."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..privacy.scan import undeclared, unknown
from ..privacy.shop_part import read_shop_part
from ..state import current_state


@click.command()
@with_appcontext
def scan() -> None:
    """List your own columns that look personal and are not declared in TRUST_POLICY; exit 1 where there are any."""
    state = current_state()
    part = read_shop_part(state.settings.policy)
    metadata = list(state.db.metadatas.values())
    found = [column for each in metadata for column in undeclared(each, part)]
    gone = [column for column in unknown(metadata[0], part) if all(column in unknown(each, part) for each in metadata)]
    for column in found:
        click.echo(f"- {column} looks personal: write it into the columns of a [[data]], or leave it out knowingly.")
    for column in gone:
        click.echo(f"- {column} is declared, and no table of yours has it.")
    if found or gone:
        raise SystemExit(1)
    click.echo("Every column that looks personal is declared.")
