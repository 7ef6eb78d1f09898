"""The catalogues: no text of the code is missing in any language, none is half done, none stays in English."""

from __future__ import annotations

import html
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import babel
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
FOLDER = Path("flask_trust/translations")
LANGUAGES = sorted(path.name for path in (ROOT / FOLDER).iterdir() if path.is_dir())
TEMPLATES = sorted((ROOT / "flask_trust" / "templates").rglob("*.html"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%")
WORD = re.compile(r"[^\W\d_]{2}")

each_language = pytest.mark.parametrize("language", LANGUAGES)


def path_of(language: str, kind: str, root: Path = ROOT) -> Path:
    return root / FOLDER / language / "LC_MESSAGES" / f"flask_trust.{kind}"


def read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language) if path.suffix == ".po" else read_mo(file)


@cache
def catalogue(language: str) -> Catalog:
    return read(path_of(language, "po"), language)


def messages(language: str) -> Iterator[Message]:
    return (message for message in catalogue(language) if message.id)


def forms(words: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return the plural forms of a text, or the text alone."""
    return (words or "",) if isinstance(words, str | None) else tuple(words)


def texts(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the translations by what they translate."""
    return {forms(message.id): forms(message.string) for message in catalog if message.id}


def documented_commands() -> list[list[str]]:
    """Return the commands that docs/translations.md gives for bringing the catalogues up to date."""
    text = (ROOT / "docs" / "translations.md").read_text(encoding="utf-8")
    block = re.search(r"```bash\n(mkdir.*?)```", text, re.S)
    assert block is not None
    return [shlex.split(line) for line in block[1].replace("\\\n", " ").splitlines()]


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its catalogues after the documented commands."""
    if tuple(map(int, babel.__version__.split(".")[:2])) < (2, 16):
        pytest.skip("Babel before 2.16 does not read pyproject.toml; only whoever changes texts needs it to")
    copy = tmp_path_factory.mktemp("renewed")
    ignored = shutil.ignore_patterns("__pycache__", "static")
    shutil.copytree(ROOT / "flask_trust", copy / "flask_trust", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / "build").mkdir()
    for command in documented_commands():
        if command[0] == "pybabel":
            pybabel = [sys.executable, "-W", "ignore", "-m", "babel.messages.frontend"]
            subprocess.run([*pybabel, *command[1:]], cwd=copy, check=True, capture_output=True)
    return copy


def test_there_are_the_languages_of_the_demo() -> None:
    assert {"de", "ja", "ko"} <= set(LANGUAGES)


@each_language
def test_the_documented_commands_find_nothing_new_and_nothing_left_over(language: str, renewed: Path) -> None:
    after = texts(read(path_of(language, "po", renewed), language))
    before = texts(catalogue(language))
    assert after.keys() - before.keys() == set(), "texts of the code that the catalogue lacks"
    assert before.keys() - after.keys() == set(), "texts that the code no longer has"
    assert after == before


@each_language
def test_every_text_is_translated(language: str) -> None:
    found = catalogue(language)
    assert [message.id for message in messages(language) if message.fuzzy or not all(forms(message.string))] == []
    assert str(found.locale) == language
    assert not found.fuzzy
    assert not found.obsolete


@each_language
def test_every_plural_has_as_many_forms_as_the_language(language: str) -> None:
    wanted = {"de": 2, "ja": 1, "ko": 1}.get(language, catalogue(language).num_plurals)
    assert catalogue(language).num_plurals == wanted
    plurals = [message for message in messages(language) if message.pluralizable]
    assert plurals
    assert [message.id for message in plurals if len(forms(message.string)) != wanted] == []


@each_language
def test_placeholders_are_kept(language: str) -> None:
    def marks(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    wrong = [
        (message.id, form)
        for message in messages(language)
        for form in forms(message.string)
        if marks(form) not in [marks(text) for text in forms(message.id)]
    ]
    assert wrong == []


@each_language
def test_what_announces_something_still_does_and_no_blank_is_left_at_an_end(language: str) -> None:
    wrong = []
    for message in messages(language):
        for source, text in zip(forms(message.id), forms(message.string), strict=False):
            announces = source[-1] == ":" and text[-1] not in ":："
            if announces or (source.strip() == source and text.strip() != text):
                wrong.append(text)
    assert wrong == []


@pytest.mark.parametrize("language", ["ja", "ko"])
def test_no_latin_letters_stand_in_languages_that_do_not_use_them(language: str) -> None:
    strings = [form for message in messages(language) for form in forms(message.string)]
    assert [text for text in strings if re.search("[A-Za-z]", NAMES.sub("", PLACEHOLDER.sub("", text)))] == []


@each_language
def test_the_compiled_catalogue_is_that_of_the_readable_one(language: str) -> None:
    assert texts(read(path_of(language, "mo"), language)) == texts(catalogue(language))


def test_the_package_takes_the_catalogues_along() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["flask_trust"]
    taken = {path for pattern in patterns for path in (ROOT / "flask_trust").glob(pattern)}
    assert {path_of(language, kind) for language in LANGUAGES for kind in ("po", "mo")} <= taken


#: The same in every language.
NAMES = re.compile(
    r"SHA-256|Mac|Linux|CSV|JSON|TRUST_MAIL_\w+|flask trust (mail preview ORDER|policy publish)"
    r"|\?theme=dark|\?size=large"
)


def plain(source: str) -> str:
    """Return a template without what Jinja fills in or reads, without styles and comments."""
    hidden = r"{{.*?}}|{#.*?#}|{%.*?%}|<style>.*?</style>|<!--.*?-->"
    return NAMES.sub("", html.unescape(re.sub(hidden, "", source, flags=re.S)))


@pytest.mark.parametrize("template", TEMPLATES, ids=[path.name for path in TEMPLATES])
def test_no_words_stand_in_a_template_outside_of_the_catalogues(template: Path) -> None:
    source = plain(template.read_text(encoding="utf-8"))
    spoken = re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]*)"', source)
    # Macros write attributes, too.
    shown = re.findall(r">([^<>]+)<", re.sub(r'[\w-]+="[^"]*"', "", source))
    assert [words for words in spoken + shown if WORD.search(words)] == []


def test_no_words_stand_in_a_text_mail_outside_of_the_catalogues() -> None:
    for template in (ROOT / "flask_trust" / "templates").rglob("*.txt"):
        assert WORD.search(plain(template.read_text(encoding="utf-8"))) is None
