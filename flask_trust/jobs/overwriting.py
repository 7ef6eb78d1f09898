"""After an erasure on SQLite: the file is rebuilt, since pages that are no longer used keep what stood on them."""

from __future__ import annotations

from collections import Counter

from ..db import transaction
from ..db.dialect import rebuild_file
from ..intake.actions import remember
from ..intake.queries import last_seen
from ..privacy.rights.queries import last_erasure
from ..state import State

#: Under this name stands up to which erasure the file was rebuilt.
OVERWRITTEN = "overwritten"


def overwrite(state: State) -> Counter[str]:
    """Rebuild the file where somebody was erased since it was done last; a busy one is left for the next run."""
    if state.engine.dialect.name != "sqlite":
        return Counter()
    last = state.read(last_erasure)
    done = state.read(lambda session: last_seen(session, OVERWRITTEN))
    if last is None or (done is not None and done >= last) or not rebuild_file(state.engine):
        return Counter()
    transaction(state, lambda session: remember(session, OVERWRITTEN, last))
    return Counter(files=1)
