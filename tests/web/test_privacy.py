"""The page about privacy says what is so for this installation, in layers, and nothing that is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flask_trust.i18n import languages
from flask_trust.privacy.versions.models import PolicyVersion
from tests.web.deals import buyer_rates, deal
from tests.web.pages import Page, everything, open_page
from tests.world import World

MakeWorld = Callable[..., World]

PRIVACY = "/trust/privacy"


def words(world: World, language: str = "en") -> str:
    return open_page(world, PRIVACY, headers={"Accept-Language": language}).text


def test_the_whole_policy_has_three_layers_with_anchors_that_lead_somewhere(world: World) -> None:
    page = open_page(world, PRIVACY)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    links = [attrs["href"][1:] for attrs in page.all("a") if attrs.get("href", "").startswith("#")]
    assert page.text.startswith("Privacy policy")
    assert len(ids) == len(set(ids))
    assert set(links) <= set(ids)
    assert {"short", "who", "address", "keep", "remove", "object", "tables", "table-data"} <= set(ids)
    assert set(links) >= {"who", "address", "keep", "remove", "object", "tables"}


@pytest.mark.parametrize("language", languages())
def test_the_page_speaks_the_readers_language(world: World, language: str) -> None:
    page = open_page(world, PRIVACY, headers={"Accept-Language": language})
    titles = {"en": "Privacy policy", "de": "Datenschutzerklärung", "ja": "プライバシーポリシー"}
    titles["ko"] = "개인정보 처리방침"
    (container,) = [attrs for attrs in page.all("div") if "trust-privacy" in attrs.get("class", "")]
    assert container["lang"] == language
    assert titles[language] in page.words
    # Ids stay the same in every language, so that a link into the page leads to the same place.
    assert {"who", "keep", "remove"} <= {attrs.get("id") for _, attrs in page.tags}


# Whole or not


def test_without_the_shops_part_it_is_a_notice_about_reviews(make_world: MakeWorld) -> None:
    world = make_world(TRUST_POLICY=...)
    page = open_page(world, PRIVACY)
    assert page.words[0].startswith("Privacy notice for reviews")
    assert "Privacy policy" not in page.words
    assert "It is not the shop's whole privacy policy." in page.text
    assert "And when I buy something here?" not in page.text


def test_a_notice_leads_to_the_policy_that_the_shop_keeps_elsewhere(make_world: MakeWorld, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('own_policy = "/legal/privacy"', "utf-8")
    page = open_page(make_world(TRUST_POLICY=file), PRIVACY)
    assert "/legal/privacy" in [attrs.get("href") for attrs in page.all("a")]


def test_staff_see_what_is_missing_with_its_article_and_visitors_do_not(make_world: MakeWorld) -> None:
    world = make_world(TRUST_POLICY=...)
    world.shop.staff.add("olga")
    assert "Art. 13" not in words(world)
    world.shop.viewer = "olga"
    page = Page(world.client().get(PRIVACY).text)
    assert "the shop has yet to fill in" in page.text
    assert "who is responsible, with address and contact (GDPR Art. 13(1)(a); UK GDPR Art. 13(1)(a))" in page.text


def test_the_page_goes_on_for_visitors_where_the_adapter_cannot_say_who_looks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise RuntimeError

    monkeypatch.setattr(world.shop, "viewer_id", fails)
    assert open_page(world, PRIVACY).text.startswith("Privacy policy")


# It follows what is so


SENTENCES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "one more comes 14 days after", "we do not ask again"),
    ({"TRUST_REMIND_AFTER_DAYS": None}, "we do not ask again", "one more comes"),
    ({"TRUST_REMIND_AFTER_DAYS": 21}, "one more comes 21 days after", "14 days"),
    ({"TRUST_REQUEST_AFTER_DAYS": 9}, "what you think, 9 days after your order came", "what you think, 7 days"),
    ({"TRUST_MAIL_URL": ...}, "We send no emails about reviews at this time.", "One email asks"),
    ({"TRUST_MAIL_BASIS": "consent"}, "We ask only those who agreed.", "because you bought from us"),
    ({"TRUST_MAIL_BASIS": "customers"}, "because you bought from us", "only those who agreed"),
    ({"TRUST_MUTUAL": "always", "TRUST_RATING_WINDOW_DAYS": 45}, "rate each other for 45 days", "for 30 days"),
    ({"TRUST_MUTUAL": "buyers"}, "What you say about a seller is public, too.", "rate each other"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "said", "unsaid"), SENTENCES)
def test_settings_change_what_the_page_says(
    make_world: MakeWorld, config: dict[str, Any], said: str, unsaid: str
) -> None:
    text = words(make_world(**config))
    assert said in text
    assert unsaid not in text


def test_a_shop_with_one_seller_reads_nothing_about_sellers(world: World) -> None:
    world.review("o1")
    layers, tables = words(world).split("All details in tables", 2)[1:]
    assert "seller" not in layers
    assert not re.search(r"(rate|rating|note)[^;]*seller|seller[^;]*(rate|rating|note)", tables)


def test_sellers_ratings_of_both_sides_and_rewards_appear_once_they_are_there(world: World) -> None:
    deal(world)
    text = words(world)
    assert "You and a seller can rate each other" in text
    assert "For reviews, we show it to no seller." in text
    assert "Your private note to a seller: 1 year." in text
    assert "promised a reward" not in text
    world.order("o2", incentive="5 % off")
    world.deliver("o2")
    assert "If you were promised a reward, your review says so." in words(world)


def test_who_carries_the_mails_is_named_once_and_countries_by_their_names(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    assert "our mail service" in words(make_world())
    file = tmp_path / "policy.toml"
    complete = (Path(__file__).parents[1] / "policy.toml").read_text("utf-8").replace('processors = "none"', "")
    carrier = '[[processors]]\nname = "Letterbox"\ndoes = "carries our emails"\ncountry = "Finland"\n'
    british = '[[authorities]]\nname = "The Commissioner"\nurl = "https://ico.example"\nregion = "UK"\n'
    file.write_text(f"{complete}\n{carrier}{british}", "utf-8")
    world = make_world(TRUST_POLICY=file)
    text = words(world)
    assert "Letterbox carries our emails Finland" in text
    assert "our mail service" not in text.lower().replace("our mail service sees it", "")
    assert "United Kingdom: takes complaints" in text
    assert "イギリスで苦情を受けるところ" in words(world, "ja")


def test_what_was_said_once_is_told_also_where_nobody_can_say_more(make_world: MakeWorld) -> None:
    world = make_world()
    deal(world)
    buyer_rates(world)
    object.__setattr__(world.state.settings, "mutual", "off")
    assert "What you say about a seller is public, too." in words(world)


# As data, in caches, from everywhere


def test_the_same_as_data(world: World) -> None:
    answer = world.client().get("/trust/privacy.json", headers={"Accept-Language": "ja"})
    data = json.loads(answer.text)
    assert answer.mimetype == "application/json"
    assert (data["language"], data["complete"], data["version"], data["versions"]) == ("ja", True, None, [])
    assert data["page"]["title"] == "プライバシーポリシー"
    review = [each for each in data["facts"]["items"] if (each["table"], each["column"]) == ("trust_review", "text")]
    assert [(each["purpose"], each["seen_by"]) for each in review] == [("show_review", "public")]


@pytest.mark.parametrize("path", [PRIVACY, "/trust/privacy.json", "/trust/privacy.atom", "/trust/privacy/1"])
def test_looking_changes_nothing_and_sets_no_cookie(world: World, path: str) -> None:
    world.cli("policy", "publish")
    before = everything(world)
    answer = world.client().get(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert everything(world) == before


def test_a_reader_who_has_the_page_gets_304_until_something_changes(world: World) -> None:
    client = world.client()
    known = client.get(PRIVACY).headers["ETag"]
    assert client.get(PRIVACY, headers={"If-None-Match": known}).status_code == 304
    deal(world)
    assert client.get(PRIVACY, headers={"If-None-Match": known}).status_code == 200


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999", "x"])
def test_a_version_that_does_not_exist_is_not_found(world: World, number: str) -> None:
    world.cli("policy", "publish")
    assert world.client().get(f"/trust/privacy/{number}").status_code == 404


def test_pages_and_mails_lead_there(world: World) -> None:
    world.review("o1")
    world.order("o2")
    world.deliver("o2")
    world.pass_days(8)
    for path in ("/trust/", "/trust/products/bowl", world.rate_path("o2")):
        links = [attrs.get("href", "") for attrs in open_page(world, path).all("a")]
        assert "/trust/privacy" in links, path
    mails = world.mails()
    assert mails
    for mail in mails:
        part = mail.get_body(("html",))
        assert part is not None
        assert 'href="http://localhost/trust/privacy"' in part.get_content()
        assert "http://localhost/trust/privacy" in world.text_of(mail)
    assert "/trust/privacy" in world.client().get("/trust/sitemap.xml").text
    assert world.all(PolicyVersion) == []
