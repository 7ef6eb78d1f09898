"""Plain text from strangers: the only file that knows bleach.

What people type is plain text. Nothing they type is dropped because it looks like markup ("price<expected>" stays);
it is stored as plain text and escaped again by every template. bleach gets no fixes any more and is quadratic in
nesting, so the length is checked before it runs and no safety rests on it alone.
"""

from __future__ import annotations

import html
import re
import unicodedata

TITLE_LENGTH = 120
TEXT_LENGTH = 5000
NAME_LENGTH = 40
#: Of what the shop calls things, people and orders, so much is shown.
LONGEST_TITLE = 200

# Joiners are part of emoji and of Persian and Indic words; every other format character can mislead a reader.
_JOINERS = "\u200c\u200d"
_DROPPED = {"Cc", "Cf", "Cs", "Co"}
# Letters, marks and a sign by their category, and blank to the eye: fillers of Hangul, Khmer and Braille, a joiner.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_NEVER_SHOWN = re.compile("[\u2065\ufdd0-\ufdef\ufff0-\ufff8\U000e0000-\U000e0fff]")
_MARKS_IN_A_ROW = 4
# bleach rewrites or drops what only begins like markup; only a whole tag is left for it to see.
_NO_TAG = re.compile(r"<(?!/?[A-Za-z][^<>]*>)")


class TextTooLong(ValueError):
    """The text has more characters than allowed; `limit` and `length` say how many."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"{length} characters, at most {limit}")
        self.length = length
        self.limit = limit


def clean_text(value: str, limit: int = TEXT_LENGTH) -> str:
    """Return text of several lines as it is stored; raises `TextTooLong`."""
    return _clean(value.replace("\r\n", "\n").replace("\r", "\n"), limit)


def clean_line(value: str, limit: int = TITLE_LENGTH) -> str:
    """Return text of one line as it is stored; raises `TextTooLong`."""
    return " ".join(_clean(re.sub(r"\s+", " ", value), limit).split())


def plain(text: str) -> str:
    """Return one line without control or direction characters: sellers write titles, and may mean mischief."""
    return clean_line(text[:LONGEST_TITLE], 4 * LONGEST_TITLE)


def _clean(value: str, limit: int) -> str:
    value = value.strip()
    if len(value) > limit:
        raise TextTooLong(len(value), limit)
    visible = _without_stacks(unicodedata.normalize("NFC", _without_tricks(value)))
    lines = (line.rstrip() for line in _neutral(visible).split("\n"))
    cleaned = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(cleaned) > limit:  # some letters are longer in their normal form
        raise TextTooLong(len(cleaned), limit)
    return cleaned if cleaned.strip(_JOINERS + " \n") else ""


def _without_tricks(value: str) -> str:
    """Drop control characters and those that turn the direction of reading."""
    value = value.replace("\t", " ")
    # Each character is looked at once, however often it comes.
    return value.translate({ord(c): None for c in set(value) if c != "\n" and c not in _JOINERS and not _is_shown(c)})


def _is_shown(character: str) -> bool:
    kind = unicodedata.category(character)
    if character in _BLANK:
        return False
    if kind == "Cn":  # emoji and ideographs younger than this Python, and places that stay empty for ever
        return not (_NEVER_SHOWN.match(character) or ord(character) & 0xFFFE == 0xFFFE)
    return kind not in _DROPPED


def _without_stacks(value: str) -> str:
    """Drop combining marks beyond what any script needs, so that no letter grows over its neighbours."""
    # Not combining(): it is 0 for marks that enclose a letter, and those stack as well.
    marks = {character for character in set(value) if unicodedata.category(character).startswith("M")}
    if not marks:
        return value
    kept: list[str] = []
    row = 0
    for character in value:
        row = row + 1 if character in marks else 0
        if row <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def _neutral(value: str) -> str:
    if "<" not in value:
        return value
    import bleach  # slow to import and needed only here

    # "&" is masked first, so that typed entities come back as they were typed.
    masked = _NO_TAG.sub("&lt;", value.replace("&", "&amp;"))
    return html.unescape(bleach.clean(masked, tags=set(), attributes={}, strip=False, strip_comments=False))
