"""Words that were taken down stay down in their place when their author is erased, tied to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import Person
from flask_trust.health.checks import check
from flask_trust.ratings.models import Rating
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.verdicts.models import Verdict
from flask_trust.verdicts.rules import NOBODY
from tests.web.cases import PHONE, case_of, decided, written
from tests.web.deals import buyer_rates, deal
from tests.web.replies import RUDE, replied_to_rating, replied_to_review, reply_to
from tests.world import World, form_fields

ANNA = Person("anna", "Anna", "anna@customer.example")
BERT = Person("bert", "Bert", "bert@customer.example")


def erased(world: World, step: str = "remove", **why: Any) -> None:
    """Let Anna's review be taken down and Anna leave; Bert has bought a bowl and a cup, too."""
    decided(world, written(world, buyer=ANNA), step, **why)
    world.tell("person_erased", "anna")
    world.order("o2", "bowl", "cup", buyer=BERT)
    world.deliver("o2")


def says(world: World, text: str, line: int = 0) -> int:
    fields: Any = {f"line_{line}_stars": "2", f"line_{line}_text": text}
    return int(world.rate("o2", **fields).status_code)


def test_the_same_words_about_the_same_product_are_refused_however_they_are_spelt(any_world: World) -> None:
    erased(any_world)
    for text in (PHONE, PHONE.upper() + " !!"):
        assert says(any_world, text) == 422
    assert says(any_world, "A fine bowl") == 303
    assert says(any_world, PHONE) == 422, "to somebody who has written before, too"
    assert says(any_world, PHONE, line=1) == 303, "another product is another place"
    with any_world.app.app_context():
        assert check(any_world.state) == []


def test_only_the_line_it_is_about_is_refused(any_world: World) -> None:
    erased(any_world)
    answer = any_world.rate("o2", line_0_stars="2", line_0_text=PHONE, line_1_stars="4", line_1_text=PHONE)
    assert answer.status_code == 422
    assert [row.text for row in any_world.all(Review) if row.state == "shown"] == [PHONE]


@pytest.mark.parametrize("ground", ["G6", "G7"])
def test_what_went_for_who_wrote_it_can_be_said_by_others(any_world: World, ground: str) -> None:
    erased(any_world, ground=ground)
    assert any_world.all(Verdict) == []
    assert says(any_world, PHONE) == 303


def test_stars_without_words_are_never_refused(any_world: World) -> None:
    decided(any_world, written(any_world, buyer=ANNA, text=""), "remove")
    any_world.tell("person_erased", "anna")
    assert any_world.all(Verdict) == []
    assert written(any_world, "o3", text="")


def test_staff_that_shows_the_same_words_of_another_lifts_it(any_world: World) -> None:
    other = written(any_world, "o3", buyer=BERT)
    erased(any_world)
    decided(any_world, other, "hide")
    decided(any_world, other, "restore")
    assert any_world.all(Verdict) == []
    assert written(any_world, "o4")


def test_it_is_known_under_an_older_secret_key_too(any_world: World) -> None:
    erased(any_world)
    any_world.app.config.update(SECRET_KEY="another secret", SECRET_KEY_FALLBACKS=["a secret of tests"])
    assert says(any_world, PHONE) == 422


def test_a_rating_of_the_same_seller(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, stars=2, text=PHONE)
    any_world.pass_days(31)
    decided(any_world, any_world.one(Rating).public_id, "remove", "rating")
    any_world.tell("person_erased", "anna")
    deal(any_world, "o2", buyer=BERT)
    path, client = any_world.rate_path("o2"), any_world.client(use_cookies=False)
    posted = {**form_fields(client.get(path).text), "seller-0-stars": "2", "action": "publish"}
    posted["line-0-stars"] = ""
    assert client.post(path, data=posted | {"seller-0-text": PHONE}).status_code == 422
    assert client.post(path, data=posted | {"seller-0-text": "It came late"}).status_code == 303


@pytest.mark.parametrize("kind", ["to_review", "to_rating"])
def test_a_colleague_of_an_erased_writer_cannot_put_a_reply_back(any_world: World, kind: str) -> None:
    public_id = replied_to_review(any_world) if kind == "to_review" else replied_to_rating(any_world)
    decided(any_world, public_id, "remove", kind, ground="G6")
    who, colleague = ("olga", "otto") if kind == "to_review" else ("tina", "theo")
    any_world.tell("person_erased", who)
    assert reply_to(any_world, kind, public_id, RUDE, colleague).status_code == 422
    assert reply_to(any_world, kind, public_id, "We are sorry", colleague).status_code == 303
    assert case_of(any_world, public_id, kind).phase == "open", "whatever comes next is looked at first"
    if kind == "to_review":
        assert any_world.one(ReviewReply).state == "hidden"


def test_nothing_of_the_author_is_left_and_all_of_it_goes_after_two_years(any_world: World) -> None:
    erased(any_world)
    (row,) = any_world.all(Verdict)
    assert (row.person_id, row.nonce, row.digest, len(row.mark)) == (NOBODY, "", "", 64)
    assert (row.at.day, row.at.hour) == (1, 0)
    any_world.pass_days(735)
    assert any_world.all(Verdict) == []
    any_world.order("o5", "bowl", buyer=BERT)
    any_world.deliver("o5")
    assert any_world.rate("o5", line_0_stars="2", line_0_text=PHONE).status_code == 303


def test_of_two_decisions_about_the_same_words_the_last_one_counts(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "hide", ground="G6")
    decided(any_world, public_id, "remove", ground="G1")
    any_world.tell("person_erased", "anna")
    any_world.order("o2", "bowl", "cup", buyer=BERT)
    any_world.deliver("o2")
    assert says(any_world, PHONE) == 422


def test_what_was_only_hidden_can_be_said_by_others(any_world: World) -> None:
    erased(any_world, "hide")
    assert says(any_world, PHONE) == 303


def test_what_anybody_may_say_is_not_kept_from_others(any_world: World) -> None:
    decided(any_world, written(any_world, buyer=ANNA, text="Good!"), "remove")
    any_world.tell("person_erased", "anna")
    any_world.order("o2", "bowl", "cup", buyer=BERT)
    any_world.deliver("o2")
    assert says(any_world, "good") == 303


@pytest.mark.parametrize("blank", "\u034f\u115f\u1160\u2800\u3164\uffa0")
def test_a_sign_that_nobody_sees_makes_no_other_words(any_world: World, blank: str) -> None:
    erased(any_world)
    assert says(any_world, PHONE[:5] + blank + PHONE[5:] + blank) == 422
    assert says(any_world, blank * 3) == 303  # stars without words


def test_digits_of_another_script_are_the_same_digits(any_world: World) -> None:
    erased(any_world)
    assert says(any_world, PHONE.translate({ord("0") + n: chr(0x0660 + n) for n in range(10)})) == 422
