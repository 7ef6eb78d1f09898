"""People as our own numbers: guests, opt-outs that hold, merged and erased accounts, addresses that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from flask_trust import Person, guest_id, links
from flask_trust.db import Base
from flask_trust.invitations.models import Request
from flask_trust.orders.models import Order
from flask_trust.people.models import OptOut
from flask_trust.people.models import Person as PersonRow
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.world import World

MakeWorld = Callable[..., World]

EMAIL = "guest@customer.example"
ANNA = Person("anna", "Anna", "anna@customer.example")
BERT = Person("bert", "Bert", "bert@customer.example")


def guest(world: World, email: str = EMAIL) -> Person:
    with world.app.app_context():
        return Person(guest_id(email), "Guest", email)


def opt_out(world: World, key: str, **form: str) -> None:
    """Press the button behind the link of the newest mail about an order, as a mail program does."""
    row = world.read(lambda session: session.scalar(sa.select(Order).where(Order.key == key)))
    assert row is not None
    with world.app.test_request_context():
        token = links.sign("unsubscribe", row.buyer_id)
    assert world.client().post(f"/trust/unsubscribe/{token}", data=form).status_code == 200


def rotate(world: World, key: str, *, keep: bool = True) -> None:
    """Give the shop a new secret key; the former one stays readable unless `keep` is off."""
    old = [*(world.app.config.get("SECRET_KEY_FALLBACKS") or []), world.app.config["SECRET_KEY"]]
    world.app.config.update(SECRET_KEY=key, SECRET_KEY_FALLBACKS=old if keep else [])


def every_text(world: World) -> str:
    """Return everything our tables hold, as one text to search in."""

    def read(session: Session) -> str:
        rows = [tuple(row) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))]
        return repr(rows)

    return world.read(read)


@pytest.mark.parametrize(
    "spelling",
    [
        EMAIL,
        "Guest@Customer.Example",
        " guest@customer.example ",
        "ｇｕｅｓｔ@customer.example",
        "GUEST@CUSTOMER.EXAMPLE",
    ],
)
def test_every_order_of_an_address_belongs_to_one_number_however_it_is_spelt(any_world: World, spelling: str) -> None:
    for key, email in (("o1", EMAIL), ("o2", spelling)):
        any_world.order(key, buyer=guest(any_world, email))
        any_world.deliver(key)
    assert len(any_world.all(PersonRow)) == 1
    assert len({row.buyer_id for row in any_world.all(Order)}) == 1


def test_two_addresses_are_two_people(any_world: World) -> None:
    for key in ("o1", "o2"):
        any_world.order(key, buyer=guest(any_world, f"{key}@customer.example"))
        any_world.deliver(key)
    assert len(any_world.all(PersonRow)) == 2


def test_no_table_ever_holds_an_address_or_a_name_of_the_shop(any_world: World) -> None:
    any_world.order("o1", buyer=Person("anna", "Anna Annason", "anna.annason@customer.example"))
    any_world.order("o2", buyer=guest(any_world, "secret.guest@customer.example"))
    for key in ("o1", "o2"):
        any_world.deliver(key)
    any_world.pass_days(7)
    opt_out(any_world, "o2")
    any_world.rate("o1", line_0_stars="4")
    any_world.tell("mail_bounced", "anna")
    kept = every_text(any_world).casefold()
    assert "annason" not in kept
    assert "@" not in kept
    assert "secret" not in kept


def test_our_numbers_are_random_and_tell_nothing(world: World) -> None:
    for number in range(20):
        world.order(f"o{number}")
        world.tell("order_placed", f"o{number}")
    numbers = [row.id for row in world.all(PersonRow)]
    assert len(set(numbers)) == 20
    assert min(numbers) > 0
    assert max(numbers) < 2**63
    by_arrival = sorted(world.all(PersonRow), key=lambda row: int((row.key or "").rpartition("o")[2]))
    assert [row.id for row in by_arrival] != sorted(numbers)


def test_after_an_opt_out_three_orders_of_one_guest_bring_no_second_mail(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1
    opt_out(any_world, "o1")
    for key in ("o2", "o3"):
        any_world.order(key, buyer=guest(any_world))
        any_world.deliver(key)
        any_world.pass_days(10)
    for _ in range(10):
        any_world.pass_days(5)
    assert len(any_world.mails()) == 1
    assert [(row.state, row.reason) for row in any_world.all(Request)] == [
        ("asked", None),
        ("skipped", "opted_out"),
        ("skipped", "opted_out"),
    ]
    assert any_world.cli("check").exit_code == 0


def test_an_opt_out_stops_a_reminder_that_was_planned(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    any_world.pass_days(7)
    opt_out(any_world, "o1")
    any_world.pass_days(7)
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1


def test_an_opt_out_holds_for_an_account_with_the_same_address(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    any_world.pass_days(7)
    opt_out(any_world, "o1")
    any_world.order("o2", buyer=Person("account-7", "Guest", EMAIL.upper()))
    any_world.deliver("o2")
    any_world.pass_days(8)
    assert len(any_world.mails()) == 1


def test_an_account_that_opted_out_stays_so_with_a_new_address(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    any_world.order("o2", buyer=Person("anna", "Anna", "new@customer.example"))
    any_world.deliver("o2")
    any_world.pass_days(8)
    assert any_world.mails() == []


def test_an_opt_out_can_be_taken_back_and_mails_leave_again(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    opt_out(any_world, "o1", action="allow")
    assert any_world.all(OptOut) == []
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1


def test_opting_out_twice_is_opting_out(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    opt_out(any_world, "o1")
    assert len(any_world.all(OptOut)) == 1


def test_a_new_secret_key_keeps_number_and_opt_out(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    rotate(any_world, "a second secret")
    any_world.order("o2", buyer=guest(any_world))
    any_world.deliver("o2")
    any_world.pass_days(8)
    assert len(any_world.all(PersonRow)) == 1
    assert any_world.mails() == []


def test_number_and_opt_out_outlive_every_former_key_while_the_guest_keeps_ordering(any_world: World) -> None:
    """Each order moves what is kept to the present key, so that the oldest one can be dropped some day."""
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    rotate(any_world, "a second secret")
    any_world.order("o2", buyer=guest(any_world))
    any_world.deliver("o2")
    any_world.app.config["SECRET_KEY_FALLBACKS"] = []
    any_world.order("o3", buyer=guest(any_world))
    any_world.deliver("o3")
    any_world.pass_days(8)
    assert len(any_world.all(PersonRow)) == 1
    assert any_world.mails() == []


def test_an_opt_out_of_an_address_outlives_the_former_key_for_others_with_that_address(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    rotate(any_world, "a second secret")
    any_world.order("o2", buyer=guest(any_world))
    any_world.deliver("o2")
    any_world.app.config["SECRET_KEY_FALLBACKS"] = []
    any_world.order("o3", buyer=Person("account-7", "Guest", EMAIL))
    any_world.deliver("o3")
    any_world.pass_days(8)
    assert any_world.mails() == []


def test_an_opt_out_from_before_a_new_key_can_be_taken_back_after_it(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    rotate(any_world, "a second secret")
    any_world.order("o2", buyer=guest(any_world))
    any_world.deliver("o2")
    opt_out(any_world, "o2", action="allow")
    any_world.pass_days(8)
    assert len(any_world.mails()) == 1


def test_an_account_is_known_by_the_shops_id_whatever_its_address(any_world: World) -> None:
    for key, email in (("o1", "anna@customer.example"), ("o2", "other@customer.example"), ("o3", None)):
        any_world.order(key, buyer=Person("anna", "Anna", email))
        any_world.deliver(key)
    assert len(any_world.all(PersonRow)) == 1


def test_a_buyer_without_an_address_is_skipped_with_that_reason(any_world: World) -> None:
    any_world.order("o1", buyer=Person("anna", "Anna", None))
    any_world.deliver("o1")
    any_world.pass_days(7)
    assert any_world.one(Request).reason == "no_address"


def totals(world: World, kind: str = "product", key: str = "bowl") -> list[int]:
    (row,) = [row for row in world.all(Subject) if (row.kind, row.key) == (kind, key)]
    return [row.n1, row.n2, row.n3, row.n4, row.n5]


def test_a_guest_who_opens_an_account_takes_reviews_orders_and_links_along(any_world: World) -> None:
    any_world.review("o1", 2, buyer=guest(any_world))
    any_world.order("o2", buyer=guest(any_world))
    any_world.deliver("o2")
    any_world.tell("person_merged", guest(any_world).id, "anna")
    anna = any_world.person("anna")
    assert {row.buyer_id for row in any_world.all(Order)} == {anna.id}
    assert any_world.one(Review).person_id == anna.id
    assert any_world.client().get(any_world.rate_path("o1")).status_code == 200
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1
    assert any_world.cli("check").exit_code == 0


def test_after_a_merge_one_vote_counts_the_newest(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    any_world.clock.advance(days=1)
    any_world.review("o2", 5, buyer=BERT)
    assert totals(any_world) == [1, 0, 0, 0, 1]
    any_world.tell("person_merged", "anna", "bert")
    assert totals(any_world) == [0, 0, 0, 0, 1]
    assert any_world.cli("check").exit_code == 0


def test_after_a_merge_orders_of_either_id_belong_to_one_person(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.tell("order_placed", "o1")
    any_world.tell("person_merged", "anna", "bert")
    any_world.order("o2", buyer=ANNA)
    any_world.tell("order_placed", "o2")
    any_world.order("o3", buyer=BERT)
    any_world.tell("order_placed", "o3")
    assert len({row.buyer_id for row in any_world.all(Order)}) == 1


def test_merging_in_a_chain_ends_at_the_last(any_world: World) -> None:
    any_world.review("o1", 3, buyer=ANNA)
    any_world.tell("person_merged", "anna", "bert")
    any_world.tell("person_merged", "bert", "cara")
    any_world.order("o2", buyer=ANNA)
    any_world.deliver("o2")
    assert {row.buyer_id for row in any_world.all(Order)} == {any_world.person("cara").id}
    assert any_world.one(Review).person_id == any_world.person("cara").id


@pytest.mark.parametrize(("old", "new"), [("anna", "anna"), ("nobody", "anna"), ("bert", "anna")])
def test_merging_with_oneself_with_nobody_or_back_again_ends(any_world: World, old: str, new: str) -> None:
    any_world.review("o1", 3, buyer=ANNA)
    any_world.order("o2", buyer=BERT)
    any_world.tell("order_placed", "o2")
    any_world.tell("person_merged", "anna", "bert")
    any_world.tell("person_merged", old, new)
    any_world.order("o3", buyer=ANNA)
    any_world.deliver("o3")
    assert any_world.cli("check").exit_code == 0


@pytest.mark.parametrize(("who", "other"), [("anna", "bert"), ("bert", "anna")])
def test_an_opt_out_of_either_account_holds_for_both(any_world: World, who: str, other: str) -> None:
    any_world.order("o-anna", buyer=ANNA)
    any_world.order("o-bert", buyer=BERT)
    for key in ("o-anna", "o-bert"):
        any_world.deliver(key)
    opt_out(any_world, f"o-{who}")
    any_world.tell("person_merged", "anna", "bert")
    any_world.pass_days(8)
    assert any_world.mails() == []
    assert other in ("anna", "bert")


def test_a_dead_address_of_the_account_that_went_does_not_silence_the_one_that_stays(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world, "dead@customer.example"))
    any_world.tell("order_placed", "o1")
    any_world.tell("mail_bounced", guest(any_world, "dead@customer.example").id)
    any_world.tell("person_merged", guest(any_world, "dead@customer.example").id, "anna")
    any_world.order("o2", buyer=ANNA)
    any_world.deliver("o2")
    any_world.pass_days(7)
    assert len(any_world.mails()) == 1


def test_merged_accounts_share_one_mail_in_seven_days(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    any_world.pass_days(7)
    any_world.order("o2", buyer=BERT)
    any_world.deliver("o2", at=any_world.clock())
    any_world.tell("person_merged", "anna", "bert")
    for _ in range(14):
        any_world.pass_days(1)
    moments = sorted(row.asked_at for row in any_world.all(Request) if row.asked_at)
    reminders = sorted(row.reminded_at for row in any_world.all(Request) if row.reminded_at)
    every = sorted([*moments, *reminders])
    assert all((later - earlier).days >= 7 for earlier, later in pairwise(every))


def test_an_erased_person_is_gone_and_the_totals_follow(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    any_world.review("o2", 5, buyer=BERT)
    any_world.rate("o1", line_0_stars="2", line_0_text="words of anna", public_name="Anna from Oldtown")
    review = any_world.all(Review)[0]
    any_world.tell("person_erased", "anna")
    assert totals(any_world) == [0, 0, 0, 0, 1]
    kept = every_text(any_world)
    assert "words of anna" not in kept
    assert "Anna from Oldtown" not in kept
    assert "'anna'" not in kept
    client = any_world.client()
    assert client.get(f"/trust/reviews/{review.public_id}").status_code == 404
    assert "words of anna" not in client.get("/trust/products/bowl").text
    assert any_world.cli("check").exit_code == 0


def test_the_link_of_an_erased_person_opens_nothing_more(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    path = any_world.rate_path("o1")
    any_world.tell("person_erased", "anna")
    assert any_world.client().get(path).status_code == 410


@pytest.mark.parametrize("day", [0, 7])
def test_an_erased_person_gets_no_more_mails(any_world: World, day: int) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    any_world.pass_days(day)
    assert len(any_world.mails()) == (day == 7)
    any_world.tell("person_erased", "anna")
    for _ in range(4):
        any_world.pass_days(7)
    assert any_world.mails() == [], "a mail that lay in the folder for trying out is gone too"
    assert any_world.cli("check").exit_code == 0


def test_erasing_a_merged_account_erases_what_tied_the_former_one_too(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    any_world.tell("person_merged", "anna", "bert")
    any_world.tell("person_erased", "bert")
    for row in any_world.all(PersonRow):
        assert (row.key, row.address_hash, row.public_name) == (None, None, "")


def test_an_event_that_is_told_again_after_an_erasure_does_not_bring_the_person_back(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    any_world.tell("person_erased", "anna")
    any_world.deliver("o1")
    any_world.tell("order_returned", "o1")
    assert [row.key for row in any_world.all(PersonRow)] == [None]


def test_a_new_order_after_an_erasure_starts_afresh(any_world: World) -> None:
    any_world.review("o1", 1, buyer=ANNA)
    any_world.tell("person_erased", "anna")
    any_world.review("o2", 4, buyer=ANNA)
    assert [row.key for row in any_world.all(PersonRow)].count("anna") == 1
    assert totals(any_world) == [0, 0, 0, 1, 0]


def test_an_opt_out_survives_an_erasure(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    any_world.tell("person_erased", guest(any_world).id)
    any_world.order("o2", buyer=guest(any_world))
    any_world.deliver("o2")
    any_world.pass_days(8)
    assert any_world.mails() == []


def test_an_erasure_of_somebody_unknown_is_no_error(any_world: World) -> None:
    any_world.tell("person_erased", "nobody")
    any_world.tell("mail_bounced", "nobody")
    assert any_world.all(PersonRow) == []


def test_a_bounce_ends_the_mails_and_is_the_recorded_reason(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    any_world.tell("mail_bounced", "anna")
    any_world.pass_days(8)
    assert any_world.mails() == []
    assert any_world.one(Request).reason == "bounced"


def test_a_bounce_does_not_undo_an_opt_out_nor_the_other_way_round(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.deliver("o1")
    opt_out(any_world, "o1")
    any_world.tell("mail_bounced", "anna")
    assert any_world.person("anna").mail_stop == "opted_out"
    opt_out(any_world, "o1", action="allow")
    any_world.tell("mail_bounced", "anna")
    opt_out(any_world, "o1", action="allow")
    assert any_world.person("anna").mail_stop == "bounced", "a wish cannot make a dead address live"


def test_a_new_address_after_a_bounce_is_written_to(any_world: World) -> None:
    any_world.order("o1", buyer=ANNA)
    any_world.tell("order_placed", "o1")
    any_world.tell("mail_bounced", "anna")
    any_world.order("o2", buyer=Person("anna", "Anna", "anna@living.example"))
    any_world.deliver("o2")
    any_world.pass_days(7)
    assert [str(mail["To"]) for mail in any_world.mails()] == ["anna@living.example"]


def test_a_helper_needs_an_app_and_gives_the_same_id_for_the_same_address(world: World) -> None:
    with world.app.app_context():
        ids: set[Any] = {guest_id(email) for email in (EMAIL, EMAIL.upper(), f" {EMAIL} ")}
    (only,) = ids
    assert only.startswith("guest-")
    assert EMAIL not in only
    assert len(only.encode()) <= 64
