"""All that is due now, once, in small batches: safe to run twice and in parallel."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from ..db import transaction
from ..errors import TrustError
from ..intake.actions import remember
from ..intake.families import poll_families
from ..intake.polls import assume_arrivals, poll_events
from ..intake.queries import last_seen
from ..invitations.asking import ask_batch
from ..mail.sending import Mailing
from ..moderation.upkeep.actions import tend
from ..privacy.retention.actions import Retaining
from ..ratings.due import settle_batch
from ..ratings.telling import tell_sellers
from ..state import State
from .overwriting import overwrite

log = logging.getLogger("flask_trust")

#: Under this name stands when the job began last, see `intake.queries.last_seen`.
LAST_RUN = "run"
#: And under this one when everything was looked through for what is older than promised.
LAST_ROUND = "retention"

#: Called with the name of a step and how much it has done so far.
Progress = Callable[[str, int], None]


def run_due(state: State, progress: Progress | None = None) -> dict[str, int]:
    """Poll the shop, take arrivals as known, close deals, decide whom to ask and tell, send; returns counts by name."""
    done: Counter[str] = Counter()
    transaction(state, lambda session: remember(session, LAST_RUN, state.clock()))
    _repeat(done, "polled", lambda: poll_events(state), progress, once=True)
    _repeat(done, "assumed", lambda: Counter(orders=assume_arrivals(state)), progress)
    _repeat(done, "moved", lambda: poll_families(state), progress, once=True)
    _repeat(done, "deals", lambda: settle_batch(state), progress)
    _repeat(done, "asked", lambda: ask_batch(state), progress)
    _repeat(done, "told", lambda: tell_sellers(state), progress)
    _repeat(done, "cases", lambda: tend(state), progress)
    _repeat(done, "overwritten", lambda: overwrite(state), progress, once=True)
    with Mailing(state) as mailing:
        _repeat(done, "mail", mailing.send_batch, progress)
    _repeat(done, "kept", _retaining(state), progress)
    return dict(done)


def _retaining(state: State) -> Callable[[], Counter[str]]:
    """Return the work of one round over what was kept for as long as promised; there is one round a day."""
    last, now = state.read(lambda session: last_seen(session, LAST_ROUND)), state.clock()
    if last is not None and last.date() == now.date():
        return Counter
    one_round = Retaining(state)

    def work() -> Counter[str]:
        found = one_round.batch()
        if not found:
            transaction(state, lambda session: remember(session, LAST_ROUND, now))
        return found

    return work


def _repeat(
    done: Counter[str], step: str, work: Callable[[], Counter[str]], progress: Progress | None, *, once: bool = False
) -> None:
    """Do a step until it finds nothing; each round takes its rows out of the way, so this ends."""
    total = 0
    while True:
        try:
            found = work()
        except TrustError as error:
            # One step in trouble must not keep the others from their work.
            log.warning("%s: %s", step, error)
            done[f"{step}_failed"] += 1
            return
        for name, count in found.items():
            done[f"{step}_{name}"] += count
        total += sum(found.values())
        if progress:
            progress(step, total)
        if once or not sum(found.values()):
            return
