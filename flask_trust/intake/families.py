"""Asking the shop once a day which products belong together: a family can change without anybody buying."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from .. import lookup
from ..db import transaction
from ..errors import AdapterError
from ..reviews.families.actions import keep_families
from ..reviews.families.queries import Member, members_after
from ..state import State
from .actions import remember
from .queries import last_seen

log = logging.getLogger("flask_trust")

EVERY = timedelta(days=1)
BATCH = 200
_CURSOR = "families"


def poll_families(state: State) -> Counter[str]:
    """Let every product share its reviews with the family that the shop names now; returns how many moved."""
    now, done = state.clock(), Counter[str]()
    last = state.read(lambda session: last_seen(session, _CURSOR))
    if last is not None and now - last < EVERY:
        return done
    number = 0
    while products := state.read(lambda session: members_after(session, number, BATCH)):  # noqa: B023 run at once
        number = products[-1].id
        try:
            done["families"] += _settle(state, products)
        except AdapterError as error:
            log.warning("%s; asked again at the next run", error)
            return done
    transaction(state, lambda session: remember(session, _CURSOR, now))
    return done


def _settle(state: State, products: Sequence[Member]) -> int:
    told = lookup.products(state.shop, [each.key for each in products])
    # Of what the shop no longer knows nothing changes: a product that has gone takes no review along.
    families = {each.id: told[each.key].family for each in products if each.key in told}
    new = {each.id: families[each.id] for each in products if each.id in families and families[each.id] != each.family}
    for product, family in new.items():
        transaction(state, lambda session: keep_families(session, {product: family}, state.clock()))  # noqa: B023 run at once
    return len(new)
