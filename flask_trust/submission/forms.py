"""The form behind the link: one row for each arrived line, all of it optional but the stars."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import FieldList, Form, FormField, HiddenField, RadioField, StringField, TextAreaField, ValidationError

from ..i18n import _, ngettext
from ..reviews.rules import Draft
from ..state import current_state
from ..text import NAME_LENGTH, TEXT_LENGTH, TITLE_LENGTH, TextTooLong, clean_line, clean_text
from ..web.forms import LinkForm
from .sheet import Row, Sheet, name_mark

STARS = ("1", "2", "3", "4", "5")


def _within(clean: Callable[[str, int], str], limit: int) -> Callable[[Form, Any], None]:
    def check(form: Form, field: Any) -> None:
        try:
            clean(field.data or "", limit)
        except TextTooLong as error:
            raise ValidationError(
                ngettext(
                    "Please shorten this: at most %(limit)d characters, yours has %(n)d.",
                    "Please shorten this: at most %(limit)d characters, yours has %(n)d.",
                    error.length,
                    limit=error.limit,
                )
            ) from None

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


class RateForm(LinkForm):
    """All rows of one order, the public name, and what the page was drawn from (`once`)."""

    line = FieldList(FormField(LineForm))
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
    for row, words in zip(sheet.rows, rows, strict=True):
        if preset is not None and row.place == preset[0]:
            words["stars"] = preset[1]
    data = {"line": rows, "public_name": sheet.buyer.public_name, "once": sheet.fingerprint}
    return RateForm(meta={"csrf_context": link}, data=data)


def _said(row: Row) -> dict[str, str]:
    review = row.shown
    words = {"id": row.line.key, "stars": "", "title": "", "text": ""}
    if review is not None:
        words |= {"stars": str(review.stars), "title": review.title, "text": review.text}
    return words


def posted_form(sheet: Sheet, link: str, posted: MultiDict[str, str]) -> RateForm:
    """Return the form as it was posted, its rows in the order of the sheet whatever their numbers were."""
    return RateForm(_in_order(sheet.rows, posted), meta={"csrf_context": link})


def _in_order(rows: Sequence[Row], posted: MultiDict[str, str]) -> MultiDict[str, str]:
    """Number the posted rows by the lines they name; rows of other orders fall out, missing ones stay blank."""
    numbers = {posted[name]: name[5:-3] for name in posted if name.startswith("line-") and name.endswith("-id")}
    values = {name: posted.get(name, "") for name in ("form_token", "public_name", "once", "action")}
    for index, row in enumerate(rows):
        number = numbers.get(row.line.key)
        values[f"line-{index}-id"] = row.line.key
        for field in ("stars", "title", "text"):
            values[f"line-{index}-{field}"] = posted.get(f"line-{number}-{field}", "")
    return MultiDict(values)


def stale(form: RateForm, sheet: Sheet) -> bool:
    """Say whether the form was drawn before the last change and would undo it.

    A mail scanner that repeats an old POST, or a second window, must not overwrite what was said later.
    """
    if form.once.data == sheet.fingerprint:
        return False
    rows = zip(sheet.rows, form.line, strict=True)
    differs = any(_differs(row, entry.form) for row, entry in rows if not entry.errors)
    return differs or chosen_name(form, sheet) != sheet.buyer.public_name


def _differs(row: Row, entry: LineForm) -> bool:
    return row.review is not None and not entry.is_blank and entry.draft() != row.said


def chosen_name(form: RateForm, sheet: Sheet) -> str:
    """Return the public name to keep: the posted one, if it is right and was touched since the page was drawn."""
    if form.public_name.errors:
        return sheet.buyer.public_name
    name = clean_line(form.public_name.data or "")
    # A page left open must not undo a name that was chosen meanwhile on the page of another order.
    untouched = (form.once.data or "").endswith(f"-{name_mark(name)}")
    return sheet.buyer.public_name if untouched else name
