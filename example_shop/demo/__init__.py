"""What makes the shop a demonstration: a clock that jumps, a mailbox to look into, and a story.

A real shop has nothing of this folder but the line `datetime.now(UTC)` in the place of `clock.now`.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from .clock import EXTENSION, DemoClock


def init_app(app: Flask) -> None:
    """Add the clock, the banner, the mailbox and the command `demo`."""
    from .command import demo
    from .views import blueprint

    app.extensions[EXTENSION] = DemoClock(Path(app.instance_path, "clock.json"))
    app.register_blueprint(blueprint)
    app.cli.add_command(demo)


def first_start(app: Flask) -> None:
    """Make the tables, and fill the shop when nobody has done so yet."""
    from .filling import ensure

    ensure(app)
