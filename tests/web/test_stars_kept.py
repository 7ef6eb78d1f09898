"""Stars of a list are drawn once and kept, and nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import DictLoader

from flask_trust.reputation import stars
from flask_trust.scores import queries as scores
from flask_trust.scores.score import Score, make_score
from tests.world import World

LIST = "{% set scores = trust.scores(ids) %}{% for id in ids %}{{ trust.stars(id, scores=scores) }}{% endfor %}"


def drawn(world: World, *ids: str, **request: Any) -> str:
    with world.app.test_request_context(**request):
        return world.app.jinja_env.from_string(LIST).render(ids=ids)


def count_drawings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    seen: list[object] = []
    real = stars._draw
    monkeypatch.setattr(stars, "_draw", lambda score: seen.append(score) or real(score))  # type: ignore[func-returns-value]
    return seen


def test_stars_are_drawn_anew_only_when_the_score_has_changed(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_world.review("o1", 4)
    any_world.review("o2", 2, product="cup")
    seen = count_drawings(monkeypatch)
    before = drawn(any_world, "bowl", "cup")
    assert drawn(any_world, "bowl", "cup") == before
    assert len(seen) == 2
    any_world.review("o3", 1)
    after = drawn(any_world, "bowl", "cup")
    assert len(seen) == 3
    assert "4.0 of 5 stars" in before
    assert "2.5 of 5 stars" in after


def test_stars_kept_for_one_reader_are_not_those_of_another(any_world: World) -> None:
    any_world.review("o1", 4)
    english = drawn(any_world, "bowl")
    japanese = drawn(any_world, "bowl", headers={"Accept-Language": "ja"})
    below = drawn(any_world, "bowl", base_url="https://shop.example/under")
    assert len({english, japanese, below}) == 3
    assert 'href="/under/trust/products/bowl"' in below


def test_stars_that_a_shop_draws_by_itself_are_never_kept(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "trust/reputation/_stars.html": "{% macro stars(score) %}{{ score.shown }} of {{ score.kind }}{% endmacro %}"
    }
    any_world.app.jinja_loader = DictLoader(own)
    any_world.review("o1", 4)
    seen = count_drawings(monkeypatch)
    assert drawn(any_world, "bowl", "bowl") == "1 of product" * 2
    assert len(seen) == 2


def test_what_is_kept_has_an_end(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stars, "MOST_KEPT", 3)
    page = drawn(any_world, *(f"product{number}" for number in range(20)))
    assert page.count("No ratings yet") == 20
    assert len(stars._kept[any_world.app.jinja_env]) <= 3


def test_a_score_is_worked_out_anew_with_a_vote_and_with_a_day(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(scores, "make_score", lambda row, *told: seen.append(row) or make_score(row, *told))  # type: ignore[func-returns-value]

    def read() -> Score:
        with any_world.app.app_context():
            return any_world.state.read_rows(
                lambda rows: scores.find_scores(rows, "product", ["bowl"], any_world.clock())
            )["bowl"]

    scores._kept_score.cache_clear()
    any_world.review("o1", 4)
    first = read()
    assert read() == first
    assert len(seen) == 1
    any_world.review("o2", 4)
    assert read().count == 2
    any_world.clock.advance(days=400)
    assert read().weights[3] < 1.9
    assert len(seen) == 3
