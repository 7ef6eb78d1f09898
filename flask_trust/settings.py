"""The `TRUST_*` settings, read once from the Flask config into a frozen dataclass."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from .errors import SettingsError

PREFIX = "TRUST_"
MAIL_SCHEMES = ("smtp", "smtps", "folder")
MAIL_BASES = ("consent", "customers", "none-needed")
MUTUAL = ("auto", "always", "buyers", "off")
_NEEDED_FOR_MAIL = ("mail_from", "mail_basis", "shop_name", "shop_address", "base_url")
_PLAIN_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")


def _fail(key: str, value: object, allowed: str) -> SettingsError:
    return SettingsError(f"{key} = {value!r} cannot be used: {allowed}")


def _line(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value or "\r" in value:
        raise _fail(key, value, "write one line of text.")
    return value.strip()


def _address_lines(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _fail(key, value, "write the postal address of the shop.")
    return value.strip()


def _base_url(key: str, value: Any) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) and not re.search(r"\s", value) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise _fail(key, value, 'write the public address of the shop, such as "https://shop.example".')
    return str(value).rstrip("/")


def _mail_url(key: str, value: Any) -> str:
    allowed = 'write "smtp://user:password@host:587", "smtps://host:465", "folder:///path/of/a/folder" or "host".'
    if value == "host":
        return "host"
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        complete = parts is not None and (parts.path if parts.scheme == "folder" else parts.hostname)
        known = parts is not None and parts.scheme in MAIL_SCHEMES and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = known = False
    if not (complete and known):
        # The value may hold a password, so it is not repeated.
        raise SettingsError(f"{key} cannot be used: {allowed}")
    return str(value)


def _mail_from(key: str, value: Any) -> str:
    if not isinstance(value, str) or not _PLAIN_ADDRESS.fullmatch(value.strip()):
        raise _fail(key, value, 'write the bare address of the sender, such as "reviews@shop.example".')
    return value.strip()


def _mail_basis(key: str, value: Any) -> str:
    if value not in MAIL_BASES:
        raise _fail(
            key,
            value,
            '"consent" (buyers agreed to be asked), "customers" (they were told and can object) or '
            '"none-needed" (your law asks for neither).',
        )
    return str(value)


def _mutual(key: str, value: Any) -> str:
    if value not in MUTUAL:
        raise _fail(
            key,
            value,
            '"auto" (buyer and seller rate each other where the seller is not the shop itself), "always", '
            '"buyers" (only buyers rate sellers) or "off".',
        )
    return str(value)


def _url_prefix(key: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", value):
        raise _fail(key, value, 'write a path such as "/trust", without a slash at the end.')
    return value


def _days(low: int, high: int) -> Callable[[str, Any], int]:
    def parse(key: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _fail(key, value, f"write a whole number of days from {low} to {high}.")
        return value

    return parse


def _remind_after(key: str, value: Any) -> int | None:
    return None if value is None else _days(3, 60)(key, value)


def _arrival_days(key: str, value: Any) -> dict[str, int]:
    allowed = 'write {"shipped": 5, "placed": 10}: whole days from 1 to 90, None to make no such guess.'
    if not isinstance(value, Mapping) or set(value) - {"shipped", "placed"}:
        raise _fail(key, value, allowed)
    given = {"shipped": 5, "placed": 10, **value}
    for days in given.values():
        if days is not None and (isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 90):
            raise _fail(key, value, allowed)
    return {name: days for name, days in given.items() if days is not None}


def _timezone(key: str, value: Any) -> str:
    if not isinstance(value, str) or value not in available_timezones():
        raise _fail(key, value, 'write a time zone such as "Europe/Berlin" or "UTC".')
    return str(value)


def _locale(key: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*", value):
        raise _fail(key, value, 'write a language such as "en", "ja" or "de_AT".')
    return value.replace("-", "_")


def _policy(key: str, value: Any) -> str:
    allowed = (
        'write the path of a TOML file with the shop\'s part of the privacy policy, such as "/srv/shop/policy.toml".'
    )
    if not isinstance(value, str | os.PathLike):
        raise _fail(key, value, allowed)
    path = os.fspath(value)
    if not isinstance(path, str) or not Path(path).is_file():
        raise _fail(key, path, allowed)
    return path


def _file(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or any(sign in value for sign in "\0\n\r"):
        raise _fail(key, value, 'write the path of a file, such as "/var/lib/shop/trust-erasures.log".')
    return value.strip()


def _setting(default: Any, parse: Callable[[str, Any], Any]) -> Any:
    return field(default=default, metadata={"parse": parse})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field for each `TRUST_` key; days are whole days."""

    shop_name: str = _setting("", _line)
    base_url: str = _setting("", _base_url)
    shop_address: str = _setting("", _address_lines)
    mail_url: str = field(default="", metadata={"parse": _mail_url}, repr=False)
    mail_from: str = _setting("", _mail_from)
    mail_basis: str = _setting("", _mail_basis)
    url_prefix: str = _setting("/trust", _url_prefix)
    request_after_days: int = _setting(7, _days(2, 60))
    remind_after_days: int | None = _setting(14, _remind_after)
    arrival_days: Mapping[str, int] = field(
        default_factory=lambda: {"shipped": 5, "placed": 10}, metadata={"parse": _arrival_days}
    )
    mutual: str = _setting("auto", _mutual)
    rating_window_days: int = _setting(30, _days(14, 60))
    timezone: str = _setting("UTC", _timezone)
    locale: str = _setting("en", _locale)
    erasure_file: str = _setting("", _file)
    policy: str = _setting("", _policy)

    @property
    def mail_is_on(self) -> bool:
        """Say whether mails may leave; without `TRUST_MAIL_URL` they are planned and wait."""
        return bool(self.mail_url)

    @cached_property
    def told(self) -> str:
        """Return all settings as text, without the one that may hold a password."""
        return repr(replace(self, mail_url=""))


