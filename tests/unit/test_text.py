"""Words of strangers: kept to the letter where they are words, without tricks, and never too long."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_trust.text import TEXT_LENGTH, TITLE_LENGTH, TextTooLong, clean_line, clean_text

DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    "words",
    [
        "A fine bowl.",
        "Line one\nline two\n\nnew paragraph",
        "5 < 6 and 7 > 3",
        "I <3 it",
        "price<expected>",
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "<b>bold</b> & <i>brave</i>",
        "</p></div></body>",
        "</>",
        "<a/",
        "<!-- hidden -->",
        "<![CDATA[x]]>",
        "<?php echo 1 ?>",
        "<!doctype html>",
        "&lt;b&gt; &amp; &copy; &#60;",
        "AT&T; R&D",
        "{{ config }} {% raw %} ${x} %(name)s {0}",
        "=SUM(A1:A9)",
        "javascript:alert(1)",
        "'; DROP TABLE trust_review; --",
        "C:\\temp\\new",
        "とても良い。また買います！",
        "정말 좋아요. 추천합니다!",
        "非常好，谢谢",
        "עברית וערבית العربية",
        "नमस्ते ครับ",
        "می‌خواهم",  # a Persian word with a non-joiner
        "👍🏽 👨‍👩‍👧 ❤️ 🇯🇵",
        "🩷🫨",  # younger than Python 3.11's tables
        "naïve café Ångström ﬁ",
        "x\u00b2 + y\u00b2",
        "non\u00a0breaking",
    ],
)
def test_words_without_tricks_come_back_unchanged(words: str) -> None:
    assert clean_text(words) == words


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("  \n\t ", ""),
        ("  good  ", "good"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("a  \nb\t\nc", "a\nb\nc"),
        ("a\tb", "a b"),
        ("a\x00b\x07c\x1bd\x7fe\x9bf", "abcdef"),
        ("cafe\u0301", "café"),
        ("\ufeffgood", "good"),
        ("so\u00adft", "soft"),
        ("zero\u200bwidth\u2060joined", "zerowidthjoined"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("\u2066\u2067\u2068isolated\u2069", "isolated"),
        ("<scr\u0000ipt>", "<script>"),
        ("<\u202escript\u202c>", "<script>"),
        ("\U000e0041\U000e0042tagged\U000e007f", "tagged"),
        ("private \ue000\U000f0000use", "private use"),
        ("never\ufffe\uffff\ufdd0\U0001ffff a character", "never a character"),
        ("\ud800half\udfff", "half"),
        ("Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308algo", "Ź\u0302\u0303\u0304\u0305algo"),
        ("\u200d", ""),
        ("\u200c \u200d\n\u200d", ""),
        ("\u200b\u2060", ""),
    ],
    ids=repr,
)
def test_tricks_are_taken_out_and_the_words_stay(typed: str, stored: str) -> None:
    assert clean_text(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("one\ntwo\r\nthree", "one two three"),
        ("one\u2028two\u2029three\x85four", "one two three four"),
        ("a \t\v\f b", "a b"),
        ("Subject\r\nBcc: everybody@shop.example", "Subject Bcc: everybody@shop.example"),
        ("  Anna  from   Oldtown ", "Anna from Oldtown"),
        ("a\x00\nb", "a b"),
        ("\n\n", ""),
    ],
    ids=repr,
)
def test_a_line_is_one_line(typed: str, stored: str) -> None:
    assert clean_line(typed) == stored


@pytest.mark.parametrize("marks", [1, 2, 3, 4])
def test_scripts_that_stack_marks_keep_them(marks: int) -> None:
    word = "\u0e01" + "\u0e48" * marks
    assert clean_text(word) == word


@pytest.mark.parametrize(("clean", "limit"), [(clean_line, TITLE_LENGTH), (clean_text, TEXT_LENGTH)])
def test_the_limit_itself_is_allowed_and_one_more_is_not(clean: object, limit: int) -> None:
    assert callable(clean)
    assert len(clean("é" * limit)) == limit
    assert len(clean("  " + "x" * limit + "\n\n")) == limit
    with pytest.raises(TextTooLong) as refused:
        clean("x" * (limit + 1))
    assert (refused.value.length, refused.value.limit) == (limit + 1, limit)


def test_letters_that_are_longer_in_their_normal_form_do_not_slip_past_the_limit() -> None:
    assert clean_line("\u0958" * 60) == "\u0915\u093c" * 60
    with pytest.raises(TextTooLong) as refused:
        clean_line("\u0958" * 61)
    assert refused.value.length == 122


def test_a_megabyte_is_refused_before_anything_looks_at_it() -> None:
    with pytest.raises(TextTooLong):
        clean_text("<b>" * 350_000)


TRICKY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("<>&;/!?-='\" \n\t\r\x00" + DIRECTION + "\u200b\u200c\u200d\ufeff\u0301\u0958\ufb2c"),
    ),
    max_size=80,
)


@given(TRICKY)
@example("<a href=x>" * 7)
@example("\u0958" * 40)
def test_cleaning_twice_is_cleaning_once_and_nothing_gets_longer_than_the_limit(typed: str) -> None:
    for clean in (clean_text, clean_line):
        try:
            once = clean(typed, 60)
        except TextTooLong:
            continue
        assert len(once) <= 60
        assert clean(once, 60) == once


@given(TRICKY)
def test_no_control_or_direction_character_is_left(typed: str) -> None:
    kept = clean_text(typed)
    assert not set(DIRECTION) & set(kept)
    assert {unicodedata.category(each) for each in kept if each not in "\n\u200c\u200d"} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
    } == set()
    assert unicodedata.is_normalized("NFC", kept)
    assert "\n" not in clean_line(typed)


@given(TRICKY)
def test_whatever_is_kept_can_be_stored_by_every_database(typed: str) -> None:
    assert "\x00" not in clean_text(typed)
    clean_text(typed).encode()


MARKUP = st.sampled_from(
    [*"<>/!?-=&;'\"` abXY19\n[]{}#.:\\", "&lt;", "&#60;", "script", "style", "textarea", "svg", "--", "]]>", "é", "漢"]
)


@given(st.lists(MARKUP, max_size=25).map("".join))
def test_nothing_is_dropped_because_it_looks_like_markup(typed: str) -> None:
    lines = "\n".join(line.rstrip() for line in typed.strip().split("\n"))
    assert clean_text(typed) == re.sub(r"\n{3,}", "\n\n", lines)


def test_the_cleaner_is_imported_only_when_something_looks_like_markup() -> None:
    program = (
        "import sys; from flask_trust.text import clean_text;"
        "clean_text('plain & simple'); assert 'bleach' not in sys.modules;"
        "clean_text('<b>'); assert 'bleach' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
