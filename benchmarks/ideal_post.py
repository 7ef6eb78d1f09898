"""The limit of posting a review: one order with one line, the fewest statements that keep every promise.

The same rows change as with ours, see `written`: review, journal, both totals and their day, the deal, the request that
was answered. Not done here: several lines, edits, form errors, half of the checks.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from flask import abort, redirect, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection, Engine, bindparam, case, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.wrappers import Response

from flask_trust.invitations.models import Request
from flask_trust.journal.actions import commitment
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal, Line, Order
from flask_trust.reviews.models import Review
from flask_trust.scores import maths
from flask_trust.scores.models import Day, Subject
from flask_trust.verdicts.models import Verdict

from .seed import SHOP
from .shop import NOW, SECRET

_L: Any = Line.__table__.c
_O: Any = Order.__table__.c
_R: Any = Review.__table__.c
_S: Any = Subject.__table__.c
_Q: Any = Request.__table__.c
_D: Any = Deal.__table__.c
_V: Any = Verdict.__table__.c

TODAY = NOW.date()
_WEIGHTS = {kind: maths.weight(TODAY, maths.HALF_LIFE[kind]) for kind in ("product", "shop")}

_ORDER = (
    select(
        *(_L.id, _L.order_id, _L.deal_id, _L.subject_id, _L.variant, _O.buyer_id, _O.placed_at, _O.disowned_at),
        *(_R.id.label("review"), exists().where(_V.person_id == _O.buyer_id).label("withheld_before")),
    )
    .join_from(Line.__table__, Order.__table__, _O.id == _L.order_id)
    .outerjoin(Review.__table__, _R.line_id == _L.id)
    .where(_L.order_id == bindparam("order"))
)
# What is live is told apart afterwards: with it, SQLite takes an index in which it reads the whole product.
_VOTES = select(_R.live).where(_R.subject_id == bindparam("subject"), _R.person_id == bindparam("person"))
_ANSWERED = update(Request).where(_Q.order_id == bindparam("order")).values(answered_at=NOW)
_TOLD = update(Deal).where(_D.id == bindparam("deal"), _D.tell_at.is_(None)).values(tell_at=NOW)


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
    votes = connection.execute(_VOTES, {"subject": line.subject_id, "person": line.buyer_id}).scalars().all()
    if line.review or any(votes) or line.disowned_at or line.withheld_before:
        abort(409)
    nonce, public_id = secrets.token_hex(32), secrets.token_hex(8)
    values = {name: getattr(line, name) for name in ("order_id", "deal_id", "subject_id", "variant")}
    values |= {"line_id": line.id, "person_id": line.buyer_id, "public_id": public_id, "nonce": nonce}
    values |= {"stars": stars, "title": title, "text": text, "lang": "en", "counted": True, "tallied": True}
    values |= {"bought_in": line.placed_at.date().replace(day=1), "written_at": NOW, "shown_at": NOW}
    number = connection.execute(insert(Review), values).inserted_primary_key
    assert number is not None
    said = {"id": public_id, "stars": stars, "title": title, "text": text}
    _note(connection, number[0], line.buyer_id, commitment(nonce, said))
    _add(connection, line.subject_id, stars)
    connection.execute(_TOLD, {"deal": line.deal_id})
    connection.execute(_ANSWERED, {"order": line.order_id})


def _lock(connection: Connection, subject: int) -> None:
    wanted = _S.id.in_((SHOP, subject))
    if connection.dialect.name == "sqlite":
        connection.execute(update(Subject).where(wanted).values(id=_S.id))
    else:
        connection.execute(select(_S.id).where(wanted).order_by(_S.id).with_for_update()).all()


def _add(connection: Connection, subject: int, stars: int) -> None:
    """Move both totals, which first keep how the day began, and count the vote in their days."""
    count, total, begins = _S[f"n{stars}"], _S[f"w{stars}"], case((_S.day == TODAY, False), else_=True)
    weight = case((_S.id == SHOP, _WEIGHTS["shop"]), else_=_WEIGHTS["product"])
    new: dict[Any, Any] = {count: count + 1, total: total + weight}
    new |= {_S.shown: _S.shown + 1, _S.version: _S.version + 1, _S.day: TODAY}
    new |= {_S[f"m{n}"]: case((begins, _S[f"n{n}"]), else_=_S[f"m{n}"]) for n in range(1, 6)}
    connection.execute(update(Subject).where(_S.id.in_((SHOP, subject))).values(new))
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    level = f"n{stars}"
    days = dialect.insert(Day).values([{"subject_id": each, "day": TODAY, level: 1} for each in (SHOP, subject)])
    more = {level: Day.__table__.c[level] + days.excluded[level]}
    connection.execute(days.on_conflict_do_update(index_elements=["subject_id", "day"], set_=more))


def _note(connection: Connection, number: int, person: int, committed: str) -> None:
    entry = {"at": NOW, "actor_id": person, "role": "buyer", "event": "published", "kind": "review"}
    values = entry | {"object_id": number, "state_to": "shown", "commitment": committed}
    connection.execute(insert(Entry), values)