def key_of(name: str) -> str:
    """Return the config key of a field, such as "TRUST_SHOP_NAME"."""
    return PREFIX + name.upper()


def read_settings(config: Mapping[str, Any], *, debug: bool = False) -> Settings:
    """Read all `TRUST_` keys; raises `SettingsError` with a sentence that says what to type."""
    known = {key_of(each.name): each for each in fields(Settings)}
    _refuse_unknown([key for key in config if key.startswith(PREFIX)], list(known))
    given = {
        each.name: each.metadata["parse"](key, config[key])
        for key, each in known.items()
        if key in config and not _is_unset(key, config[key])
    }
    settings = Settings(**given)
    _check_mail(settings, debug)
    _check_reminder(settings)
    return settings


def _is_unset(key: str, value: Any) -> bool:
    """Say whether a key counts as not given, as it comes from an environment variable that is not there."""
    return value == "" or (value is None and key != "TRUST_REMIND_AFTER_DAYS")


def _refuse_unknown(used: list[str], known: list[str]) -> None:
    for key in used:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise SettingsError(f"{key} is not a setting of flask_trust.{hint} Known: {', '.join(known)}.")


def _check_mail(settings: Settings, debug: bool) -> None:
    if not settings.mail_is_on:
        return
    missing = [key_of(name) for name in _NEEDED_FOR_MAIL if not getattr(settings, name)]
    if missing:
        raise SettingsError(
            f"TRUST_MAIL_URL is set, so mails would be sent, but {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing. Set {'it' if len(missing) == 1 else 'them'}, "
            "or take TRUST_MAIL_URL out: then everything is planned and nothing is sent."
        )
    if settings.mail_url.startswith("folder:") and not debug:
        raise SettingsError(
            "TRUST_MAIL_URL = 'folder:…' writes mails into a folder and is for trying out: "
            "start the app in debug mode, or set TRUST_MAIL_URL to smtp://… so that buyers get them."
        )


def _check_reminder(settings: Settings) -> None:
    remind = settings.remind_after_days
    if remind is not None and remind <= settings.request_after_days:
        raise SettingsError(
            f"TRUST_REMIND_AFTER_DAYS = {remind} must be more than TRUST_REQUEST_AFTER_DAYS = "
            f"{settings.request_after_days}, or None for no reminder."
        )
