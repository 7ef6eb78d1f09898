"""`flask trust …`: the same jobs from a shell, in words an owner understands."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from ..health.checks import check as find_faults
from ..invitations.queries import tally
from ..invitations.rules import REASONS
from ..jobs.due import run_due
from ..mail.queries import count_by_state
from ..orders.queries import delivered_count
from ..scores.queries import SHOP_REVIEWS, find_scores
from ..state import current_state
from .delivered import delivered
from .mail import mail

#: What a run did, in words an owner understands.
WORDS = {
    "polled_placed": "heard of %d new orders",
    "polled_shipped": "heard of %d shipments",
    "polled_delivered": "heard of %d deliveries",
    "polled_cancelled": "heard of %d cancellations",
    "polled_unknown_order": "heard of %d orders that the shop does not know",
    "polled_bad_event": "could not use %d events: see the log",
    "polled_adapter": "the shop's adapter failed %d times: see the log",
    "assumed_orders": "took %d orders as arrived, because they should be there by now",
    "asked_queued": "decided to ask about %d orders",
    "asked_waiting": "let %d requests wait for a better moment",
    "asked_skipped": "decided not to ask about %d orders",
    "asked_lost": "left %d requests to another worker",
    "asked_adapter": "put %d requests off, because the shop's adapter failed",
    "mail_sent": "sent %d mails",
    "mail_postponed": "will try %d mails again later",
    "mail_later": "let %d mails wait for daytime or the end of a pause",
    "mail_held": "left %d mails to you: see 'flask trust mail list'",
    "mail_dropped": "dropped %d mails that were no longer wanted or were refused",
    "mail_lost": "left %d mails to another worker",
}

trust_cli = AppGroup("trust", help="Reviews and reputation: due work, deliveries, mails, checks, figures.")
trust_cli.add_command(delivered)
trust_cli.add_command(mail)


@trust_cli.command()
@click.option("--every", type=click.IntRange(1, 86400), help="Repeat after this many seconds until stopped.")
def run(every: int | None) -> None:
    """Do all that is due: ask the shop for news, plan, send. Safe twice and in parallel."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    while True:
        # A context of its own for each round: the shop's session then starts afresh and sees what is new.
        with app.app_context():
            _report(run_due(current_state(), _Progress()))
        if every is None:
            return
        time.sleep(every)


class _Progress:
    """Shows how far a step has come, on a terminal only."""

    def __call__(self, step: str, done: int) -> None:
        if done and sys.stderr.isatty():
            click.echo(f"\r{step}: {done} ", nl=False, err=True)


def _report(done: dict[str, int]) -> None:
    sentences = [WORDS.get(name, f"{name.replace('_', ' ')}: %d") % count for name, count in done.items() if count]
    click.echo("; ".join(sentences) or "Nothing was due.")


@trust_cli.command()
@click.option("--repair", is_flag=True, help="Set wrong totals to a fresh count.")
def check(repair: bool) -> None:
    """Prove that all totals are right and nothing is missing; exit 1 with a list of what is not."""
    findings = find_faults(current_state(), repair=repair)
    for finding in findings:
        click.echo(f"- {finding.words}")
    if any(finding.repairable for finding in findings):
        click.echo("Run 'flask trust check --repair' to set the totals right.")
    if findings:
        raise SystemExit(1)
    click.echo("All totals agree with a recount, and nothing is missing.")


@trust_cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stats(as_json: bool) -> None:
    """Show the figures: deliveries, requests and why not, mails, reviews."""
    figures = current_state().read(_figures)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        if isinstance(value, dict):
            for inner, count in value.items():
                click.echo(f"{name + ' ' + inner:<40} {count:>8}  {REASONS.get(inner, '')}".rstrip())
        else:
            click.echo(f"{name:<40} {value:>8}")


def _figures(session: Session) -> dict[str, Any]:
    counts = tally(session)
    score = find_scores(session, SHOP_REVIEWS[0], [SHOP_REVIEWS[1]], current_state().clock())
    total = score.get(SHOP_REVIEWS[1])
    return {
        "orders delivered": delivered_count(session),
        "asked": counts.asked,
        "waiting": counts.waiting,
        "skipped": counts.skipped,
        "mails": count_by_state(session),
        "reviews shown": total.shown if total else 0,
        "reviews counted": total.count if total else 0,
        "average": total.average_text if total else "",
    }
