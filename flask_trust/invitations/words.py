"""Why somebody is not asked, or not yet, as screens say it; the shell says the same in `rules.REASONS`."""

from __future__ import annotations

from ..i18n import _


def reason_words() -> dict[str, str]:
    """Return the words for each reason for not asking, in the language of the moment."""
    return {
        "too_old": _("had arrived more than 14 days before we heard of it"),
        "too_late": _("the mail could not leave within 14 days of the planned day"),
        "asked_recently": _("the buyer gets one mail in 7 days at most, and 21 days have passed"),
        "opted_out": _("the buyer wants no such mails"),
        "bounced": _("the buyer's address does not exist"),
        "erased": _("the buyer's data was erased"),
        "no_consent": _("the checkout recorded no permission to write"),
        "no_address": _("the shop has no usable address"),
        "cancelled": _("nothing of the order is left to review"),
        "answered": _("the buyer has written already"),
        "not_mine": _("the reader of the mail did not buy this"),
        "unknown_order": _("the shop no longer knows the order"),
        "refused": _("the mail server refused the mail for good"),
    }


def delay_words() -> dict[str, str]:
    """Return the words for each reason for which an invitation waits longer than planned."""
    return {
        "cap": _("the buyer gets one mail in 7 days at most"),
        "paused": _("a return or dispute is open"),
        "night": _("mails leave by day"),
        "adapter": _("the shop's adapter failed; its log says with what"),
    }
