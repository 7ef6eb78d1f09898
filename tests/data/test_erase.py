"""Erasing a person: one path for all who can ask for it, a list outside the database, and erasing again from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust import Line, Person, guest_id
from flask_trust.addresses import address_hashes
from flask_trust.db import Base, transaction
from flask_trust.invitations.models import Request
from flask_trust.journal.models import Entry
from flask_trust.mail.models import Outgoing
from flask_trust.moderation.models import Contact, Report
from flask_trust.orders.models import Line as LineRow
from flask_trust.orders.models import Order
from flask_trust.people.models import OptOut
from flask_trust.people.models import Person as PersonRow
from flask_trust.privacy.rights import erasures
from flask_trust.privacy.rights.models import GoneOrder
from flask_trust.privacy.rights.rules import read_line
from flask_trust.reviews.models import Review
from tests.web.cases import reported, written
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
BERT = Person("bert", "Bert", "bert@customer.example")

Rows = dict[str, list[dict[str, Any]]]


def list_of(world: World) -> Path:
    return Path(world.app.config["TRUST_ERASURE_FILE"])


def lines_of(world: World) -> list[str]:
    return list_of(world).read_text().splitlines()


def backup(world: World) -> Rows:
    """Return every row of ours."""
    return world.read(
        lambda session: {
            table.name: [dict(row) for row in session.execute(sa.select(table)).mappings()]
            for table in Base.metadata.sorted_tables
        }
    )


def restore(world: World, rows: Rows) -> None:
    def work(session: Any) -> None:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(sa.delete(table))
        for table in Base.metadata.sorted_tables:
            if rows[table.name]:
                session.execute(sa.insert(table), rows[table.name])

    with world.app.app_context():
        transaction(world.state, work)


def replay(world: World) -> Any:
    return world.cli("erase", "--replay")


# What is left


def test_the_number_of_somebody_erased_leads_nowhere(any_world: World) -> None:
    any_world.review("o1", 2, buyer=ANNA)
    number = any_world.person("anna").id
    any_world.tell("order_returned", "o1", reason="Anna says it was cracked")
    any_world.tell("person_erased", "anna")
    assert {entry.actor_id for entry in any_world.all(Entry)} >= {number}, "the journal keeps the number"
    rows = backup(any_world)
    told = [str(value) for name in rows for row in rows[name] for value in row.values()]
    assert [value for value in told if value in ("anna", "o1", "buyer-o1") or "cracked" in value] == []
    order, line = any_world.one(Order), any_world.one(LineRow)
    moments = [order.placed_at, order.created_at, line.delivered_at, line.returned_at]
    assert {(moment.day, moment.hour, moment.microsecond) for moment in moments if moment} == {(1, 0, 0)}, (
        "the shop could find an order again by the very second at which it was placed"
    )
    assert any_world.cli("check").exit_code == 0


@pytest.mark.parametrize("event", ["order_placed", "order_shipped", "order_delivered", "order_cancelled"])
def test_an_order_of_somebody_erased_is_not_noted_again(any_world: World, event: str) -> None:
    any_world.review("o1", 2, buyer=ANNA)
    any_world.tell("person_erased", "anna")
    any_world.tell(event, "o1")
    assert len(any_world.all(Order)) == len(any_world.all(PersonRow)) == 1
    assert any_world.one(PersonRow).key is None


def test_the_dry_run_says_why_nothing_comes_of_such_an_order(world: World) -> None:
    world.review("o1", 2, buyer=ANNA)
    world.tell("person_erased", "anna")
    said = world.cli("delivered", "o1", "--dry-run")
    assert "o1: not asked, the buyer's data was erased" in said.output


def test_mails_that_have_not_left_are_taken_out_of_the_queue(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    any_world.clock.advance(days=7)
    with any_world.app.app_context():
        from flask_trust.invitations.asking import ask_batch

        ask_batch(any_world.state)
    assert any_world.one(Outgoing).state == "waiting"
    any_world.tell("person_erased", "anna")
    mail = any_world.one(Outgoing)
    assert (mail.state, mail.due, mail.error_code) == ("dropped", None, "erased")
    assert any_world.one(Request).reason == "erased"


def test_an_opt_out_of_the_address_outlives_everything_else(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    number = any_world.person("anna").id
    with any_world.app.test_request_context():
        from flask_trust import links

        token = links.sign("unsubscribe", number)
        hashes = address_hashes("anna@customer.example")
    any_world.client().post(f"/trust/unsubscribe/{token}")
    any_world.tell("person_erased", "anna")
    assert any_world.one(OptOut).address_hash in hashes
    row = any_world.one(PersonRow)
    assert (row.mail_stop, row.mail_stopped_at, row.address_hash) == (None, None, None)


# What was reported


def erase_by(world: World, how: str, person_id: str) -> str:
    """Erase somebody as the shop or the shell does, and return what the shell says."""
    if how == "shell":
        return str(world.cli("erase", person_id, "--yes").output)
    world.tell("person_erased", person_id)
    return ""


@pytest.mark.parametrize("how", ["shell", "shop"])
def test_reports_from_an_address_that_only_the_shop_knows_go_too(any_world: World, how: str) -> None:
    public_id = written(any_world, "o1", buyer=ANNA)
    any_world.review("o2", 3, product="cup", buyer=BERT)
    any_world.shop.add(Person("bert", "Bert", "new@customer.example"))
    for email in ("bert@customer.example", "new@customer.example", "cleo@customer.example"):
        reported(any_world, public_id, email=email, explanation=f"from {email}")
    erase_by(any_world, how, "bert")
    assert [row.email for row in any_world.all(Contact)] == ["cleo@customer.example"]
    assert sorted(row.explanation for row in any_world.all(Report)) == ["", "", "from cleo@customer.example"]


@pytest.mark.parametrize("how", ["shell", "shop"])
def test_who_has_only_reported_something_is_erased(any_world: World, how: str) -> None:
    public_id = written(any_world, "o1", buyer=ANNA)
    any_world.shop.add(BERT)
    for email in ("bert@customer.example", "cleo@customer.example"):
        reported(any_world, public_id, email=email, explanation=f"from {email}")
    said = erase_by(any_world, how, "bert")
    assert said.startswith("Everything of bert is erased, and listed in " if how == "shell" else "")
    assert [row.email for row in any_world.all(Contact)] == ["cleo@customer.example"]
    assert sorted(row.explanation for row in any_world.all(Report)) == ["", "from cleo@customer.example"]
    assert any_world.one(Review).state == "shown"
    assert "Nothing of bert is here" in any_world.cli("erase", "bert", "--yes").output


def test_somebody_is_erased_although_the_shop_cannot_say_their_address(
    any_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    any_world.review("o1", 2, buyer=ANNA)
    any_world.shop.failing.add("people")
    any_world.tell("person_erased", "anna")
    assert any_world.one(Review).state == "erased"
    assert "is not found" in caplog.text


# By whose wish


def test_the_page_about_reviews_says_by_whose_wish(any_world: World) -> None:
    for key, buyer in (("o1", ANNA), ("o2", BERT), ("o3", Person("cleo", "Cleo", "cleo@customer.example"))):
        any_world.review(key, 3, buyer=buyer)
    assert any_world.cli("erase", "anna", "--yes").exit_code == 0
    assert any_world.cli("erase", "bert", "--yes", "--shop").exit_code == 0
    any_world.tell("person_erased", "cleo")
    page = any_world.client().get("/trust/how-reviews-work").text
    assert "Erased because their authors asked for it: 1. Erased because the shop deleted the account: 2." in page
    roles = [entry.role for entry in any_world.all(Entry) if (entry.kind, entry.event) == ("review", "erased")]
    assert roles == ["buyer", "shop", "shop"]


def test_the_shell_asks_before_it_erases_and_knows_nobody_twice(world: World) -> None:
    world.review("o1", 2, buyer=ANNA)
    assert world.cli("erase", "anna", input="n\n").exit_code == 1
    assert world.one(Review).state == "shown"
    assert world.cli("erase", "anna", input="y\n").exit_code == 0
    again = world.cli("erase", "anna", "--yes")
    assert again.exit_code == 1
    assert "Nothing of anna is here" in again.output
    assert world.cli("erase").exit_code == 2
    assert world.cli("erase", "anna", "--replay").exit_code == 2


# The list


def test_an_erasure_is_listed_as_a_keyed_hash_and_a_date(world: World) -> None:
    world.review("o1", 2, buyer=ANNA)
    number = world.person("anna").id
    world.tell("person_erased", "anna")
    told = [read_line(line) for line in lines_of(world)]
    assert [(line.kind, line.wish, line.day) for line in told if line] == [
        ("person", "shop", world.clock().date()),
        ("order", "shop", world.clock().date()),
    ]
    text = list_of(world).read_text()
    assert not any(word in text for word in ("anna", "o1", str(number), "customer.example"))
    assert list_of(world).stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"


def test_what_is_rolled_back_is_not_listed(world: World) -> None:
    world.review("o1", 2, buyer=ANNA)
    with world.app.app_context():
        world.trust.person_erased("anna")
        world.db.session.rollback()
        with world.db.session.begin_nested() as savepoint:
            world.trust.person_erased("anna")
            savepoint.rollback()
        world.db.session.commit()
    assert not list_of(world).exists()
    assert world.one(Review).state == "shown"


def test_it_is_on_the_disk_before_the_erasure_is_committed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.review("o1", 2, buyer=ANNA)
    states = []

    def look(*arguments: Any) -> None:
        states.append(world.one(Review).state)

    monkeypatch.setattr(os, "fsync", look)
    world.tell("person_erased", "anna")
    assert states[0] == "shown"
    assert world.one(Review).state == "erased"


def test_nothing_is_erased_where_the_list_cannot_be_written(make_world: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    world = make_world(TRUST_ERASURE_FILE=str(tmp_path / "file" / "erasures.log"))
    world.review("o1", 2, buyer=ANNA)
    with pytest.raises(erasures.CannotList, match="TRUST_ERASURE_FILE"):
        world.tell("person_erased", "anna")
    assert world.one(Review).state == "shown"
    said = world.cli("erase", "anna", "--yes")
    assert said.exit_code == 1
    assert "nothing was erased" in said.output


def test_without_a_setting_the_list_lies_in_the_instance_folder(make_world: Any, tmp_path: Path) -> None:
    world = make_world(TRUST_ERASURE_FILE=...)
    world.app.instance_path = str(tmp_path / "instance")
    world.review("o1", 2, buyer=ANNA)
    world.tell("person_erased", "anna")
    assert (tmp_path / "instance" / "trust-erasures.log").is_file()


# A backup comes back


def test_a_restored_backup_is_erased_again(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    any_world.review("o2", 5, buyer=BERT)
    kept = backup(any_world)
    any_world.cli("erase", "anna", "--yes")
    restore(any_world, kept)
    assert any_world.person("anna").key == "anna"
    said = replay(any_world)
    assert said.exit_code == 0, said.output
    assert "Erased 1 person again" in said.output
    assert [row.key for row in any_world.all(PersonRow) if row.key] == ["bert"]
    assert {row.state for row in any_world.all(Review)} == {"erased", "shown"}
    assert any_world.read(lambda session: session.scalar(sa.select(GoneOrder.mark)))
    assert any_world.cli("check").exit_code == 0
    page = any_world.client().get("/trust/how-reviews-work").text
    assert "asked for it: 1." in page, "it is still by the person's wish"
    assert "Erased 0 people again" in replay(any_world).output
    assert len(lines_of(any_world)) == 2, "a replay lists nothing anew"


def test_somebody_who_came_back_after_the_erasure_is_left_alone(world: World) -> None:
    world.review("o1", 1, buyer=ANNA)
    world.tell("person_erased", "anna")
    world.review("o2", 4, buyer=ANNA)
    assert "Erased 0 people again" in replay(world).output
    assert world.all(Review)[-1].state == "shown"


def test_orders_that_are_told_again_before_the_replay_go_too(world: World) -> None:
    world.review("o2", 5, buyer=BERT)
    kept = backup(world)
    world.review("o1", 1, buyer=ANNA)
    world.tell("person_erased", "anna")
    restore(world, kept)
    world.deliver("o1")  # as polling does, when the backup's memory of what was told is older
    assert world.person("anna").key == "anna"
    assert "Erased 1 person again" in replay(world).output
    assert [row.key for row in world.all(PersonRow) if row.key] == ["bert"]


@pytest.mark.parametrize("first", ["anna", "bert"])
def test_accounts_that_were_merged_after_the_backup_go_as_well(world: World, first: str) -> None:
    world.review("o1", 1, buyer=ANNA)
    kept = backup(world)
    world.tell("person_merged", "anna", "bert")
    world.tell("person_erased", first)
    world.tell("person_erased", "bert")
    restore(world, kept)
    assert "Erased 1 person again" in replay(world).output
    assert world.one(PersonRow).key is None


def rotate(world: World, *fallbacks: str) -> None:
    world.app.config.update(SECRET_KEY="a newer secret", SECRET_KEY_FALLBACKS=list(fallbacks))


def test_a_replay_works_with_an_older_secret_key_and_says_where_it_cannot(world: World) -> None:
    with world.app.app_context():
        guest = Person(guest_id("guest@customer.example"), "Guest", "guest@customer.example")
    world.review("o1", 1, buyer=guest)
    kept = backup(world)
    world.tell("person_erased", guest.id)
    restore(world, kept)
    rotate(world)
    blind = replay(world)
    assert blind.exit_code == 1
    assert "2 lines were written with a secret key that is not known any more" in blind.output
    rotate(world, "a secret of tests")
    assert "Erased 1 person again" in replay(world).output
    assert world.one(PersonRow).key is None
    world.deliver("o1")
    assert len(world.all(Order)) == 1, "the order's mark was made with the older key"


@pytest.mark.parametrize("cut", [1, 20, 70])
def test_a_line_that_was_cut_off_harms_no_other(world: World, cut: int) -> None:
    for key, buyer in (("o1", ANNA), ("o2", BERT)):
        world.review(key, 3, buyer=buyer)
    kept = backup(world)
    world.tell("person_erased", "anna")
    content = list_of(world).read_bytes()
    list_of(world).write_bytes(content[:-cut])  # the order's line; the person's is whole
    world.tell("person_erased", "bert")
    restore(world, kept)
    said = replay(world)
    assert "Erased 2 people again" in said.output
    assert ("1 line of the list is broken" in said.output) == (cut > 1)


def test_without_a_list_a_replay_says_so(world: World) -> None:
    said = replay(world)
    assert said.exit_code == 1
    assert "There is no list of erasures" in said.output


def test_lines_of_two_orders_with_a_seller_are_forgotten_alike(any_world: World) -> None:
    lines = [Line("a", "bowl", seller_id="mia"), Line("b", "cup", seller_id="tom")]
    any_world.order("o1", lines=lines, buyer=ANNA)
    any_world.deliver("o1")
    any_world.tell("person_erased", "anna")
    assert {row.key for row in any_world.all(LineRow)} & {"a", "b"} == set()
    assert any_world.run() is not None
    assert any_world.cli("check").exit_code == 0


@pytest.mark.parametrize("here", ["bert too", "anna alone"])
def test_a_merged_account_that_was_erased_goes_although_the_backup_is_older_than_the_merge(
    any_world: World, here: str
) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    if here == "bert too":
        any_world.review("o2", 5, "cup", buyer=BERT)
    kept = backup(any_world)
    any_world.tell("person_merged", "anna", "bert")
    any_world.tell("person_erased", "anna")  # bert stays, with the words of both
    restore(any_world, kept)
    assert "Erased 1 person again" in replay(any_world).output
    assert "anna" not in {row.key for row in any_world.all(PersonRow)}
    first = any_world.all(Review)[0]
    if here == "bert too":
        assert (first.state, first.person_id) == ("shown", any_world.person("bert").id), "bert can delete it"
    else:
        assert first.state == "erased", "nobody could delete it any more"
    assert any_world.cli("check").exit_code == 0


def test_the_check_names_words_of_somebody_who_is_not_there_any_more(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)

    def untie(session: Any) -> None:
        session.execute(sa.update(PersonRow).values(key=None))

    with any_world.app.app_context():
        transaction(any_world.state, untie)
    said = any_world.cli("check")
    assert said.exit_code == 1
    assert "1 review or rating belongs to somebody who was erased" in said.output
    any_world.cli("check", "--repair")
    assert any_world.one(Review).state == "erased"
    assert any_world.cli("check").exit_code == 0


def test_reports_of_somebody_without_a_row_are_erased_again(any_world: World) -> None:
    public_id = written(any_world, "o1", buyer=ANNA)
    any_world.shop.add(BERT)
    for email in ("bert@customer.example", "cleo@customer.example"):
        reported(any_world, public_id, email=email, explanation=f"from {email}")
    kept = backup(any_world)
    any_world.tell("person_erased", "bert")
    told = [read_line(line) for line in lines_of(any_world)]
    assert [line.kind for line in told if line] == ["report"]
    assert "bert" not in list_of(any_world).read_text()
    restore(any_world, kept)
    assert "Erased 0 people again, and 1 report;" in replay(any_world).output
    assert [row.email for row in any_world.all(Contact)] == ["cleo@customer.example"]
    assert sorted(row.explanation for row in any_world.all(Report)) == ["", "from cleo@customer.example"]
    assert "Erased 0 people again;" in replay(any_world).output


def test_a_report_from_an_address_that_only_the_shop_knew_is_erased_again(any_world: World) -> None:
    public_id = written(any_world, "o1", buyer=ANNA)
    any_world.review("o2", 3, product="cup", buyer=BERT)
    any_world.shop.add(Person("bert", "Bert", "new@customer.example"))
    reported(any_world, public_id, email="new@customer.example", explanation="from a new address")
    kept = backup(any_world)
    any_world.tell("person_erased", "bert")
    restore(any_world, kept)
    assert "Erased 1 person again, and 1 report;" in replay(any_world).output
    assert any_world.all(Contact) == []
