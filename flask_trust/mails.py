"""Every kind of mail, under the name that stands in its row of the outbox."""

from __future__ import annotations

from .account.mails import OwnLinkMail
from .desk.replies.mails import RatingRepliedMail, ReviewRepliedMail
from .invitations.mails import RequestMail
from .mail.sending import MailKind
from .moderation.mails import ReasonsMail, ReportOutcomeMail, ReportReceiptMail
from .moderation.replies.mails import ReplyReasonsMail
from .privacy.page.mails import PolicyMail
from .ratings.mails import NoArrivalMail, OpenedMail, WrittenMail
from .ratings.receipt_mails import ReceiptMail
from .ratings.seller_mails import SellerNewsMail, SellerReceiptMail


def mail_kinds() -> dict[str, MailKind]:
    """Return what composes each kind of mail."""
    request = RequestMail()
    return {
        "request": request,
        "reminder": request,
        "receipt": ReceiptMail(),
        "written": WrittenMail(),
        "opened": OpenedMail(),
        "no_arrival": NoArrivalMail(),
        "seller_news": SellerNewsMail(),
        "seller_receipt": SellerReceiptMail(),
        "case_receipt": ReportReceiptMail(),
        "case_outcome": ReportOutcomeMail(),
        "case_reasons": ReasonsMail(),
        "reply_reasons": ReplyReasonsMail(),
        "policy": PolicyMail(),
        "own_link": OwnLinkMail(),
        "replied": ReviewRepliedMail(),
        "rating_replied": RatingRepliedMail(),
    }
