"""The limit of posting a review: one order with one line, the fewest statements that keep every promise.

The same rows change as with ours: review, journal, both totals, the request that was answered. Not done here: several
lines, edits, form errors, half of the checks.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from flask import abort, redirect, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection, Engine, bindparam, insert, select, update
from werkzeug.wrappers import Response

from flask_trust.invitations.models import Request
from flask_trust.journal.actions import commitment
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Line, Order
from flask_trust.reviews.models import Review
from flask_trust.scores import maths
from flask_trust.scores.models import Subject

from .shop import NOW, SECRET

_L: Any = Line.__table__.c
_O: Any = Order.__table__.c
_R: Any = Review.__table__.c
_S: Any = Subject.__table__.c
_Q: Any = Request.__table__.c

SHOP_ROW = 1  # the first score row that `seed` makes

_ORDER = (
    select(_L.id, _L.order_id, _L.deal_id, _L.subject_id, _L.variant, _O.buyer_id, _O.placed_at, _R.id.label("review"))
    .join_from(Line.__table__, Order.__table__, _O.id == _L.order_id)
    .outerjoin(Review.__table__, _R.line_id == _L.id)
    .where(_L.order_id == bindparam("order"))
)
_VOTES = select(_R.id).where(_R.subject_id == bindparam("subject"), _R.person_id == bindparam("person"), _R.live)
_ANSWERED = update(Request).where(_Q.order_id == bindparam("order")).values(answered_at=NOW)


class Posting:
    """Takes the form behind a link."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.links = URLSafeTimedSerializer(SECRET, salt="ideal")

    def rate(self, token: str) -> Response:
        """Publish the review of an order's only line."""
        try:
            number = self.links.loads(token)
        except BadData:
            abort(404)
        if not hmac.compare_digest(request.form["form_token"], self.form_token(token)):
            abort(422)
        with self.engine.begin() as connection:
            line = connection.execute(_ORDER, {"order": number}).one()
            publish(connection, line, int(request.form["stars"]), request.form["title"], request.form["text"])
        return redirect(f"/trust/rate/{token}?saved=published", 303)

    def link(self, number: int) -> str:
        """Return the token of an order."""
        token = self.links.dumps(number)
        return token if isinstance(token, str) else token.decode()

    def form_token(self, token: str) -> str:
        """Return what the form of a link must carry."""
        return hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


def publish(connection: Connection, line: Any, stars: int, title: str, text: str) -> None:
    """Write the review, its journal row and both totals."""
    _lock(connection, line.subject_id)
    if line.review or connection.execute(_VOTES, {"subject": line.subject_id, "person": line.buyer_id}).first():
        abort(409)
    nonce, public_id = secrets.token_hex(32), secrets.token_hex(8)
    values = {name: getattr(line, name) for name in ("order_id", "deal_id", "subject_id", "variant")}
    values |= {"line_id": line.id, "person_id": line.buyer_id, "public_id": public_id, "nonce": nonce}
    values |= {"stars": stars, "title": title, "text": text, "lang": "en", "counted": True}
    values |= {"bought_in": line.placed_at.date().replace(day=1), "written_at": NOW, "shown_at": NOW}
    number = connection.execute(insert(Review), values).inserted_primary_key
    assert number is not None
    said = {"id": public_id, "stars": stars, "title": title, "text": text}
    _note(connection, number[0], line.buyer_id, commitment(nonce, said))
    for subject, half_life in ((line.subject_id, "product"), (SHOP_ROW, "shop")):
        _add(connection, subject, stars, maths.weight(NOW.date(), maths.HALF_LIFE[half_life]))
    connection.execute(_ANSWERED, {"order": line.order_id})


def _lock(connection: Connection, subject: int) -> None:
    wanted = _S.id.in_((SHOP_ROW, subject))
    if connection.dialect.name == "sqlite":
        connection.execute(update(Subject).where(wanted).values(id=_S.id))
    else:
        connection.execute(select(_S.id).where(wanted).order_by(_S.id).with_for_update()).all()


def _add(connection: Connection, subject: int, stars: int, weight: float) -> None:
    count, total = _S[f"n{stars}"], _S[f"w{stars}"]
    new = {count: count + 1, total: total + weight, _S.shown: _S.shown + 1, _S.version: _S.version + 1}
    connection.execute(update(Subject).where(_S.id == subject).values(new))


def _note(connection: Connection, number: int, person: int, committed: str) -> None:
    entry = {"at": NOW, "actor_id": person, "role": "buyer", "event": "published", "kind": "review"}
    values = entry | {"object_id": number, "state_to": "shown", "commitment": committed}
    connection.execute(insert(Entry), values)
