"""Lantern Lane: a small marketplace that was there before, with flask_trust mounted into it.

`flask --app example_shop demo` tells the whole story; `adapter.py` is all that a shop owner writes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from . import adapter, demo, views
from .extensions import db, login_manager


def create_app(config: Mapping[str, Any] | None = None, instance_path: str | None = None) -> Flask:
    """Return the shop; its database and everything in it is made at the first start."""
    place = instance_path or os.environ.get("EXAMPLE_SHOP_INSTANCE")
    app = Flask(__name__, instance_path=place, instance_relative_config=True)
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    configure(app, config or {})
    # A demonstration, never a real shop: its mails go into a folder, which only debug mode allows.
    app.debug = True
    db.init_app(app)
    login_manager.init_app(app)
    views.init_app(app)
    demo.init_app(app)
    adapter.trust.init_app(app)
    demo.first_start(app)
    return app


def configure(app: Flask, config: Mapping[str, Any]) -> None:
    """Read the settings: the shop's own, then the plugin's, the environment's (FLASK_…) and the caller's."""
    app.config.from_mapping(
        SECRET_KEY=secret_key(Path(app.instance_path, "secret_key")),
        SQLALCHEMY_DATABASE_URI="sqlite:///shop.sqlite3",
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"timeout": 20}},
        SESSION_COOKIE_SAMESITE="Lax",
        DEMO_FIRST_START=True,
        DEMO_GIVEN=dict(config),
    )
    app.config.from_mapping(adapter.settings(app))
    app.config.from_prefixed_env()
    app.config.from_mapping(config)


def secret_key(file: Path) -> str:
    """Return this installation's own key, made at the first start."""
    try:
        with file.open("x", encoding="ascii") as new:
            new.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return file.read_text("ascii")
