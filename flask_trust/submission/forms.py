"""The form behind the link: one row for each arrived line, all of it optional but the stars."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import FieldList, Form, FormField, HiddenField, RadioField, StringField, TextAreaField, ValidationError

from ..i18n import _
from ..ratings.rules import ASPECTS, Obstacle, RatingDraft
from ..reviews.rules import Draft
from ..state import current_state
from ..text import NAME_LENGTH, TEXT_LENGTH, TITLE_LENGTH, TextTooLong, clean_line, clean_text
from ..verdicts.rules import Kind
from ..web.forms import LinkForm, cleaned
from .sheet import Row, SellerRow, Sheet, name_mark

STARS = ("1", "2", "3", "4", "5")
_SELLER_FIELDS = ("stars", *ASPECTS, "text", "note")


def _within(clean: Callable[[str, int], str], limit: int) -> Callable[[Form, Any], None]:
    def check(form: Form, field: Any) -> None:
        cleaned(field, clean, limit)

    return check


class LineForm(Form):
    """The fields of one line; `draft` is what they say, once they are valid."""

    id = HiddenField()
    # Plain strings: WTForms 3.3 no longer wants pairs, and its stubs do not know yet.
    stars = RadioField(choices=[*STARS], validate_choice=False)  # type: ignore[list-item,arg-type,unused-ignore]
    title = StringField(validators=[_within(clean_line, TITLE_LENGTH)])
    text = TextAreaField(validators=[_within(clean_text, TEXT_LENGTH)])

    def validate_stars(self, field: Any) -> None:
        """Only the five buttons count, and words need stars beside them."""
        if field.data and field.data not in STARS:
            raise ValidationError(_("Please choose 1 to 5 stars."))
        if not field.data and (self.title.data or self.text.data or "").strip():
            raise ValidationError(_("Please choose 1 to 5 stars for this, so that your words can be shown."))

    @property
    def is_blank(self) -> bool:
        """Say whether nothing was said about this line."""
        return not (self.stars.data or (self.title.data or "").strip() or (self.text.data or "").strip())

    def draft(self) -> Draft:
        """Return the cleaned words and stars of a valid row."""
        return Draft(int(self.stars.data), clean_line(self.title.data or ""), clean_text(self.text.data or ""))


def _stars_or_none() -> Any:
    # Plain strings: see LineForm.
    return RadioField(choices=[*STARS], validate_choice=False)  # type: ignore[list-item,arg-type,unused-ignore]


class SellerForm(Form):
    """The fields about one seller; `row` is what stands about them, and is set before validating."""

    id = HiddenField()
    stars = _stars_or_none()
    service = _stars_or_none()
    delivery = _stars_or_none()
    presentation = _stars_or_none()
    price = _stars_or_none()
    privacy = _stars_or_none()
    text = TextAreaField(validators=[_within(clean_text, TEXT_LENGTH)])
    note = TextAreaField(validators=[_within(clean_text, TEXT_LENGTH)])

    row: SellerRow | None = None

    def validate_stars(self, field: Any) -> None:
        """Only the five buttons count, all else needs stars beside it, and both need the time to be right."""
        if any(self[name].data and self[name].data not in STARS for name in ("stars", *ASPECTS)):
            raise ValidationError(_("Please choose 1 to 5 stars."))
        if not field.data and not self.is_blank:
            raise ValidationError(_("Please choose 1 to 5 stars for this, so that your words can be shown."))
        if self.row is not None and self.row.obstacle is not None and not self.is_blank and self._is_new(self.row):
            raise ValidationError(obstacle_text(self.row.obstacle))

    def _is_new(self, row: SellerRow) -> bool:
        try:
            return self.draft() != row.said
        except TextTooLong:
            return True

    @property
    def is_blank(self) -> bool:
        """Say whether nothing was said about this seller."""
        words = (self.text.data or "").strip() or (self.note.data or "").strip()
        return not (words or any(self[name].data for name in ("stars", *ASPECTS)))

    def draft(self) -> RatingDraft:
        """Return the cleaned words and stars of a valid row."""
        aspects = {name: int(self[name].data) if self[name].data else None for name in ASPECTS}
        return RatingDraft(
            int(self.stars.data), clean_text(self.text.data or ""), clean_text(self.note.data or ""), **aspects
        )


def obstacle_text(obstacle: Obstacle) -> str:
    """Return why a seller cannot be rated (any more)."""
    texts = {
        "over": _("The time for this rating is over."),
        "too_late": _("This rating could be changed for 60 days after it could be read."),
        "revised": _("A rating that others can read can be changed once, and this one was."),
        "insider": _("You work for this seller, so you cannot rate them."),
    }
    return texts.get(obstacle, _("This seller cannot be rated."))


class RateForm(LinkForm):
    """All rows of one order, its sellers, the public name, and what the page was drawn from (`once`)."""

    line = FieldList(FormField(LineForm))
    seller = FieldList(FormField(SellerForm))
    public_name = StringField(validators=[_within(clean_line, NAME_LENGTH)])
    once = HiddenField()
    action = HiddenField()

    def validate_public_name(self, field: Any) -> None:
        """Keep people from publishing their address by mistake."""
        # Compatibility forms such as the wide "＠" are read as an address too.
        if "@" in unicodedata.normalize("NFKC", field.data or ""):
            raise ValidationError(_("This looks like an e-mail address. Please choose a name that may be public."))
        shop = current_state().settings.shop_name.casefold()
        if shop and shop in (field.data or "").casefold():
            raise ValidationError(_("This looks like the shop's own name. Please choose another one."))


def fresh_form(sheet: Sheet, link: str, preset: tuple[int, str] | None = None) -> RateForm:
    """Return the form as a GET shows it: what was said so far, nothing preset but the star of a mail's link.

    `preset` is the place of a line in its order, and its stars.
    """
    rows = [_said(row) for row in sheet.rows]
    sellers = [_said_of_seller(row) for row in sheet.sellers]
    for row, words in zip(sheet.rows, rows, strict=True):
        if preset is not None and row.place == preset[0]:
            words["stars"] = preset[1]
    data = {"line": rows, "seller": sellers, "public_name": sheet.buyer.public_name, "once": sheet.fingerprint}
    return RateForm(meta={"csrf_context": link}, data=data)


def _said(row: Row) -> dict[str, str]:
    review = row.given
    words = {"id": row.line.key, "stars": "", "title": "", "text": ""}
    if review is not None:
        words |= {"stars": str(review.stars), "title": review.title, "text": review.text}
    return words


def _said_of_seller(row: SellerRow) -> dict[str, str]:
    words = {"id": row.key} | dict.fromkeys(_SELLER_FIELDS, "")
    if row.said is not None:
        words |= {name: str(value) for name, value in asdict(row.said).items() if value is not None}
    return words


def posted_form(sheet: Sheet, link: str, posted: MultiDict[str, str]) -> RateForm:
    """Return the form as it was posted, its rows in the order of the sheet whatever their numbers were."""
    form = RateForm(MultiDict(_in_order(sheet, posted)), meta={"csrf_context": link})
    for row, entry in zip(sheet.sellers, form.seller, strict=True):
        entry.form.row = row
    return form


def _in_order(sheet: Sheet, posted: MultiDict[str, str]) -> dict[str, str]:
    """Number the posted rows by what they name; rows of other orders fall out, missing ones stay blank."""
    values = {name: posted.get(name, "") for name in ("form_token", "public_name", "once", "action")}
    values |= _renumbered("line", [row.line.key for row in sheet.rows], ("stars", "title", "text"), posted)
    return values | _renumbered("seller", [row.key for row in sheet.sellers], _SELLER_FIELDS, posted)


def _renumbered(kind: str, keys: Sequence[str], names: Sequence[str], posted: MultiDict[str, str]) -> dict[str, str]:
    start = len(kind) + 1
    numbers = {posted[name]: name[start:-3] for name in posted if name.startswith(f"{kind}-") and name.endswith("-id")}
    values = {}
    for index, key in enumerate(keys):
        values[f"{kind}-{index}-id"] = key
        for name in names:
            values[f"{kind}-{index}-{name}"] = posted.get(f"{kind}-{numbers.get(key)}-{name}", "")
    return values


def stale(form: RateForm, sheet: Sheet) -> bool:
    """Say whether the form was drawn before the last change and would undo it.

    A mail scanner that repeats an old POST, or a second window, must not overwrite what was said later.
    """
    if form.once.data == sheet.fingerprint:
        return False
    rows = zip(sheet.rows, form.line, strict=True)
    sellers = zip(sheet.sellers, form.seller, strict=True)
    differs = any(_differs(row, entry.form) for row, entry in rows if not entry.errors)
    differs = differs or any(_differs_on_seller(row, entry.form) for row, entry in sellers if not entry.errors)
    return differs or chosen_name(form, sheet) != sheet.buyer.public_name


def stands_already(form: RateForm, sheet: Sheet) -> bool:
    """Say whether all that a valid form says is stored already, as after a second click."""
    lines = zip(sheet.rows, form.line, strict=True)
    sellers = zip(sheet.sellers, form.seller, strict=True)
    said = all(entry.form.is_blank or entry.form.draft() == row.said for row, entry in lines)
    return said and all(entry.form.is_blank or entry.form.draft() == row.said for row, entry in sellers)


def mark_refused(form: RateForm, sheet: Sheet, refused: Container[tuple[Kind, int]]) -> None:
    """Say beside words that staff has taken down before why they cannot be published again."""
    words = _("The shop's staff has taken down these very words before. Please write it in another way, or object.")
    for row, entry in zip(sheet.rows, form.line, strict=True):
        if ("review", row.line.id) in refused:
            entry.form.text.errors = [words]
    for seller, about in zip(sheet.sellers, form.seller, strict=True):
        if ("rating", seller.deal.id) in refused:
            about.form.text.errors = [words]


def _differs(row: Row, entry: LineForm) -> bool:
    return row.review is not None and not entry.is_blank and entry.draft() != row.said


def _differs_on_seller(row: SellerRow, entry: SellerForm) -> bool:
    return row.rating is not None and not entry.is_blank and entry.draft() != row.said


def chosen_name(form: RateForm, sheet: Sheet) -> str:
    """Return the public name to keep: the posted one, if it is right and was touched since the page was drawn."""
    if form.public_name.errors:
        return sheet.buyer.public_name
    name = clean_line(form.public_name.data or "")
    # A page left open must not undo a name that was chosen meanwhile on the page of another order.
    untouched = (form.once.data or "").endswith(f"-{name_mark(name)}")
    return sheet.buyer.public_name if untouched else name
