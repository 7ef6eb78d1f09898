"""Writing the journal."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

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


def record(
    session: Session,
    event: str,
    kind: str,
    object_id: int,
    *,
    at: datetime,
    role: Role,
    actor_id: int | None = None,
    state: tuple[str | None, str | None] = (None, None),
    committed: str | None = None,
) -> None:
    """Append one row: what happened to which thing, by whom, from which state to which."""
    session.add(
        Entry(
            at=at,
            actor_id=actor_id,
            role=role,
            event=event,
            kind=kind,
            object_id=object_id,
            state_from=state[0],
            state_to=state[1],
            commitment=committed,
        )
    )
