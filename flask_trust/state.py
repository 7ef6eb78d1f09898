"""What one app knows about this extension; no state lives on the extension object itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from flask import Flask, current_app, has_request_context, request
from flask_sqlalchemy.session import Session as ShopSession
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from .errors import NotSetUp
from .viewer import is_anonymous

if TYPE_CHECKING:
    from flask_sqlalchemy import SQLAlchemy

    from .clock import Clock
    from .settings import Settings
    from .shop import Shop

EXTENSION = "trust"

#: The key in the shop's `SQLALCHEMY_BINDS` under which a copy of its database may be read.
REPLICA = "trust_replica"

T = TypeVar("T")
Engines: TypeAlias = Mapping[str | None, Engine]
#: By the maker of a shop's sessions; what listens to them is there before the first page is asked for.
_plain: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class State:
    """Everything about one app: settings, the shop's adapter, its database and the clock.

    `mails` maps a kind of mail to the code that renders it (rooms above `mail/` register theirs).
    """

    settings: Settings
    shop: Shop
    db: SQLAlchemy
    clock: Clock
    mails: Mapping[str, Any] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        """Return the shop's default engine (needs an app context)."""
        return self.db.engine

    def session(self) -> Session:
        """Return a new session of our own on the shop's engine, for our own pages and jobs."""
        return Session(self.engine, expire_on_commit=False)

    def read(self, query: Callable[[Session], T]) -> T:
        """Run a query in a short session of our own and return what it found."""
        with self.session() as session:
            return query(session)

    def read_page(self, query: Callable[[Session], T]) -> T:
        """Run a query for a public page in the shop's own session, so that a page needs one connection.

        Nothing of the shop's is flushed. A page that has just written reads with `read` instead. Where the shop has
        named a replica, it is read for whoever asks for a page without telling who they are.
        """
        replica = _read_apart(self.db.engines)
        if replica is not None:
            with Session(replica, expire_on_commit=False) as apart:
                return query(apart)
        session = self.db.session
        with session.no_autoflush:
            return query(session())

    def read_rows(self, query: Callable[[Connection], T]) -> T:
        """Run statements on plain tables for a public page, where the shop's own session would read.

        Where that session has begun nothing yet, it need not: with it, one statement costs three times as much.
        """
        engines = self.db.engines
        engine = _read_apart(engines) or self._unused(engines)
        if engine is None:
            return query(self.db.session().connection())
        with engine.connect() as connection:
            return query(connection)

    def _unused(self, engines: Engines) -> Engine | None:
        """Return the engine that the shop's session would begin to read from; None where it has begun something."""
        scoped = self.db.session
        bind: object
        if not scoped.registry.has() and _is_plain(scoped.session_factory):
            bind = engines[None]  # a session that is made only to be asked costs as much as the statement
        else:
            session = scoped()
            bind = None if session.in_transaction() or _sets_out(session) else session.get_bind()
        return bind if isinstance(bind, Engine) else None


def _read_apart(engines: Engines) -> Engine | None:
    """Return the replica, where the shop has named one and somebody asks for a page without telling who they are."""
    engine = engines.get(REPLICA)
    asked = engine is not None and has_request_context() and request.method in ("GET", "HEAD")
    return engine if asked and is_anonymous() else None


def _is_plain(make: Any) -> bool:
    """Say whether sessions that this makes read what Flask-SQLAlchemy names, just as it stands there."""
    if make not in _plain:
        goes_by_binds = getattr(getattr(make, "class_", None), "get_bind", None) is ShopSession.get_bind
        _plain[make] = goes_by_binds and not _sets_out(make())
    return _plain[make]


def _sets_out(session: Session) -> bool:
    """Say whether the shop does something as each transaction begins: names a schema or a tenant, for one."""
    return bool(session.dispatch.after_begin)


def state_of(app: Flask) -> State:
    """Return the state of an app; raises `NotSetUp` with the likely cause."""
    try:
        state: State = app.extensions[EXTENSION]
    except KeyError:
        raise NotSetUp(
            f"flask_trust does not know the app {app.import_name!r}. Did you forget trust.init_app(app)?"
        ) from None
    return state


def current_state() -> State:
    """Return the state of the current app; raises `NotSetUp` outside of an app context."""
    try:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
    except RuntimeError:
        raise NotSetUp("flask_trust needs an app context: use 'with app.app_context():' around this call.") from None
    return state_of(app)
