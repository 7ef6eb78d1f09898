"""What is different between two versions: a list of changes, which words are put to in every language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """Something our texts have a name for: the key of a text in a section; `days` where it is a span or has one."""

    section: str
    key: str = ""
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `code` is the key of its words, `values` what stands in them; texts of the shop as they are."""

    code: str
    values: tuple[tuple[str, Any], ...] = ()


def change(code: str, **values: Any) -> Change:
    """Return a change with what stands in its words."""
    return Change(code, tuple(values.items()))


def as_plain(facts: Any) -> Json:
    """Return facts as they come back from a row."""
    plain: Json = json.loads(json.dumps(facts))
    return plain


def differences(old: Json, new: Json) -> list[Change]:
    """Return what is different between two sets of facts, the weightiest first; empty where they are the same."""
    if old == new:
        return []
    found = [*_data(old, new), *_keeps(old, new), *_others(old, new), *_how(old["how"], new["how"])]
    found += [*_whole(old, new), *_statements(old["statements"], new["statements"])]
    return list(dict.fromkeys(found)) or [change("rest")]


# Data


def _data(old: Json, new: Json) -> Iterator[Change]:
    before, after = _by(old["items"], "category"), _by(new["items"], "category")
    for category in dict.fromkeys((*after, *before)):
        what = Named("categories", category)
        if category not in before:
            yield change("data_new", what=what)
        elif category not in after:
            yield change("data_gone", what=what)
        else:
            yield from _details(what, before[category], after[category])
    yield from _own(old["own"], new["own"])


def _by(items: Iterable[Json], key: str) -> dict[Any, list[Json]]:
    found: dict[Any, list[Json]] = {}
    for item in items:
        found.setdefault(_frozen(item[key]), []).append(item)
    return found


def _frozen(told: Any) -> Any:
    """Return what the shop told as something that can be looked up: one text, or one for each language."""
    return json.dumps(told, sort_keys=True, ensure_ascii=False) if isinstance(told, dict) else told


def _details(what: Named, old: Sequence[Json], new: Sequence[Json]) -> Iterator[Change]:
    """Yield what is different about one kind of data, but for how long it is kept."""
    before, after = _columns(old), _columns(new)
    if after.keys() - before.keys():
        yield change("detail_new", what=what)
    if before.keys() - after.keys():
        yield change("detail_gone", what=what)
    used, use = ({item["purpose"] for item in items} for items in (old, new))
    for purpose in sorted(use - used):
        yield change("purpose_new", what=what, why=Named("purposes", purpose))
    for purpose in sorted(used - use):
        yield change("purpose_gone", what=what, why=Named("purposes", purpose))
    for key in sorted(after.keys() & before.keys()):
        yield from _turned(what, before[key], after[key])


def _columns(items: Sequence[Json]) -> dict[tuple[str, str], Json]:
    return {(item["table"], item["column"]): item for item in items}


def _turned(what: Named, old: Json, new: Json) -> Iterator[Change]:
    if old["seen_by"] != new["seen_by"]:
        yield change("seen", what=what, seen=Named("audiences", new["seen_by"]))
    if old["basis"] != new["basis"]:
        yield change("basis", what=what, basis=Named("bases", new["basis"]))
    if old["source"] != new["source"]:
        yield change("source", what=what, source=Named("sources", new["source"]))


def _own(old: Sequence[Json], new: Sequence[Json]) -> Iterator[Change]:
    """Yield what is different in what the shop itself keeps."""
    before, after = ({what: items[0] for what, items in _by(each, "what").items()} for each in (old, new))
    for what in dict.fromkeys((*after, *before)):
        if what not in before:
            yield change("data_new", what=_told(after[what]["what"]))
        elif what not in after:
            yield change("data_gone", what=_told(before[what]["what"]))
        elif before[what]["keep"] != after[what]["keep"]:
            keeps = {"old": _told(before[what]["keep"]), "new": _told(after[what]["keep"])}
            yield change("keep_rule", what=_told(after[what]["what"]), **keeps)
        elif before[what] != after[what]:
            yield change("statement", what=_told(after[what]["what"]))


