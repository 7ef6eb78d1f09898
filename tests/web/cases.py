"""Short words for reports and decisions, for tests of moderation."""

from __future__ import annotations

from typing import Any

from flask_trust.moderation.actions import Ruling, Said, decide, open_case, report, say
from flask_trust.moderation.models import Case
from flask_trust.moderation.rules import Side
from flask_trust.moderation.tallies.queries import Counts, counts
from flask_trust.ratings.models import Rating
from flask_trust.reviews.models import Review
from tests.world import World

STAFF = "boss"
PHONE = "Call Bob at 0170 1234"
REPORTED: dict[str, str] = {
    "reason": "G1",
    "explanation": "That is my phone number.",
    "name": "Bob",
    "email": "bob@reader.example",
    "honest": "y",
}


def written(world: World, key: str = "o1", stars: int = 2, text: str = PHONE, **order: Any) -> str:
    """Let a buyer review a bowl with words, and return the public id of the review."""
    world.order(key, "bowl", **order)
    world.deliver(key)
    answer = world.rate(key, line_0_stars=str(stars), line_0_text=text)
    assert answer.status_code == 303, answer.text
    return world.all(Review)[-1].public_id


def reported(world: World, public_id: str, kind: Any = "review", **said: str) -> int:
    """Let somebody report something; returns our number of the case."""
    with world.app.test_request_context():
        told = {"reason": "G1", "explanation": "why", "name": "Bob", "email": "bob@reader.example", **said}
        return report(world.state, kind, public_id, Said(**told))[0]


def case_of(world: World, public_id: str, kind: str = "review") -> Case:
    """Return the case about a review or rating, or about the reply to one ("to_review", "to_rating")."""
    model: Any = Review if kind.endswith("review") else Rating
    number = next(row.id for row in world.all(model) if row.public_id == public_id)
    return next(case for case in world.all(Case) if (case.kind, case.object_id) == (kind, number))


def decided(world: World, public_id: str, step: Any, kind: Any = "review", staff: str = STAFF, **why: Any) -> None:
    """Let staff take a step about something, opening a case where there is none."""
    with world.app.test_request_context():
        try:
            case = case_of(world, public_id, kind)
        except StopIteration:
            open_case(world.state, staff, kind, public_id)
            case = case_of(world, public_id, kind)
        reasons = {"ground": "G1", "facts": "the number"} if step in ("hide", "remove") else {}
        decide(world.state, staff, case.id, Ruling(step, **{"seen": case.version, **reasons, **why}))


def said_in(
    world: World, public_id: str, side: Side, text: str, report_id: int | None = None, kind: str = "review"
) -> bool:
    """Let a side of a case say something; says whether it was an objection."""
    with world.app.test_request_context():
        return say(world.state, case_of(world, public_id, kind).id, side, report_id, text)


def tallies(world: World) -> Counts:
    """Return the counts that pages print."""
    return world.read(lambda session: counts(session, world.clock()))
