"""Transactions of our own: retried as a whole, with signals only after the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from blinker import NamedSignal
from flask import current_app
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction

from ..state import State

T = TypeVar("T")

_TRIES = 8
_WAITING = "flask_trust_signals"
_COMMITTED = "flask_trust_committed"
_AROUND_COMMIT = "flask_trust_around_commit"

_TRANSIENT_STATES = {"40001", "40P01"}  # PostgreSQL: serialisation failure, deadlock
_TRANSIENT_NUMBERS = {1205, 1213, 1020}  # MariaDB: lock wait timeout, deadlock, record changed since last read


def is_transient(error: BaseException) -> bool:
    """Say whether the same transaction may succeed when it is run again."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    if getattr(error.orig, "sqlstate", None) in _TRANSIENT_STATES:
        return True
    first = error.orig.args[0] if error.orig.args else None
    return first in _TRANSIENT_NUMBERS or "database is locked" in str(error.orig)


def transaction(state: State, work: Callable[[Session], T]) -> T:
    """Run `work` in a transaction of its own and commit it; up to 8 times within 4 seconds where databases ask.

    `work` must therefore change nothing but the database.
    """
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

    retrying = Retrying(
        retry=retry_if_exception(is_transient),
        stop=stop_after_attempt(_TRIES),
        wait=wait_random_exponential(multiplier=0.05, max=1),
        reraise=True,
    )
    result: T = retrying(_once, state, work)
    return result


def _once(state: State, work: Callable[[Session], T]) -> T:
    with state.session() as session:
        result = work(session)
        session.commit()
    return result


def announce(session: Session, signal: NamedSignal, **arguments: Any) -> None:
    """Send a signal once this session's transaction has committed; a rollback drops it."""
    if not signal.receivers:  # in most shops nobody listens to most of them
        return
    waiting = session.info.get(_WAITING)
    if waiting is None:
        waiting = session.info[_WAITING] = []
        event.listen(session, "after_commit", _note_commit)
        event.listen(session, "after_soft_rollback", _drop)
        event.listen(session, "after_transaction_end", _send)
    within = session.get_nested_transaction() or session.get_transaction()
    waiting.append((within, signal, current_app._get_current_object(), arguments))  # type: ignore[attr-defined]


def _note_commit(session: Session) -> None:
    session.info[_COMMITTED] = True


def _drop(session: Session, undone: SessionTransaction) -> None:
    """Forget what was announced within a savepoint that is rolled back, or within one inside of it."""
    session.info[_WAITING] = [each for each in session.info[_WAITING] if undone not in _around(each[0])]


def _around(transaction: SessionTransaction | None) -> Iterator[SessionTransaction]:
    while transaction is not None:
        yield transaction
        transaction = transaction.parent


def _send(session: Session, ended: SessionTransaction) -> None:
    # Receivers may use the database only when the outermost transaction is over.
    if ended.parent is not None:
        return
    committed = session.info.pop(_COMMITTED, False)
    waiting, session.info[_WAITING] = session.info.get(_WAITING, []), []
    for _, signal, app, arguments in waiting if committed else ():
        signal.send(app, **arguments)


def around_commit(session: Session, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Call `before` as this session's transaction is about to commit, and `after` once it has; a rollback drops both.

    What `before` raises stops the commit.
    """
    if _AROUND_COMMIT not in session.info:
        session.info[_AROUND_COMMIT] = []
        event.listen(session, "before_commit", _call_before)
        event.listen(session, "after_commit", _call_after)
        event.listen(session, "after_soft_rollback", _drop_calls)
    within = session.get_nested_transaction() or session.get_transaction()
    session.info[_AROUND_COMMIT].append((within, before, after))


def _call_before(session: Session) -> None:
    if not session.in_nested_transaction():  # the end of a savepoint is no commit
        for _, before, _after in session.info[_AROUND_COMMIT]:
            before()


def _call_after(session: Session) -> None:
    if not session.in_nested_transaction():
        waiting, session.info[_AROUND_COMMIT] = session.info[_AROUND_COMMIT], []
        for _, _before, after in waiting:
            after()


def _drop_calls(session: Session, undone: SessionTransaction) -> None:
    waiting = session.info[_AROUND_COMMIT]
    session.info[_AROUND_COMMIT] = [each for each in waiting if undone not in _around(each[0])]
