"""The page about privacy in plain words: counted for the example shop, in each language by a measure of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import textstat
from textstat.backend.counts import _count_syllables

from example_shop import create_app
from example_shop.extensions import db
from flask_trust.i18n import languages, speaking, speech
from flask_trust.inventory import CATEGORIES, KEEPS, PURPOSES
from flask_trust.privacy.page.finding import find_facts
from flask_trust.privacy.page.layers import Document, document
from flask_trust.privacy.page.outline import SHORT, STATEMENTS, TOPICS
from flask_trust.privacy.page.words import Words, spoken, texts
from flask_trust.state import current_state
from tests.test_docs import JARGON

PLACEHOLDER = re.compile(r"{\w+}")


# The texts


def entries(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield section, key and text; the forms of a number each by itself."""
    for section, keys in texts(language).items():
        for key, text in keys.items():
            for number, form in enumerate([text] if isinstance(text, str) else text):
                yield section, f"{key}-{number}", form


def test_every_language_of_our_screens_has_texts() -> None:
    assert spoken() == languages()


@pytest.mark.parametrize("language", spoken())
def test_every_language_has_the_same_texts_with_the_same_names_in_them(language: str) -> None:
    def shape(some: str) -> dict[tuple[str, str], list[str]]:
        return {(section, key): sorted(set(PLACEHOLDER.findall(text))) for section, key, text in entries(some)}

    assert shape(language) == shape("en")


@pytest.mark.parametrize("language", [each for each in spoken() if each != "en"])
def test_no_text_stays_in_english(language: str) -> None:
    english = {(section, key): text for section, key, text in entries("en")}
    alike = {text for section, key, text in entries(language) if text == english[section, key]}
    # A name, the same word in German, and what is nothing but a name filled in.
    assert {text for text in alike if re.search(r"\w{4}", PLACEHOLDER.sub("", text))} <= {"Cookies", "Name"}


@pytest.mark.parametrize(("section", "keys"), [("categories", CATEGORIES), ("purposes", PURPOSES), ("keeps", KEEPS)])
def test_everything_that_can_be_declared_has_words(section: str, keys: dict[str, object]) -> None:
    assert set(texts("en")[section]) == set(keys)


def test_every_piece_of_the_outline_has_words_and_every_text_of_a_topic_is_used() -> None:
    for topic, pieces in TOPICS.items():
        assert set(texts("en")[topic]) == {"heading", *(piece.key for piece in pieces)}, topic
    said = {label for label, _ in SHORT} | {piece.key for _, pieces in SHORT for piece in pieces}
    assert set(texts("en")["short"]) == said
    assert set(texts("en")["statements"]) == set(STATEMENTS.values())


@pytest.mark.parametrize("language", spoken())
def test_no_text_speaks_the_words_of_the_code(language: str) -> None:
    assert [text for _, _, text in entries(language) if language == "en" and JARGON.search(text)] == []
    assert [text for _, _, text in entries(language) if re.search(r"\betc\b|\bu\.\s?a\.|等|\b등\b", text)] == []


# Measures


def flesch_ease(words: int, sentences: int, syllables: int) -> float:
    return 206.835 - 1.015 * words / sentences - 84.6 * syllables / words


def flesch_grade(words: int, sentences: int, syllables: int) -> float:
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


def tateishi(text: str) -> float:
    """Return how easy a Japanese text is to read (Tateishi, Ono and Yamada 1988): 50 is the mean, more is easier."""
    sentences = [each for each in re.split(r"[。？！\n]", text) if each.strip()]
    letters = [re.sub(r"[\s、,.・:;「」（）()\-]", "", each) for each in sentences]

    def mean_run(kind: str) -> float:
        runs = re.findall(f"[{kind}]+", text)
        return sum(map(len, runs)) / len(runs) if runs else 0.0

    length = sum(map(len, letters)) / len(sentences)
    commas = text.count("、") / len(sentences)
    runs = -1.37 * mean_run("A-Za-zＡ-Ｚａ-ｚ") + 7.4 * mean_run("ぁ-ゖ")
    return -0.12 * length + runs - 23.18 * mean_run("一-鿿々") - 5.4 * mean_run("ァ-ヺー") - 4.67 * commas + 115.79


def test_the_measures_give_the_figures_that_are_known() -> None:
    assert flesch_ease(100, 5, 150) == pytest.approx(59.635)
    assert flesch_grade(100, 5, 150) == pytest.approx(9.910)
    assert tateishi("今日の天気は、晴れです。") == pytest.approx(83.62)


def split(text: str) -> list[str]:
    """Return the sentences of a text; every line ends one."""
    return [each.strip() for each in re.split(r"(?<=[.!?。？！])\s+|(?<=[。？！])|\n", text) if each.strip()]


