"""What the owner of a new shop stumbles over, and the sentence that helps."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flask_trust import Event, Line, Person, Product, lookup
from flask_trust.cli.commands import WORDS as DONE
from flask_trust.db.missing import WORDS, tables_are_missing
from flask_trust.errors import AdapterError
from flask_trust.figures import counted
from flask_trust.mail.models import Outgoing
from flask_trust.orders.models import Line as LineRow
from flask_trust.orders.models import Order
from flask_trust.shop import Order as OrderValue
from flask_trust.testing import FakeShop
from tests.support import databases
from tests.world import World

MakeWorld = Callable[..., World]
ANNA = Person("anna", "Anna", "anna@customer.example")


def foresee(world: World, *arguments: str) -> list[str]:
    answer = world.cli("delivered", "--since", "180d", *(arguments or ("--dry-run",)))
    assert answer.exit_code == 0, answer.output
    return str(answer.output).splitlines()


def placed(world: World, key: str, days: float, *products: str, told: bool = True, **fields: Any) -> None:
    """Let an order be placed so many days ago, told by `events_since` or by a call."""
    at = world.clock() - timedelta(days=days)
    world.order(key, *products, placed_at=at, **fields)
    if told:
        world.shop.add(Event("placed", key, at))
    else:
        world.tell("order_placed", key)


def line_about(lines: Sequence[str], key: str) -> str:
    (found,) = [line for line in lines if line.startswith(f"{key}: ")]
    return found.removeprefix(f"{key}: ")


# Looking ahead


@pytest.mark.parametrize("told", [True, False], ids=["by events", "by calls"])
def test_a_dry_run_looks_ahead_over_guessed_arrivals(any_world: World, told: bool) -> None:
    placed(any_world, "new", 0, told=told)
    placed(any_world, "due", 12, told=told)
    placed(any_world, "old", 40, told=told)
    before = len(any_world.all(Order))
    said = foresee(any_world)
    assert line_about(said, "new") == "2027-05-20 12:00; that it arrives on 2027-05-13 is a guess"
    assert line_about(said, "due") == "2027-05-08 12:00; that it arrived on 2027-05-01 is a guess"
    assert line_about(said, "old").startswith("not asked, had arrived more than 14 days before we heard of it")
    assert said[-2:] == ["2 orders would be asked about, 1 not.", "Nothing was changed: this was a dry run."]
    assert len(any_world.all(Order)) == before
    assert all(line.delivered_at is None for line in any_world.all(LineRow))


def test_looking_ahead_without_a_dry_run_notes_what_was_told_and_no_guess(any_world: World) -> None:
    placed(any_world, "new", 0)
    assert line_about(foresee(any_world, "--even-old"), "new").endswith("is a guess")
    line = any_world.one(LineRow)
    assert (line.delivered_at, line.expected_at) == (None, any_world.clock() + timedelta(days=10))


def test_the_forecast_of_guesses_comes_true(make_world: MakeWorld) -> None:
    world = make_world(TRUST_REMIND_AFTER_DAYS=None)
    start = world.clock()
    for number, days in enumerate((0, 1, 5, 6, 12, 23, 25, 40)):
        placed(world, f"o{number}", days, buyer=ANNA if number in (1, 2, 3) else None)
    placed(world, "parcels", 2, "bowl", "cup")
    world.shop.add(Event("shipped", "parcels", start, ["cup"]), Event("delivered", "parcels", start, ["bowl"]))
    said = foresee(world)
    assert sum("not asked" in line for line in said) == 2
    for _ in range(45 * 2):
        world.run()
        world.clock.advance(hours=12)
    sent = sorted((str(mail["To"]), f"{mail['Date'].datetime:%Y-%m-%d %H:%M}") for mail in world.mails())
    keys = [key for key in world.shop.all_orders if not line_about(said, key).startswith("not asked")]
    assert sent == sorted((world.shop.all_orders[key].buyer.email, line_about(said, key)[:16]) for key in keys)


def test_all_that_was_told_of_an_order_counts_together(any_world: World) -> None:
    placed(any_world, "gone", 3)
    any_world.shop.add(Event("cancelled", "gone", any_world.clock()))
    placed(any_world, "here", 3)
    any_world.shop.add(Event("delivered", "here", any_world.clock()))
    said = foresee(any_world)
    assert line_about(said, "gone") == "not asked, nothing of the order is left to review"
    assert line_about(said, "here") == "2027-05-10 12:00"


def test_where_nothing_is_guessed_the_setting_is_named(make_world: MakeWorld) -> None:
    world = make_world(TRUST_ARRIVAL_DAYS={"placed": None})
    placed(world, "o1", 3)
    assert "TRUST_ARRIVAL_DAYS makes no guess" in line_about(foresee(world), "o1")


@pytest.mark.parametrize("dry", [True, False])
def test_an_event_that_cannot_be_used_is_named_and_the_others_count(any_world: World, dry: bool) -> None:
    now = any_world.clock()
    any_world.order("o1")
    any_world.order("o2")
    any_world.shop.add(Event("delivered", "o1", now, ["no such line"]), Event("delivered", "o1", now))
    any_world.shop.add(Event("delivered", "o2", now, ["no such line"]))
    said = foresee(any_world, "--dry-run" if dry else "--even-old")
    assert "o1: an event cannot be used, the order has no line 'no such line'" in said
    assert "o1: 2027-05-10 12:00" in said
    assert "o2: not asked, the order has no line 'no such line'" in said
    assert [row.key for row in any_world.all(Order)] == ([] if dry else ["o1"])


def test_waiting_and_mails_that_have_left_are_plain_sentences(world: World) -> None:
    now = world.clock()
    for key in ("o1", "o2", "o3"):
        placed(world, key, 3, buyer=ANNA)
        world.shop.add(Event("delivered", key, now))
    said = foresee(world)
    assert line_about(said, "o2") == "2027-05-17 12:00; it waits, because the buyer gets one mail in 7 days at most"
    world.order("paused")
    world.deliver("paused")
    world.tell("order_paused", "paused", now + timedelta(days=12))
    answer = world.cli("delivered", "paused", "--dry-run").output
    assert "paused: 2027-05-15 12:00; it waits, because a return or dispute is open\n" in answer
    world.clock.advance(days=12)
    world.run()
    answer = world.cli("delivered", "paused", "--dry-run").output
    assert "paused: 2027-05-15 12:00, that mail has left\n" in answer
    assert "0 orders would be asked about, 0 not, 1 was asked about before.\n" in answer


# The shop's adapter


class BrokenShop(FakeShop):
    """A shop whose methods fail or answer nonsense, each in its own way."""

    def orders(self, ids: Sequence[str]) -> Any:
        return {each: self._order(each) for each in ids}

    def _order(self, key: str) -> OrderValue:
        customer: Any = None
        return OrderValue(key, Person("1", customer.name, None), [Line("1", "1")], datetime(2027, 5, 1))  # noqa: DTZ001

    def products(self, ids: Sequence[str]) -> Any:
        int("within the standard library", base=99)
        return {}

    def sellers(self, ids: Sequence[str]) -> Any:
        return list(ids)

    def events_since(self, when: datetime) -> Any:
        yield Event("placed", "1", when)
        raise KeyError("somebody@customer.example")


def line_of(words: str) -> str:
    """Return the place of the one line of this file that begins with these words."""
    lines = Path(__file__).read_text("utf-8").splitlines()
    (number,) = [place for place, line in enumerate(lines, 1) if line.strip().startswith(words)]
    return f"{__file__}, line {number}"


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda shop: lookup.orders(shop, ["1"]),
            f"BrokenShop.orders failed with AttributeError in {line_of('return OrderValue(key')}",
        ),
        (
            lambda shop: lookup.products(shop, ["1"]),
            f"BrokenShop.products failed with ValueError in {line_of('int(')}",
        ),
        (
            lambda shop: lookup.sellers(shop, ["1"]),
            f"BrokenShop.sellers must return a dict from id to Seller ({line_of('def sellers')})",
        ),
        (
            lambda shop: lookup.events_since(shop, datetime(2027, 5, 1)),  # noqa: DTZ001
            f"BrokenShop.events_since failed with KeyError in {line_of('raise KeyError(')}",
        ),
    ],
    ids=["a helper", "a built-in", "a wrong value", "a generator"],
)
def test_a_failing_adapter_is_named_with_file_and_line(ask: Callable[[FakeShop], object], message: str) -> None:
    with pytest.raises(AdapterError) as failed:
        ask(BrokenShop())
    assert str(failed.value) == message


def test_an_error_that_python_or_a_library_raises_is_put_down_to_the_line_that_called_it(world: World) -> None:
    world.shop.orders = lambda ids: __import__("json").loads("{")  # type: ignore[method-assign]
    here = inspect.currentframe()
    assert here is not None
    with pytest.raises(AdapterError, match=re.escape(f"JSONDecodeError in {__file__}, line {here.f_lineno - 3}")):
        lookup.orders(world.shop, ["1"])


def test_a_value_of_ours_that_refuses_is_put_down_to_the_line_that_made_it(world: World) -> None:
    def orders(ids: Sequence[str]) -> dict[str, OrderValue]:
        return {each: OrderValue("a/b", ANNA, [], world.clock()) for each in ids}

    world.shop.orders = orders  # type: ignore[method-assign]
    place = re.escape(line_of("return {each: OrderValue("))
    with pytest.raises(
        AdapterError, match=rf"made a value that cannot be used in {place}: an id may not hold"
    ) as failed:
        lookup.orders(world.shop, ["1"])
    assert "a/b" not in str(failed.value)  # it may as well be an address


# Tables


@pytest.fixture(params=databases.NAMES)
def bare_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A shop whose owner forgot to make our tables, on each database."""
    databases.require(request.param)
    with databases.temporary(request.param, tmp_path) as url:
        world = World(url, tmp_path)
        yield world
        world.close()


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("run",),
        ("stats",),
        ("delivered", "o1"),
        ("delivered", "--since", "9d", "--dry-run"),
        ("mail", "list"),
    ],
    ids=" ".join,
)
def test_a_command_without_tables_says_what_to_type(bare_world: World, command: tuple[str, ...]) -> None:
    bare_world.order("o1")
    answer = bare_world.cli(*command)
    assert answer.exit_code == 1
    assert answer.output.splitlines()[-1] == f"Error: {WORDS}"
    assert "SELECT" not in answer.output


