"""`flask trust …`: the same jobs from a shell, in words an owner understands."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import click
from flask import Flask, current_app
from sqlalchemy.orm import Session

from .. import i18n
from ..figures import counted
from ..health.checks import Finding, look
from ..health.totals import Place
from ..invitations.queries import tally
from ..invitations.rules import REASONS
from ..jobs.due import run_due
from ..mail.queries import count_by_state
from ..orders.queries import delivered_count
from ..scores.queries import SHOP_REVIEWS, find_scores
from ..state import current_state
from . import erase as _erase  # noqa: F401  each puts itself into the group
from . import export as _export  # noqa: F401
from .delivered import delivered
from .group import trust_cli as trust_cli
from .mail import mail
from .policy import policy
from .progress import Bar

#: What a run did, in words an owner understands; `figures.counted` chooses between one and many.
WORDS = {
    "polled_placed": "told of %d order(|s)",
    "polled_shipped": "told of %d shipment(|s)",
    "polled_delivered": "told of %d deliver(y|ies)",
    "polled_cancelled": "told of %d cancellation(|s)",
    "polled_unknown_order": "told of %d order(|s) that the shop does not know",
    "polled_broken_order": "could not use %d event(|s), because the shop's adapter failed: see the log",
    "moved_families": "moved the reviews of %d product(|s) to the family that the shop names now",
    "polled_bad_event": "could not use %d event(|s): see the log",
    "polled_adapter": "the shop's adapter failed %d time(|s): see the log",
    "assumed_orders": "took %d order(|s) as arrived, because (it|they) should be there by now",
    "asked_queued": "decided to ask about %d order(|s)",
    "asked_waiting": "let %d request(|s) wait for a better moment",
    "asked_skipped": "decided not to ask about %d order(|s)",
    "asked_lost": "left %d request(|s) to another worker",
    "asked_adapter": "put %d request(|s) off, because the shop's adapter failed",
    "told_sellers": "wrote to %d seller(|s) about what is new",
    "told_nobody": "had news for %d seller(|s), and the adapter names nobody to write to: see Seller.people",
    "told_tomorrow": "put news for %d seller(|s) off, because of the mail they had today",
    "told_lost": "left news for %d seller(|s) to another worker",
    "told_adapter": "put news for %d seller(|s) off, because the shop's adapter failed",
    "cases_closed": "closed %d report(|s) about words that are not there any more",
    "cases_contacts": "deleted %d address(|es) of people who had reported something",
    "overwritten_files": "rebuilt %d database file(|s), so that nothing erased is left in (it|them)",
    "kept_mail": "deleted %d record(|s) of mails sent long ago",
    "kept_visitor_vote": "made %d old helpful vote(|s) nobody's",
    "kept_case": "deleted what was said in %d old report(|s)",
    "kept_note": "deleted the private notes of %d old rating(|s)",
    "kept_taken_down": "deleted the words of %d text(|s) that (was|were) taken down long ago",
    "kept_kept_down": "deleted %d code(|s) of words that (was|were) taken down long ago",
    "kept_order": "cut %d old order(|s) off from (its buyer|their buyers)",
    "kept_data_request": "deleted %d old request(|s) about data",
    "mail_sent": "sent %d mail(|s)",
    "mail_postponed": "will try %d mail(|s) again later",
    "mail_later": "let %d mail(|s) wait for daytime or the end of a pause",
    "mail_held": "gave %d mail(|s) up: see 'flask trust mail list'",
    "mail_dropped": "dropped %d mail(|s) that (was|were) no longer wanted or refused",
    "mail_lost": "left %d mail(|s) to another worker",
    "polled_failed": "could not ask the shop for news: see the log",
    "assumed_failed": "could not take orders as arrived: see the log",
    "asked_failed": "could not decide whom to ask: see the log",
    "told_failed": "could not tell sellers what is new: see the log",
    "cases_failed": "could not look after reports: see the log",
    "kept_failed": "could not look for what is kept too long: see the log",
    "mail_failed": "could not send mails: see the log",
}

#: Figures of a run that an owner has to look at, beside those of failed steps and of a failing adapter.
TROUBLE = {"polled_unknown_order", "polled_broken_order", "polled_bad_event", "mail_held"}

#: States of a mail whose name in the code is not what an owner would call it.
LABELS = {"held": "given up", "unsure": "perhaps sent"}

trust_cli.add_command(delivered)
trust_cli.add_command(mail)
trust_cli.add_command(policy)


@trust_cli.command()
@click.option("--every", type=click.IntRange(1, 86400), help="Repeat after this many seconds until stopped.")
@click.option("--quiet", is_flag=True, help="Say only what went wrong: for cron, which mails every word.")
def run(every: int | None, quiet: bool) -> None:
    """Do all that is due: ask the shop for news, plan, send. Safe twice and in parallel."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    while True:
        # A context of its own for each round: the shop's session then starts afresh and sees what is new.
        with app.app_context():
            _report(run_due(current_state(), _Progress()), quiet=quiet)
        if every is None:
            return
        time.sleep(every)


