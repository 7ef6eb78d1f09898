"""`flask trust check` proves the totals, says in plain words what is wrong, and mends what can be mended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from flask_trust import Person
from flask_trust.health.checks import check
from flask_trust.i18n import Speech
from flask_trust.invitations.models import Request
from flask_trust.mail.models import Outgoing
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.web.deals import deal
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
BOWL = (Subject.kind == "product", Subject.key == "bowl")
SHOP = (Subject.kind == "shop", Subject.key == "reviews")


def tamper(world: World, statement: sa.UpdateBase) -> None:
    """Change rows behind the back of the code that keeps them right."""
    with world.app.app_context(), world.state.session() as session:
        assert cast("sa.CursorResult[Any]", session.execute(statement)).rowcount
        session.commit()


@pytest.fixture
def rated(any_world: World) -> World:
    """A shop with a few reviews, one of them replaced by a newer one of the same buyer."""
    any_world.review("o1", 5)
    any_world.review("o2", 2, buyer=ANNA)
    any_world.clock.advance(days=40)
    any_world.review("o3", 4, buyer=ANNA)
    assert any_world.cli("check").exit_code == 0
    return any_world


TAMPERED = [
    pytest.param(sa.update(Subject).where(*BOWL).values(n5=Subject.n5 + 1), id="a count"),
    pytest.param(sa.update(Subject).where(*BOWL).values(n5=0, n4=2), id="a vote on another level"),
    pytest.param(sa.update(Subject).where(*BOWL).values(w4=Subject.w4 * 1.001), id="a sum of weights"),
    pytest.param(sa.update(Subject).where(*BOWL).values(shown=7), id="the number of shown reviews"),
    pytest.param(sa.update(Subject).where(*SHOP).values(n1=1), id="the shop's total"),
    pytest.param(sa.update(Review).where(Review.stars == 5).values(stars=1), id="stars of a review"),
    pytest.param(sa.update(Review).where(Review.stars == 2).values(counted=sa.true()), id="a flag"),
    pytest.param(sa.update(Review).where(Review.stars == 5).values(live=sa.false()), id="a hidden review"),
    pytest.param(sa.update(Review).where(Review.stars == 5).values(eligible=sa.false()), id="a vote taken out"),
    pytest.param(sa.delete(Review).where(Review.stars == 5), id="a review that is gone"),
]


@pytest.mark.parametrize("statement", TAMPERED)
def test_a_tampered_total_is_found_and_mended(rated: World, statement: Any) -> None:
    tamper(rated, statement)
    found = rated.cli("check")
    assert found.exit_code == 1
    assert "a recount says" in found.output
    assert "flask trust check --repair" in found.output
    repaired = rated.cli("check", "--repair")
    assert repaired.exit_code == 0, repaired.output
    assert rated.cli("check").exit_code == 0


def test_repairing_nothing_changes_nothing(rated: World) -> None:
    before = [(row.key, row.n5, row.w5, row.version) for row in rated.all(Subject)]
    assert rated.cli("check", "--repair").exit_code == 0
    assert [(row.key, row.n5, row.w5, row.version) for row in rated.all(Subject)] == before


def test_what_was_mended_goes_on_right(rated: World) -> None:
    tamper(rated, sa.update(Subject).where(*BOWL).values(n5=9, w5=1.0))
    rated.cli("check", "--repair")
    rated.review("o4", 5)
    assert rated.cli("check").exit_code == 0


@pytest.fixture
def overdue(any_world: World) -> World:
    """A lamp with a review that waited for its seller; its time has come, and the job has not run yet."""
    any_world.review("o1", 5, "lamp")
    deal(any_world, "o2")
    assert any_world.rate("o2", line_0_stars="1").status_code == 303
    waiting = next(row for row in any_world.all(Review) if row.stars == 1)
    any_world.clock.now = waiting.shown_at + timedelta(minutes=1)
    assert any_world.cli("check").exit_code == 0
    return any_world


@pytest.mark.parametrize("wrong", [("product",), ("shop",), ("product", "shop")], ids="+".join)
def test_mending_one_total_while_a_review_is_overdue_leaves_the_others_right(
    wrong: tuple[str, ...], overdue: World
) -> None:
    tamper(overdue, sa.update(Subject).where(Subject.kind.in_(wrong)).values(n5=Subject.n5 + 7))
    assert overdue.cli("check", "--repair").exit_code == 0
    assert overdue.cli("check").output == overdue.cli("check", "--repair").output
    assert overdue.cli("check").exit_code == 0
    overdue.run()
    assert overdue.cli("check").exit_code == 0
    shown = {(row.kind, row.key): (row.shown, row.n1, row.n5) for row in overdue.all(Subject)}
    assert (shown["product", "lamp"], shown["shop", "reviews"]) == ((2, 1, 1), (2, 1, 1))


def test_what_the_repair_of_a_product_finds_in_no_total_counts_again(rated: World) -> None:
    tamper(rated, sa.update(Review).where(Review.stars == 5).values(tallied=sa.false()))
    assert rated.cli("check", "--repair").exit_code == 0
    assert {row.tallied for row in rated.all(Review)} == {True}
    assert {(row.shown, row.n5, row.next_shown_at) for row in rated.all(Subject) if row.shown} == {(3, 1, None)}


def test_a_delivered_order_without_any_account_of_it_is_found(rated: World) -> None:
    last = rated.all(Request)[-1]
    tamper(rated, sa.delete(Request).where(Request.id == last.id))
    found = rated.cli("check")
    assert found.exit_code == 1
    assert "3 orders have arrived, but the number of those asked, waiting or skipped is 2" in found.output


def test_mails_that_are_held_are_named_with_the_command_that_helps(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.pass_days(7)
    tamper(any_world, sa.update(Outgoing).values(state="held", due=None))
    found = any_world.cli("check")
    assert found.exit_code == 1
    assert "1 mail was given up" in found.output
    assert "flask trust mail retry" in found.output


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"TRUST_MAIL_URL": ...}, "TRUST_MAIL_URL is not set"),
        ({"TRUST_MAIL_URL": ..., "TRUST_SHOP_NAME": ...}, "TRUST_SHOP_NAME is not set"),
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "fifteen letters"}, "SECRET_KEY has fewer than 16 characters"),
    ],
)
def test_missing_settings_are_named(make_world: Any, config: dict[str, Any], words: str) -> None:
    found = make_world(**config).cli("check")
    assert found.exit_code == 1
    assert words in found.output


def test_an_empty_shop_is_in_order(any_world: World) -> None:
    answer = any_world.cli("check")
    assert (answer.exit_code, answer.output) == (0, "All totals agree with a recount, and nothing is missing.\n")


def test_checking_reads_and_changes_nothing(rated: World) -> None:
    def versions(session: Session) -> list[int]:
        return list(session.scalars(sa.select(Subject.version).order_by(Subject.id)))

    before = rated.read(versions)
    rated.cli("check")
    assert rated.read(versions) == before


def broken(make_world: Callable[..., World]) -> World:
    """Return a shop in which much is not as it should be, and that speaks German."""
    world = make_world(
        TRUST_MAIL_URL=...,
        TRUST_BASE_URL="http://shop.example",
        TRUST_SHOP_NAME=...,
        TRUST_LOCALE="de",
        TRUST_POLICY=...,
    )
    for number in range(2):
        world.review(f"o{number}", 2)
    with world.app.app_context(), world.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE trust_subject SET n2 = 7 WHERE kind = 'product'")
        connection.exec_driver_sql("UPDATE trust_review SET helpful = 4")
        connection.exec_driver_sql("UPDATE trust_review SET live = false WHERE id = 1")
        connection.exec_driver_sql("DELETE FROM trust_request WHERE id = 1")
    return world


def test_every_finding_goes_through_the_catalogue_or_says_that_it_is_english(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = broken(make_world)
    monkeypatch.setattr(Speech, "text", lambda self, text, /, **values: f"¿{text % values if values else text}")
    monkeypatch.setattr(
        Speech, "plural", lambda self, one, many, n, /, **values: f"¿{(one if n == 1 else many) % {'n': n, **values}}"
    )
    with world.app.app_context():
        found = check(world.state)
    assert len([each for each in found if not each.english]) >= 9
    assert [each.words for each in found if not each.english and not each.words.startswith("¿")] == []


def test_the_shell_speaks_english_whatever_the_shop_speaks(make_world: Callable[..., World]) -> None:
    output = broken(make_world).cli("check").output
    assert "The totals of product 'bowl' say" in output
    assert "1 review is hidden without a decision: somebody changed the tables by hand." in output
