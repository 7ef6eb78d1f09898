"""A real server under a real load tool: requests a second, and how long the slowest of a hundred waits."""

from .report import absent as absent
from .report import section as section
from .run import Plan as Plan
from .run import run as run
from .wrk import unavailable as unavailable
