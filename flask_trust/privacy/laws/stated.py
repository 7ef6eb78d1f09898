"""How to see that something has been stated: by the shop in its file or settings, or by our own columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...settings import Settings
from ..catalogue import Entry
from ..shop_part import Data, ShopPart


@dataclass(frozen=True, slots=True)
class Stated:
    """All that a policy is made from: our own columns, the shop's part, the settings."""

    entries: Sequence[Entry]
    part: ShopPart
    settings: Settings


Met = Callable[[Stated], bool]


def always(_: Stated) -> bool:
    """Hold for what the page says by itself: it is made from what the code does."""
    return True


def answered(key: str) -> Met:
    """Return whether the shop wrote something for a key, or that there is none."""
    return lambda told: told.part.answered(key)


def all_data(wanted: Callable[[Data], object]) -> Met:
    """Return whether the shop describes its data, and each kind as wanted."""
    return lambda told: bool(told.part.data) and all(wanted(each) for each in told.part.data)


def declared(key: str, known: Mapping[str, object]) -> Met:
    """Return whether the shop describes its data, and each of our own columns says the same of itself."""
    return lambda told: bool(told.part.data) and all(getattr(each.personal, key) in known for each in told.entries)


def reachable(told: Stated) -> bool:
    """Say whether people can write or call."""
    found = told.part.controller
    return found is not None and bool(found.email or found.phone)


def controller(told: Stated) -> bool:
    """Say whether it is known who is responsible, where, and how to reach them."""
    found = told.part.controller
    return reachable(told) and bool((found and found.address) or told.settings.shop_address)


def representative(told: Stated) -> bool:
    """Say whether the person at the head is named as well."""
    return controller(told) and bool(told.part.controller and told.part.controller.representative)


def desk(told: Stated) -> bool:
    """Say whether there is somebody to complain to."""
    found = told.part.officer
    return found is not None and bool(found.email or found.phone or found.address)


def desk_with_phone(told: Stated) -> bool:
    """Say whether that somebody can be called."""
    return told.part.officer is not None and bool(told.part.officer.phone)
