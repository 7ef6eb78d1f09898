"""Every address below the prefix, each with its endpoint, view and methods."""

from __future__ import annotations

from typing import Any

from .account import routes as account_routes
from .desk.owner import routes as owner_routes
from .lazy import lazy
from .privacy.page import routes as privacy_routes

# Imported by the first request to one of their addresses.
desk_views = lazy("desk.views")
reply_views = lazy("desk.replies.views")
invitation_views = lazy("invitations.views")
staff_views = lazy("moderation.desk")
moderation_views = lazy("moderation.views")
rating_views = lazy("ratings.views")
outside = lazy("reputation.outside")
votes = lazy("reputation.votes")
reputation_views = lazy("reputation.views")
explained_views = lazy("reputation.explained.views")
yearly_views = lazy("reputation.yearly.views")
submission_views = lazy("submission.views")

Route = tuple[str, str, Any, tuple[str, ...]]

ROUTES: list[Route] = [
    ("/", "home", reputation_views.home, ("GET",)),
    ("/products/<product_id>", "product", reputation_views.product, ("GET",)),
    ("/sellers/<seller_id>", "seller", reputation_views.seller, ("GET",)),
    ("/buyers/<public_id>", "buyer", reputation_views.buyer, ("GET",)),
    ("/reviews/<public_id>", "review", reputation_views.review, ("GET",)),
    ("/reviews/<public_id>/helpful", "helpful", votes.helpful, ("POST",)),
    ("/products/<product_id>/feed.atom", "product_feed", outside.product_feed, ("GET",)),
    ("/sellers/<seller_id>/feed.atom", "seller_feed", outside.seller_feed, ("GET",)),
    ("/badges/<kind>/<key>.svg", "badge", outside.badge, ("GET",)),
    ("/sitemap.xml", "sitemap", outside.sitemap, ("GET",)),
    ("/sitemap-<int:part>.xml", "sitemap_part", outside.sitemap_part, ("GET",)),
    ("/how-reviews-work", "how_reviews_work", explained_views.how_reviews_work, ("GET",)),
    ("/rate/<token>", "rate", submission_views.rate, ("GET", "POST")),
    ("/orders/<order_id>", "order", desk_views.order, ("GET", "POST")),
    ("/desk/deals", "deals", desk_views.deals, ("GET", "POST")),
    ("/reviews/<public_id>/report", "report_review", moderation_views.report_review, ("GET", "POST")),
    ("/ratings/<public_id>/report", "report_rating", moderation_views.report_rating, ("GET", "POST")),
    ("/reviews/<public_id>/reply/report", "report_review_reply", moderation_views.report_review_reply, ("GET", "POST")),
    ("/ratings/<public_id>/reply/report", "report_rating_reply", moderation_views.report_rating_reply, ("GET", "POST")),
    ("/cases/<token>", "case", moderation_views.case, ("GET", "POST")),
    ("/log", "log", moderation_views.log, ("GET",)),
    ("/log/<int:year>", "yearly", yearly_views.yearly, ("GET",)),
    ("/log/<int:year>.json", "yearly_json", yearly_views.yearly_json, ("GET",)),
    ("/log/<int:year>.csv", "yearly_csv", yearly_views.yearly_csv, ("GET",)),
    ("/desk/reports", "reports", staff_views.reports, ("GET", "POST")),
    ("/desk/reports/<int:case_id>", "report", staff_views.report, ("GET", "POST")),
    ("/receipts/<token>", "receipt", rating_views.receipt, ("GET",)),
    ("/replies/<token>", "reply_by_link", reply_views.reply_by_link, ("GET", "POST")),
    ("/reviews/<public_id>/reply", "reply", reply_views.reply, ("GET", "POST")),
    ("/unsubscribe/<token>", "unsubscribe", invitation_views.unsubscribe, ("GET", "POST")),
    *account_routes.ROUTES,
    *owner_routes.ROUTES,
    *privacy_routes.ROUTES,
]

#: Exempt from the host's form tokens: opened by mail programs and from mails, where the secret link stands in for one,
#: or with a token of our own that is bound to who is signed in.
LINK_VIEWS = (
    submission_views.rate,
    invitation_views.unsubscribe,
    desk_views.order,
    desk_views.deals,
    reply_views.reply_by_link,
    reply_views.reply,
    votes.helpful,
    moderation_views.report_review,
    moderation_views.report_rating,
    moderation_views.report_review_reply,
    moderation_views.report_rating_reply,
    moderation_views.case,
    staff_views.reports,
    staff_views.report,
    *account_routes.WITH_FORMS,
    *owner_routes.WITH_FORMS,
)
