"""What the shop tells: each call uses the shop's own session, flushes, and never commits or sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Literal, ParamSpec, TypeVar

from flask import current_app
from sqlalchemy.orm import Session

from .. import lookup
from ..addresses import GUEST
from ..clock import as_utc
from ..db import find_or_insert
from ..errors import BadValue
from ..invitations import actions as invitations
from ..invitations.models import Request
from ..links import secret_keys
from ..orders import actions as orders
from ..orders.models import Line, Order
from ..orders.queries import deals_of, newest_orders_of
from ..orders.queries import find as find_order
from ..orders.rules import Evidence, expected_arrival, terms_of
from ..people import actions as people
from ..people.models import Person
from ..people.queries import find as find_person
from ..people.queries import guests
from ..privacy.rights.actions import erase, erase_account, erase_reports
from ..privacy.rights.merging import merge
from ..privacy.rights.queries import is_gone
from ..ratings.notices import invite_without_arrival
from ..ratings.opening import pass_by_choice
from ..reviews.now.queries import reviews_of_lines
from ..shop import Event, clean_id
from ..shop import Order as ShopOrder
from ..state import State
from .models import Cursor

LineIds = Iterable[object] | None
P = ParamSpec("P")
R = TypeVar("R")

GUESTS_AT_ONCE = 50


class OfErased(Exception):
    """The order belonged to somebody who was erased: what is told of it is not noted."""


def unless_erased(event: Callable[P, R]) -> Callable[P, R | None]:
    """Let an event about an order of somebody who was erased do nothing, so that it brings nobody back."""

    @wraps(event)
    def told(*arguments: P.args, **keywords: P.kwargs) -> R | None:
        try:
            return event(*arguments, **keywords)
        except OfErased:
            return None

    return told


class Call:
    """One call of the shop about one order: asks the adapter once and keeps our rows of the order."""

    def __init__(self, session: Session, state: State, order_id: object, told: ShopOrder | None = None) -> None:
        """Note the order as the shop describes it; raises `UnknownOrder`, `BadValue` and `AdapterError`."""
        self.session, self.state, self.now = session, state, state.clock()
        self.told = told or lookup.order(state.shop, clean_id(order_id))
        self.order: Order
        days, self.terms = state.settings.arrival_days, terms_of(state.settings)
        self.order, self._lines = orders.note(session, self.told, self._buyer(), days, self.terms, self.now)

    def _buyer(self) -> int:
        """Return our number of the buyer; raises `OfErased` for an order of somebody who was erased."""
        if find_order(self.session, self.told.id) is None and is_gone(self.session, self.told.id):
            raise OfErased
        return people.enrol(self.session, self.told.buyer, self.now).id

    def lines(self, line_ids: LineIds) -> list[Line]:
        """Return the lines that are meant; raises `BadValue` for one the order does not have."""
        wanted = None if line_ids is None else [clean_id(each) for each in line_ids]
        return orders.chosen(self._lines, wanted)

    def moment(self, at: datetime | None) -> datetime:
        """Return when it happened: now unless told, never in the future and never before the order."""
        return self.now if at is None else min(max(as_utc(at), self.order.placed_at), self.now)

    def arrive(self, lines: Iterable[Line], at: datetime, by: Evidence) -> None:
        """Note that lines have arrived, which opens their deals."""
        if orders.arrive(self.session, self.order, lines, at, by, self.terms, self.now):
            self.open_up()

    def open_up(self) -> None:
        """Let sellers who never rate buyers pass in what has just opened."""
        pass_by_choice(self.session, deals_of(self.session, self.order.id), self.now)

    def plan(self, *, even_old: bool) -> Request | None:
        """Plan the mail about what has arrived so far."""
        return invitations.plan(
            self.session, self.order, self._lines, self.told.buyer, self.state.settings, self.now, even_old=even_old
        )


@unless_erased
def placed(session: Session, state: State, order_id: object, *, told: ShopOrder | None = None) -> None:
    """Note an order, so that it is missed when it never arrives."""
    Call(session, state, order_id, told)


@unless_erased
def shipped(
    session: Session,
    state: State,
    order_id: object,
    line_ids: LineIds,
    at: datetime | None,
    *,
    told: ShopOrder | None = None,
) -> None:
    """Note that lines are on their way."""
    call = Call(session, state, order_id, told)
    orders.ship(session, call.order, call.lines(line_ids), call.moment(at), state.settings.arrival_days)


@unless_erased
def delivered(
    session: Session,
    state: State,
    order_id: object,
    line_ids: LineIds = None,
    at: datetime | None = None,
    *,
    by: Evidence = "told",
    told: ShopOrder | None = None,
    even_old: bool = False,
) -> Request | None:
    """Note that lines have arrived and plan the mail; returns the plan, None where nothing is there to ask about."""
    call = Call(session, state, order_id, told)
    lines = call.lines(line_ids)
    if line_ids is None:
        # What was cancelled of an order does not come with the rest; that it came after all has to be said of it.
        lines = [line for line in lines if line.cancelled_at is None] or lines
    call.arrive(lines, call.moment(at), by)
    return call.plan(even_old=even_old)


@unless_erased
def cancelled(
    session: Session,
    state: State,
    order_id: object,
    line_ids: LineIds,
    by: Literal["buyer", "seller"],
    paid: bool,
    *,
    told: ShopOrder | None = None,
) -> None:
    """Note that lines will not come; what has arrived stays ratable."""
    if by not in ("buyer", "seller"):
        raise BadValue(f'by must be "buyer" or "seller", not {by!r}')
    call = Call(session, state, order_id, told)
    lines = call.lines(line_ids)
    # Where an arrival was only guessed, what the buyer wrote about the thing shows that it came.
    written = reviews_of_lines(session, [line.id for line in lines])
    lines = [line for line in lines if line.id not in written]
    orders.cancel(session, call.order, lines, by, paid, call.terms, call.now)
    call.open_up()
    invite_without_arrival(session, deals_of(session, call.order.id), call.now)


@unless_erased
def paused(session: Session, state: State, order_id: object, until: datetime) -> None:
    """Postpone the mail while a return or dispute is open, by 14 days at most."""
    call = Call(session, state, order_id)
    orders.pause(session, call.order, as_utc(until), call.now)
    invitations.look_again(session, call.order)


@unless_erased
def returned(session: Session, state: State, order_id: object, line_ids: LineIds, reason: str | None) -> None:
    """Note that lines were sent back; they stay ratable and nothing written about them changes."""
    call = Call(session, state, order_id)
    orders.give_back(session, call.order, call.lines(line_ids), reason, call.now)


def _known(session: Session, state: State, key: str) -> Person | None:
    """Return a person by the shop's id; a guest is also found whose id was made with an older secret key."""
    person = find_person(session, key)
    if person is None and key.startswith(GUEST) and len(secret_keys(current_app)) > 1:
        _give_guests_new_ids(session, state)
        person = find_person(session, key)
    return person


