"""What walks over all rows, beside the same done with SQLAlchemy Core's bulk statements."""

from .report import section as section
from .run import Row as Row
from .run import run as run
