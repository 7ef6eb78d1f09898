"""Finding out what is so here: settings, declared columns, the shop's own file, and what there is in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from ...inventory import KEEPS
from ...settings import Settings
from ...state import State
from .. import catalogue
from ..laws.missing import Missing, missing
from ..shop_part import Contact as ShopContact
from ..shop_part import ShopPart, read_shop_part
from .facts import Abroad, Contact, Cookie, Facts, How, Item, Other, Own, OwnCookie, Told, Who
from .outline import ONLY_WITH, STATED
from .queries import Seen, what_is_there

#: The page on which people find what is kept about them.
OWN_PAGE = "trust.me"


def find_facts(state: State) -> Facts:
    """Return what is so now."""
    settings, part = state.settings, shop_part(state)
    how = _how(settings, state.read_page(what_is_there))
    items = [item for item in _items() if _fits(item, how)]
    return Facts(
        whole=part.given and not lacking(state),
        who=_who(settings, part),
        how=how,
        items=items,
        keeps={item.keep: KEEPS[item.keep].days for item in items},
        cookies=[Cookie(each.name, each.days) for each in catalogue.cookies()],
        # A shop that names who works for it names the server that carries its mails as well.
        recipients=[] if part.processors else [each.key for each in catalogue.recipients(settings)],
        **_own(part),
    )


def shop_part(state: State) -> ShopPart:
    """Return what the shop states in its own file; raises `SettingsError`."""
    return read_shop_part(state.settings.policy)


def lacking(state: State) -> list[Missing]:
    """Return what the laws that apply ask for and the shop has not said yet."""
    return missing(catalogue.entries(), shop_part(state), state.settings)


def _items() -> list[Item]:
    return [
        Item(entry.table, entry.column, entry.category, *(getattr(entry.personal, name) for name in _DECLARED))
        for entry in catalogue.entries()
    ]


_DECLARED = ("purpose", "basis", "keep", "seen_by", "source")


def _fits(item: Item, how: How) -> bool:
    """Say whether a column can hold something here: where there is one seller, nothing is said about sellers."""
    return all(getattr(how, ONLY_WITH[key]) for key in (item.category, item.purpose) if key in ONLY_WITH)


def _how(settings: Settings, seen: Seen) -> How:
    between = settings.mutual == "always" or (settings.mutual == "auto" and seen.sellers)
    return How(
        mails=settings.mail_is_on,
        mail_basis=settings.mail_basis,
        ask_after=settings.request_after_days,
        remind_after=settings.remind_after_days,
        window=settings.rating_window_days,
        sellers=seen.sellers,
        # What was said once is kept, also where the settings allow no more of it.
        rated=between or settings.mutual == "buyers" or seen.rated,
        both=between or seen.rated_buyers,
        rewards=seen.rewards,
        page=OWN_PAGE in current_app.view_functions,
    )


def _who(settings: Settings, part: ShopPart) -> Who:
    it = part.controller
    return Who(
        name=dict(it.name) if it else {"": settings.shop_name},
        address=_told(it.address if it else None) or _lines(settings.shop_address),
        email=it.email if it and it.email else settings.mail_from,
        phone=it.phone if it else "",
        head=_told(it.representative if it else None),
        agents=[_contact(each) for each in part.representatives],
        officer=_contact(part.officer) if part.officer else None,
        authorities=[_contact(each) for each in part.authorities],
        elsewhere=part.own_policy,
    )


def _lines(address: str) -> Told:
    return {"": ", ".join(line.strip() for line in address.splitlines())} if address else {}


def _told(words: Mapping[str, str] | None) -> Told:
    return dict(words or {})


def _contact(it: ShopContact) -> Contact:
    return Contact(dict(it.name), it.region, _told(it.address), it.email, it.phone, it.url)


def _own(part: ShopPart) -> dict[str, Any]:
    return {
        "own": [
            Own(
                *(dict(it.what), dict(it.purpose), it.basis, _told(it.interest), it.source, _told(it.origin)),
                *(dict(it.seen_by), dict(it.keep), _told(it.obligatory)),
            )
            for it in part.data
        ],
        "own_cookies": [OwnCookie(it.name, dict(it.purpose), dict(it.keep), _told(it.refuse)) for it in part.cookies],
        "others": [Other(dict(it.name), dict(it.does), _told(it.country)) for it in part.processors],
        "abroad": [Abroad(dict(it.to), dict(it.country), dict(it.safeguard), _told(it.copy)) for it in part.transfers],
        "statements": {name: _told(getattr(part, name)) for name in STATED if getattr(part, name)},
        "none": sorted(part.none),
    }