def test_a_page_without_tables_says_in_the_log_what_to_type(
    bare_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    bare_world.app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        answer = bare_world.client().get("/trust/")
    assert answer.status_code == 500
    assert WORDS in caplog.messages
    assert "flask db" not in answer.text


@pytest.mark.parametrize("statement", ["SELECT * FROM basket", "SELECT trust_nothing FROM trust_order", "SELEKT"])
def test_other_errors_of_a_database_stay_what_they_are(any_world: World, statement: str) -> None:
    with pytest.raises(DBAPIError) as failed:
        any_world.read(lambda session: session.execute(text(statement)))
    assert not tables_are_missing(failed.value)


# Words


def test_one_is_one_and_many_are_many() -> None:
    assert counted("%d deliver(y|ies)", 1) == "1 delivery"
    assert [counted("%d mail(|s)", number) for number in (0, 1, 2)] == ["0 mails", "1 mail", "2 mails"]


@pytest.mark.parametrize("words", [words for words in DONE.values() if "%d" in words])
def test_every_report_of_a_run_has_words_for_one(words: str) -> None:
    assert re.search(r"\b1 (?:new )?[a-z]+[^s]\b", counted(words, 1))
    assert counted(words, 1).replace("1", "2") != counted(words, 2)


def test_a_run_that_did_one_thing_says_so(world: World) -> None:
    world.order("o1")
    world.shop.add(Event("delivered", "o1", world.clock()))
    assert world.cli("run").output == "told of 1 delivery\n"


def test_what_was_given_up_is_said_in_words(world: World) -> None:
    world.order("o1")
    world.deliver("o1")
    world.pass_days(7)
    with world.app.app_context(), world.state.session() as session:
        session.query(Outgoing).update({"state": "held", "due": None, "error_code": "server_down"})
        session.commit()
    listed = world.cli("mail", "list").output
    assert listed.startswith("request about order o1: given up, the mail server did not answer\n")
    said = [listed, *(world.cli(*each).output for each in (("stats",), ("check",), ("mail", "retry")))]
    assert [("given up" in each, "held" in each) for each in said] == [*[(True, False)] * 3, (False, False)]


# Links


def test_a_preview_without_a_public_address_names_the_setting_once(make_world: MakeWorld) -> None:
    world = make_world(TRUST_MAIL_URL=..., TRUST_BASE_URL=...)
    world.order("o1")
    answer = world.cli("mail", "preview", "o1")
    assert answer.output.count("TRUST_BASE_URL is not set") == 1
    assert "TRUST_BASE_URL" not in answer.stdout
    world = make_world(TRUST_MAIL_URL=...)
    world.shop.add(Product("bowl", "Bowl", "/"))
    world.order("o1")
    assert "TRUST_BASE_URL" not in world.cli("mail", "preview", "o1").output


# A trial


def test_in_a_trial_the_check_names_what_mail_will_want_and_what_the_privacy_page_lacks(make_world: MakeWorld) -> None:
    wanted = ("TRUST_BASE_URL", "TRUST_SHOP_ADDRESS", "TRUST_MAIL_FROM", "TRUST_MAIL_BASIS")
    first = "- TRUST_MAIL_URL is not set: mails are planned and none is sent."
    new = make_world(**dict.fromkeys(("TRUST_MAIL_URL", "TRUST_POLICY", *wanted), ...))
    ready = make_world(TRUST_MAIL_URL=...)
    for world in (new, ready):
        world.order("o1")
        world.deliver("o1")
        assert world.cli("check").exit_code == 1
    line, *rest = new.cli("check").output.splitlines()
    assert line == f"{first} Mail will want {', '.join(wanted)} as well."
    assert rest[0] == "Before you go live:"
    assert rest[1].startswith("- TRUST_POLICY is not set")
    assert all(each.startswith("- The privacy policy lacks") for each in rest[2:])
    assert ready.cli("check").output.splitlines() == [first]
