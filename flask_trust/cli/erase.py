"""`flask trust erase`: erase one person, or erase again after a backup was restored."""

from __future__ import annotations

import click

from ..db import transaction
from ..errors import BadValue, TrustError
from ..figures import counted
from ..intake import actions as intake
from ..privacy.rights.erasures import path_of
from ..privacy.rights.replay import Replayed
from ..privacy.rights.replay import replay as erase_again
from ..state import State, current_state
from .group import trust_cli


@trust_cli.command()
@click.argument("person_id", required=False)
@click.option("--shop", "by_shop", is_flag=True, help="It is the shop's wish, not the person's; public counts say so.")
@click.option("--replay", is_flag=True, help="After restoring a backup: erase again all that the list names.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def erase(person_id: str | None, by_shop: bool, replay: bool, yes: bool) -> None:
    """Erase a person by the shop's id: words, stars, name and every trace; totals follow. There is no way back."""
    if replay == (person_id is not None):
        raise click.UsageError("Name the shop's id of one person, or use --replay.")
    state = current_state()
    if person_id is None:
        _report(state, erase_again(state))
        return
    if not yes:
        click.confirm(f"Erase everything of {person_id}? There is no way back", abort=True)
    _erase_one(state, person_id, by_shop=by_shop)


def _erase_one(state: State, person_id: str, *, by_shop: bool) -> None:
    try:
        what = transaction(
            state, lambda session: intake.erased(session, state, person_id, "shop" if by_shop else "person")
        )
    except (BadValue, TrustError) as error:
        raise click.ClickException(str(error)) from error
    if what == "nothing":
        raise click.ClickException(f"Nothing of {person_id} is here: never heard of, or erased before.")
    click.echo(f"Everything of {person_id} is erased, and listed in {path_of(state.settings)}.")


def _report(state: State, done: Replayed) -> None:
    path = path_of(state.settings)
    if not path.exists():
        raise click.ClickException(f"There is no list of erasures at {path}: set TRUST_ERASURE_FILE to where it lies.")
    reports = counted(", and %d report(|s)", done.reports) if done.reports else ""
    click.echo(counted("Erased %d pe(rson|ople) again", done.erased) + f"{reports}; {path} names {done.listed}.")
    if done.broken:
        words = counted("%d line(|s) of the list (is|are) broken and (was|were) left out", done.broken)
        click.echo(f"{words}: a line can be cut off when the machine stops while it is written.", err=True)
    if done.unknown:
        words = counted("%d line(|s) (was|were) written with a secret key that is not known any more", done.unknown)
        raise click.ClickException(f"{words}: add it to SECRET_KEY_FALLBACKS and run this again.")
