"""The group of our commands, which turns the first stumbling block of a new shop into a sentence."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
from flask.cli import AppGroup

from ..db.missing import WORDS, tables_are_missing
from ..errors import NotSetUp


class TrustGroup(AppGroup):
    """A group of commands that need our tables, and are imported when the shell asks for one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        import_module(".commands", __package__)  # each puts itself into the group

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; where something is not set up or our tables are missing, say what to type."""
        try:
            return super().invoke(ctx)
        except NotSetUp as error:
            raise click.ClickException(str(error)) from error
        except Exception as error:
            if not tables_are_missing(error):
                raise
            raise click.ClickException(WORDS) from error


trust_cli = TrustGroup("trust", help="Reviews and reputation: due work, deliveries, mails, checks, figures.")
