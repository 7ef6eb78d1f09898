"""The formula on the page: a reader with a pocket calculator gets the score and the range that stand there."""

from __future__ import annotations

import re
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_trust.reputation.working import work_out
from flask_trust.scores import maths
from flask_trust.scores.score import Score
from tests.web.pages import Page, open_page
from tests.world import World

NUMBER = r"\d[\d.,]*\d|\d"
PATH = "/trust/products/bowl"


class Reader:
    """Reads the numbers off a page and does the sums with nothing else."""

    def __init__(self, page: str, comma: bool = False) -> None:
        self.comma = comma
        (table,) = re.findall(r'<table class="trust-working">.*?</table>', page, re.S) or [""]
        self.rows = [self.numbers(row) for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', table)]
        self.formulas = [Page(found).text for found in re.findall(r'<p class="trust-formula".*?</p>', page)]

    def numbers(self, text: str) -> list[float]:
        plain = re.sub("<.*?>", " ", text)
        point = str.maketrans({".": "", ",": "."}) if self.comma else str.maketrans({",": ""})
        return [float(found.translate(point)) for found in re.findall(NUMBER, plain)]

    def score(self) -> float:
        return self.mean(1)

    def mean(self, power: int) -> float:
        return sum(row[0] ** power * row[3] for row in self.rows) / sum(row[3] for row in self.rows)

    def reach(self) -> float:
        total = sum(row[3] for row in self.rows)
        return 1.96 * sqrt((self.mean(2) - self.mean(1) ** 2) / (total + 1))


def rated(world: World, *stars: int) -> None:
    for each in stars:
        world.review(f"o{world.clock().timestamp()}", each)
        world.clock.advance(days=97)


def test_a_reader_gets_the_score_from_the_numbers_on_the_page(world: World) -> None:
    rated(world, 5, 5, 1, 4, 5, 5, 3)
    html = world.client().get(PATH).text
    reader = Reader(html)
    shown = {part: float(re.search(pattern, html)[1]) for part, pattern in SHOWN.items()}  # type: ignore[index]
    assert round(reader.score(), 1) == shown["score"]
    assert round(max(1, reader.score() - reader.reach()), 1) == shown["low"]
    assert round(min(5, reader.score() + reader.reach()), 1) == shown["high"]
    ages = {5: (679, 582, 291, 194), 4: (388,), 3: (97,), 1: (485,), 2: ()}
    for stars, weight, start, together in reader.rows:
        assert weight == pytest.approx(sum(2 ** (-age / 1095) for age in ages[int(stars)]), abs=5.1e-4)
        assert start == 0.5
        assert together == pytest.approx(weight + start)


SHOWN = {
    "score": r'trust-number">([\d.]+)<',
    "low": r"most likely between ([\d.]+) and",
    "high": r"most likely between [\d.]+ and ([\d.]+)",
}


def test_the_formulas_carry_the_numbers_of_the_table(world: World) -> None:
    rated(world, 5, 5, 1, 4, 5)
    for language, comma in (("en", False), ("de", True)):
        html = world.client().get(PATH, headers={"Accept-Language": language}).text
        reader = Reader(html, comma)
        assert [row[0] for row in reader.rows] == [5, 4, 3, 2, 1]
        mean, squares, reach = (reader.numbers(each.replace("²", "")) for each in reader.formulas)
        for found, power in ((mean, 1), (squares, 2)):
            assert found[:10] == [each for row in reversed(reader.rows) for each in (row[0], row[3])]
            assert found[10] == pytest.approx(sum(row[3] for row in reader.rows))
            assert found[11] == pytest.approx(reader.mean(power), abs=1e-3)
        assert reach[:5] == [mean[11], 1.96, squares[11], mean[11], mean[10]]
        assert reach[-2] == round(reader.score() - reader.reach(), 1)


def test_the_start_leans_toward_the_shop_once_it_has_fifty_ratings(world: World) -> None:
    rated(world, 5, 4, 5, 5, 5)
    text = open_page(world, PATH).text
    assert "0.5 for each number of stars, so their mean is 3." in text
    assert "we lean toward the middle, so" in text
    assert "we lean toward the shop's usual score" not in text
    for number in range(45):
        world.review(f"other{number}", (1, 5, 5)[number % 3], product="cup")
    world.clock.advance(days=1)
    page = world.client().get(PATH).text
    assert "0.25 for each number of stars, and 1.25 spread like the shop's ratings" in Page(page).text
    assert "we lean toward the shop's usual score, so" in Page(page).text
    assert "toward the middle" not in Page(page).text
    starts = [row[2] for row in Reader(page).rows]
    assert starts == [0.25 + 0.025 * 34, 0.25 + 0.025, 0.25, 0.25, 0.25 + 0.025 * 15]
    assert "365 days" in open_page(world, "/trust/").text


def test_few_ratings_show_how_their_average_is_made(world: World) -> None:
    rated(world, 5, 5, 4)
    text = open_page(world, PATH).text
    assert "(1 × 0 + 2 × 0 + 3 × 0 + 4 × 1 + 5 × 2) ÷ 3 = 4.7" in text
    assert "The formula" not in text


def test_a_page_of_ten_reviews_stays_light(world: World) -> None:
    for number in range(12):
        world.review(f"o{number}", 1 + number % 5)
    assert len(world.client().get(PATH).data) < 40_000


counts = st.tuples(*[st.integers(0, 300)] * 5).filter(lambda found: sum(found) >= maths.FEW)


@settings(deadline=None)
@given(counts, counts, st.floats(0.01, 1))
def test_the_printed_numbers_always_lead_to_the_printed_score(
    votes: tuple[int, int, int, int, int], usual: tuple[int, int, int, int, int], fresh: float
) -> None:
    weights, start = [n * fresh for n in votes], maths.prior(usual)
    found = maths.estimate(weights, start)
    score = Score(
        "product", "x", "", sum(votes), votes, None, found.score, found.low, found.high, weights=weights, start=start
    )
    assert work_out(score).shown == (score.score_text, *score.range_text)
