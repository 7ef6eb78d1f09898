"""All that is due now, once, in small batches: safe to run twice and in parallel."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from ..errors import TrustError
from ..intake.polls import assume_arrivals, poll_events
from ..invitations.asking import ask_batch
from ..mail.sending import Mailing
from ..state import State

log = logging.getLogger("flask_trust")

#: Called with the name of a step and how much it has done so far.
Progress = Callable[[str, int], None]


def run_due(state: State, progress: Progress | None = None) -> dict[str, int]:
    """Poll the shop, take arrivals as known, decide whom to ask, send mails; returns what was done, by name."""
    done: Counter[str] = Counter()
    _repeat(done, "polled", lambda: poll_events(state), progress, once=True)
    _repeat(done, "assumed", lambda: Counter(orders=assume_arrivals(state)), progress)
    _repeat(done, "asked", lambda: ask_batch(state), progress)
    with Mailing(state) as mailing:
        _repeat(done, "mail", mailing.send_batch, progress)
    return dict(done)


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
