"""`Trust`: reads the settings and wires the rooms into one app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from flask import Blueprint, Flask, current_app, got_request_exception, request_started
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from . import tables  # noqa: F401  every table is attached
from .cli.group import trust_cli
from .clock import Clock, system_clock
from .db import attach
from .errors import SettingsError
from .lazy import LazyMapping, LazyObject, lazy
from .routes import LINK_VIEWS, ROUTES
from .settings import Settings, read_settings
from .shop import Shop
from .state import EXTENSION, State, current_state

if TYPE_CHECKING:
    from flask_sqlalchemy import SQLAlchemy

    from .intake import actions as intake
    from .jobs import due
    from .mail.sending import MailKind
    from .reputation.helpers import TemplateHelpers
    from .web import errors
else:
    intake, due, errors = lazy("intake.actions"), lazy("jobs.due"), lazy("web.errors")

LineIds = Iterable[Any] | None


class Trust:
    """Reviews and reputation for a shop: `Trust(db, MyShop())`, then `init_app(app)`.

    Made with the shop's `SQLAlchemy` object and its adapter; `clock` returns the present moment (aware, UTC) and
    is there for tests and demos. Making it adds our tables to the shop's metadata. The event methods use the shop's
    own session: they flush, and never commit or send, so they live and die with the shop's transaction.
    """

    def __init__(self, db: SQLAlchemy, shop: Shop, *, clock: Clock = system_clock) -> None:
        if not isinstance(shop, Shop):
            raise SettingsError(
                "Trust() needs your SQLAlchemy object and an object of your adapter's class: Trust(db, MyShop())."
            )
        self._db, self._shop, self._clock = db, shop, clock
        attach(db.metadata)

    def init_app(self, app: Flask) -> None:
        """Mount pages, commands and template helpers; raises `SettingsError` in words that say what to type."""
        if EXTENSION in app.extensions:
            raise SettingsError("trust.init_app(app) was called twice for this app; once is enough.")
        settings = read_settings(app.config, debug=app.debug or app.testing)
        _check_policy(settings)
        _check_schema(self._db, app)
        app.extensions[EXTENSION] = State(settings, self._shop, self._db, self._clock, LazyMapping(_mail_kinds))
        app.register_blueprint(_blueprint(settings))
        app.jinja_env.globals["trust"] = LazyObject(_template_helpers)
        app.cli.add_command(trust_cli)
        _exempt_link_views(app)
        # weak=False, because nothing else holds the function.
        got_request_exception.connect(errors.name_missing_tables, app, weak=False)

    def order_placed(self, order_id: Any) -> None:
        """Tell that an order was placed: needed only to notice what never arrives; raises `UnknownOrder`."""
        intake.placed(self._session, current_state(), order_id)

    def order_shipped(
        self,
        order_id: Any,
        line_ids: LineIds = None,
        at: datetime | None = None,
        carrier: str | None = None,
        tracking: str | None = None,
    ) -> None:
        """Tell that lines (all where None) are on their way; carrier and tracking are not kept."""
        intake.shipped(self._session, current_state(), order_id, line_ids, at)

    def order_delivered(self, order_id: Any, line_ids: LineIds = None, at: datetime | None = None) -> None:
        """Tell that lines (all where None) have arrived, now or `at`; raises `UnknownOrder`."""
        intake.delivered(self._session, current_state(), order_id, line_ids, at)

    def order_cancelled(
        self, order_id: Any, line_ids: LineIds = None, by: Literal["buyer", "seller"] = "buyer", paid: bool = False
    ) -> None:
        """Tell that lines (all where None) will not come; what has arrived stays ratable."""
        intake.cancelled(self._session, current_state(), order_id, line_ids, by, paid)

    def order_paused(self, order_id: Any, until: datetime) -> None:
        """Tell that a return or dispute is open: postpones the mail, by 14 days at most."""
        intake.paused(self._session, current_state(), order_id, until)

    def order_returned(self, order_id: Any, line_ids: LineIds = None, reason: str | None = None) -> None:
        """Tell that lines were sent back; they stay ratable."""
        intake.returned(self._session, current_state(), order_id, line_ids, reason)

    def person_merged(self, old_id: Any, new_id: Any) -> None:
        """Tell that one account has become part of another."""
        intake.merged(self._session, current_state(), old_id, new_id)

    def person_erased(self, person_id: Any) -> None:
        """Tell that an account was deleted: what the person wrote is erased, totals follow."""
        intake.erased(self._session, current_state(), person_id)

    def mail_bounced(self, person_id: Any) -> None:
        """Tell that a person's address does not exist: no more mails go there."""
        intake.bounced(self._session, current_state(), person_id)

    def run_due(self) -> dict[str, int]:
        """Do all that is due now, as `flask trust run` does; needs an app context, returns counts by name."""
        return due.run_due(current_state())

    @property
    def _session(self) -> Session:
        return self._db.session()


def _mail_kinds() -> Mapping[str, MailKind]:
    from .mails import mail_kinds

    return mail_kinds()


def _template_helpers() -> TemplateHelpers:
    from .reputation.helpers import TemplateHelpers

    return TemplateHelpers()


def _blueprint(settings: Settings) -> Blueprint:
    blueprint = Blueprint(
        "trust", "flask_trust", url_prefix=settings.url_prefix, template_folder="templates", static_folder="static"
    )
    for rule, endpoint, view, methods in ROUTES:
        blueprint.add_url_rule(rule, endpoint, view, methods=methods)
    blueprint.register_error_handler(HTTPException, errors.error_page)
    return blueprint


def _check_policy(settings: Settings) -> None:
    """Let a mistake in the shop's part of the policy stop the start, like one in any other setting."""
    if settings.policy:
        from .privacy.shop_part import read_shop_part

        read_shop_part(settings.policy)


def _check_schema(db: SQLAlchemy, app: Flask) -> None:
    schema = db.metadata.schema
    options = app.config.get("SQLALCHEMY_ENGINE_OPTIONS") or {}
    translated = (options.get("execution_options") or {}).get("schema_translate_map") or {}
    if schema and translated.get(None) != schema:
        raise SettingsError(
            f"Your tables live in the schema {schema!r}, so flask_trust has to be told: "
            f'SQLALCHEMY_ENGINE_OPTIONS = {{"execution_options": {{"schema_translate_map": {{None: {schema!r}}}}}}}'
        )


def _exempt_link_views(app: Flask) -> None:
    """Exempt the pages behind secret links from a global CSRFProtect, which may be set up after us."""

    def exempt(sender: Flask, **_: Any) -> None:
        request_started.disconnect(exempt, sender)
        protection = current_app.extensions.get("csrf")
        if protection is not None:
            for view in LINK_VIEWS:
                protection.exempt(view)

    # The signal comes before any check of a request; weak=False, because nothing else holds the function.
    request_started.connect(exempt, app, weak=False)
