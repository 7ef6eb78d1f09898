"""Every `TRUST_` key: what is taken, what is refused, and in which words."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from flask_trust.errors import SettingsError
from flask_trust.settings import Settings, key_of, read_settings

MAIL = {
    "TRUST_MAIL_URL": "smtp://mail.example:587",
    "TRUST_MAIL_FROM": "reviews@shop.example",
    "TRUST_MAIL_BASIS": "customers",
    "TRUST_SHOP_NAME": "Corner Shop",
    "TRUST_SHOP_ADDRESS": "1 Market Street\nOldtown",
    "TRUST_BASE_URL": "https://shop.example",
}


def test_a_shop_that_sets_nothing_gets_the_documented_defaults() -> None:
    settings = read_settings({})
    assert settings == Settings(
        shop_name="",
        base_url="",
        shop_address="",
        mail_url="",
        mail_from="",
        mail_basis="",
        url_prefix="/trust",
        request_after_days=7,
        remind_after_days=14,
        arrival_days={"shipped": 5, "placed": 10},
        timezone="UTC",
        locale="en",
    )
    assert not settings.mail_is_on


def test_there_are_twenty_keys_or_fewer() -> None:
    assert len(fields(Settings)) <= 20


@pytest.mark.parametrize(
    ("key", "given", "read"),
    [
        ("TRUST_SHOP_NAME", " Corner Shop ", "Corner Shop"),
        ("TRUST_SHOP_NAME", "五つ星の店", "五つ星の店"),
        ("TRUST_BASE_URL", "https://shop.example/", "https://shop.example"),
        ("TRUST_BASE_URL", "http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("TRUST_BASE_URL", "https://shop.example/en/", "https://shop.example/en"),
        ("TRUST_SHOP_ADDRESS", "\n1 Market Street\nOldtown\n", "1 Market Street\nOldtown"),
        ("TRUST_MAIL_FROM", " reviews@shop.example ", "reviews@shop.example"),
        ("TRUST_MAIL_BASIS", "consent", "consent"),
        ("TRUST_MAIL_BASIS", "customers", "customers"),
        ("TRUST_MAIL_BASIS", "none-needed", "none-needed"),
        ("TRUST_URL_PREFIX", "/opinions", "/opinions"),
        ("TRUST_URL_PREFIX", "/shop/our-reviews", "/shop/our-reviews"),
        ("TRUST_REQUEST_AFTER_DAYS", 2, 2),
        ("TRUST_REQUEST_AFTER_DAYS", 13, 13),
        ("TRUST_REMIND_AFTER_DAYS", None, None),
        ("TRUST_REMIND_AFTER_DAYS", 60, 60),
        ("TRUST_ARRIVAL_DAYS", {"shipped": 3}, {"shipped": 3, "placed": 10}),
        ("TRUST_ARRIVAL_DAYS", {"placed": 90}, {"shipped": 5, "placed": 90}),
        ("TRUST_ARRIVAL_DAYS", {"shipped": None}, {"placed": 10}),
        ("TRUST_ARRIVAL_DAYS", {"shipped": None, "placed": None}, {}),
        ("TRUST_ARRIVAL_DAYS", {}, {"shipped": 5, "placed": 10}),
        ("TRUST_TIMEZONE", "Europe/Berlin", "Europe/Berlin"),
        ("TRUST_TIMEZONE", "Asia/Tokyo", "Asia/Tokyo"),
        ("TRUST_LOCALE", "ja", "ja"),
        ("TRUST_LOCALE", "de-AT", "de_AT"),
        ("TRUST_LOCALE", "zh_Hant_TW", "zh_Hant_TW"),
    ],
)
def test_a_good_value_is_read(key: str, given: Any, read: Any) -> None:
    settings = read_settings({key: given})
    assert getattr(settings, key.removeprefix("TRUST_").lower()) == read


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("TRUST_SHOP_NAME", "  "),
        ("TRUST_SHOP_NAME", 5),
        ("TRUST_SHOP_NAME", b"Corner Shop"),
        ("TRUST_SHOP_NAME", "Corner\nBcc: everybody@shop.example"),
        ("TRUST_SHOP_NAME", "Corner\rShop"),
        ("TRUST_BASE_URL", "shop.example"),
        ("TRUST_BASE_URL", "ftp://shop.example"),
        ("TRUST_BASE_URL", "https://"),
        ("TRUST_BASE_URL", "https://shop.example/?a=b"),
        ("TRUST_BASE_URL", "https://shop.example/#top"),
        ("TRUST_BASE_URL", "javascript:alert(1)"),
        ("TRUST_BASE_URL", "https://[::1"),
        ("TRUST_BASE_URL", "https://shop.example\nX-Header: 1"),
        ("TRUST_BASE_URL", "https://shop.example/a shop"),
        ("TRUST_BASE_URL", 443),
        ("TRUST_SHOP_ADDRESS", " "),
        ("TRUST_SHOP_ADDRESS", ["1 Market Street"]),
        ("TRUST_MAIL_FROM", "reviews"),
        ("TRUST_MAIL_FROM", "Reviews <reviews@shop.example>"),
        ("TRUST_MAIL_FROM", "a@shop.example\nBcc: b@shop.example"),
        ("TRUST_MAIL_FROM", 1),
        ("TRUST_MAIL_BASIS", "yes"),
        ("TRUST_MAIL_BASIS", True),
        ("TRUST_MAIL_BASIS", ["consent"]),
        ("TRUST_URL_PREFIX", "/"),
        ("TRUST_URL_PREFIX", "trust"),
        ("TRUST_URL_PREFIX", "/trust/"),
        ("TRUST_URL_PREFIX", "/<id>"),
        ("TRUST_REQUEST_AFTER_DAYS", 1),
        ("TRUST_REQUEST_AFTER_DAYS", 61),
        ("TRUST_REQUEST_AFTER_DAYS", "7"),
        ("TRUST_REQUEST_AFTER_DAYS", 7.0),
        ("TRUST_REQUEST_AFTER_DAYS", True),
        ("TRUST_REMIND_AFTER_DAYS", 2),
        ("TRUST_REMIND_AFTER_DAYS", False),
        ("TRUST_REMIND_AFTER_DAYS", "never"),
        ("TRUST_ARRIVAL_DAYS", 5),
        ("TRUST_ARRIVAL_DAYS", {"shiped": 5}),
        ("TRUST_ARRIVAL_DAYS", {"shipped": 0}),
        ("TRUST_ARRIVAL_DAYS", {"shipped": 91}),
        ("TRUST_ARRIVAL_DAYS", {"shipped": True}),
        ("TRUST_ARRIVAL_DAYS", {"placed": "10"}),
        ("TRUST_TIMEZONE", "Berlin"),
        ("TRUST_TIMEZONE", "../../etc/passwd"),
        ("TRUST_TIMEZONE", 1),
        ("TRUST_TIMEZONE", ["UTC"]),
        ("TRUST_LOCALE", "english"),
        ("TRUST_LOCALE", "en/../.."),
        ("TRUST_LOCALE", 49),
    ],
)
def test_a_wrong_value_is_refused_with_its_key_the_value_and_what_is_allowed(key: str, given: Any) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({key: given})
    words = str(refused.value)
    assert key in words
    assert repr(given) in words
    assert words.endswith(".")


@pytest.mark.parametrize("key", [key_of(each.name) for each in fields(Settings)])
def test_none_counts_as_not_set(key: str) -> None:
    if key == "TRUST_REMIND_AFTER_DAYS":
        assert read_settings({key: None}).remind_after_days is None  # here it means "no reminder"
    else:
        assert read_settings({key: None}) == Settings()


@pytest.mark.parametrize("key", [key_of(each.name) for each in fields(Settings)])
def test_an_empty_environment_variable_counts_as_not_set(key: str) -> None:
    assert read_settings({key: ""}) == Settings()


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("TRUST_REQEST_AFTER_DAYS", "TRUST_REQUEST_AFTER_DAYS"),
        ("TRUST_MAILURL", "TRUST_MAIL_URL"),
        ("TRUST_TIME_ZONE", "TRUST_TIMEZONE"),
        ("TRUST_ARRIVALS_DAYS", "TRUST_ARRIVAL_DAYS"),
    ],
)
def test_an_unknown_key_stops_the_start_and_names_the_one_that_was_meant(key: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=f"{key} is not a setting.*Did you mean {meant}\\?"):
        read_settings({key: "x"})


def test_an_unknown_key_that_resembles_none_gets_the_whole_list() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"TRUST_QQQ": 1})
    assert "Did you mean" not in str(refused.value)
    assert all(key_of(each.name) in str(refused.value) for each in fields(Settings))


def test_keys_of_others_are_nobodys_business() -> None:
    assert read_settings({"SECRET_KEY": "x", "TRUSTED_HOSTS": ["shop.example"], "trust_mail_url": "?"}) == Settings()


@pytest.mark.parametrize("missing", sorted(set(MAIL) - {"TRUST_MAIL_URL"}))
def test_mail_refuses_to_start_without_each_of_its_settings_and_names_the_missing_one(missing: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({key: value for key, value in MAIL.items() if key != missing})
    assert f"{missing} is missing" in str(refused.value)


def test_all_missing_mail_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"TRUST_MAIL_URL": "host"})
    assert all(key in str(refused.value) for key in MAIL)
    assert "are missing" in str(refused.value)


def test_mail_settings_without_a_mail_url_are_a_trial_in_which_nothing_is_sent() -> None:
    settings = read_settings({key: value for key, value in MAIL.items() if key != "TRUST_MAIL_URL"})
    assert not settings.mail_is_on


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example",
        "smtp://user:p%40ss@mail.example:587",
        "smtps://mail.example:465",
        "host",
    ],
)
def test_a_way_out_for_mails_is_taken(url: str) -> None:
    settings = read_settings({**MAIL, "TRUST_MAIL_URL": url})
    assert settings.mail_is_on
    assert settings.mail_url == url


@pytest.mark.parametrize(
    "url",
    [
        " ",
        "mail.example",
        "mail.example:587",
        "smtp://",
        "smtp://mail.example:0",
        "smtp://mail.example:99999",
        "smtp://mail.example:port",
        "smtp://[::1",
        "http://mail.example",
        "folder:",
        "folder://",
        "Host",
        587,
    ],
)
def test_a_wrong_way_out_is_refused(url: Any) -> None:
    with pytest.raises(SettingsError, match=r"^TRUST_MAIL_URL cannot be used: write "):
        read_settings({**MAIL, "TRUST_MAIL_URL": url}, debug=True)


def test_a_password_never_gets_into_a_message_or_a_log() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**MAIL, "TRUST_MAIL_URL": "smtp://user:secret@:25"})
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(read_settings({**MAIL, "TRUST_MAIL_URL": "smtp://user:secret@mail.example"}))


def test_a_folder_takes_mails_only_while_debugging() -> None:
    config = {**MAIL, "TRUST_MAIL_URL": "folder:///var/tmp/mails"}
    assert read_settings(config, debug=True).mail_is_on
    with pytest.raises(SettingsError, match=r"folder.*debug mode"):
        read_settings(config)


@pytest.mark.parametrize(("request_after", "remind_after"), [(14, 14), (20, 14), (7, 7), (14, None), (7, 8)])
def test_a_reminder_comes_after_the_request(request_after: int, remind_after: int | None) -> None:
    config = {"TRUST_REQUEST_AFTER_DAYS": request_after, "TRUST_REMIND_AFTER_DAYS": remind_after}
    if remind_after is None or remind_after > request_after:
        assert read_settings(config).remind_after_days == remind_after
    else:
        with pytest.raises(SettingsError, match=r"TRUST_REMIND_AFTER_DAYS.*TRUST_REQUEST_AFTER_DAYS"):
            read_settings(config)


def test_a_late_request_alone_is_told_that_the_reminder_has_to_move_too() -> None:
    with pytest.raises(SettingsError, match="TRUST_REMIND_AFTER_DAYS = 14 must be more"):
        read_settings({"TRUST_REQUEST_AFTER_DAYS": 20})


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = read_settings({})
    with pytest.raises(FrozenInstanceError):
        settings.request_after_days = 3  # type: ignore[misc]


def test_no_setting_bends_a_rule_of_honesty() -> None:
    """Opening, ordering and hiding are not the shop's to choose: no key is about stars, sorting or approval."""
    forbidden = ("STAR", "SCORE", "SORT", "ORDER", "HIDE", "APPROV", "PUBLISH", "MODERAT", "MINIMUM")
    keys = [key_of(each.name) for each in fields(Settings)]
    assert [key for key in keys if any(word in key for word in forbidden)] == []
