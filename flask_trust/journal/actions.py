"""Writing the journal."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Required, TypedDict, Unpack

from sqlalchemy.orm import Session

from ..db import insert_all
from .models import Entry

Role = Literal["buyer", "seller", "staff", "shop", "job", "reader"]


def new_nonce() -> str:
    """Return 32 random bytes in hex, to be kept with the content they protect."""
    return secrets.token_hex(32)


def commitment(nonce: str, content: dict[str, Any]) -> str:
    """Return SHA-256(nonce ‖ canonical JSON of the content) in hex."""
    return hashlib.sha256(bytes.fromhex(nonce) + canonical(content).encode()).hexdigest()


def canonical(content: dict[str, Any]) -> str:
    """Return content as JSON in the one form that is hashed: sorted keys, no blanks between, one line."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Told(TypedDict, total=False):
    """When it happened, in which role who did it, from which state to which, and the commitment to its content."""

    at: Required[datetime]
    role: Required[Role]
    actor_id: int | None
    state: tuple[str | None, str | None]
    committed: str | None


def entry(event: str, kind: str, object_id: int, **told: Unpack[Told]) -> Entry:
    """Return a row that is not stored yet: what happened to which thing, and the rest of `Told`."""
    state_from, state_to = told.get("state", (None, None))
    return Entry(
        at=told["at"],
        actor_id=told.get("actor_id"),
        role=told["role"],
        event=event,
        kind=kind,
        object_id=object_id,
        state_from=state_from,
        state_to=state_to,
        commitment=told.get("committed"),
    )


def record(session: Session, event: str, kind: str, object_id: int, **told: Unpack[Told]) -> None:
    """Append one row with the transaction's next flush."""
    session.add(entry(event, kind, object_id, **told))


def record_all(session: Session, entries: Sequence[Entry]) -> None:
    """Append rows at once, in one statement."""
    insert_all(session, entries)
