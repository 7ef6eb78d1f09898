"""Trying the shop's adapter: each of its look-ups once, with ids that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import current_app

from .. import lookup
from ..errors import AdapterError
from ..i18n import _, ngettext
from ..moderation.queries import counts_waiting
from ..orders.queries import newest_keys
from ..shop import Order, Shop
from ..state import State, current_state

#: Orders that the look-ups are tried with.
SAMPLE = 3


def faults_of_adapter(state: State) -> Iterator[str]:
    """Yield in words what fails when the adapter is asked about the newest orders and what belongs to them."""
    orders: dict[str, Order] = {}
    keys = state.read(lambda session: newest_keys(session, SAMPLE))
    yield from _try(lambda: orders.update(lookup.orders(state.shop, keys or ["1"])))
    lines = [line for order in orders.values() for line in order.lines]
    yield from _try(lambda: lookup.products(state.shop, [line.product_id for line in lines] or ["1"]))
    yield from _try(lambda: lookup.people(state.shop, [order.buyer.id for order in orders.values()] or ["1"]))
    yield from _try(lambda: lookup.sellers(state.shop, [line.seller_id for line in lines]))
    yield from _try(lambda: lookup.events_since(state.shop, state.clock()))


def _try(question: Callable[[], object]) -> Iterator[str]:
    try:
        question()
    except AdapterError as error:
        yield f"{str(error).removesuffix('.')}."


def nobody_is_known() -> Iterator[str]:
    """Yield that no page can tell who looks at it: the shop has sessions of its own, and the adapter does not say."""
    if type(current_state().shop).viewer_id is Shop.viewer_id and not hasattr(current_app, "login_manager"):
        yield _(
            "Nobody can be recognised: this app has no %(login)s, and your adapter has no %(method)s. Until it "
            "returns the id of who is signed in, nobody can open the desk or their own page.",
            login="Flask-Login",
            method="viewer_id(self)",
        )


def nobody_decides(state: State) -> Iterator[str]:
    """Yield that nobody can open the desk, where the adapter names no staff: reports would wait for ever."""
    if type(state.shop).is_staff is not Shop.is_staff:
        return
    waiting = sum(state.read(counts_waiting).values())
    yield " ".join(
        [
            _("Nobody can open the desk and decide about reports."),
            *([ngettext("%(n)d report waits for that.", "%(n)d reports wait for that.", waiting)] if waiting else []),
            _(
                "Add %(method)s to your adapter and let it return %(true)s for your own id.",
                method="is_staff(self, person_id)",
                true="True",
            ),
        ]
    )
