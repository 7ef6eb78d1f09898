"""Proving that every total equals a recount, and that nothing a shop needs is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from .. import links
from ..db import transaction
from ..errors import TrustError
from ..i18n import _, ngettext
from ..invitations.queries import tally
from ..mail.queries import count_by_state
from ..moderation.contents import MODELS
from ..moderation.queries import hidden_by_nobody
from ..moderation.replies.actions import show_replies_nobody_hid
from ..moderation.replies.queries import replies_hidden_by_nobody
from ..moderation.upkeep.actions import show_what_nobody_hid
from ..orders.queries import delivered_count
from ..privacy.catalogue import entries
from ..privacy.laws.missing import missing, missing_lines
from ..privacy.page.editions import find_standing, reworded
from ..privacy.retention.queries import overdue
from ..privacy.rights.actions import erase_leftover
from ..privacy.rights.queries import count_late, ownerless
from ..privacy.shop_part import read_shop_part
from ..reviews.families.actions import bring_home
from ..reviews.families.queries import misplaced
from ..settings import Settings
from ..state import State
from .adapter import faults_of_adapter, nobody_decides, nobody_is_known
from .helpful.actions import repair_votes, wrong_votes
from .totals import Place, differences
from .words import hidden_words, overdue_words

#: Addresses of the machine itself, where nobody can listen in.
LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: Characters of a key that nobody guesses by trying; "dev" is tried first.
SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, in plain words; `repairable` where --repair mends it.

    `english` where the words are so in every language: they name parts of the shop's own code or files. `later` where
    it stops no mail and no review, and can wait until the shop goes live.
    """

    words: str
    repairable: bool = False
    english: bool = False
    later: bool = False
    #: What to type, which is in English in every language, too: it goes by the names of keys.
    typed: str = ""

    @property
    def line(self) -> str:
        """Return all of it."""
        return f"{self.words} {self.typed}" if self.typed else self.words


def check(state: State, *, repair: bool = False) -> list[Finding]:
    """Return what is wrong, an empty list where all is well; with `repair`, totals are mended and re-checked."""
    return list(look(state, Place(), repair=repair))


def look(state: State, place: Place, *, repair: bool = False) -> Iterator[Finding]:
    """Yield the same one after the other, counting again from a place on; the place moves along."""
    yield from _hidden(state, repair=repair)  # first: totals follow
    yield from _ownerless(state, repair=repair)
    yield from _families(state, repair=repair)
    yield from _totals(state, place, repair=repair)
    yield from _votes(state, repair=repair)
    yield from state.read(_requests)
    yield from state.read(_outbox)
    yield from _late_requests(state)
    yield from _settings(state)
    yield from (Finding(words, english=True) for words in faults_of_adapter(state))
    yield from (Finding(words) for words in nobody_is_known())
    yield from (Finding(words) for words in nobody_decides(state))
    yield from _policy(state)
    yield from _versions(state)
    yield from _overdue(state)
    yield from _links()


def _totals(state: State, place: Place, *, repair: bool) -> Iterator[Finding]:
    yield from (Finding(words, repairable=True) for words in differences(state, place, repair=repair))


def _votes(state: State, *, repair: bool) -> list[Finding]:
    wrong = state.read(wrong_votes)
    if wrong and repair:
        transaction(state, lambda session: repair_votes(session, wrong))
        wrong = state.read(wrong_votes)
    words = ngettext(
        "%(n)d review says another number of helpful votes than a recount.",
        "%(n)d reviews say another number of helpful votes than a recount.",
        len(wrong),
    )
    return [Finding(words, repairable=True)] if wrong else []


def _requests(session: Session) -> list[Finding]:
    delivered, accounted = delivered_count(session), tally(session).total
    if delivered == accounted:
        return []
    words = ngettext(
        "%(n)d order has arrived, but the number of those asked, waiting or skipped is %(told)d.",
        "%(n)d orders have arrived, but the number of those asked, waiting or skipped is %(told)d.",
        delivered,
        told=accounted,
    )
    return [Finding(words)]


def _hidden(state: State, *, repair: bool) -> Iterator[Finding]:
    for kind in MODELS:
        if repair and state.read(lambda session: hidden_by_nobody(session, kind)):  # noqa: B023 run at once
            transaction(state, lambda session: show_what_nobody_hid(session, kind))  # noqa: B023 run at once
        if number := state.read(lambda session: hidden_by_nobody(session, kind)):  # noqa: B023 run at once
            yield Finding(hidden_words(kind, number), repairable=True)
    if repair and state.read(replies_hidden_by_nobody):
        transaction(state, show_replies_nobody_hid)
    if number := state.read(replies_hidden_by_nobody):
        yield Finding(hidden_words(None, number), repairable=True)


