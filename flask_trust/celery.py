"""What is due, as a Celery task: beat or anybody else wakes a worker, and our tables say what there is to do.

Import this module where your Celery app is made (docs/scale.md). The task carries nothing but its name, and may be
lost, doubled or delivered again without harm.
"""

from __future__ import annotations

from celery import shared_task

from .jobs import due
from .state import current_state

NAME = "flask_trust.run_due"


# Acknowledged late: when a machine dies, another one goes on. Not rejected where only the process died: beat wakes the
# next one anyway, and a task that kills its process would go round without a pause. Nobody waits for a result.
@shared_task(name=NAME, acks_late=True, ignore_result=True)
def run_due() -> dict[str, int]:
    """Do all that is due now, as `flask trust run` does; returns counts by name for the worker's log."""
    return due.run_due(current_state())


def beat(every: float = 60.0) -> dict[str, dict[str, object]]:
    """Return the entry for Celery's `beat_schedule` that wakes a worker after every so many seconds.

    A wake-up that no worker has taken before the next one comes is dropped.
    """
    return {NAME: {"task": NAME, "schedule": every, "options": {"expires": every}}}
