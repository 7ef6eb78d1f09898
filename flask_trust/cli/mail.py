"""`flask trust mail`: see a mail before it leaves, send a test, look after what could not be sent."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from .. import lookup
from ..db import transaction
from ..errors import MailError, SettingsError, TrustError
from ..intake import actions as intake
from ..invitations.mails import letter_for
from ..mail.actions import release_held
from ..mail.letter import Letter, build, check_address
from ..mail.queries import troubled
from ..mail.transports import open_transport
from ..orders.queries import find
from ..shop import clean_id
from ..state import State, current_state

mail = AppGroup("mail", help="Preview, test, list and retry mails.")

WHY = {
    "adapter": "the shop's adapter failed; its log says with what",
    "broken_address": "the address is not one",
    "encryption_failed": "the mail server's certificate could not be checked",
    "folder": "the folder cannot be written to",
    "login_refused": "the mail server refused user or password",
    "mail_refused": "the mail server refused the mail",
    "no_encryption": "the server offers no encryption, so no password was sent",
    "recipient_refused": "the mail server says that the address does not exist",
    "sender_refused": "the mail server refuses TRUST_MAIL_FROM",
    "server_busy": "the mail server asked to come back later",
    "server_down": "the mail server did not answer",
    "timeout": "the mail server took too long",
    "try_later": "the mail server asked to come back later",
    "unclear": "a worker died while sending, twice: it may or may not have left",
}


@mail.command()
@click.argument("order_id")
@click.option("--html", is_flag=True, help="Print the HTML part instead of the text.")
def preview(order_id: str, html: bool) -> None:
    """Print the mail about an order as its buyer would get it; nothing is stored or sent."""
    state = current_state()
    try:
        letter = _letter(state, order_id)
    except (TrustError, LookupError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"To: {letter.to}\nSubject: {letter.subject}")
    for name, value in letter.headers.items():
        click.echo(f"{name}: {value}")
    click.echo("")
    click.echo(letter.html if html else letter.text)


def _letter(state: State, order_id: str) -> Letter:
    """Compose in a transaction that is taken back, as if the order had arrived now."""
    with state.session() as session:
        told = lookup.order(state.shop, clean_id(order_id))
        intake.delivered(session, state, order_id, told=told, even_old=True)
        order = find(session, clean_id(order_id))
        assert order is not None
        letter = letter_for(session, state, order, told, reminder=False)
        session.rollback()
    return letter


@mail.command("test")
@click.argument("address")
def send_test(address: str) -> None:
    """Send a short mail to ADDRESS through TRUST_MAIL_URL, to see that mails leave."""
    state = current_state()
    if not state.settings.mail_is_on:
        raise click.ClickException("TRUST_MAIL_URL is not set, so no mail can leave.")
    words = f"This is a test from {state.settings.shop_name}. Mails of flask_trust leave this way."
    domain = state.settings.mail_from.rpartition("@")[2]
    identity = f"<test-{state.clock():%Y%m%d%H%M%S%f}@{domain}>"
    try:
        letter = Letter(check_address(address), f"Test from {state.settings.shop_name}", words, f"<p>{words}</p>")
        with open_transport(state.settings, current_app) as transport:
            transport.send(build(letter, state.settings, identity, state.clock()))
    except (MailError, SettingsError) as error:
        raise click.ClickException(WHY.get(str(error), str(error))) from error
    click.echo(f"Handed over to the mail server, for {address}.")


@mail.command("list")
def list_troubled() -> None:
    """List mails that could not be sent, newest first, with the reason."""
    rows = current_state().read(lambda session: troubled(session))
    for row in rows:
        next_try = f"next try {row.due:%Y-%m-%d %H:%M} UTC" if row.due else "held"
        click.echo(f"{row.dedupe}: {next_try}, {WHY.get(row.error_code or '', row.error_code)}")
    if not rows:
        click.echo("No mail is in trouble.")


@mail.command()
def retry() -> None:
    """Try all held mails again at the next run."""
    state = current_state()

    def release(session: Session) -> int:
        return release_held(session, state.clock())

    click.echo(f"{transaction(state, release)} mails will be tried again.")
