"""What the owner's pages show, put together from our own rows and what the shop says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy.orm import Session

from ... import lookup
from ...intake.queries import last_seen
from ...invitations.queries import Tally, tally
from ...jobs.due import LAST_RUN
from ...mail.models import OPEN, Outgoing
from ...mail.queries import count_by_state
from ...mail.rules import ABOUT_ORDERS
from ...moderation.queries import counts_waiting
from ...orders.models import Order
from ...orders.naming import Bought, OrderName, name_orders
from ...orders.queries import bought_in
from ...privacy.rights.queries import open_requests
from ...reviews.families.queries import find_home
from ...scores.queries import find_subject_id
from ...shop import SHOP_SELLER
from ...state import State
from ..queries import Unanswered, unanswered_ratings
from ..sheets import seller_names
from .queries import (
    Asked,
    NotArrived,
    QueueRow,
    find_mails,
    find_not_arrived,
    find_queue,
    find_requests,
    find_unanswered,
    seen_so_far,
)
from .rules import Queue, RequestState, Spot, Started


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: whether they run the shop, and the sellers they speak for with their names."""

    key: str
    staff: bool
    sellers: Mapping[str, str]

    @property
    def answerable(self) -> Mapping[str, str]:
        """Return the sellers in whose name this person may reply; who runs the shop may for the shop itself."""
        return {SHOP_SELLER: "", **self.sellers} if self.staff else self.sellers


def read_viewer(state: State, key: str, wanted: str | None = None) -> Viewer | None:
    """Return what somebody may see here, None for nothing; raises `AdapterError`.

    A seller's `people` who do not act for them otherwise come from a mail, which names the seller that is `wanted`.
    """
    staff, mine = lookup.runs_shop(state.shop, key), lookup.sellers_spoken_for(state.shop, key)
    if wanted and wanted != SHOP_SELLER and wanted not in mine:
        mine = [*mine, *lookup.speaks_for(state.shop, key, [wanted])]
    return Viewer(key, staff, seller_names(state, mine)) if staff or mine else None


def how_far(state: State) -> Started:
    """Return how far the shop has come with setting up; raises `AdapterError`."""
    settings, now = state.settings, state.clock()
    order, arrival, sent = state.read(seen_so_far)
    run = state.read(lambda session: last_seen(session, LAST_RUN))
    people = lookup.sellers(state.shop, [SHOP_SELLER])[SHOP_SELLER].people
    # A market that sells nothing itself has nobody to tell; its sellers are asked about one by one.
    sells_itself = state.read(lambda session: find_subject_id(session, "seller", SHOP_SELLER)) is not None
    return Started(
        settings.shop_name,
        settings.base_url,
        settings.mail_is_on,
        order,
        arrival,
        sent,
        run,
        bool(people) or (order and not sells_itself),
        now,
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many things wait for the owner, by the page on which they are dealt with."""

    reports: int
    objections: int
    requests: int
    mails: int

    @property
    def anything(self) -> bool:
        """Say whether there is something to do."""
        return bool(self.reports or self.objections or self.requests or self.mails)


def what_waits(state: State) -> Waiting:
    """Return how much waits for a decision, an answer or another try."""

    def read(session: Session) -> Waiting:
        cases = counts_waiting(session)
        given_up = count_by_state(session).get("held", 0)
        return Waiting(cases.get("open", 0), cases.get("appealed", 0), len(open_requests(session)), given_up)

    return state.read(read)


def titles(state: State, rows: Iterable[QueueRow]) -> dict[str, str]:
    """Return the names of the products of these reviews by the shop's ids, asked in one batch."""
    stored = {row.product_key: row.product_title or row.product_key for row in rows}
    known = lookup.or_nothing(lookup.products, state.shop, stored)
    return stored | {key: product.name for key, product in known.items()}


def queue_page(state: State, queue: Queue, after: Spot | None) -> tuple[list[QueueRow], Spot | None]:
    """Return one page of the owner's list of reviews, and where the next begins."""

    def read(session: Session) -> tuple[list[QueueRow], Spot | None]:
        subject = find_home(session, queue.product) if queue.product is not None else None
        if queue.product is not None and subject is None:
            return [], None
        return find_queue(session, queue, subject, after, state.clock())

    return state.read(read)


@dataclass(frozen=True, slots=True)
class Due:
    """What waits for a reply: reviews from a place on, and on the first page ratings by seller."""

    reviews: Sequence[QueueRow]
    next_number: int | None
    ratings: Mapping[str, Sequence[Unanswered]]
    #: What to call the orders of these ratings, by our number of the deal.
    names: Mapping[int, OrderName]


def due_replies(state: State, sellers: Sequence[str], before: int | None) -> Due:
    """Return what these sellers can still reply to."""

    def read(session: Session) -> tuple[Due, dict[int, Bought]]:
        now = state.clock()
        found = ((key, find_subject_id(session, "seller", key)) for key in sellers)
        known = {key: number for key, number in found if number is not None}
        reviews, number = find_unanswered(session, sorted(known.values()), before, now)
        first = known if before is None else {}
        ratings = {key: unanswered_ratings(session, seller, now) for key, seller in first.items()}
        bought = bought_in(session, [row.deal_id for rows in ratings.values() for row in rows])
        return Due(reviews, number, {key: rows for key, rows in ratings.items() if rows}, {}), bought

    due, bought = state.read(read)
    return replace(due, names=name_orders(state, bought))


@dataclass(frozen=True, slots=True)
class Invitations:
    """How many were asked, wait or were skipped and why, and one page of one of these."""

    counts: Tally
    rows: Sequence[Asked]
    next_number: int | None


def invitations(state: State, which: RequestState, before: int | None) -> Invitations:
    """Return one page of the invitations in one state."""
    return state.read(lambda session: Invitations(tally(session), *find_requests(session, which, before)))


def not_arrived(state: State, after: Spot | None) -> tuple[list[NotArrived], Spot | None]:
    """Return one page of what buyers said has not arrived."""
    return state.read(partial(find_not_arrived, after=after))


@dataclass(frozen=True, slots=True)
class Mails:
    """How many mails are in each state, and one page of those that wait or were given up."""

    counts: Mapping[str, int]
    rows: Sequence[Outgoing]
    orders: Mapping[tuple[str, int], str]
    next_number: int | None


def mails(state: State, *, given_up: bool, before: int | None) -> Mails:
    """Return one page of the mails that were given up, or of those that have still to leave."""

    def read(session: Session) -> Mails:
        rows, number = find_mails(session, ("held",) if given_up else OPEN, before)
        wanted = {(row.kind, row.object_id) for row in rows if row.kind in ABOUT_ORDERS}
        orders = {each: order.key for each in wanted if (order := session.get(Order, each[1]))}
        return Mails(count_by_state(session), rows, orders, number)

    return state.read(read)