# The page of the example shop


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """Lend the page of the example shop in each language, with several sellers and pages of people's own."""
    app = create_app({"DEMO_FIRST_START": False}, instance_path=str(tmp_path_factory.mktemp("shop")))
    with app.app_context():
        db.create_all()
        found = find_facts(current_state())
        facts = replace(found, how=replace(found.how, sellers=True, rated=True, both=True, rewards=True, page=True))
        drawn = {}
        for language in spoken():
            with speaking(language):
                drawn[language] = document(facts, Words(speech()))
        db.engine.dispose()
    return drawn


def short(page: Document) -> str:
    return "\n".join(f"{point.label}: {point.text}" for point in page.short)


def both_layers(page: Document) -> str:
    topics = ["\n".join([topic.heading, *topic.points, *topic.paragraphs]) for topic in page.topics]
    return "\n".join([f"{page.title}.", short(page), *topics])


def test_english_is_plain(pages: dict[str, Document], monkeypatch: pytest.MonkeyPatch) -> None:
    """The median of 115 well-known sites is an ease of 43.5, grade 12.3 and 2,279 words; the best has 67.5 and 6.9."""
    # Otherwise it would download a dictionary; without one it counts syllables by hyphenation.
    monkeypatch.setattr(_count_syllables, "get_cmudict", lambda language: {})
    text = both_layers(pages["en"])
    assert pages["en"].title == "Privacy policy"
    assert textstat.lexicon_count(text) < 1000
    assert textstat.flesch_reading_ease(text) > 67
    assert textstat.flesch_kincaid_grade(text) < 7
    # Hyphenation misses some syllables; runs of vowels count silent ones too, so the truth lies between.
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower()))) for word in words)
    sentences = textstat.sentence_count(text)
    assert flesch_ease(len(words), sentences, syllables) > 67
    assert flesch_grade(len(words), sentences, syllables) < 7


def test_japanese_is_plain(pages: dict[str, Document]) -> None:
    text = both_layers(pages["ja"])
    sentences = split(text)
    assert tateishi(text) >= 50
    assert sum(map(len, sentences)) / len(sentences) <= 50
    assert [each for each in sentences if len(each) > 100] == []
    letters = re.findall(r"[ぁ-ゖァ-ヺー一-鿿々]", text)
    assert 0.15 <= len(re.findall(r"[一-鿿々]", text)) / len(letters) <= 0.35


def test_korean_is_plain(pages: dict[str, Document]) -> None:
    sentences = split(both_layers(pages["ko"]))
    assert sum(map(len, sentences)) / len(sentences) <= 45
    assert sum(len(each.split()) for each in sentences) / len(sentences) <= 12
    assert [each for each in sentences if len(each) > 90 or len(each.split()) > 24] == []


def test_german_is_plain(pages: dict[str, Document]) -> None:
    sentences = [each.split() for each in split(both_layers(pages["de"]))]
    assert sum(map(len, sentences)) / len(sentences) <= 15
    assert [each for each in sentences if len(each) > 25] == []


@pytest.mark.parametrize(("language", "most"), [("en", 150), ("de", 150)])
def test_the_first_layer_is_short_in_words(pages: dict[str, Document], language: str, most: int) -> None:
    assert len(short(pages[language]).split()) <= most


@pytest.mark.parametrize(("language", "most"), [("ja", 400), ("ko", 400)])
def test_the_first_layer_is_short_in_letters(pages: dict[str, Document], language: str, most: int) -> None:
    assert len(short(pages[language])) <= most


#: Words (letters in Japanese) of the longest sentence of ours, whether or not the example shop says it.
LONGEST = {"en": 35, "de": 25, "ja": 100, "ko": 24}


@pytest.mark.parametrize("language", spoken())
def test_no_sentence_of_ours_is_long(language: str) -> None:
    topics = {*TOPICS, "short", "changes"}
    said = [each for section, _, text in entries(language) if section in topics for each in split(text)]
    lengths = {each: len(each) if language == "ja" else len(each.split()) for each in said}
    assert {each for each, length in lengths.items() if length > LONGEST[language]} == set()


def test_the_same_facts_make_the_same_page_in_every_language(pages: dict[str, Document]) -> None:
    def shape(page: Document) -> object:
        topics = [(topic.id, len(topic.points), len(topic.paragraphs), topic.apart) for topic in page.topics]
        return topics, [(table.id, len(table.head), len(table.rows)) for table in page.tables]

    assert {language for language, page in pages.items() if shape(page) != shape(pages["en"])} == set()
    assert [topic.id for topic in pages["en"].topics if topic.apart] == ["object"]
