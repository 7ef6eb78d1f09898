"""`flask trust delivered`: deliveries by hand, from standard input, or from the shop's own records."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from .. import lookup
from ..clock import zone
from ..errors import AdapterError, BadValue, UnknownOrder
from ..intake import actions as intake
from ..invitations.asking import gather
from ..invitations.queries import find as find_request
from ..invitations.rules import REASONS, Facts, Skip, Wait, decide
from ..orders.queries import find
from ..shop import Event, clean_id
from ..shop import Order as ShopOrder
from ..state import State, current_state

_SPAN = re.compile(r"(\d{1,4})d")

#: When a mail about which order would leave, by the shop's ids of buyer and order.
Foreseen = dict[str, dict[str, datetime]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one order: when it would be asked, or why not."""

    order_id: str
    asked_at: datetime | None
    reason: str


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
    events = list(_named(order_ids)) if order_ids else _told(state, since or 0)
    if not events:
        click.echo("The shop told of no orders: name them, or let your adapter's events_since return them.")
        return
    outcomes: list[Outcome] = []
    foreseen: Foreseen = {}
    with click.progressbar(events, label="Orders", show_pos=True) as shown:
        for event in shown:
            outcomes += _note(state, event, foreseen, dry_run=dry_run, even_old=even_old)
    _print(state, outcomes, dry_run=dry_run)


def _named(order_ids: tuple[str, ...]) -> Iterator[tuple[str, Event | None]]:
    for each in order_ids:
        keys = sys.stdin.read().split() if each == "-" else [each]
        yield from ((key, None) for key in keys)


def _told(state: State, days: int) -> list[tuple[str, Event | None]]:
    try:
        events = lookup.events_since(state.shop, state.clock() - timedelta(days=days))
    except AdapterError as error:
        raise click.ClickException(f"{error}: your adapter's events_since has to work for --since.") from error
    return [(event.order_id, event) for event in events]


def _note(
    state: State, item: tuple[str, Event | None], foreseen: Foreseen, *, dry_run: bool, even_old: bool
) -> list[Outcome]:
    """Note one delivery or event in a transaction of its own, which a dry run takes back."""
    key, event = item
    with state.session() as session:
        try:
            told = lookup.order(state.shop, clean_id(key))
            if event is None:
                intake.delivered(session, state, key, told=told, even_old=even_old)
            else:
                intake.apply_event(session, state, event, told, even_old=even_old)
            outcome = _outcome(session, state, key, told, foreseen)
        except (UnknownOrder, BadValue, AdapterError) as error:
            return [Outcome(key, None, str(error))]
        if dry_run:
            session.rollback()
        else:
            session.commit()
    return [outcome] if outcome else []


def _outcome(session: Session, state: State, key: str, told: ShopOrder, foreseen: Foreseen) -> Outcome | None:
    order = find(session, key)
    request = find_request(session, order.id) if order else None
    if order is None or request is None:
        return None
    if request.state == "asked":
        return Outcome(key, request.asked_at, "asked already")
    if request.state == "skipped":
        return Outcome(key, None, request.reason or "")
    facts = gather(session, state, request, order, told, may_mail=lookup.may_mail(state.shop, order.key))
    return _forecast(facts, order.key, foreseen.setdefault(told.buyer.id, {}))


def _forecast(facts: Facts, key: str, foreseen: dict[str, datetime]) -> Outcome:
    """Ask the same rules as the worker, as if the planned moment and all mails before it had come."""
    mails = [facts.last_mail_at, *(at for order, at in foreseen.items() if order != key)]
    last = max((at for at in mails if at is not None), default=None)
    facts = replace(facts, now=max(facts.now, facts.planned_for), last_mail_at=last)
    verdict = decide(facts)
    if isinstance(verdict, Skip):
        return Outcome(key, None, verdict.reason)
    foreseen[key] = verdict.until if isinstance(verdict, Wait) else facts.now
    return Outcome(key, foreseen[key], verdict.why if isinstance(verdict, Wait) else "")


def _print(state: State, outcomes: list[Outcome], *, dry_run: bool) -> None:
    local = zone(None, state.settings.timezone)
    last = {outcome.order_id: outcome for outcome in outcomes}
    for outcome in last.values():
        click.echo(_sentence(outcome, local))
    summary = Counter("asked" if outcome.asked_at else "not asked" for outcome in last.values())
    verb = "would be" if dry_run else "will be"
    click.echo(f"{summary['asked']} orders {verb} asked about, {summary['not asked']} not.")
    if dry_run:
        click.echo("Nothing was changed: this was a dry run.")


def _sentence(outcome: Outcome, local: ZoneInfo) -> str:
    if outcome.asked_at is not None:
        when = outcome.asked_at.astimezone(local)
        note = f" ({outcome.reason})" if outcome.reason else ""
        return f"{outcome.order_id}: {when:%Y-%m-%d %H:%M}{note}"
    reason = REASONS.get(outcome.reason, outcome.reason)
    return f"{outcome.order_id}: not asked, {reason}"