def _told(text: Any) -> Any:
    """Return what the shop wrote, such that changes can be compared."""
    return tuple(text.items()) if isinstance(text, dict) else text


# How long


def _keeps(old: Json, new: Json) -> Iterator[Change]:
    """Yield what is kept for another time, all kinds of data with the same two spans in one line."""
    moved: dict[tuple[Named, Named], list[str]] = {}
    before, after = _columns(old["items"]), _columns(new["items"])
    for key in [each for each in after if each in before]:
        was, now = _rule(old, before[key]), _rule(new, after[key])
        if was != now:
            both = (Named("span", days=was.days), Named("span", days=now.days)) if was.days and now.days else (was, now)
            kinds = moved.setdefault(both, [])
            kinds += [kind for kind in [after[key]["category"]] if kind not in kinds]
    for (was, now), kinds in moved.items():
        what = tuple(Named("categories", kind) for kind in kinds)
        yield change("keep_span" if was.section == "span" else "keep_rule", what=what, new=now, old=was)


def _rule(facts: Json, item: Json) -> Named:
    return Named("keeps", item["keep"], facts["keeps"][item["keep"]])


# Who else, and cookies


def _others(old: Json, new: Json) -> Iterator[Change]:
    for key in [each for each in new["recipients"] if each not in old["recipients"]]:
        yield change("other_new", name=Named("tables", key))
    for key in [each for each in old["recipients"] if each not in new["recipients"]]:
        yield change("other_gone", name=Named("tables", key))
    for part in ("others", "abroad"):
        before, after = ({name: rows[0] for name, rows in _by(each[part], "name").items()} for each in (old, new))
        for name in dict.fromkeys((*after, *before)):
            row = after.get(name) or before[name]
            code = "other_new" if name not in before else "other_gone" if name not in after else "other_changed"
            if before.get(name) != after.get(name):
                yield change(code, name=_told(row["name"]))
    yield from _cookies([*old["cookies"], *old["own_cookies"]], [*new["cookies"], *new["own_cookies"]])


def _cookies(old: Sequence[Json], new: Sequence[Json]) -> Iterator[Change]:
    before, after = ({each["name"]: each for each in cookies} for cookies in (old, new))
    for name in dict.fromkeys((*after, *before)):
        if name not in before:
            yield change("cookie_new", name=name)
        elif name not in after:
            yield change("cookie_gone", name=name)
        elif before[name] != after[name]:
            yield _cookie(name, before[name], after[name])


def _cookie(name: str, old: Json, new: Json) -> Change:
    if "days" in old and "days" in new:
        return change(
            "cookie_keep", name=name, new=Named("span", days=new["days"]), old=Named("span", days=old["days"])
        )
    return change("statement", what=name)


# What is done


_SWITCHES = {"mails": "mails", "sellers": "sellers", "rated": "rating", "both": "both", "rewards": "reward"}


def _how(old: Json, new: Json) -> Iterator[Change]:
    for name, code in _SWITCHES.items():
        if old[name] != new[name]:
            yield change(f"{code}_on" if new[name] else f"{code}_off")
    if old["mail_basis"] != new["mail_basis"] and new["mails"]:
        yield change("basis_mails")
    if old["ask_after"] != new["ask_after"] and new["mails"]:
        yield change("ask_after", old=old["ask_after"], new=new["ask_after"])
    if old["window"] != new["window"] and new["both"]:
        yield change("window", old=old["window"], new=new["window"])
    yield from _reminder(old["remind_after"], new["remind_after"], mails=new["mails"])


def _reminder(old: int | None, new: int | None, *, mails: bool) -> Iterator[Change]:
    if old == new or not mails:
        return
    if old is None or new is None:
        yield change("remind_off" if new is None else "remind_on")
    else:
        yield change("remind_after", old=old, new=new)


# What the shop says


def _whole(old: Json, new: Json) -> Iterator[Change]:
    if old["whole"] != new["whole"]:
        yield change("whole_on" if new["whole"] else "whole_off")
    if old["who"] != new["who"]:
        yield change("who")


def _statements(old: Json, new: Json) -> Iterator[Change]:
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            yield change("statement", what=Named("statements", name))
