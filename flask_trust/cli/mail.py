"""`flask trust mail`: see a mail before it leaves, send a test, look after what could not be sent."""

from __future__ import annotations

from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import AppGroup
from markupsafe import escape
from sqlalchemy.orm import Session

from .. import lookup
from ..db import transaction
from ..errors import MailError, SettingsError, TrustError
from ..figures import counted
from ..intake import actions as intake
from ..invitations.mails import letter_for
from ..mail.actions import release_held
from ..mail.letter import Letter, build, check_address
from ..mail.models import Outgoing
from ..mail.queries import troubled
from ..mail.rules import ABOUT_ORDERS
from ..mail.transports import open_transport, send
from ..orders.models import Order
from ..orders.queries import arrived, find, lines_of
from ..shop import clean_id
from ..state import State, current_state

mail = AppGroup("mail", help="Preview, test, list and retry mails.")

WHY = {
    "adapter": "the shop's adapter failed; its log says with what",
    "broken_address": "the address is not one",
    "cannot_write": "the mail could not be written; 'flask trust mail preview ORDER' shows why",
    "encryption_failed": "the mail server's certificate could not be checked",
    "folder": "the folder cannot be written to",
    "host_mail": "the shop's mail extension failed; its log says with what",
    "login_missing": "the mail server wants a user and a password in TRUST_MAIL_URL",
    "login_not_offered": "the mail server takes no login in the way TRUST_MAIL_URL asks for it",
    "login_refused": "the mail server refused user or password",
    "mail_refused": "the mail server refused the mail, and its log says why",
    "no_encryption": "the server offers no encryption, so no password was sent",
    "recipient_refused": "the mail server says that the address does not exist",
    "relay_refused": "the mail server takes no mail from us to this address, and its log says why",
    "sender_refused": "the mail server refuses TRUST_MAIL_FROM",
    "server_busy": "the mail server asked to come back later",
    "server_down": "the mail server did not answer",
    "timeout": "the mail server took too long",
    "try_later": "the mail server asked to come back later",
    "unclear": "nobody knows whether it left: twice the sending broke off before the server's answer",
}

GIVEN_UP = "given up"

NO_HOST = (
    "The links above have no host, because TRUST_BASE_URL is not set: write the public address of the shop, "
    'such as TRUST_BASE_URL = "https://shop.example".'
)


NOT_ARRIVED = (
    "No arrival of this order is noted, so the links above open nothing to rate yet. "
    "'flask trust delivered %s' notes it; from then on its buyer is asked for real."
)


@mail.command()
@click.argument("order_id")
@click.option("--html", is_flag=True, help="Print the HTML part instead of the text.")
def preview(order_id: str, html: bool) -> None:
    """Print the mail about an order as its buyer would get it; nothing is stored or sent."""
    state = current_state()
    try:
        letter, has_arrived = _letter(state, order_id)
    except (TrustError, LookupError) as error:
        raise click.ClickException(WHY.get(str(error), str(error))) from error
    click.echo(f"To: {letter.to}\nSubject: {letter.subject}")
    for name, value in letter.headers.items():
        click.echo(f"{name}: {value}")
    click.echo("")
    click.echo(letter.html if html else letter.text)
    if not state.settings.base_url:
        click.echo(NO_HOST, err=True)
    if not has_arrived:
        click.echo(NOT_ARRIVED % order_id, err=True)


def _letter(state: State, order_id: str) -> tuple[Letter, bool]:
    """Compose in a transaction that is taken back, as if the order had arrived now; says whether it has."""
    with state.session() as session:
        told = lookup.order(state.shop, clean_id(order_id))
        known = find(session, clean_id(order_id))
        has_arrived = known is not None and bool(arrived(lines_of(session, known.id)))
        intake.delivered(session, state, order_id, told=told, even_old=True)
        order = find(session, clean_id(order_id))
        assert order is not None
        if known is None:
            # Its number is given to another order later: the link must open nothing.
            order.link_version = -1
        letter = letter_for(session, state, order, lines_of(session, order.id), told, reminder=False)
        session.rollback()
    return letter, has_arrived


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
        to, subject = check_address(address), f"Test from {state.settings.shop_name}"
        letter = Letter(to, subject, words, f"<p>{escape(words)}</p>")
        with open_transport(state.settings, current_app) as transport:
            send(transport, build(letter, state.settings, identity, state.clock()))
    except (MailError, SettingsError) as error:
        raise click.ClickException(WHY.get(str(error), str(error))) from error
    click.echo(f"{_where(state.settings.mail_url)}, for {address}.")


def _where(mail_url: str) -> str:
    if mail_url.startswith("folder:"):
        return f"Written into the folder {urlsplit(mail_url).path}, and sent to nobody"
    return "Handed over to the shop's mail extension" if mail_url == "host" else "Handed over to the mail server"


@mail.command("list")
def list_troubled() -> None:
    """List mails that could not be sent, newest first, with the reason."""
    lines = current_state().read(_in_trouble)
    click.echo("\n".join(lines) or "No mail is in trouble.")
    if any(GIVEN_UP in line for line in lines):
        click.echo("What was given up is tried again after 'flask trust mail retry'.")


def _in_trouble(session: Session) -> list[str]:
    return [_sentence(row, _about(session, row)) for row in troubled(session)]


def _about(session: Session, row: Outgoing) -> str:
    order = session.get(Order, row.object_id) if row.kind in ABOUT_ORDERS else None
    return f"{row.kind} about order {order.key}" if order is not None else row.kind


def _sentence(row: Outgoing, about: str) -> str:
    next_try = f"next try {row.due:%Y-%m-%d %H:%M} UTC" if row.due else GIVEN_UP
    return f"{about}: {next_try}, {WHY.get(row.error_code or '', row.error_code)}"


@mail.command()
def retry() -> None:
    """Try all mails that were given up again at the next run."""
    state = current_state()

    def release(session: Session) -> int:
        return release_held(session, state.clock())

    count = transaction(state, release)
    click.echo(counted("%d mail(|s) will be tried again at the next run.", count))
