"""What a shop can listen to. Each is sent after the commit, with the app as sender and ids only."""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

#: A request for reviews was mailed. Arguments: order_id.
review_requested = _signals.signal("review-requested")
#: A review can be read by everybody from now on. Arguments: review_id, product_id.
review_published = _signals.signal("review-published")
#: An author changed or deleted a review. Arguments: review_id, product_id.
review_changed = _signals.signal("review-changed")
#: What buyer and seller say about each other can be read from now on. Arguments: order_id, seller_id.
rating_revealed = _signals.signal("rating-revealed")
#: A person's data was erased. Arguments: person_id, the shop's own id.
person_erased = _signals.signal("person-erased")
#: Totals moved. Arguments: kind ("product", "family", "seller" or "shop"), subject_id, the shop's own id.
score_changed = _signals.signal("score-changed")
#: Somebody reported a review or rating. Arguments: kind ("review" or "rating"), public_id.
content_reported = _signals.signal("content-reported")
#: Staff decided about a review or rating. Arguments: kind, public_id, step ("keep", "hide", "remove" or "restore").
decision_made = _signals.signal("decision-made")
