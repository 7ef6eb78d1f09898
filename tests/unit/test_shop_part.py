"""The shop's own part of the privacy policy: what can be written, and what is said of a mistake."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from flask_trust.errors import SettingsError
from flask_trust.privacy.shop_part import ShopPart, read_shop_part, said

FULL = """
laws = ["GDPR", "APPI"]
effective = 2027-05-01
officer = "none"
transfers = "none"
automated = "none"

[controller]
name = "Corner Shop"
address = {en = "1 Market Street", ja = "市場通り1"}
email = "privacy@shop.example"

[[data]]
what.en = "your orders"
what.ja = "ご注文"
purpose = "send you what you bought"
basis = "contract"
keep = "ten years"
seen_by = "us and our tax adviser"
columns = ["order.address"]

[[processors]]
name = "Fast Parcels"
does = "brings your parcel"
"""


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "policy.toml"
    file.write_text(text, "utf-8")
    return str(file)


def test_a_shop_without_a_file_states_nothing() -> None:
    assert read_shop_part(None) == read_shop_part("") == ShopPart()
    assert not ShopPart().given


def test_everything_that_is_written_is_read(tmp_path: Path) -> None:
    part = read_shop_part(written(tmp_path, FULL))
    assert part.given
    assert part.laws == ("GDPR", "APPI")
    assert part.effective == date(2027, 5, 1)
    assert part.none == {"officer", "transfers", "automated"}
    assert part.controller is not None
    assert said(part.controller.address or {}, "ja") == "市場通り1"
    (data,) = part.data
    assert (said(data.what, "ja"), data.basis, data.source, data.columns) == (
        "ご注文", "contract", "person", ("order.address",),
    )  # fmt: skip
    assert said(part.processors[0].does, "ko") == "brings your parcel"


def test_nothing_said_is_not_the_same_as_none(tmp_path: Path) -> None:
    part = read_shop_part(written(tmp_path, FULL))
    assert part.answered("transfers")
    assert part.answered("processors")
    assert not part.answered("children")


@pytest.mark.parametrize(
    ("language", "text"),
    [("de_AT", "Oesterreich"), ("de", "Deutsch"), ("de-CH", "Deutsch"), ("ko", "any"), ("en", "any")],
)
def test_a_text_is_said_in_the_nearest_language(language: str, text: str) -> None:
    assert said({"": "any", "de": "Deutsch", "de_AT": "Oesterreich"}, language) == text


def test_a_text_without_the_wanted_language_falls_back_to_english_then_to_what_there_is() -> None:
    assert said({"ja": "日本語", "en": "English"}, "ko") == "English"
    assert said({"ja": "日本語"}, "ko") == "日本語"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("adress = 'x'", "policy.toml adress cannot be used: known here are laws, effective"),
        ("laws = ['BDSG']", "policy.toml laws[1] cannot be used: write one of GDPR, UK GDPR, APPI, PIPA, CCPA, PIPL."),
        ("laws = 'GDPR'", 'laws cannot be used: write a list such as ["GDPR"].'),
        ("effective = '2027-05-01'", "effective cannot be used: write a date without quotes, such as 2027-05-01."),
        ("effective = 2027-05-01T10:00:00", "write a date without quotes"),
        ("controller = 'Anna'", "controller cannot be used: write a table with keys."),
        ("[controller]\nemail = 'a@b.example'", "policy.toml controller cannot be used: name is missing."),
        ("[controller]\nname = ''", "controller name cannot be used: write a text in quotes."),
        ("[controller]\nname = {english = 'x'}", 'write languages such as "en", "ja" or "de_AT".'),
        ("[controller]\nname = 'x'\nfax = '1'", "controller fax cannot be used: known here are name, address, email"),
        ("processors = []", "processors cannot be used: write one [[processors]] for each, or 'none'."),
        ("[[processors]]\nname = 'x'", "processors[1] cannot be used: does is missing."),
        ("authorities = 'none'", "authorities cannot be used: write one [[authorities]] for each."),
        ("[[data]]\nwhat='a'\npurpose='b'\nbasis='because'\nkeep='c'\nseen_by='d'", "data[1] basis cannot be used"),
        ("[[data]]\nwhat='a'\npurpose='b'\nbasis='consent'\nkeep='c'\nseen_by='d'\ncolumns=['x']", "customer.email"),
        ("own_policy = 'javascript:alert(1)'", 'own_policy cannot be used: write "https://…" or a path of your own'),
        ("own_policy = '//evil.example'", "own_policy cannot be used"),
        ("[[authorities]]\nname = 'x'\nurl = 'data:,x'", "authorities[1] url cannot be used"),
        ("name = ", "is no TOML"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_to_write(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_shop_part(written(tmp_path, text))
    assert told in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    file = written(tmp_path, "own_policy = '/privacy'")
    assert read_shop_part(file).own_policy == "/privacy"
    written(tmp_path, "own_policy = '/data'")
    os.utime(file, ns=(1, 1))
    assert read_shop_part(file).own_policy == "/data"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml.* cannot be read"):
        read_shop_part(str(tmp_path / "gone.toml"))
