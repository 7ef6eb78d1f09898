"""Every room's tables: whoever imports this has all of them in our metadata.

Their modules do without `from __future__ import annotations`: SQLAlchemy would have to read each column's type out of a
text, which takes a tenth of the time that they need to be imported.
"""

from .intake import models as intake
from .invitations import models as invitations
from .journal import models as journal
from .limits import models as limits
from .mail import models as mail
from .moderation import models as moderation
from .orders import models as orders
from .people import models as people
from .privacy.rights import models as rights
from .privacy.versions import models as policy
from .ratings import models as ratings
from .reviews import models as reviews
from .reviews.replies import models as replies
from .reviews.votes import models as votes
from .scores import models as scores
from .verdicts import models as verdicts

#: The modules that hold tables; a room's new models.py is added here.
TABLES = (
    intake, invitations, journal, limits, mail, moderation, orders, people, policy, ratings, replies, reviews, rights,
    scores, verdicts, votes,
)  # fmt: skip
