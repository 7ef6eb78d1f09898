"""The laws that a privacy policy can be checked against."""

from __future__ import annotations

from typing import Literal, get_args

Law = Literal["GDPR", "UK GDPR", "APPI", "PIPA", "CCPA", "PIPL"]
LAWS: tuple[Law, ...] = get_args(Law)
#: Which apply where the shop does not say.
DEFAULT_LAWS: tuple[Law, ...] = ("GDPR", "UK GDPR")
