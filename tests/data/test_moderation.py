"""Taking down and putting back: for reasons, never for stars; totals follow, and every step has one statement."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import flask_trust.moderation as room
from flask_trust import Person
from flask_trust.clock import month_of
from flask_trust.health.checks import check
from flask_trust.journal.models import Entry
from flask_trust.moderation import actions, forms, rules
from flask_trust.moderation.models import Case, CaseWord, Contact, Decision, Report
from flask_trust.moderation.rules import GROUNDS, may_follow, steps_from
from flask_trust.ratings.models import FormerRating, Rating
from flask_trust.reviews.models import Review, Version
from flask_trust.scores.models import Subject
from flask_trust.signals import content_reported, decision_made
from flask_trust.verdicts import rules as verdict_rules
from flask_trust.verdicts.models import Verdict
from flask_trust.verdicts.rules import NOBODY
from tests.web.cases import PHONE, STAFF, case_of, decided, reported, said_in, tallies, written
from tests.web.deals import buyer_rates, deal
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")


def is_consistent(world: World) -> bool:
    with world.app.app_context():
        return check(world.state) == []


def totals(world: World) -> dict[tuple[str, str], tuple[int, ...]]:
    rows = world.all(Subject)
    return {(row.kind, row.key): (row.shown, row.n1, row.n2, row.n3, row.n4, row.n5) for row in rows}


def rated(world: World, stars: int = 2, text: str = PHONE) -> str:
    """Let Anna rate Tom, and let the time for it pass."""
    deal(world)
    buyer_rates(world, stars=stars, text=text)
    world.pass_days(31)
    return world.one(Rating).public_id


# Steps


def test_hiding_takes_it_out_of_totals_and_restoring_puts_it_back_where_it_was(any_world: World) -> None:
    public_id = written(any_world)
    before, when = totals(any_world), any_world.one(Review).shown_at
    any_world.clock.advance(days=3)
    decided(any_world, public_id, "hide")
    assert totals(any_world)["product", "bowl"] == (0,) * 6
    assert is_consistent(any_world)
    decided(any_world, public_id, "restore")
    assert totals(any_world) == before
    assert any_world.one(Review).shown_at == when
    assert is_consistent(any_world)


def test_ratings_of_sellers_are_taken_down_and_put_back_alike(any_world: World) -> None:
    public_id = rated(any_world)
    before = totals(any_world)
    decided(any_world, public_id, "remove", "rating")
    assert any_world.one(Rating).state == "removed"
    assert totals(any_world)["seller", "tom"] == (0,) * 6
    decided(any_world, public_id, "restore", "rating")
    assert totals(any_world) == before
    assert is_consistent(any_world)


def test_an_older_vote_counts_again_while_the_newer_one_is_hidden(any_world: World) -> None:
    for number, stars in enumerate((5, 1)):
        any_world.clock.advance(days=1)
        public_id = written(any_world, f"o{number}", stars, text=f"text {number}", buyer=ANNA)
    assert totals(any_world)["product", "bowl"] == (2, 1, 0, 0, 0, 0)
    decided(any_world, public_id, "hide")
    assert totals(any_world)["product", "bowl"] == (1, 0, 0, 0, 0, 1)
    assert is_consistent(any_world)


def test_each_step_is_in_the_journal_with_who_decided_and_has_one_statement_of_reasons(any_world: World) -> None:
    """I14."""
    public_id = written(any_world)
    for step in ("hide", "restore", "remove"):
        decided(any_world, public_id, step)
    staff = any_world.person(STAFF).id
    entries = [row for row in any_world.all(Entry) if row.kind == "review" and row.role == "staff"]
    assert [(row.event, row.state_from, row.state_to, row.actor_id) for row in entries] == [
        ("hidden", "shown", "hidden", staff),
        ("restored", "hidden", "shown", staff),
        ("removed", "shown", "removed", staff),
    ]
    decisions = any_world.all(Decision)
    assert [(row.step, row.actor_id, row.decision_ground) for row in decisions] == [
        ("hide", staff, "G1"),
        ("restore", staff, None),
        ("remove", staff, "G1"),
    ]


def test_the_same_click_twice_is_one_decision_and_an_old_page_decides_nothing(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id)
    seen = case_of(any_world, public_id).version
    decided(any_world, public_id, "hide", seen=seen)
    decided(any_world, public_id, "hide", seen=seen)
    with pytest.raises(actions.Overtaken):
        decided(any_world, public_id, "remove", seen=seen)
    assert [row.step for row in any_world.all(Decision)] == ["hide"]
    assert any_world.one(Review).state == "hidden"


@pytest.mark.parametrize(
    ("state", "phase", "steps"),
    [
        ("shown", "open", ["keep", "hide", "remove"]),
        ("shown", "closed", ["hide", "remove"]),
        ("hidden", "open", ["remove", "restore"]),
        ("removed", "closed", ["restore"]),
        ("removed", "appealed", ["remove", "restore"]),
        ("withdrawn", "open", []),
        ("erased", "appealed", []),
    ],
)
def test_which_step_may_follow_which(state: str, phase: Any, steps: list[str]) -> None:
    assert steps_from(state, phase) == steps


def test_what_waits_for_the_other_side_can_be_neither_reported_nor_decided_about(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world)
    public_id = any_world.one(Rating).public_id
    with pytest.raises(actions.Gone):
        reported(any_world, public_id, "rating")
    with any_world.app.test_request_context(), pytest.raises(actions.Gone):
        actions.open_case(any_world.state, STAFF, "rating", public_id)
    assert any_world.all(Case) == []


def test_nobody_decides_about_their_own_words(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    with pytest.raises(actions.Overtaken):
        decided(any_world, public_id, "remove", staff="anna")
    assert any_world.one(Review).state == "shown"


# Reasons, and no stars


def python_of(module: Any) -> list[Path]:
    return sorted(Path(module.__file__).parent.rglob("*.py"))


def test_no_code_of_the_room_takes_stars() -> None:
    """I11: by its signatures, its fields, and whatever it reads of a row."""
    found = []
    for path in [*python_of(room), *python_of(verdict_rules)]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = node.arg if isinstance(node, ast.arg) else node.attr if isinstance(node, ast.Attribute) else ""
            name = node.id if isinstance(node, ast.Name) else name
            if "star" in name.casefold() or name in ("counts_of", "draft_of"):
                found.append(f"{path.name}: {name}")
    assert found == []
    assert "stars" not in inspect.signature(actions.decide).parameters


@pytest.mark.parametrize("step", ["hide", "remove"])
def test_the_same_text_ends_the_same_with_one_star_and_with_five(any_world: World, step: str) -> None:
    ends = []
    for stars in (1, 5):
        public_id = written(any_world, f"o{stars}", stars, text="Buy at other.example")
        reported(any_world, public_id, reason="G8")
        decided(any_world, public_id, step, ground="G8")
        row, case = any_world.all(Review)[-1], case_of(any_world, public_id)
        ends.append((row.state, row.live, case.phase, case.outcome, case.ground))
    assert ends[0] == ends[1]
    any_world.run()
    mails = [mail for mail in any_world.mails() if "Why others" in mail["Subject"]]
    assert len({any_world.text_of(mail).split("See the reasons")[0] for mail in mails}) == 1
    assert len(mails) == 2


def test_a_bad_review_is_no_reason() -> None:
    assert set(GROUNDS) == {f"G{number}" for number in range(1, 9)}
    assert [name for name in vars(forms.DecisionForm) if "star" in name] == []
    assert not any(may_follow(step, "shown", "closed") for step in ("keep", "restore"))


def test_staff_has_no_way_to_write_or_change_a_review() -> None:
    """L11: whatever staff can call changes state and reasons, and no words or stars of a buyer."""
    tree = ast.parse(Path(actions.__file__).read_text("utf-8"))
    targets = [
        each.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        for each in ast.walk(target)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "row"
    ]
    assert set(targets) == {"state", "live"}


# What stands against the author


def test_words_that_were_taken_down_cannot_come_back_however_they_are_spelt(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "remove")
    any_world.order("o2", "cup", buyer=ANNA)
    any_world.deliver("o2")
    for text in (PHONE, PHONE.upper() + " !!", PHONE.replace(" ", "  ")):
        answer = any_world.rate("o2", line_0_stars="5", line_0_text=text)
        assert answer.status_code == 422
        assert "taken down these very words" in answer.text
        assert text.split("!")[0].strip()[:10] in answer.text
    assert any_world.rate("o2", line_0_stars="5", line_0_title=PHONE).status_code == 422
    assert len(any_world.all(Review)) == 1
    assert any_world.rate("o2", line_0_stars="5", line_0_text="A fine cup").status_code == 303


def test_one_forbidden_line_does_not_lose_the_others(any_world: World) -> None:
    decided(any_world, written(any_world, buyer=ANNA), "remove")
    any_world.order("o2", "cup", "lamp", buyer=ANNA)
    any_world.deliver("o2")
    answer = any_world.rate("o2", line_0_stars="5", line_0_text=PHONE, line_1_stars="4", line_1_text="Bright")
    assert answer.status_code == 422
    assert [row.text for row in any_world.all(Review)] == [PHONE, "Bright"]


def test_other_people_may_say_the_same(any_world: World) -> None:
    decided(any_world, written(any_world, buyer=ANNA), "remove")
    assert written(any_world, "o2")
    bert = Person("bert", "Bert", "bert@customer.example")
    written(any_world, "o3", text="Something else", buyer=bert)
    assert written(any_world, "o4", buyer=bert), "who has written before, too"


@pytest.mark.parametrize("step", ["hide", "remove"])
def test_the_author_can_correct_and_it_stays_hidden_until_staff_decides(any_world: World, step: str) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, step)
    assert any_world.rate("o1", line_0_stars="2", line_0_text="It arrived broken").status_code == 303
    row, case = any_world.one(Review), any_world.one(Case)
    assert (row.state, row.live, case.phase) == ("hidden", False, "open")
    assert case.corrected_at == any_world.clock()
    assert totals(any_world)["product", "bowl"] == (0,) * 6
    decided(any_world, public_id, "restore")
    assert any_world.one(Review).text == "It arrived broken"
    assert PHONE not in any_world.client().get(f"/trust/reviews/{public_id}").text
    assert any_world.one(Version).withheld
    assert is_consistent(any_world)
    any_world.rate("o1", line_0_stars="2", line_0_text=PHONE)
    assert any_world.one(Review).text == "It arrived broken"


def test_a_rating_can_be_corrected_after_its_sixty_days_and_says_nothing_of_the_old_words(any_world: World) -> None:
    public_id = rated(any_world)
    any_world.clock.advance(days=90)
    decided(any_world, public_id, "remove", "rating")
    buyer_rates(any_world, stars=2, text="It came late")
    assert any_world.one(Rating).state == "hidden"
    decided(any_world, public_id, "restore", "rating")
    page = any_world.client().get("/trust/sellers/tom").text
    assert "It came late" in page
    assert PHONE not in page
    assert any_world.one(FormerRating).withheld
    assert is_consistent(any_world)


def test_taking_it_back_and_writing_anew_is_no_way_around(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "remove")
    assert any_world.rate("o1", action="do-delete-0").status_code == 303
    assert any_world.one(Review).state == "withdrawn"
    assert any_world.rate("o1", line_0_stars="2", line_0_text=PHONE).status_code == 422
    assert any_world.rate("o1", line_0_stars="2", line_0_text="It arrived broken").status_code == 303
    assert any_world.one(Review).state == "hidden"
    assert any_world.one(Case).phase == "open"
    assert is_consistent(any_world)


def test_stars_without_words_can_be_taken_down_and_forbid_nothing_else(any_world: World) -> None:
    public_id = written(any_world, text="", buyer=ANNA)
    decided(any_world, public_id, "remove", ground="G6")
    any_world.order("o2", "cup", buyer=ANNA)
    any_world.deliver("o2")
    assert any_world.rate("o2", line_0_stars="5").status_code == 303
    any_world.rate("o1", line_0_stars="4")
    assert any_world.all(Review)[0].state == "hidden"


def test_a_verdict_follows_a_merged_account_and_ends_with_its_erasure(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "remove", facts="0170 is the number of Bob")
    any_world.order("o2", "cup", buyer=Person("ann", "Ann", "ann@customer.example"))
    any_world.deliver("o2")
    any_world.tell("person_merged", "anna", "ann")
    assert any_world.rate("o2", line_0_stars="5", line_0_text=PHONE).status_code == 422
    said_in(any_world, public_id, "author", "It is my own number, 0170 1234")
    any_world.tell("person_erased", "ann")
    (left,) = any_world.all(Verdict)
    assert (left.person_id, left.nonce, left.digest) == (NOBODY, "", ""), "the words stay down, and are nobody's"
    assert left.at == month_of(any_world.clock())
    assert any_world.all(CaseWord) == []
    assert [row.decision_facts for row in any_world.all(Decision)] == [""]
    assert [row.decision_ground for row in any_world.all(Decision)] == ["G1"]
    any_world.run()
    assert [case.phase for case in any_world.all(Case)] == ["closed"]
    assert is_consistent(any_world)


def test_a_hidden_review_can_be_taken_back_and_erased(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "hide")
    any_world.tell("person_erased", "anna")
    assert (any_world.one(Review).state, any_world.one(Review).text) == ("erased", "")
    assert is_consistent(any_world)


def test_a_receipt_says_that_the_words_are_unchanged_and_not_shown(any_world: World) -> None:
    public_id = rated(any_world)
    receipt = next(mail for mail in any_world.mails() if "What you wrote about" in mail["Subject"])
    path = any_world.text_of(receipt).split("http://localhost/trust/receipts/")[1].split()[0]

    def says(words: str) -> bool:
        return words in any_world.client().get(f"/trust/receipts/{path}").text

    assert says("The same as you wrote")
    decided(any_world, public_id, "hide", "rating")
    assert says("Unchanged, and not shown")
    buyer_rates(any_world, stars=2, text="It came late")
    assert says("You changed it on")
    decided(any_world, public_id, "restore", "rating")
    assert says("You changed it on")
    with any_world.app.app_context(), any_world.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE trust_rating SET state = 'removed', live = false")
    assert says("This does not match"), "hidden behind the code's back"


# Reports


def test_a_report_opens_a_case_once_and_tells_listeners(any_world: World) -> None:
    public_id = written(any_world)
    heard: list[Any] = []

    def listen(app: Any, **told: Any) -> None:
        heard.append(told)

    with content_reported.connected_to(listen):
        for _ in range(2):
            reported(any_world, public_id)
    reported(any_world, public_id, email="carl@reader.example")
    assert heard == [{"kind": "review", "public_id": public_id}]
    assert len(any_world.all(Report)) == 2
    assert [case.phase for case in any_world.all(Case)] == ["open"]
    with decision_made.connected_to(listen):
        decided(any_world, public_id, "keep")
    assert heard[-1] == {"kind": "review", "public_id": public_id, "step": "keep"}
    assert totals(any_world)["product", "bowl"][0] == 1


def test_a_new_report_opens_a_closed_case_again(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id)
    decided(any_world, public_id, "keep")
    any_world.clock.advance(days=1)
    reported(any_world, public_id, email="carl@reader.example")
    assert (any_world.one(Case).phase, any_world.one(Case).waits_since) == ("open", any_world.clock())
    assert [row.until for row in any_world.all(Contact)] == [None, None]


def test_contacts_go_six_months_after_the_case_was_closed(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id)
    any_world.pass_days(200)
    assert len(any_world.all(Contact)) == 1
    decided(any_world, public_id, "keep")
    any_world.pass_days(182)
    assert len(any_world.all(Contact)) == 1
    any_world.clock.advance(days=2)
    assert "deleted 1 address of people who had reported something" in any_world.cli("run").output
    assert any_world.all(Contact) == []
    assert len(any_world.all(Report)) == 1


def test_a_case_closes_by_itself_when_the_author_takes_the_words_back(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id)
    any_world.rate("o1", action="do-delete-0")
    assert "closed 1 report about words that are not there any more" in any_world.cli("run").output
    assert any_world.one(Case).phase == "closed"
    assert any_world.one(Contact).until is not None
    assert "took it back" in any_world.text_of(any_world.mails()[-1])


def test_mails_go_to_the_reporter_and_the_author_and_tell_neither_who_the_other_is(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id, explanation="zyxmarker")
    any_world.run()
    decided(any_world, public_id, "hide")
    any_world.run()
    decided(any_world, public_id, "remove")
    any_world.run()
    by = Counter((mail["To"], mail["Subject"]) for mail in any_world.mails())
    assert by == {
        ("bob@reader.example", "We have your report"): 1,
        ("o1@customer.example", "Why others cannot read what you wrote"): 2,
        ("bob@reader.example", "What became of your report"): 1,
    }
    for mail in any_world.mails():
        text = any_world.text_of(mail)
        assert "zyxmarker" not in text
        assert ("Bob" in text) == (mail["To"] == "nobody")
        assert "anna" not in text.casefold() or mail["To"] == "o1@customer.example"


def test_who_wants_no_mails_gets_no_statement_by_mail(any_world: World) -> None:
    public_id = written(any_world)
    path = (
        "/trust/unsubscribe/"
        + any_world.client().get(any_world.rate_path("o1")).text.split("/unsubscribe/")[1].split('"')[0]
    )
    any_world.client().post(path)
    decided(any_world, public_id, "remove")
    any_world.run()
    assert any_world.mails() == []
    assert "Taken down" in any_world.client().get(any_world.rate_path("o1")).text


# Objections


def test_the_author_objects_within_six_months_and_a_person_decides(any_world: World) -> None:
    public_id = written(any_world)
    decided(any_world, public_id, "remove")
    any_world.clock.advance(days=182)
    assert said_in(any_world, public_id, "author", "Bob is my name")
    assert said_in(any_world, public_id, "author", "Bob is my name")
    assert len(any_world.all(CaseWord)) == 1
    assert any_world.one(Case).phase == "appealed"
    decided(any_world, public_id, "restore")
    last = any_world.all(Decision)[-1]
    assert (last.on_appeal, last.actor_id) == (True, any_world.person(STAFF).id)
    assert any_world.one(Review).state == "shown"
    assert any_world.all(Verdict) == []
    any_world.run()
    assert "can be read again" in any_world.mails()[-1]["Subject"]


def test_after_six_months_and_after_a_second_look_nothing_more_can_be_said(any_world: World) -> None:
    public_id = written(any_world)
    decided(any_world, public_id, "remove")
    any_world.clock.advance(days=184)
    with pytest.raises(actions.Overtaken):
        said_in(any_world, public_id, "author", "too late")
    decided(any_world, public_id, "restore")
    decided(any_world, public_id, "remove")
    assert said_in(any_world, public_id, "author", "in time")
    decided(any_world, public_id, "remove")
    with pytest.raises(actions.Overtaken):
        said_in(any_world, public_id, "author", "once more")


def test_a_reporter_can_object_when_it_stays(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id)
    decided(any_world, public_id, "keep")
    with pytest.raises(actions.Overtaken):
        said_in(any_world, public_id, "author", "nothing was taken from me")
    assert said_in(any_world, public_id, "reporter", "look again", any_world.one(Report).id)
    decided(any_world, public_id, "remove")
    assert any_world.one(Review).state == "removed"


def test_one_side_cannot_fill_a_case(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id)
    for number in range(rules.MOST_WORDS):
        said_in(any_world, public_id, "author", f"word {number}")
    with pytest.raises(actions.TooMuch):
        said_in(any_world, public_id, "author", "one more")


# Counts


@pytest.mark.parametrize(
    "by_hand", ["live = false", "state = 'hidden', live = false", "state = 'removed', live = false"]
)
def test_whoever_hides_in_the_tables_is_found_by_the_check(any_world: World, by_hand: str) -> None:
    decided(any_world, written(any_world), "hide")
    assert is_consistent(any_world)
    written(any_world, "o2", text="not so good")
    with any_world.app.app_context(), any_world.db.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE trust_review SET {by_hand} WHERE text = 'not so good'")
    with any_world.app.app_context():
        words = [found.words for found in check(any_world.state)]
    assert "1 review is hidden without a decision: somebody changed the tables by hand." in words
    with any_world.app.app_context():
        assert check(any_world.state, repair=True) == []
    assert [row.state for row in any_world.all(Review)] == ["hidden", "shown"]
    assert totals(any_world)["product", "bowl"] == (1, 0, 1, 0, 0, 0)


def test_counts_add_up_to_what_came_in(any_world: World) -> None:
    ids = [written(any_world, f"o{number}", text=f"text {number}") for number in range(6)]
    decided(any_world, ids[0], "hide")
    decided(any_world, ids[1], "remove", ground="G8")
    decided(any_world, ids[2], "remove", ground="G8")
    any_world.rate("o3", action="do-delete-0")
    any_world.tell("person_erased", "buyer-o4")
    found = tallies(any_world).reviews
    assert (found.received, found.shown, found.hidden, found.removed) == (6, 1, {"G1": 1}, {"G8": 2})
    assert (found.withdrawn, found.erased, found.withheld) == (1, 1, 3)
    assert tallies(any_world).ratings.received == 0
    any_world.tell("person_erased", "buyer-o1")
    found = tallies(any_world).reviews
    assert (found.removed, found.erased) == ({"G8": 2}, 1), "staff had taken it down before its author went"


def test_what_waits_is_in_no_count(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world)
    assert tallies(any_world).ratings.received == 0
    any_world.clock.advance(days=8)
    assert tallies(any_world).ratings.shown == 1