def _give_guests_new_ids(session: Session, state: State) -> None:
    """Ask the shop for the buyers of guests' orders: enrolling them moves their ids to the present secret key."""
    numbers = guests(session)
    for start in range(0, len(numbers), GUESTS_AT_ONCE):
        keys = newest_orders_of(session, numbers[start : start + GUESTS_AT_ONCE])
        for told in lookup.orders(state.shop, keys).values():
            people.enrol(session, told.buyer, state.clock())


def merged(session: Session, state: State, old_id: object, new_id: object) -> None:
    """Give everything of one account to another."""
    old = _known(session, state, clean_id(old_id))
    if old is None:
        return
    now = state.clock()
    new = find_person(session, clean_id(new_id)) or people.make(session, clean_id(new_id), now)
    if old.id == new.id:
        return
    merge(session, old, new, now)


def erased(
    session: Session, state: State, person_id: object, wish: people.Wish = "shop"
) -> Literal["person", "reports", "nothing"]:
    """Erase what a person has written and what ties our rows to them; say what of them was here.

    Of an account that became part of another only its own traces go: what it wrote belongs to the other now.
    """
    key = clean_id(person_id)
    account = people.merged_account(session, key)
    if account is not None:
        erase_account(session, state, account, wish, state.clock())
        return "person"
    email = lookup.email_for_erasure(state.shop, key)
    person = _known(session, state, key)
    if person is not None:
        erase(session, state, person, wish, email=email)
        return "person"
    return "reports" if email and erase_reports(session, state, email, wish) else "nothing"


def bounced(session: Session, state: State, person_id: object) -> None:
    """Write no more mails to a person whose address does not exist."""
    person = _known(session, state, clean_id(person_id))
    if person is not None:
        people.note_bounce(session, person, state.clock())


def apply_event(session: Session, state: State, event: Event, told: ShopOrder, *, even_old: bool = False) -> None:
    """Carry out one event that the shop told when asked, about an order it has described already."""
    match event.kind:
        case "placed":
            placed(session, state, event.order_id, told=told)
        case "shipped":
            shipped(session, state, event.order_id, event.line_ids, event.at, told=told)
        case "delivered":
            delivered(session, state, event.order_id, event.line_ids, event.at, told=told, even_old=even_old)
        case "cancelled":
            cancelled(session, state, event.order_id, event.line_ids, "buyer", paid=False, told=told)


@unless_erased
def assume_arrived(session: Session, state: State, order_id: str, told: ShopOrder | None) -> None:
    """Take lines as arrived that should be there by now and nobody has told about; the mail will ask."""
    if told is None:
        orders.expect_nothing(session, order_id)
        return
    call = Call(session, state, order_id, told)
    days = state.settings.arrival_days
    for line in call.lines(None):
        guess = expected_arrival(call.order.placed_at, call.order.promised_at, line.shipped_at, days)
        if line.expected_at is not None and line.expected_at <= call.now and guess is not None:
            call.arrive([line], guess.at, guess.by)
    call.plan(even_old=False)


def remember(session: Session, name: str, at: datetime) -> None:
    """Note up to which moment a poll has come; it never goes back."""
    cursor = find_or_insert(session, Cursor, {"name": name}, {"at": at})
    cursor.at = max(cursor.at, at)
