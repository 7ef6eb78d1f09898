"""`flask --app example_shop demo`: the whole story on the terminal, then the running site."""

from __future__ import annotations

import textwrap
from contextlib import ExitStack

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from . import filling, history
from .browser import PageError
from .passing import count_steps
from .serving import HOST, open_server, serve
from .story import Ending, Teller, tell


@click.command()
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help="Where the site listens.")
@click.option("--no-serve", is_flag=True, help="Tell the story and stop.")
@with_appcontext
def demo(port: int, no_serve: bool) -> None:
    """Tell the story from a purchase to a public review, and leave the shop running."""
    address = f"http://{HOST}:{port}"
    with filling.once_more(current_app, TRUST_BASE_URL=address) as app:
        server = None if no_serve else open_server(app, port)
        click.secho("Lantern Lane, a small market with flask_trust in it\n", bold=True)
        fill(app)
        ending = live(app)
        if server is None:
            click.echo("\nTo click through it, start it without --no-serve: python dev.py demo")
        else:
            say_ending(app, ending)
            click.echo(f"\nThe site runs at {click.style(address, bold=True)} · Ctrl-C stops it.")
            serve(server, app)


def fill(app: Flask) -> None:
    """Start afresh, unless the shop was filled a moment ago by this very command."""
    if current_app.extensions.get(filling.FRESH):
        return
    with click.progressbar(length=history.DAYS, label="Four months of orders, parcels and mails") as bar:
        filling.fill_again(app, lambda: bar.update(1))
    click.echo()


def live(app: Flask) -> Ending:
    """Tell the story sentence by sentence, with a bar while time passes."""
    count = iter(range(1, 100))

    def say(sentence: str) -> None:
        number = f"{next(count)}. "
        click.echo(textwrap.fill(sentence, 88, initial_indent=number, subsequent_indent=" " * len(number)))

    with app.app_context():
        steps = count_steps(7)
    with ExitStack() as stack:
        bars: list[click.termui.ProgressBar[int]] = []  # type: ignore[name-defined]

        def wait() -> None:
            if not bars:
                bars.append(stack.enter_context(click.progressbar(length=steps, label="   7 days")))
            bars[0].update(1)
            if bars[0].finished:
                stack.close()

        try:
            return tell(app, Teller(say, wait))
        except PageError as error:
            raise click.ClickException(f"The story broke off: {error}.") from None


def say_ending(app: Flask, ending: Ending) -> None:
    """Print the pages that the story has led to."""
    base = app.config["TRUST_BASE_URL"]
    click.secho("\nSee for yourself:", bold=True)
    for name, path in (
        ("The shop", "/"),
        ("The product", ending.product),
        ("What everybody can read", ending.public),
        ("The mail", ending.mail),
        ("The page behind it", ending.rate.removeprefix(base)),
        ("Be anybody", "/sign-in"),
    ):
        click.echo(f"  {name:<24}{base}{path}")
