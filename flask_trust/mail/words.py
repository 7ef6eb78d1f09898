"""What mails are about, and why one could not be sent, as screens say it; the shell says the same in `cli.mail.WHY`."""

from __future__ import annotations

from ..i18n import _


def kind_words() -> dict[str, str]:
    """Return the words for each kind of mail, in the language of the moment."""
    return {
        "request": _("asks for a review"),
        "reminder": _("reminds of a review"),
        "receipt": _("an author's own words"),
        "written": _("the seller has written"),
        "opened": _("both can be read now"),
        "no_arrival": _("nothing has arrived"),
        "seller_news": _("news for a seller"),
        "seller_receipt": _("a seller's own words"),
        "replied": _("a reply to a review"),
        "rating_replied": _("a reply to a rating"),
        "case_receipt": _("a report has come in"),
        "case_reasons": _("why something was hidden or taken down"),
        "reply_reasons": _("why a reply was hidden or taken down"),
        "case_outcome": _("what became of a report"),
        "own_link": _("the link to somebody's own page"),
        "policy": _("what has changed on the page about privacy"),
    }


def own_kind_words() -> dict[str, str]:
    """Return the words for each kind of mail as its reader would say them, on a person's own page."""
    return {
        "request": _("would you review your order?"),
        "reminder": _("a reminder to review your order"),
        "receipt": _("a copy of what you wrote"),
        "written": _("the seller has written about your order"),
        "opened": _("what the seller wrote about your order can be read"),
        "no_arrival": _("you can rate a seller from whom nothing has arrived"),
        "seller_news": _("news for the seller you work for"),
        "seller_receipt": _("a copy of what you wrote for a seller"),
        "replied": _("a reply to your review"),
        "rating_replied": _("a reply to your rating"),
        "case_receipt": _("your report has come in"),
        "case_reasons": _("why your words were hidden or taken down"),
        "reply_reasons": _("why a reply for the seller you work for was hidden or taken down"),
        "case_outcome": _("what became of your report"),
        "own_link": _("the link to this page"),
        "policy": _("what has changed on the page about privacy"),
    }


def why_words() -> dict[str, str]:
    """Return the words for each reason for which a mail could not be sent."""
    return {
        "adapter": _("the shop's adapter failed; its log says with what"),
        "broken_address": _("the address is not one"),
        "cannot_write": _("the mail could not be written; 'flask trust mail preview ORDER' shows why"),
        "encryption_failed": _("the mail server's certificate could not be checked"),
        "folder": _("the folder cannot be written to"),
        "host_mail": _("the shop's mail extension failed; its log says with what"),
        "login_missing": _("the mail server wants a user and a password in TRUST_MAIL_URL"),
        "login_not_offered": _("the mail server takes no login in the way TRUST_MAIL_URL asks for it"),
        "login_refused": _("the mail server refused user or password"),
        "mail_refused": _("the mail server refused the mail, and its log says why"),
        "no_encryption": _("the server offers no encryption, so no password was sent"),
        "recipient_refused": _("the mail server says that the address does not exist"),
        "relay_refused": _("the mail server takes no mail from us to this address, and its log says why"),
        "sender_refused": _("the mail server refuses TRUST_MAIL_FROM"),
        "server_busy": _("the mail server asked to come back later"),
        "server_down": _("the mail server did not answer"),
        "timeout": _("the mail server took too long"),
        "try_later": _("the mail server asked to come back later"),
        "unclear": _("nobody knows whether it left: twice the sending broke off before the server's answer"),
    }
