"""The score: vectors to six digits, and what must hold for any ratings whatever."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flask_trust.figures import one_decimal
from flask_trust.scores import maths
from flask_trust.scores.maths import Estimate, score_of

TODAY = date(2027, 5, 3)
EVEN = (0, 0, 0, 0, 0)  # no usual spread yet
USUAL = (6, 3, 6, 15, 70)  # shop shares 0.06, 0.03, 0.06, 0.15, 0.70

Rating = tuple[int, date]


def rated(stars: int, count: int = 1, age: int = 0) -> list[Rating]:
    return [(stars, TODAY - timedelta(days=age))] * count


def spread(*counts: int, age: int = 0) -> list[Rating]:
    """Return ratings by how many there are with 1, 2, 3, 4 and 5 stars."""
    return [rating for stars, count in enumerate(counts, 1) for rating in rated(stars, count, age)]


def six_digits(found: Estimate) -> tuple[str, str, str]:
    return f"{found.score:.6f}", f"{found.low:.6f}", f"{found.high:.6f}"


H5 = spread(2, 1, 3, 10, 34)
LADDER = [*rated(5), *rated(4, age=365), *rated(3, age=730), *rated(2, age=1095), *rated(1, age=1460)]

YOUNG_SHOP = [
    pytest.param([], "3.000000", "1.518406", "4.481594", id="H0 none"),
    pytest.param(rated(5), "3.571429", "2.187097", "4.955760", id="H1"),
    pytest.param(rated(1), "2.428571", "1.044240", "3.812903", id="H2"),
    pytest.param(rated(5, 5), "4.333333", "3.494875", "5.000000", id="H3"),
    pytest.param(spread(0, 0, 1, 2, 7), "4.280000", "3.705077", "4.854923", id="H4"),
    pytest.param(H5, "4.390476", "4.107629", "4.673323", id="H5"),
    pytest.param(spread(60, 30, 60, 150, 700), "4.396509", "4.326873", "4.466144", id="H6"),
    pytest.param(rated(5, 10, 730) + rated(1, 2), "3.142857", "1.890682", "4.395032", id="H7"),
    pytest.param(rated(5, 20, 730), "4.333333", "3.494875", "5.000000", id="H8a"),
    pytest.param(rated(5, 20, 730) + rated(1), "3.941176", "2.930531", "4.951822", id="H8"),
    pytest.param(LADDER, "3.507042", "2.327836", "4.686248", id="H9"),
    pytest.param(H5 + rated(1, 10), "3.848000", "3.460595", "4.235405", id="H10 flood"),
    pytest.param(spread(1, 1, 1, 1, 1), "3.000000", "2.049278", "3.950722", id="H11"),
    pytest.param(rated(4, 4), "3.615385", "2.897593", "4.333177", id="H12"),
    pytest.param(rated(5, 1, 100), "3.497162", "2.083834", "4.910491", id="H13"),
    pytest.param(rated(5, 1, -3), "3.571429", "2.187097", "4.955760", id="H14 clock skew"),
]

SETTLED_SHOP = [
    pytest.param([], "3.700000", "2.174606", "5.000000", id="none"),
    pytest.param(rated(5), "4.071429", "2.811625", "5.000000", id="one 5"),
    pytest.param(rated(1), "2.928571", "1.327723", "4.529420", id="one 1"),
    pytest.param(rated(5, 3), "4.409091", "3.505136", "5.000000", id="three 5"),
    pytest.param(spread(0, 0, 1, 2, 7), "4.420000", "3.912368", "4.927632", id="ten"),
    pytest.param(H5, "4.423810", "4.149306", "4.698313", id="fifty"),
    pytest.param(rated(5, 20, 730), "4.784757", "4.411303", "5.000000", id="twenty old 5"),
    pytest.param(rated(5, 20, 730) + rated(1), "4.549667", "3.992326", "5.000000", id="and one 1 today"),
]


@pytest.mark.parametrize(("ratings", "score", "low", "high"), YOUNG_SHOP)
def test_vectors_with_an_even_prior_and_a_half_life_of_a_year(
    ratings: list[Rating], score: str, low: str, high: str
) -> None:
    assert six_digits(score_of(ratings, TODAY, 365.0, EVEN)) == (score, low, high)


@pytest.mark.parametrize(("ratings", "score", "low", "high"), SETTLED_SHOP)
def test_vectors_with_the_shops_shares_and_a_half_life_of_three_years(
    ratings: list[Rating], score: str, low: str, high: str
) -> None:
    assert six_digits(score_of(ratings, TODAY, 1095.0, USUAL)) == (score, low, high)


def by_running_sums(ratings: Sequence[Rating], today: date, half_life: float, usual: Sequence[int]) -> Estimate:
    """Score as pages do: from sums that were moved once for each rating and are read without any history."""
    sums, counts = [0.0] * 5, [0] * 5
    for stars, day in ratings:
        sums[stars - 1] += maths.weight(day, half_life)
        counts[stars - 1] += 1
    return maths.estimate(maths.present(sums, counts, today, half_life), maths.prior(usual))


@pytest.mark.parametrize(("ratings", "score", "low", "high"), YOUNG_SHOP)
def test_running_sums_give_the_same_vectors_with_an_even_prior(
    ratings: list[Rating], score: str, low: str, high: str
) -> None:
    assert six_digits(by_running_sums(ratings, TODAY, 365.0, EVEN)) == (score, low, high)


@pytest.mark.parametrize(("ratings", "score", "low", "high"), SETTLED_SHOP)
def test_running_sums_give_the_same_vectors_with_the_shops_shares(
    ratings: list[Rating], score: str, low: str, high: str
) -> None:
    assert six_digits(by_running_sums(ratings, TODAY, 1095.0, USUAL)) == (score, low, high)


@pytest.mark.parametrize(("age", "weight"), [(0, 1.0), (30, 0.944621), (365, 0.5), (730, 0.25), (1095, 0.125)])
def test_a_rating_loses_half_its_weight_in_a_half_life(age: int, weight: float) -> None:
    day = TODAY - timedelta(days=age)
    assert maths.weight(day, 365.0) / maths.weight(TODAY, 365.0) == pytest.approx(weight, abs=5e-7)


def test_half_lives_are_three_years_for_products_and_one_for_sellers_and_the_shop() -> None:
    assert maths.HALF_LIFE == {"product": 1095.0, "family": 1095.0, "seller": 365.0, "shop": 365.0}


@pytest.mark.parametrize(
    ("usual", "levels"),
    [
        ((0, 0, 0, 0, 0), (0.5, 0.5, 0.5, 0.5, 0.5)),
        ((0, 0, 0, 0, 49), (0.5, 0.5, 0.5, 0.5, 0.5)),
        ((0, 0, 0, 0, 50), (0.25, 0.25, 0.25, 0.25, 1.5)),
        ((10, 10, 10, 10, 10), (0.5, 0.5, 0.5, 0.5, 0.5)),
        ((6, 3, 6, 15, 70), (0.325, 0.2875, 0.325, 0.4375, 1.125)),
    ],
)
def test_half_the_prior_leans_on_the_shop_once_it_has_fifty_ratings(
    usual: tuple[int, ...], levels: tuple[float, ...]
) -> None:
    assert maths.prior(usual) == pytest.approx(levels)
    assert math.fsum(maths.prior(usual)) == pytest.approx(2.5)


def ratings_of_any_kind() -> st.SearchStrategy[list[Rating]]:
    age = st.integers(0, 4000)
    one = st.tuples(st.integers(1, 5), age.map(lambda days: TODAY - timedelta(days=days)))
    return st.lists(one, max_size=60)


HALF_LIVES = st.sampled_from([365.0, 1095.0])
USUALS = st.one_of(st.just(EVEN), st.tuples(*[st.integers(0, 5000)] * 5))


@given(ratings_of_any_kind(), HALF_LIVES, USUALS)
def test_running_sums_equal_the_definition(ratings: list[Rating], half_life: float, usual: Sequence[int]) -> None:
    exact, quick = score_of(ratings, TODAY, half_life, usual), by_running_sums(ratings, TODAY, half_life, usual)
    assert quick.score == pytest.approx(exact.score, abs=1e-9)
    assert quick.low == pytest.approx(exact.low, abs=1e-9)
    assert quick.high == pytest.approx(exact.high, abs=1e-9)


@given(ratings_of_any_kind(), HALF_LIVES, USUALS, st.randoms())
def test_the_order_of_ratings_does_not_matter(
    ratings: list[Rating], half_life: float, usual: Sequence[int], lots: object
) -> None:
    shuffled = list(ratings)
    lots.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score_of(shuffled, TODAY, half_life, usual).score == pytest.approx(
        score_of(ratings, TODAY, half_life, usual).score, abs=1e-12
    )


@given(ratings_of_any_kind(), HALF_LIVES, USUALS)
def test_score_and_range_lie_between_one_and_five(
    ratings: list[Rating], half_life: float, usual: Sequence[int]
) -> None:
    found = score_of(ratings, TODAY, half_life, usual)
    assert 1 <= found.low <= found.score <= found.high <= 5


@given(ratings_of_any_kind(), HALF_LIVES, USUALS, st.integers(0, 4000))
def test_five_stars_never_lower_and_one_star_never_raises(
    ratings: list[Rating], half_life: float, usual: Sequence[int], age: int
) -> None:
    before = score_of(ratings, TODAY, half_life, usual).score
    assert score_of(ratings + rated(5, 1, age), TODAY, half_life, usual).score >= before - 1e-12
    assert score_of(ratings + rated(1, 1, age), TODAY, half_life, usual).score <= before + 1e-12


@given(st.lists(st.integers(1, 5), min_size=1, max_size=60))
def test_twice_as_many_of_the_same_make_the_range_narrower(stars: list[int]) -> None:
    # Of today: a single very old rating weighs next to nothing, and two of them can widen the range by a hair.
    ratings = [(each, TODAY) for each in stars]
    once, twice = (score_of(ratings * times, TODAY, 1095.0, EVEN) for times in (1, 2))
    assume(once.low > 1 and once.high < 5)
    assert twice.high - twice.low < once.high - once.low


@given(st.lists(st.integers(1, 5), max_size=40), HALF_LIVES, USUALS)
def test_very_old_ratings_leave_the_prior_alone(stars: list[int], half_life: float, usual: Sequence[int]) -> None:
    long_ago = [(each, TODAY - timedelta(days=50 * 1095)) for each in stars]
    assert score_of(long_ago, TODAY, half_life, usual).score == pytest.approx(
        score_of([], TODAY, half_life, usual).score, abs=1e-6
    )


@given(ratings_of_any_kind(), st.integers(1, 30))
def test_a_clock_that_ran_ahead_gives_nobody_more_than_one_vote(ratings: list[Rating], ahead: int) -> None:
    future = [(stars, TODAY + timedelta(days=ahead)) for stars, _ in ratings]
    assert by_running_sums(future, TODAY, 365.0, EVEN).score == pytest.approx(
        by_running_sums([(stars, TODAY) for stars, _ in ratings], TODAY, 365.0, EVEN).score
    )


@given(st.tuples(*[st.integers(0, 10**7)] * 5))
@settings(max_examples=50)
def test_millions_of_votes_stay_exact(counts: tuple[int, ...]) -> None:
    day = TODAY - timedelta(days=400)
    sums = [count * maths.weight(day, 1095.0) for count in counts]
    weights = maths.present(sums, counts, TODAY, 1095.0)
    assert weights == pytest.approx([count * 2 ** (-400 / 1095) for count in counts], rel=1e-12)


def test_a_century_of_running_sums_overflows_nothing() -> None:
    assert math.isfinite(maths.weight(date(2126, 1, 1), 365.0))
    assert maths.weight(date(1990, 1, 1), 365.0) > 0


@pytest.mark.parametrize(
    ("counts", "mean"),
    [((0, 0, 0, 0, 0), None), ((0, 0, 0, 0, 1), 5.0), ((1, 0, 0, 0, 1), 3.0), ((2, 1, 3, 10, 34), 4.46)],
)
def test_the_plain_average_is_the_plain_average(counts: tuple[int, ...], mean: float | None) -> None:
    assert maths.average(counts) == pytest.approx(mean)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (4.25, "4.3"),
        (4.35, "4.4"),
        (4.45, "4.5"),  # as a float a little above, 4.35 a little below
        (4.449999999, "4.4"),
        (4.4499999999, "4.5"),  # nine digits
        (4.95, "5.0"),
        (4.94, "4.9"),
        (1.0, "1.0"),
        (5, "5.0"),
        (0.05, "0.1"),
        (1.15, "1.2"),
        (2.675, "2.7"),
        (3.0000000001, "3.0"),
    ],
)
def test_figures_are_printed_with_one_decimal_half_up(value: float, printed: str) -> None:
    assert one_decimal(value) == printed


@given(st.integers(100, 500))
def test_hundredths_are_rounded_like_on_paper(hundredths: int) -> None:
    tenths, rest = divmod(hundredths, 10)
    up = tenths + (rest >= 5)
    assert one_decimal(hundredths / 100) == f"{up // 10}.{up % 10}"
