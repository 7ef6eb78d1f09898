"""What a shell prints where something is wrong: one sentence and an exit code, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup
from flask_sqlalchemy import SQLAlchemy

from flask_trust import Person, Seller, Trust
from flask_trust.mail.models import Outgoing
from flask_trust.testing import FakeShop
from tests.world import World


def broken_app() -> Flask:
    app = Flask("broken")
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", TRUST_SHOPNAME="x")
    db = SQLAlchemy(app)
    Trust(db, FakeShop()).init_app(app)
    return app


@pytest.mark.parametrize("command", [["trust", "run"], ["trust", "check"], ["run"], ["routes"]])
def test_a_wrong_setting_ends_in_its_sentence(command: list[str]) -> None:
    answer = CliRunner().invoke(FlaskGroup(create_app=broken_app), command)
    assert answer.exit_code != 0
    assert isinstance(answer.exception, SystemExit), answer.exception
    assert "TRUST_SHOPNAME is not a setting of flask_trust. Did you mean TRUST_SHOP_NAME?" in answer.output
    assert "Traceback" not in answer.output


def test_a_missing_secret_key_ends_in_its_sentence(make_world: Callable[..., World]) -> None:
    world = make_world(SECRET_KEY=None)
    answer = world.cli("check")
    assert answer.exit_code == 1
    assert 'app.config["SECRET_KEY"]' in answer.output


def test_an_unknown_order_ends_with_1_and_says_so(world: World) -> None:
    world.order("o1")
    answer = world.cli("delivered", "99", "o1")
    assert answer.exit_code == 1
    assert "99: not asked, the shop does not know the order '99'" in answer.output
    assert "o1: 2027-05-10 12:00" in answer.output
    assert "1 order could not be noted: the reason stands above." in answer.output


def test_days_and_times_of_deliveries_name_their_time_zone(make_world: Callable[..., World]) -> None:
    world = make_world(TRUST_TIMEZONE="Asia/Tokyo")
    world.order("o1")
    answer = world.cli("delivered", "o1")
    assert answer.exit_code == 0
    assert "Days and times are those of Asia/Tokyo." in answer.output


@pytest.mark.parametrize(("url", "words"), [(None, "Written into the folder /"), ("host", "the shop's mail extension")])
def test_a_test_mail_says_where_it_went(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, url: str | None, words: str
) -> None:
    world = make_world(**({"TRUST_MAIL_URL": url} if url else {}))
    if url:
        monkeypatch.setattr("flask_trust.cli.mail.open_transport", lambda *_: _Nowhere())
        monkeypatch.setattr("flask_trust.cli.mail.send", lambda *_: None)
    answer = world.cli("mail", "test", "owner@shop.example")
    assert answer.exit_code == 0, answer.output
    assert words in answer.output
    assert "mail server" not in answer.output


def test_mails_about_something_else_than_an_order_are_listed_too(world: World) -> None:
    world.shop.add(Seller("shop", "Corner Shop", people=["olga"]), Person("olga", "Olga", "olga@shop.example"))
    world.review("o1")
    world.run()
    with world.app.app_context(), world.state.session() as session:
        session.execute(sa.update(Outgoing).values(state="held", error_code="server_down", due=None, object_id=10**9))
        session.commit()
    answer = world.cli("mail", "list")
    assert answer.exit_code == 0
    assert "seller_news: given up, the mail server did not answer" in answer.output


class _Nowhere:
    def __enter__(self) -> _Nowhere:
        return self

    def __exit__(self, *_: Any) -> None:
        return None
