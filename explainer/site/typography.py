"""Text of the tables as a printer sets it; prose gets the same from Sphinx."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from docutils.utils.smartquotes import smartyPants


def curly(text: str) -> str:
    """Straight quotation marks and apostrophes become curly ones."""
    return smartyPants(text, "q")


# What stays on one line: a number and the English word that says of what, a day and its
# month, a name and the number that belongs to it.
UNITS = "[mbt]r?illion|percentage points?|times|trading days|days|months|rows|an hour"
MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
BOUND = re.compile(
    rf"(?<=\d) (?=(?:{UNITS}|{MONTHS})\b)"
    r"|(?<=S&P) (?=500)|(?<=S&amp;P) (?=500)|(?<=[Cc]hapter) (?=\d)"
    r"|(?<=Llama) (?=\d)|(?<=3\.1) (?=405B)|(?<=GPT-4o) (?=mini)|(?<=5\.6) (?=Luna|Sol)"
)
# A year that would stand alone on the last line of a sentence.
LAST_YEAR = re.compile(rf"(?<=\w )(\d+.(?:{MONTHS})) (\d{{4}}\W?)$")
# Short words with a hyphen at which no line should break.
HYPHENED = re.compile(
    r"\b(?:GPT-\d[.\w]*|o\d-mini|t-statistic|\d+-nanometre|V\d-\w+|DeepSeek-[VR]\d[.\w]*)"
)


def bind(text: str) -> str:
    """English text whose lines do not break within an amount, a date or a name."""
    return LAST_YEAR.sub("\\1\N{NO-BREAK SPACE}\\2", BOUND.sub("\N{NO-BREAK SPACE}", text))


def text_html(text: str) -> str:
    """Plain text with curly quotation marks, safe between tags."""
    return html.escape(curly(text), quote=False)


# --- Chinese words on a page in another language ------------------------------------

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
# A word with a Chinese character, to its last letter or Chinese sign; then more of them.
WORD = rf"\w*{HAN}(?:[^\s<&“”‘’()]*[\w\u3001-\u303f\uff01-\uff5e])?"
CHINESE = re.compile(rf"{WORD}(?:\s+(?:[^\s\w<&“”‘’()]+\s+)?{WORD})*")
# What has no words of its own to mark, each tag, and the words between.
PIECE = re.compile(r"<(script|style|svg|option|textarea)\b.*?</\1>|<[^>]*>|[^<]+", re.DOTALL)
# The same, with code left as it was written: it may be copied.
PROSE = re.compile(PIECE.pattern.replace("script|", "script|pre|code|", 1), re.DOTALL)
SHORT = 10  # Chinese characters that may stand on a line of their own
# The characters of each script that the other one's old code page lacks tell them apart.
SCRIPTS = {"zh-Hans": "gb2312", "zh-Hant": "big5"}
WRITTEN_IN = {"zh_CN": "zh-Hans", "zh_TW": "zh-Hant"}


def script_of(text: str) -> str:
    """``zh-Hans`` or ``zh-Hant``, or ``zh`` where the characters belong to both."""

    def holds(encoding: str) -> bool:
        try:
            "".join(re.findall(HAN, text)).encode(encoding)
        except UnicodeEncodeError:
            return False
        return True

    possible = [script for script, encoding in SCRIPTS.items() if holds(encoding)]
    return possible[0] if len(possible) == 1 else "zh"


def in_words(pieces: re.Pattern[str], page: str, change: Callable[[str], str]) -> str:
    """Change the words of HTML, and nothing of its tags."""

    def changed(piece: re.Match[str]) -> str:
        return piece[0] if piece[0].startswith("<") else change(piece[0])

    return pieces.sub(changed, page)


def mark_chinese(page: str, language: str) -> str:
    """Name the language of Chinese words in HTML of a page in another ``language``.

    Voices read them, and browsers choose their characters, by it.
    """

    def marked(match: re.Match[str]) -> str:
        script = script_of(match[0])
        if script == WRITTEN_IN.get(language) or (
            script == "zh" and language in WRITTEN_IN
        ):
            return match[0]
        whole = ' class="whole"' if len(match[0]) <= SHORT else ""
        return f'<span lang="{script}"{whole}>{match[0]}</span>'

    return in_words(PIECE, page, lambda words: CHINESE.sub(marked, words))


def keep_together(page: str, language: str) -> str:
    """HTML of an English page whose lines break in no amount, date or name."""
    if not language.startswith("en"):
        return page

    return in_words(
        PROSE,
        page,
        lambda words: HYPHENED.sub(r'<span class="whole">\g<0></span>', bind(words)),
    )
