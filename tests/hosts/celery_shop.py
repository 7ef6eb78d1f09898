"""A shop with Celery as Flask's documentation makes it, for workers in processes of their own.

``python -m celery --app tests.hosts.celery_shop:celery_app worker``; its settings come as JSON in ``CELERY_SHOP``.
"""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun
from flask import Flask

import flask_trust.celery
from tests.mail.worker import START, make_app

GIVEN: dict[str, Any] = json.loads(os.environ["CELERY_SHOP"])
NOTES = Path(GIVEN["notes"])
LONGER_THAN_A_LEASE = timedelta(minutes=25)


def celery_init_app(app: Flask) -> Celery[Any]:
    class FlaskTask(Task):  # type: ignore[type-arg]  # Celery's classes take no arguments at run time
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery: Celery[Any] = Celery(app.name, task_cls=FlaskTask)
    celery.config_from_object(app.config["CELERY"])
    celery.set_default()
    app.extensions["celery"] = celery
    return celery


def now() -> datetime:
    """Return the moment: a morning, and later by more than a lease once the test says so."""
    leap = LONGER_THAN_A_LEASE if (NOTES / "later").exists() else timedelta()
    return START + timedelta(seconds=time.time() - GIVEN["since"]) + leap


@task_prerun.connect
def begun(**_: object) -> None:
    (NOTES / f"busy-{os.getpgid(0)}").touch()


@task_postrun.connect
def ended(**_: object) -> None:
    (NOTES / f"busy-{os.getpgid(0)}").unlink(missing_ok=True)


flask_app = make_app(GIVEN["database"], GIVEN["mail"], now)
flask_app.config["CELERY"] = {
    "broker_url": GIVEN["broker"],
    "broker_connection_retry_on_startup": True,
    "beat_schedule": flask_trust.celery.beat(every=1),
    "beat_schedule_filename": str(NOTES / "beat"),
    "task_default_queue": GIVEN["name"],
    "worker_enable_remote_control": False,
    **GIVEN["config"],
}
celery_app = celery_init_app(flask_app)
