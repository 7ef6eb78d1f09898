"""Pages and mails in each language: nothing of them stays in English, and the right language is chosen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel  # type: ignore[import-untyped,unused-ignore]  # it ships no types

from flask_trust import Person
from tests.web.pages import Page
from tests.web.speaking import TONGUES, Walk, html_of, left_over, shop_of, spoken
from tests.world import World

MakeWorld = Callable[..., World]

each_language = pytest.mark.parametrize("language", sorted(TONGUES))


def own_page(app: Flask) -> None:
    """Give the shop a page of its own with our helpers on it."""

    @app.get("/own")
    def own() -> str:
        things = [thing for tongue in TONGUES.values() for thing in tongue.things[:1]]
        return render_template_string(
            "{% for thing in things %}{{ trust.stars(thing) }}{{ trust.reviews(thing) }}{% endfor %}", things=things
        )


def with_babel(choose: Callable[[], str | None]) -> Callable[[Flask], None]:
    def prepare(app: Flask) -> None:
        Babel(app, locale_selector=choose)
        own_page(app)

    return prepare


def languages_of(html: str) -> set[str]:
    """Return the languages that the page and our parts of it are marked with."""
    page = Page(html)
    ours = [attrs for _, attrs in page.tags if "trust" in attrs.get("class", "").split()]
    around = page.all("html")
    # In a shop's own frame nothing around says so, and each part of ours has to.
    return {attrs["lang"] for attrs in around} | {
        attrs.get("lang", "" if not around else around[0]["lang"]) for attrs in ours
    }


@each_language
def test_every_page_is_in_the_reader_s_language(make_world: MakeWorld, language: str) -> None:
    walk = Walk(make_world(prepare=own_page, **shop_of(language)), language)
    seen = {}
    for name, answer in walk.pages():
        page = answer.get_data(as_text=True)
        assert languages_of(page) == {language}, name
        assert left_over(language, spoken(page)) == [], name
        seen[name] = " ".join(spoken(page))
    assert len(set(seen.values())) > 35, "most pages should not be one and the same error"
    assert TONGUES[language].month in seen["home"]
    assert TONGUES[language].figure in seen["home"]


@each_language
def test_no_english_is_left_where_flask_babel_chooses(make_world: MakeWorld, language: str) -> None:
    world = make_world(prepare=with_babel(lambda: language), **shop_of(language))
    walk = Walk(world, language)
    walk.headers = {"Accept-Language": "en"}
    for name, answer in walk.pages():
        page = answer.get_data(as_text=True)
        assert (languages_of(page), left_over(language, spoken(page))) == ({language}, []), name


@each_language
def test_a_shop_without_a_name_is_spoken_of_in_the_reader_s_language(make_world: MakeWorld, language: str) -> None:
    world = make_world(TRUST_SHOP_NAME=..., TRUST_MAIL_URL=...)
    page = world.client().get("/trust/", headers={"Accept-Language": language}).text
    assert left_over(language, spoken(page)) == []


def test_english_that_is_left_would_be_found(world: World) -> None:
    world.order("o1", "bowl")
    world.deliver("o1")
    for language in TONGUES:
        found = left_over(language, spoken(world.client().get(world.rate_path("o1")).text))
        assert {"How was your order?", "Publish", "Stars for Bowl"} <= set(found)


@pytest.mark.parametrize(
    ("header", "shop", "spoken_then"),
    [
        ("ja", "en", "ja"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "en", "ko"),
        ("de-AT", "en", "de"),
        ("en-GB,de;q=0.5", "de", "en"),
        ("fr;q=0.9, ja;q=0.5", "de", "ja"),
        ("fr", "de", "de"),
        ("fr", "fr", "en"),
        ("zh-Hant-TW", "ko_KR", "ko-KR"),
        ("*", "ja", "ja"),
        ("", "ja", "ja"),
        (";;q=,ja;q=x", "de", "de"),
    ],
)
def test_the_browser_chooses_then_the_shop(make_world: MakeWorld, header: str, shop: str, spoken_then: str) -> None:
    answer = make_world(TRUST_LOCALE=shop).client().get("/trust/", headers={"Accept-Language": header})
    assert languages_of(answer.text) == {spoken_then}


@pytest.mark.parametrize(
    ("chosen", "shop", "spoken_then"),
    [
        ("ja", "en", "ja"),
        ("ko_KR", "en", "ko-KR"),
        ("de_AT", "en", "de-AT"),
        ("fr", "de", "de"),
        ("fr", "fr", "en"),
        (None, "ja", "en"),  # Flask-Babel answers with its own default then
    ],
)
def test_flask_babel_chooses_before_the_browser(
    make_world: MakeWorld, chosen: str | None, shop: str, spoken_then: str
) -> None:
    world = make_world(prepare=with_babel(lambda: chosen), TRUST_LOCALE=shop)
    answer = world.client().get("/trust/", headers={"Accept-Language": "ko"})
    assert languages_of(answer.text) == {spoken_then}


def mail_of(world: World, locale: str | None, language: str = "en", **order: Any) -> Any:
    """Return the mail to a buyer who speaks this language."""
    things = TONGUES[language].things[:1] if language in TONGUES else ("bowl",)
    name = TONGUES[language].name if language in TONGUES else "Anna"
    world.order("o1", *things, buyer=Person("b1", name, "anna@customer.example", locale=locale), **order)
    world.deliver("o1")
    world.pass_days(7)
    (mail,) = world.mails()
    return mail


@each_language
@pytest.mark.parametrize("babel", [False, True], ids=["plain", "Flask-Babel"])
def test_the_mail_is_in_the_buyer_s_language(make_world: MakeWorld, language: str, babel: bool) -> None:
    prepare = with_babel(lambda: "fr") if babel else own_page
    world = make_world(prepare=prepare, **shop_of(language))
    tongue = TONGUES[language]
    mail = mail_of(world, language, language, incentive=tongue.incentive)
    texts = [mail["Subject"], *world.text_of(mail).splitlines(), *spoken(html_of(mail))]
    assert left_over(language, texts) == []
    assert tongue.month.split()[0] in world.text_of(mail)
    world.pass_days(7)
    reminder = world.mails()[-1]
    assert world.text_of(reminder) != world.text_of(mail)
    texts = [reminder["Subject"], *world.text_of(reminder).splitlines(), *spoken(html_of(reminder))]
    assert left_over(language, texts) == []


@pytest.mark.parametrize(
    ("locale", "shop", "tag", "subject"),
    [
        ("ja", "en", "ja", "Corner Shopでのご注文はいかがでしたか？"),
        ("ja-JP", "en", "ja-JP", "Corner Shopでのご注文はいかがでしたか？"),
        ("ko_KR", "en", "ko-KR", "Corner Shop에서 주문하신 상품은 어떠셨어요?"),
        ("de_AT", "en", "de-AT", "Wie war Ihre Bestellung bei Corner Shop?"),
        ("fr", "de", "de", "Wie war Ihre Bestellung bei Corner Shop?"),
        ("fr", "fr", "en", "How was your order from Corner Shop?"),
        ("xx_nonsense", "ja", "ja", "Corner Shopでのご注文はいかがでしたか？"),
        ("", "ja", "ja", "Corner Shopでのご注文はいかがでしたか？"),
        (None, "ko", "ko", "Corner Shop에서 주문하신 상품은 어떠셨어요?"),
        ("en_GB", "ja", "en-GB", "How was your order from Corner Shop?"),
    ],
)
def test_the_mail_speaks_as_the_buyer_does_else_as_the_shop(
    make_world: MakeWorld, locale: str | None, shop: str, tag: str, subject: str
) -> None:
    mail = mail_of(make_world(TRUST_LOCALE=shop), locale)
    assert mail["Subject"] == subject
    assert mail["Content-Language"] == tag
    assert languages_of(html_of(mail)) == {tag}


def test_austria_reads_german_with_its_own_names_of_months(make_world: MakeWorld) -> None:
    world = make_world()
    world.clock.now = datetime(2027, 1, 3, 12, tzinfo=UTC)
    assert "Ihre Bestellung vom 3. Jänner 2027" in world.text_of(mail_of(world, "de_AT"))


def test_a_mail_leaves_the_language_of_the_page_alone(make_world: MakeWorld) -> None:
    world = make_world(TRUST_LOCALE="de")
    with world.app.test_request_context(headers={"Accept-Language": "ko"}):
        mail_of(world, "ja")
        assert languages_of(world.client().get("/trust/", headers={"Accept-Language": "ko"}).text) == {"ko"}
