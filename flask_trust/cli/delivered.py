"""`flask trust delivered`: deliveries by hand, from standard input, or from the shop's own records."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from .. import lookup
from ..clock import zone
from ..errors import AdapterError, BadValue, UnknownOrder
from ..figures import counted
from ..intake import actions as intake
from ..invitations.rules import REASONS
from ..orders.queries import awaited_orders, find
from ..shop import Event, clean_id
from ..shop import Order as ShopOrder
from ..state import State, current_state
from .forecast import Outlook, Pending, foresee, look_ahead
from .progress import Bar

_SPAN = re.compile(r"(\d{1,4})d")

NOTHING_TOLD = (
    "The shop told of no orders: name them, let your adapter's events_since return them, "
    "or call trust.order_placed() in your checkout."
)

#: What was told of each order; None is an arrival at this moment.
Told = dict[str, list[Event | None]]


def _days(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    match = _SPAN.fullmatch(value)
    if match is None:
        raise click.BadParameter('write a number of days, such as "180d".')
    return int(match[1])


@click.command()
@click.argument("order_ids", nargs=-1, metavar="[ORDER_ID…]")
@click.option("--since", callback=_days, metavar="180d", help="Take the deliveries of this time from events_since.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say who would be asked when, and who not and why.")
@click.option("--even-old", is_flag=True, help="Ask about orders that arrived more than 14 days ago, too.")
@with_appcontext
def delivered(order_ids: tuple[str, ...], since: int | None, dry_run: bool, even_old: bool) -> None:
    """Note deliveries: order ids, "-" to read them from standard input, or --since for the shop's records."""
    state = current_state()
    if not order_ids and since is None:
        raise click.UsageError('Name orders, write "-" to read them from standard input, or use --since 180d.')
    told = _named(order_ids) if order_ids else _heard_of(state, since or 0)
    if not told:
        click.echo(NOTHING_TOLD)
        return
    found: list[Outlook | Pending] = []
    # Beside the answer, so that a program which reads that sees no bar.
    with Bar("Orders") as bar:
        for key, events in told.items():
            found.append(_note(state, key, events, dry_run=dry_run, even_old=even_old))
            bar(1, len(told))
    outlooks = foresee(found)
    _print(state, outlooks, dry_run=dry_run)
    failed = sum(outlook.failed for outlook in outlooks)
    if order_ids and failed:
        raise click.ClickException(counted("%d order(|s) could not be noted: the reason stands above.", failed))


def _named(order_ids: tuple[str, ...]) -> Told:
    keys = [key for each in order_ids for key in (sys.stdin.read().split() if each == "-" else [each])]
    return {key: [None] for key in keys}


def _heard_of(state: State, days: int) -> Told:
    """Return what the shop tells of this time, and the orders of this time that we know and wait for."""
    since = state.clock() - timedelta(days=days)
    try:
        events = lookup.events_since(state.shop, since)
    except AdapterError as error:
        raise click.ClickException(f"{error}: your adapter's events_since has to work for --since.") from error
    told: Told = {key: [] for key in state.read(lambda session: awaited_orders(session, since))}
    for event in events:
        told.setdefault(event.order_id, []).append(event)
    return told


def _note(
    state: State, key: str, events: Sequence[Event | None], *, dry_run: bool, even_old: bool
) -> Outlook | Pending:
    """Note what was told of one order, and say what becomes of it; a dry run takes everything back."""
    with state.session() as session:
        try:
            told = lookup.order(state.shop, clean_id(key))
            may_mail = lookup.may_mail(state.shop, told.id)
        except (UnknownOrder, BadValue, AdapterError) as error:
            return Outlook(key, reason=str(error), failed=True)
        new = find(session, told.id) is None
        refused = [_carry_out(session, state, told, event, dry_run=dry_run, even_old=even_old) for event in events]
        if new and refused and all(refused):
            return Outlook(key, reason=refused[-1], failed=True)
        return look_ahead(session, state, told, may_mail=may_mail)


def _carry_out(
    session: Session, state: State, told: ShopOrder, event: Event | None, *, dry_run: bool, even_old: bool
) -> str:
    """Note one arrival or event in a transaction of its own; returns why it cannot be used, empty where it can."""
    try:
        _apply(session, state, told, event, even_old=even_old)
    except BadValue as error:
        if not dry_run:
            session.rollback()
        click.echo(f"{told.id}: an event cannot be used, {error}", err=True)
        return str(error)
    if not dry_run:
        session.commit()
    return ""


def _apply(session: Session, state: State, told: ShopOrder, event: Event | None, *, even_old: bool) -> None:
    if event is None:
        intake.delivered(session, state, told.id, told=told, even_old=even_old)
    else:
        intake.apply_event(session, state, event, told, even_old=even_old)


def _print(state: State, outlooks: Sequence[Outlook], *, dry_run: bool) -> None:
    local = zone(None, state.settings.timezone)
    for outlook in outlooks:
        click.echo(_sentence(outlook, state.clock(), local))
    if any(outlook.asked_at is not None for outlook in outlooks):
        click.echo(f"Days and times are those of {local.key}.")
    click.echo(_summary(outlooks, "would be" if dry_run else "will be"))
    if dry_run:
        click.echo("Nothing was changed: this was a dry run.")


def _summary(outlooks: Sequence[Outlook], verb: str) -> str:
    already = sum(each.asked_already for each in outlooks)
    coming = sum(each.asked_at is not None for each in outlooks) - already
    words = counted(f"%d order(|s) {verb} asked about, ", coming) + f"{len(outlooks) - coming - already} not"
    return words + (counted(", %d (was|were) asked about before.", already) if already else ".")


def _sentence(outlook: Outlook, now: datetime, local: ZoneInfo) -> str:
    words = [_verdict(outlook, local)]
    if outlook.guess is not None:
        verb = "arrives" if outlook.guess > now else "arrived"
        words.append(f"that it {verb} on {outlook.guess.astimezone(local):%Y-%m-%d} is a guess")
    return f"{outlook.order_id}: {'; '.join(words)}"


def _verdict(outlook: Outlook, local: ZoneInfo) -> str:
    if outlook.asked_at is None:
        return f"not asked, {REASONS.get(outlook.reason, outlook.reason)}"
    when = f"{outlook.asked_at.astimezone(local):%Y-%m-%d %H:%M}"
    if outlook.asked_already:
        return f"{when}, that mail has left"
    return f"{when}; {outlook.reason}" if outlook.reason else when
