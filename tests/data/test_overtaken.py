"""Two things at once: what one transaction does while another has looked already, on all three databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from flask_trust import Person
from flask_trust.orders.models import Line
from flask_trust.people.models import Person as PersonRow
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.world import World


def during_the_write(world: World, *deeds: Any) -> None:
    """Do something between the moment the page was read and the moment the review is written."""
    once = list(deeds)

    def acts_for(person_id: str) -> list[str]:
        while once:
            once.pop()()
        return []

    world.shop.acts_for = acts_for  # type: ignore[method-assign]


def test_what_is_written_while_its_author_is_erased_is_refused(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    during_the_write(any_world, lambda: any_world.tell("person_erased", "buyer-o1"))
    assert any_world.rate("o1", line_0_stars="5", public_name="Anna Real").status_code == 410
    assert any_world.all(Review) == []
    assert [row.public_name for row in any_world.all(PersonRow)] == [""]


def test_what_is_written_while_its_author_is_merged_goes_to_the_one_that_stays(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    during_the_write(any_world, lambda: any_world.tell("person_merged", "buyer-o1", "member-7"))
    assert any_world.rate("o1", line_0_stars="5").status_code in (303, 409)
    assert any_world.rate("o1", line_0_stars="5").status_code == 303
    any_world.tell("person_erased", "member-7")
    assert [review.state for review in any_world.all(Review)] == ["erased"]


def test_an_erasure_in_an_older_transaction_of_the_shop_misses_nothing(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    with any_world.app.app_context():
        any_world.db.session.execute(text("SELECT count(*) FROM trust_review")).scalar()
        assert any_world.rate("o1", line_0_stars="5", line_0_text="my words").status_code == 303
        any_world.trust.person_erased("buyer-o1")
        any_world.db.session.commit()
    assert any_world.one(Review).state == "erased"
    assert any_world.one(Review).text == ""
    assert any_world.cli("check").exit_code == 0


def test_two_shops_workers_may_note_the_same_new_product_in_older_transactions(any_world: World) -> None:
    any_world.order("o1", "bowl")
    any_world.order("o2", "bowl", buyer=Person("bea", "Bea", "bea@customer.example"))
    with any_world.app.app_context():
        any_world.db.session.execute(text("SELECT count(*) FROM trust_subject")).scalar()
        any_world.deliver("o1")
        any_world.trust.order_delivered("o2")
        any_world.db.session.commit()
    assert [row.key for row in any_world.all(Subject) if row.kind == "product"] == ["bowl"]
    assert any_world.cli("check").exit_code == 0


def test_merging_and_then_erasing_leaves_no_trace_and_locks_nobody_out(any_world: World) -> None:
    guest = Person("g1", "Anna", "anna@customer.example")
    any_world.order("o1", buyer=guest)
    any_world.deliver("o1")
    assert any_world.rate("o1", line_0_stars="5", public_name="Anna Secret").status_code == 303
    any_world.tell("person_merged", "g1", "member-7")
    any_world.tell("person_erased", "member-7")
    assert [(row.key, row.address_hash, row.public_name) for row in any_world.all(PersonRow)] == [(None, None, "")] * 2
    any_world.order("o2", buyer=guest)
    any_world.deliver("o2")
    assert any_world.rate("o2", line_0_stars="4").status_code == 303


def test_erasing_an_account_that_was_merged_away_leaves_the_other_alone(any_world: World) -> None:
    any_world.review("o1", 5, buyer=Person("a", "Anna", "a@customer.example"))
    any_world.tell("person_merged", "a", "b")
    any_world.tell("person_erased", "a")
    assert any_world.one(Review).state == "shown"
    assert {row.key for row in any_world.all(PersonRow)} == {None, "b"}


def test_a_reward_noted_later_is_shown_and_not_counted_after_the_next_change(any_world: World) -> None:
    any_world.review("o1", 4)
    any_world.order("o1", incentive="5 % off", buyer=Person("buyer-o1", "Anna", "o1@customer.example"))
    any_world.tell("order_shipped", "o1")
    assert any_world.rate("o1", line_0_stars="5").status_code == 303
    review = any_world.one(Review)
    assert (review.incentive, review.counted) == ("5 % off", False)


def test_whoever_did_not_buy_it_has_nothing_to_say_about_it(any_world: World) -> None:
    any_world.review("o1", 1)
    assert any_world.rate("o1", action="not-mine").status_code == 303
    assert any_world.one(Review).state == "withdrawn"
    assert any_world.cli("check").exit_code == 0


def test_where_the_shop_cannot_say_who_works_for_it_nothing_is_published_and_nothing_lost(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    any_world.shop.failing.add("acts_for")
    answer = any_world.rate("o1", line_0_stars="5", line_0_text="my words")
    assert answer.status_code == 503
    assert "my words" in answer.text
    assert any_world.all(Review) == []


@pytest.mark.parametrize("never", [date(9999, 12, 31), date(1, 1, 1)])
def test_a_shop_that_writes_never_as_a_far_date_can_sell(any_world: World, never: date) -> None:
    any_world.order("o1", promised_at=never)
    any_world.tell("order_placed", "o1")
    any_world.run()


def test_a_locale_with_a_line_break_is_no_locale() -> None:
    assert Person("1", "Anna", None, locale="en_\r\nBcc: x@y.example").locale is None
    assert Person("1", "Anna", None, locale="zh-Hant-TW").locale == "zh-Hant-TW"


def test_the_link_in_the_preview_of_an_order_not_noted_yet_opens_nothing(world: World) -> None:
    world.order("o1")
    shown = world.cli("mail", "preview", "o1").output
    path = next(line for line in shown.splitlines() if "/trust/rate/" in line).split("localhost")[1]
    world.order("o2")
    world.deliver("o2")
    assert world.client().get(path).status_code == 410


def test_an_opt_out_holds_for_the_address_the_mail_went_to_although_it_is_no_longer_the_persons(world: World) -> None:
    world.order("o1", buyer=Person("a", "Anna", "old@customer.example"))
    world.deliver("o1")
    world.pass_days(8)
    (mail,) = world.mails()
    path = str(mail["List-Unsubscribe"]).strip("<>").split("localhost")[1]
    world.tell("person_erased", "a")
    assert world.mails() == []  # the erasure takes the file along
    assert "Done" in world.client().post(path, data={"List-Unsubscribe": "One-Click"}).text
    world.order("o2", buyer=Person("another", "Anna", "Old@customer.example"))
    world.deliver("o2")
    world.pass_days(8)
    assert world.mails() == []


def test_a_broken_link_does_not_claim_to_have_opted_anybody_out(world: World) -> None:
    answer = world.client().post("/trust/unsubscribe/garbage")
    assert answer.status_code == 200
    assert "Done" not in answer.text


def test_a_parcel_that_arrives_after_all_was_not_cancelled(world: World) -> None:
    world.order("o1")
    world.tell("order_cancelled", "o1")
    world.deliver("o1")
    assert world.rate("o1", line_0_stars="4").status_code == 303


def test_nothing_arrives_before_it_was_ordered(world: World) -> None:
    world.order("o1")
    world.deliver("o1", at=datetime(1970, 1, 2, tzinfo=UTC))
    assert world.one(Line).delivered_at == world.clock()


@pytest.mark.parametrize("name", ["Corner Shop", "corner shop staff ✔"])
def test_nobody_signs_as_the_shop(world: World, name: str) -> None:
    world.order("o1")
    world.deliver("o1")
    answer = world.rate("o1", line_0_stars="4", public_name=name)
    assert answer.status_code == 422
    assert name in answer.text


def test_a_failing_query_of_the_adapter_does_not_break_the_rest_of_the_shops_page(any_world: World) -> None:
    any_world.review("o1", 4)

    def products(ids: object) -> Any:
        return any_world.db.session.execute(text("SELECT * FROM no_such_table")).all()

    any_world.shop.products = products  # type: ignore[method-assign]
    with any_world.app.test_request_context():
        assert "4 of 5 stars" in any_world.app.jinja_env.from_string("{{ trust.reviews('bowl') }}").render()
        assert any_world.db.session.execute(text("SELECT 1")).scalar() == 1


def test_what_is_written_while_its_reader_says_that_it_is_not_theirs_is_refused(any_world: World) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    during_the_write(any_world, lambda: any_world.rate("o1", action="not-mine"))
    assert any_world.rate("o1", line_0_stars="5").status_code == 409
    assert any_world.all(Review) == []
