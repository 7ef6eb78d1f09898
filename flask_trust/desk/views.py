"""Pages for people who are signed in: how an order stands, and a seller's list. Only a POST changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import i18n, links, lookup
from ..errors import BadValue
from ..moderation.places import author_token_of
from ..people.actions import new_number
from ..ratings.actions import Refused
from ..reviews.rules import guess_language
from ..scores.queries import find_subject_id
from ..shop import clean_id
from ..state import State, current_state
from ..text import clean_text
from ..verdicts.rules import Forbidden
from ..web.frame import personal_page
from ..web.headers import personal
from ..web.places import read_place
from ..web.visitors import for_visitor
from . import actions
from .rules import REPLY_LENGTH
from .sheets import Desk, OwnPart, Sheet, load, seller_desk, seller_names

if TYPE_CHECKING:
    from .forms import ManyForm, PartForm


@for_visitor
def order(viewer: str, order_id: str) -> Response:
    """Show how an order stands to the one who looks, and take what a seller says about it."""
    sheet = _sheet(viewer, order_id)
    if request.method == "POST":
        return _post(sheet)
    if request.args.get("to") == "rate" and sheet.sellers:
        # Led there instead of linked: the scripts in a shop's frame must not find the secret link on the page.
        token = links.sign("rate", sheet.order.id, sheet.order.link_version)
        return personal(redirect(url_for("trust.rate", token=token), 303))
    if request.args.get("to") == "case":
        return _to_case(sheet, request.args.get("seller", ""))
    return _show(sheet)


def _to_case(sheet: Sheet, seller: str) -> Response:
    """Lead a seller's people to the case about their reply, in the same way."""
    cases = (part.reply_withheld[1] for part in sheet.own if part.key == seller)
    number = next(cases, None) or abort(404)
    return personal(redirect(url_for("trust.case", token=author_token_of(number)), 303))


def _sheet(viewer: str, order_id: str) -> Sheet:
    try:
        sheet = load(current_state(), clean_id(order_id), viewer)
    except BadValue:
        abort(404)
    if sheet is None:
        abort(404)
    return sheet


def _show(sheet: Sheet, status: int = 200, posted: PartForm | None = None, **extra: Any) -> Response:
    from .forms import fresh_form, link_of_order, renewed  # WTForms is imported when a form is needed

    link, forms = link_of_order(sheet.viewer, sheet.order.key), {}
    for part in sheet.own:
        mine = posted is not None and posted.seller.data == part.key
        forms[part.key] = renewed(posted, part) if posted is not None and mine else fresh_form(part, link)
    saved = "" if posted else request.args.get("saved", "")
    view: dict[str, Any] = {"sheet": sheet, "forms": forms, "posted": posted, "saved": saved, "over": None} | extra
    return personal_page("trust/desk/order.html", status=status, **view)


def _post(sheet: Sheet) -> Response:
    from .forms import PartForm, link_of_order
    from .replies.forms import taken_down_before

    form = PartForm(request.form, meta={"csrf_context": link_of_order(sheet.viewer, sheet.order.key)})
    part = next((each for each in sheet.own if each.key == form.seller.data), None)
    step = _steps(current_state(), sheet, part, form).get(form.action.data or "") if part else None
    if part is None or step is None:
        abort(404)
    if not form.validate():
        return _show(sheet, 422, form)
    try:
        done = step()
    except Forbidden:
        form.reply.errors = [taken_down_before()]
        return _show(sheet, 422, form)
    except (Refused, actions.Overtaken) as error:
        fresh = _sheet(sheet.viewer, sheet.order.key)
        return _show(fresh, 409, form, over=isinstance(error, Refused))
    saved = "reply-waits" if done is False else form.action.data
    return personal(redirect(url_for("trust.order", order_id=sheet.order.key, saved=saved), 303))


def _steps(state: State, sheet: Sheet, part: OwnPart, form: PartForm) -> dict[str, Callable[[], object]]:
    speaker, deal = actions.Speaker(sheet.viewer, part.deal.seller_id), part.deal.id
    return {
        "answer": lambda: actions.answer(state, speaker, deal, form.draft(), form.seen_version),
        "take-back": lambda: actions.take_back(state, speaker, deal, form.seen_version),
        "pass": lambda: actions.say_nothing(state, speaker, deal, form.seen_version),
        "reply": lambda: _reply(state, speaker, deal, form),
        "delete-reply": lambda: actions.delete_reply(state, speaker, deal, form.replied.data or ""),
    }


def _reply(state: State, speaker: actions.Speaker, deal: int, form: PartForm) -> bool:
    text = clean_text(form.reply.data or "", REPLY_LENGTH)
    return actions.reply(state, speaker, deal, text, guess_language(text, i18n.locale()), form.replied.data or "")


@for_visitor
def deals(viewer: str) -> Response:
    """Show the orders waiting for a seller's rating, and take one answer about many of them."""
    state, mine = current_state(), lookup.sellers_spoken_for(current_state().shop, viewer)
    wanted = request.args.get("seller") or (mine[0] if len(mine) == 1 else "")
    if not (lookup.speaks_for(state.shop, viewer, [wanted]) if wanted and wanted not in mine else mine):
        abort(404)
    if not wanted:
        return personal_page("trust/desk/sellers.html", sellers=seller_names(state, mine))
    after = request.args.get("after")
    place = read_place(after) if after else None
    if after and place is None:
        abort(404)
    desk = seller_desk(state, wanted, viewer, place)
    return _post_many(desk, viewer) if request.method == "POST" else _list(desk, viewer)


def _list(desk: Desk, viewer: str, status: int = 200, posted: ManyForm | None = None) -> Response:
    from .forms import ManyForm, link_of_desk

    form = posted or ManyForm(meta={"csrf_context": link_of_desk(viewer, desk)})
    result = {name: _count(request.args.get(name, "")) for name in ("done", "over")}
    saved = "" if posted else request.args.get("saved", "")
    return personal_page("trust/desk/deals.html", status=status, desk=desk, form=form, saved=saved, **result)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _post_many(desk: Desk, viewer: str) -> Response:
    from .forms import ManyForm, link_of_desk

    form = ManyForm(request.form, meta={"csrf_context": link_of_desk(viewer, desk)})
    form.chosen = tuple(dict.fromkeys(request.form.getlist("order")))
    if not form.validate():
        return _list(desk, viewer, 422, form)
    wish, state = form.action.data or "", current_state()
    if wish in ("never", "always"):
        actions.choose(state, viewer, desk.key, rates=wish == "always")
        return _again(desk, wish)
    if wish not in ("answer", "pass"):
        abort(404)
    return _again(desk, wish, _on_many(state, desk, viewer, form))


def _on_many(state: State, desk: Desk, viewer: str, form: ManyForm) -> dict[actions.Outcome, int]:
    seller = state.read(lambda session: find_subject_id(session, "seller", desk.key))
    speaker = actions.Speaker(viewer, seller or 0)
    if form.action.data == "pass":
        return actions.for_each(state, speaker, form.chosen, partial(actions.say_nothing, state, speaker))
    answer = partial(actions.answer, state, speaker, draft=form.draft(), seen=None, post_id=new_number())
    return actions.for_each(state, speaker, form.chosen, answer)


def _again(desk: Desk, saved: str, outcomes: Mapping[actions.Outcome, int] | None = None) -> Response:
    counts: dict[str, Any] = {str(name): count for name, count in (outcomes or {}).items()}
    return personal(redirect(url_for("trust.deals", seller=desk.key, saved=saved, **counts), 303))
