"""Visibility is a time: what waits for its moment is on no page and in no total before it, with or without a job."""

from __future__ import annotations

from datetime import timedelta

from flask_trust import Person
from flask_trust.reviews.models import Review
from flask_trust.scores.actions import moving_totals
from flask_trust.scores.queries import find_scores
from flask_trust.scores.score import Score
from tests.world import World


def keep_private(world: World, days: float) -> None:
    """Let the newest review become public only in some days."""
    newest = world.all(Review)[-1]
    with world.app.app_context(), world.state.session() as session:
        with moving_totals(session, Review, [newest.subject_id], [newest.person_id], world.clock()):
            session.get_one(Review, newest.id).shown_at = world.clock() + timedelta(days=days)
        session.commit()


def score(world: World, kind: str = "product", key: str = "bowl") -> Score:
    return world.read(lambda session: find_scores(session, kind, [key], world.clock())[key])


def test_what_is_private_until_a_moment_is_on_no_page_and_in_no_total(any_world: World) -> None:
    any_world.review("o1", 5)
    any_world.review("o2", 1)
    keep_private(any_world, 3)
    assert (score(any_world).counts, score(any_world).shown) == ((0, 0, 0, 0, 1), 1)
    assert "1 of 5 stars" not in any_world.client().get("/trust/products/bowl").text
    assert any_world.cli("check").exit_code == 0


def test_at_its_moment_it_is_read_and_counted_although_no_job_has_run(any_world: World) -> None:
    any_world.review("o1", 5)
    any_world.review("o2", 1)
    keep_private(any_world, 3)
    before = score(any_world, "shop", "reviews").counts
    any_world.clock.advance(days=3)
    assert before == (0, 0, 0, 0, 1)
    assert (score(any_world).counts, score(any_world).shown) == ((1, 0, 0, 0, 1), 2)
    assert score(any_world, "shop", "reviews").counts == (1, 0, 0, 0, 1)
    assert "1 of 5 stars" in any_world.client().get("/trust/products/bowl").text
    assert any_world.cli("check").exit_code == 0


def test_reading_late_gives_the_same_score_as_totals_that_were_moved_in_time(any_world: World) -> None:
    any_world.review("o1", 5)
    any_world.review("o2", 1)
    keep_private(any_world, 3)
    any_world.clock.advance(days=40)
    late = score(any_world)
    row = any_world.all(Review)[-1]
    with any_world.app.app_context(), any_world.state.session() as session:
        with moving_totals(session, Review, [row.subject_id], [row.person_id], any_world.clock()):
            pass
        session.commit()
    moved = score(any_world)
    assert (late.counts, late.shown) == (moved.counts, moved.shown)
    assert abs(late.score - moved.score) < 1e-9


def test_a_newer_vote_that_becomes_public_replaces_the_older_one_of_the_same_buyer(any_world: World) -> None:
    anna = Person("anna", "Anna", "anna@customer.example")
    any_world.review("o1", 5, buyer=anna)
    any_world.clock.advance(days=1)
    any_world.review("o2", 2, buyer=anna)
    keep_private(any_world, 3)
    assert score(any_world).counts == (0, 0, 0, 0, 1)
    any_world.clock.advance(days=3)
    assert (score(any_world).counts, score(any_world).shown) == ((0, 1, 0, 0, 0), 2)


def test_the_next_moment_is_known_and_forgotten_when_nothing_waits(any_world: World) -> None:
    any_world.review("o1", 5)
    keep_private(any_world, 3)
    assert score(any_world).count == 0
    any_world.clock.advance(days=4)
    any_world.review("o2", 4)
    (row,) = any_world.all(Review)[:1]
    assert not row.tallied
    assert score(any_world).counts == (0, 0, 0, 1, 1)