def _ownerless(state: State, *, repair: bool) -> list[Finding]:
    if repair:
        for number in state.read(ownerless):
            transaction(state, lambda session: erase_leftover(session, state, number))  # noqa: B023 run at once
    left = state.read(ownerless)
    words = ngettext(
        "%(n)d review or rating belongs to somebody who was erased: nobody else could delete it.",
        "%(n)d reviews and ratings belong to somebody who was erased: nobody else could delete them.",
        sum(left.values()),
    )
    return [Finding(words, repairable=True)] if left else []


def _families(state: State, *, repair: bool) -> list[Finding]:
    wrong = state.read(misplaced)
    if wrong and repair:
        for product in wrong:
            transaction(state, lambda session: bring_home(session, product, state.clock()))  # noqa: B023 run at once
        wrong = state.read(misplaced)
    words = ngettext(
        "%(n)d product has reviews that count for something else than the product's family.",
        "%(n)d products have reviews that count for something else than the product's family.",
        len(wrong),
    )
    return [Finding(words, repairable=True)] if wrong else []


def _outbox(session: Session) -> list[Finding]:
    given_up = count_by_state(session).get("held", 0)
    words = ngettext(
        "%(n)d mail was given up: see %(look)s, then %(retry)s.",
        "%(n)d mails were given up: see %(look)s, then %(retry)s.",
        given_up,
        look="'flask trust mail list'",
        retry="'flask trust mail retry'",
    )
    return [Finding(words)] if given_up else []


def _late_requests(state: State) -> list[Finding]:
    late = state.read(lambda session: count_late(session, state.clock()))
    words = ngettext(
        "%(n)d request about data is late: see %(path)s.",
        "%(n)d requests about data are late: see %(path)s.",
        late,
        path=f"{state.settings.url_prefix}/desk/requests",
    )
    return [Finding(words)] if late else []


def _settings(state: State) -> Iterator[Finding]:
    settings = state.settings
    if not settings.mail_is_on:
        words = _("%(key)s is not set: mails are planned and none is sent.", key="TRUST_MAIL_URL")
        yield Finding(f"{words}{_wanted_too(settings)}")
    address = urlsplit(settings.base_url)
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        words = _(
            "%(key)s begins with http: one-click unsubscribing (%(rfc)s) needs https.",
            key="TRUST_BASE_URL",
            rfc="RFC 8058",
        )
        yield Finding(words, later=True)
    if not settings.shop_name:
        yield Finding(_("%(key)s is not set: readers are not told whose reviews these are.", key="TRUST_SHOP_NAME"))


def _wanted_too(settings: Settings) -> str:
    """Say which settings mail will want as well, so that they do not come out one by one."""
    given = {
        "TRUST_BASE_URL": settings.base_url,
        "TRUST_SHOP_ADDRESS": settings.shop_address,
        "TRUST_MAIL_FROM": settings.mail_from,
        "TRUST_MAIL_BASIS": settings.mail_basis,
    }
    names = [name for name, value in given.items() if not value]
    return " " + _("Mail will want %(names)s as well.", names=", ".join(names)) if names else ""


def _policy(state: State) -> Iterator[Finding]:
    part = read_shop_part(state.settings.policy)
    if part.own_policy and not part.data:
        return  # the shop keeps a policy of its own, and ours is a notice about reviews beside it
    lines = missing_lines(missing(entries(), part, state.settings))
    if not part.given:
        words = _(
            "%(key)s is not set: the privacy page is a notice about reviews only. Write a TOML file with what "
            "follows, or with %(line)s where your shop has a policy elsewhere.",
            key="TRUST_POLICY",
            line='own_policy = "/privacy"',
        )
        yield Finding(words, later=True)
    for what, articles, how in lines:
        words = _("The privacy policy lacks %(what)s (%(articles)s):", what=_(what), articles=articles)
        yield Finding(words, later=True, typed=f"{how}.")


def _versions(state: State) -> Iterator[Finding]:
    standing = find_standing(state)
    if standing.current is not None and (standing.moved or reworded(state, standing)):
        words = _(
            "The privacy page says something else than version %(number)s: %(check)s says what, %(publish)s makes a "
            "new version of it.",
            number=standing.current.number,
            check="'flask trust policy check'",
            publish="'flask trust policy publish'",
        )
        yield Finding(words)


def _overdue(state: State) -> Iterator[Finding]:
    now = state.clock()
    for rule, number in state.read(lambda session: overdue(session, now)).items():
        yield Finding(overdue_words(rule, number))


def _links() -> Iterator[Finding]:
    if 0 < len(current_app.secret_key or "") < SHORTEST_KEY:
        words = _(
            "%(key)s has fewer than %(n)d characters: the links with which people write in their own name could be "
            "guessed. Set it to what this prints:",
            key="SECRET_KEY",
            n=SHORTEST_KEY,
        )
        yield Finding(words, later=True, typed="python -c 'import secrets; print(secrets.token_hex())'")
    try:
        if links.read("rate", links.sign("rate", 1)) is None:
            words = _("A signed link could not be read back: check %(key)s.", key="SECRET_KEY, SECRET_KEY_FALLBACKS")
            yield Finding(words)
    except TrustError as error:
        yield Finding(str(error), english=True)
