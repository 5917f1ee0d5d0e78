"""Text to terms: how words are made comparable for lexical search.

Lower case, accents folded, apostrophes and hyphens resolved, stop words dropped, English Snowball
stems. The same function serves passages and questions, so that both sides meet.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been but by can could did do does
    for from get got had has have he her his how i if in into is it its just me my no not of on or
    our she should so some than that the their them then there these they this to too up us was we
    were what when where which while who why will with would you your""".split()  # noqa: SIM905 - a word list reads better as words
)
"""Words that carry no topic. "no" and "not" are among them: BM25 cannot read a negation."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_STEMMER = snowballstemmer.stemmer("english")
# A stemmer keeps the word it works on as state: two threads in it at once mix their words up.
_ONE_AT_A_TIME = threading.Lock()


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    with _ONE_AT_A_TIME:
        return str(_STEMMER.stemWord(word))


def fold(text: str) -> str:
    """Return `text` in lower case without accents (compatibility forms unified)."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order, possessives removed, nothing else dropped."""
    return [
        _POSSESSIVE.sub("", word).replace("'", "").replace("’", "")
        for word in _WORD.findall(fold(text))
    ]


def terms(text: str) -> list[str]:
    """Return the terms of `text` in order: words less stop words, stemmed."""
    return [_stem(word) for word in words(text) if word not in STOP_WORDS]
