"""The traps that other review systems fell into, read in their source: one test for each, named after the trap."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from flask_trust import Line, Person, Product
from flask_trust.health.checks import check
from flask_trust.invitations.models import Request
from flask_trust.reviews.actions import new_public_id, withdraw
from flask_trust.reviews.models import Review
from flask_trust.reviews.votes.models import HelpfulVote
from flask_trust.scores import actions as totals
from flask_trust.settings import Settings
from flask_trust.signals import score_changed
from tests.web.cases import decided, written
from tests.web.deals import buyer_rates, deal
from tests.web.pages import Page, everything, open_page
from tests.world import World, form_fields

ANNA = Person("anna", "Anna Secretname", "anna@customer.example")
PATH = "/trust/products/bowl"


def told(world: World) -> tuple[str, int]:
    """Return average and number as the page, its data for search engines and the badge tell them, which must agree."""
    html = world.client(use_cookies=False).get(PATH).text
    block = re.search(r'application/ld\+json">(.*?)</script>', html, re.S)
    badge = world.client().get("/trust/badges/product/bowl.svg").text
    with world.app.app_context():
        assert check(world.state) == []
    if block is None:
        assert "No ratings yet" in badge
        return "", 0
    rating = json.loads(block[1])["aggregateRating"]
    average, number = rating["ratingValue"], rating["ratingCount"]
    assert f"{average:.1f} from {number} rating" in Page(html).text
    assert f"{average:.1f} of 5 stars, {number} rating" in badge
    return f"{average:.1f}", number


def publish(world: World, key: str, stars: int, **order: Any) -> str:
    return written(world, key, stars, f"Words of {key}", **order)


def test_withdrawing_approval_leaves_the_average(any_world: World) -> None:
    publish(any_world, "o1", 5)
    bad = publish(any_world, "o2", 1)
    assert told(any_world) == ("3.0", 2)
    decided(any_world, bad, "hide")
    assert told(any_world) == ("5.0", 1)
    decided(any_world, bad, "restore")
    assert told(any_world) == ("3.0", 2)
    decided(any_world, bad, "remove")
    assert told(any_world) == ("5.0", 1)


def test_running_average_without_a_way_back(any_world: World) -> None:
    publish(any_world, "o1", 5)
    publish(any_world, "o2", 1)
    any_world.rate("o2", line_0_stars="3")
    assert told(any_world) == ("4.0", 2)
    any_world.rate("o2", action="do-delete-0")
    assert told(any_world) == ("5.0", 1)
    any_world.rate("o1", action="do-delete-0")
    assert told(any_world) == ("", 0)


def test_person_deleted_in_bulk_totals_not_rebuilt(any_world: World) -> None:
    any_world.order("many", lines=[Line(str(each), f"thing{each}") for each in range(4)], buyer=ANNA)
    any_world.deliver("many")
    ones: Any = {f"line_{each}_stars": "1" for each in range(4)}
    assert any_world.rate("many", **ones).status_code == 303
    publish(any_world, "o1", 5)
    publish(any_world, "o2", 1, buyer=ANNA)
    any_world.tell("person_erased", "anna")
    assert told(any_world) == ("5.0", 1)


def test_service_deletes_without_recount_trusting_the_caller(any_world: World) -> None:
    publish(any_world, "o1", 5)
    publish(any_world, "o2", 1)
    review = any_world.all(Review)[1]
    with any_world.app.app_context(), any_world.state.session() as session:
        from flask_trust.orders.models import Line as LineRow

        line = session.get_one(LineRow, review.line_id)
        withdraw(session, review.id, review.subject_id, review.person_id, line, any_world.clock())
        session.commit()
    assert told(any_world) == ("5.0", 1)


def test_recount_reads_before_the_new_stars_are_written(any_world: World) -> None:
    publish(any_world, "o1", 1)
    any_world.rate("o1", line_0_stars="5")
    assert told(any_world) == ("5.0", 1)


def test_recount_job_runs_before_commit(any_world: World) -> None:
    seen: list[str] = []

    def receiver(_sender: Any, **given: Any) -> None:
        if given["kind"] == "product":
            with any_world.app.test_request_context():
                seen.append(told(any_world)[0])

    with score_changed.connected_to(receiver):
        publish(any_world, "o1", 4)
    assert seen == ["4.0"]


def test_average_set_to_null_and_filled_later(any_world: World) -> None:
    publish(any_world, "o1", 4)
    publish(any_world, "o2", 2)
    assert told(any_world) == ("3.0", 2)  # no job has run


def test_failed_total_swallowed(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(any_world, "o1", 5)

    def fail(*_: Any) -> None:
        raise RuntimeError("a total cannot be moved")

    monkeypatch.setattr(totals, "_apply", fail)
    any_world.order("o2", "bowl")
    any_world.deliver("o2")
    with pytest.raises(RuntimeError, match="a total cannot be moved"):
        any_world.rate("o2", line_0_stars="1")
    monkeypatch.undo()
    assert len(any_world.all(Review)) == 1
    assert told(any_world) == ("5.0", 1)


def test_held_review_readable_by_its_number(any_world: World) -> None:
    hidden = publish(any_world, "o1", 1)
    decided(any_world, hidden, "hide")
    deal(any_world, "d1", Line("lamp", "bowl", seller_id="tom"))
    any_world.rate("d1", line_0_stars="2", line_0_text="Not yet")
    waiting = any_world.all(Review)[-1].public_id
    for name in (hidden, waiting):
        for path in (f"/trust/reviews/{name}", f"/trust/reviews/{name}/report"):
            assert any_world.client().get(path).status_code == 404, path
        answer = any_world.client().post(f"/trust/reviews/{name}/helpful", data={"helpful": "on"})
        assert answer.status_code == 404
    for path in (PATH, "/trust/", f"{PATH}/feed.atom", f"{PATH}?sort=helpful"):
        text = any_world.client().get(path).text
        assert hidden not in text
        assert waiting not in text


@pytest.mark.parametrize("query", ["status=hidden", "state=removed", "live=0", "status=all&stars=1", "approved=false"])
def test_public_list_takes_status_from_the_visitor(world: World, query: str) -> None:
    hidden = publish(world, "o1", 1)
    publish(world, "o2", 5)
    decided(world, hidden, "hide")
    for path in (PATH, "/trust/"):
        assert "Words of o1" not in world.client().get(f"{path}?{query}").text


def test_switch_honoured_in_the_template_only(make_world: Any) -> None:
    world = make_world(TRUST_MUTUAL="off")
    deal(world)
    path = world.rate_path("o1")
    fields = {**form_fields(world.client().get(path).text), "action": "publish"}
    fields |= {"line-0-stars": "4", "seller-0-id": "tom", "seller-0-stars": "1", "seller-0-text": "Never"}
    world.client(use_cookies=False).post(path, data=fields)
    world.pass_days(40)
    assert "Never" not in repr(everything(world))


def test_author_or_display_name_taken_from_the_request(world: World) -> None:
    world.order("o1", "bowl", buyer=ANNA)
    world.deliver("o1")
    mallory: Any = {"author": "Mallory", "person_id": "7", "user_id": "7", "name": "Mallory", "email": "m@evil.example"}
    assert world.rate("o1", line_0_stars="4", **mallory).status_code == 303
    assert world.one(Review).person_id == world.person("anna").id
    assert "Mallory" not in repr(everything(world))
    assert "Secretname" not in world.client().get(PATH).text


@pytest.mark.parametrize("stars", ["0", "6", "-1", "5.5", "99999999999999999999", "five", "٥"])
def test_stars_not_range_checked_divide_by_zero(any_world: World, stars: str) -> None:
    any_world.order("o1", "bowl")
    any_world.deliver("o1")
    assert any_world.rate("o1", line_0_stars=stars).status_code == 422
    assert any_world.all(Review) == []
    assert told(any_world) == ("", 0)


def test_uniqueness_by_look_up_only_race(any_world: World) -> None:
    publish(any_world, "o1", 5)
    review = any_world.one(Review)
    with any_world.app.app_context(), Session(any_world.db.engine) as session:
        columns = {name: getattr(review, name) for name in Review.__table__.columns.keys() if name != "id"}  # noqa: SIM118
        session.add(Review(**{**columns, "public_id": new_public_id()}))
        with pytest.raises(IntegrityError):
            session.flush()


def test_votes_without_identity(any_world: World) -> None:
    name = publish(any_world, "o1", 5)
    client = any_world.client()
    for _ in range(3):
        client.post(f"/trust/reviews/{name}/helpful", data={"helpful": "on"})
    assert any_world.one(Review).helpful == 1
    assert any_world.one(HelpfulVote).visitor


def test_get_that_writes_admin_approve_links(world: World) -> None:
    name = publish(world, "o1", 2)
    world.order("o2", "bowl")
    world.deliver("o2")
    world.shop.viewer = "boss"
    world.shop.staff.add("boss")
    before = everything(world)
    paths = [rule.rule for rule in world.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    known = {
        "<public_id>": name,
        "<product_id>": "bowl",
        "<seller_id>": "shop",
        "<order_id>": "o1",
        "<kind>": "product",
    }
    known |= {"<key>": "bowl", "<int:case_id>": "1", "<int:part>": "0", "<path:filename>": "trust.css"}
    for rule in paths:
        for place, value in known.items():
            rule = rule.replace(place, value)
        path = world.rate_path("o2") if rule == "/trust/rate/<token>" else rule.replace("<token>", "x")
        query = "?helpful=on&action=publish&approve=1&do-delete-0=1&line-0-stars=1&step=remove&status=approved"
        for asked in (path, path + query):
            for method in (world.client().get, world.client().head):
                method(asked).close()
            assert everything(world) == before, asked


def test_replayed_post_overwrites_the_humans_answer(any_world: World) -> None:
    any_world.order("o1", "bowl")
    any_world.deliver("o1")
    path, client = any_world.rate_path("o1"), any_world.client(use_cookies=False)
    first = {**form_fields(client.get(path).text), "action": "publish", "line-0-stars": "1"}
    assert client.post(path, data=first).status_code == 303
    any_world.rate("o1", line_0_stars="5")
    client.post(path, data=first)
    assert told(any_world) == ("5.0", 1)


def test_edit_keeps_the_approved_state(any_world: World) -> None:
    name = publish(any_world, "o1", 1)
    decided(any_world, name, "hide")
    any_world.rate("o1", line_0_stars="5", line_0_text="Something else")
    assert any_world.client().get(f"/trust/reviews/{name}").status_code == 404
    assert "Something else" not in any_world.client().get(PATH).text
    assert told(any_world) == ("", 0)


def test_resubmission_overrides_a_moderators_verdict(any_world: World) -> None:
    name = publish(any_world, "o1", 1, buyer=ANNA)
    decided(any_world, name, "remove")
    any_world.rate("o1", line_0_stars="1", line_0_text="Words of o1")
    any_world.order("o2", "bowl", buyer=ANNA)
    any_world.deliver("o2")
    any_world.rate("o2", line_0_stars="1", line_0_text="WORDS  of o1!")
    assert re.findall(r"words\s+of o1", any_world.client().get(PATH).text, re.IGNORECASE) == []


def test_best_first_as_default_order(world: World) -> None:
    for number, stars in enumerate((5, 1, 4, 2)):
        publish(world, f"o{number}", stars)
        world.clock.advance(hours=1)
    for path in (PATH, "/trust/", f"{PATH}/feed.atom"):
        text = world.client().get(path).text
        found = re.findall(r"Words of (o\d)", re.sub(r"<script.*?</script>", "", text, flags=re.S))
        assert found == ["o3", "o2", "o1", "o0"], path


def test_form_pre_set_to_five_stars(world: World) -> None:
    world.order("o1", "bowl", "cup")
    world.deliver("o1")
    assert open_page(world, world.rate_path("o1")).chosen == {}


def test_stars_rounded_in_structured_data(world: World) -> None:
    for number, stars in enumerate((5, 4, 4)):
        publish(world, f"o{number}", stars)
    block = re.search(r'application/ld\+json">(.*?)</script>', world.client().get(PATH).text, re.S)
    assert block
    assert json.loads(block[1])["aggregateRating"]["ratingValue"] == 4.33


def test_star_radios_in_reverse_page_order(world: World) -> None:
    world.order("o1", "bowl")
    world.deliver("o1")
    radios = [each for each in open_page(world, world.rate_path("o1")).all("input") if each.get("type") == "radio"]
    first = [each["value"] for each in radios if each["name"] == "line-0-stars"]
    assert first == ["1", "2", "3", "4", "5"]


def test_job_for_the_request_not_removed_when_nothing_can_be_reviewed(any_world: World) -> None:
    any_world.order("o1", "bowl", placed_at=datetime(2027, 5, 1, tzinfo=UTC))
    any_world.tell("order_shipped", "o1")
    any_world.pass_days(6)  # taken as arrived, and its mail is planned
    assert any_world.one(Request).state == "waiting"
    any_world.tell("order_cancelled", "o1")
    any_world.order("o2", "bowl")
    any_world.deliver("o2")
    any_world.tell("person_erased", "buyer-o2")
    for _ in range(4):
        any_world.pass_days(10)
    assert any_world.mails() == []


def test_svg_upload_runs_script_for_the_admin(world: World) -> None:
    publish(world, "o1", 2)
    world.shop.add(Product("bowl", "<svg onload=alert(1)><script>alert(1)</script>", "/products/bowl"))
    for path in (world.rate_path("o1"), PATH, "/trust/"):
        assert [each for each in open_page(world, path).all("input") if each.get("type") == "file"] == []
    answer = world.client().get("/trust/badges/product/bowl.svg?size=large")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert "<script" not in answer.text
    assert "<svg onload" not in answer.text


def test_email_of_reviewers_can_be_printed(world: World) -> None:
    name = publish(world, "o1", 2, buyer=ANNA)
    world.pass_days(10)
    assert "customer.example" not in repr(everything(world))
    for path in (PATH, "/trust/", f"/trust/reviews/{name}", f"{PATH}/feed.atom", world.rate_path("o1")):
        assert "customer.example" not in world.client().get(path).text


def test_erasure_keeps_the_typed_name(any_world: World) -> None:
    any_world.order("o1", "bowl", buyer=ANNA)
    any_world.deliver("o1")
    any_world.rate("o1", line_0_stars="4", line_0_title="Zyx title", public_name="Zyxname")
    assert "Zyxname" in any_world.client().get(PATH).text
    any_world.tell("person_erased", "anna")
    assert "Zyx" not in repr(everything(any_world))
    assert "Zyx" not in any_world.client().get(PATH).text


def test_order_key_doubles_as_review_key(world: World) -> None:
    name = publish(world, "order-4711", 2)
    assert re.fullmatch(r"[2-9a-z]{16}", name)
    for path in (PATH, "/trust/", f"/trust/reviews/{name}", f"{PATH}/feed.atom", world.rate_path("order-4711")):
        visible = re.sub(r'action="[^"]*"|Words of order-4711', "", world.client().get(path).text)
        assert "4711" not in visible, path
    row = world.one(Review)
    for guess in ("order-4711", str(row.id), str(row.order_id), str(row.line_id)):
        assert world.client().get(f"/trust/reviews/{guess}").status_code == 404
        assert world.client().get(f"/trust/rate/{guess}").status_code in (404, 410)


def test_publishing_by_star_threshold_is_offered(any_world: World) -> None:
    names = set(Settings.__dataclass_fields__)
    assert [name for name in names if re.search(r"star|threshold|approve|moderat|publish|hide|minimum", name)] == []
    for stars in range(1, 6):
        publish(any_world, f"o{stars}", stars)
    with any_world.app.app_context(), any_world.db.engine.connect() as connection:
        rows = connection.execute(sa.select(Review.stars, Review.live, Review.state, Review.counted)).all()
    assert sorted(rows) == [(stars, True, "shown", True) for stars in range(1, 6)]
    deal(any_world)
    buyer_rates(any_world, stars=1)