class _Progress:
    """Shows how far a step has come, on a terminal only."""

    def __call__(self, step: str, done: int) -> None:
        if done and sys.stderr.isatty():
            click.echo(f"\r{step}: {done} ", nl=False, err=True)


def _report(done: dict[str, int], *, quiet: bool) -> None:
    sentences = [_words(name, count) for name, count in done.items() if count and (is_trouble(name) or not quiet)]
    if sentences or not quiet:
        click.echo("; ".join(sentences) or "Nothing was due.")


def is_trouble(name: str) -> bool:
    """Say whether a figure of a run tells of something that an owner has to look at."""
    return name in TROUBLE or name.endswith(("_failed", "_adapter"))


def _words(name: str, count: int) -> str:
    known = WORDS.get(name, f"{name.replace('_', ' ')}: %d")
    return counted(known, count) if "%d" in known else known


@trust_cli.command()
@click.option("--repair", is_flag=True, help="Set wrong totals to a fresh count.")
@click.option("--after", type=click.IntRange(0), default=0, help="Go on where a check that was stopped said.")
def check(repair: bool, after: int) -> None:
    """Prove that all totals are right and nothing is missing; exit 1 with a list of what is not."""
    findings: list[Finding] = []
    stopped, place = False, Place(after)
    try:
        # As all of the shell, and so that words can be found in the docs.
        with i18n.speaking("en"), Bar("counting again") as place.moved:
            for finding in look(current_state(), place, repair=repair):
                findings.append(finding)
    except KeyboardInterrupt:
        stopped = True
    _list(findings, whole=not stopped)
    if any(finding.repairable for finding in findings):
        click.echo("Run 'flask trust check --repair' to set the totals right.")
    if stopped:
        again = "check --repair" if repair else "check"
        click.echo(f"Stopped. 'flask trust {again} --after {place.after}' goes on from here.", err=True)
        raise SystemExit(130)
    if findings:
        raise SystemExit(1)
    click.echo("All totals agree with a recount, and nothing is missing.")


def _list(findings: Sequence[Finding], *, whole: bool) -> None:
    """Print what needs a look, and under a heading of its own what nothing waits for yet."""
    later = [finding for finding in findings if finding.later]
    if whole and later and len(later) == len(findings):
        click.echo("All totals agree with a recount, and nothing stops a first mail or review.")
    for finding in findings:
        if not finding.later:
            click.echo(f"- {finding.line}")
    if later:
        click.echo("Before you go live:")
    for finding in later:
        click.echo(f"- {finding.line}")


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
                label = f"{name} {LABELS.get(inner, inner)}"
                click.echo(f"{label:<40} {count:>8}  {REASONS.get(inner, '')}".rstrip())
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
