"""Text to terms: how words are made comparable for lexical search.

Lower case, accents folded, apostrophes and hyphens resolved, stop words dropped, British spelling
and American made one (`index.orthography`), English Snowball stems. The same function serves
passages and questions, so that both sides meet.
"""

import re
import threading
import unicodedata

import Stemmer

from index.orthography import LETTERS, canonical

STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been but by can could did do does
    for from get got had has have he her his how i if in into is it its just me my no not of on or
    our she should so some than that the their them then there these they this to too up us was we
    were what when where which while who why will with would you your""".split()  # noqa: SIM905 - a word list reads better as words
)
"""Words that carry no topic. "no" and "not" are among them: BM25 cannot read a negation."""

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
"""A word: letters and digits, with apostrophes between them."""
ADDRESS = re.compile(r"(?<!\w)(?:(?:https?|ftp)://|www\.)\S+", re.IGNORECASE)
"""An address as it stands in a text, with what clings to its end."""
_POSSESSIVE = re.compile(r"['’]s?$")
# In C, 0.5 microseconds a word; the same stems from snowballstemmer, in Python, take 110
# (tests/test_analysis.py holds 120 of them). What it keeps itself is what `_Stems` keeps.
_STEMMER = Stemmer.Stemmer("english", 0)
# A stemmer keeps the word it works on as state: two threads in it at once mix their words up.
_ONE_AT_A_TIME = threading.Lock()

_PLURALS = frozenset(("ivs", "ots", "pts", "ids", "ads", "ops"))
"""Plurals of three letters. All else of three that ends in s is taken for an abbreviation."""
_AMOUNT = re.compile(r"(\d+)(?:mg|mcg|ug|μg|g|kg|ml|dl|cl|cm|mm|iu|kcal|hrs?|yrs?|yo|lbs?|oz)")
"""A number with its unit, written together: the unit adds little, and "400 mg" has the number."""

KEPT = 200_000
"""Words whose stem is kept, some 30 MB; then all are let go of, and kept again as they come."""
LONGEST = 40
"""Letters of a word that is kept: what is longer is seldom a word, and may be a whole question."""


class _Stems(dict[str, str | None]):
    """The stem of a folded word, None for a stop word: found once, and kept.

    A dictionary, because to look into it takes half of the time of a call that is kept.
    """

    def __missing__(self, word: str) -> str | None:
        found = None
        if word not in STOP_WORDS:
            if amount := _AMOUNT.fullmatch(word):
                found = amount[1]
            elif len(word) == 3 and word[2] == "s" and word not in _PLURALS:
                # An abbreviation: ALS would become "al" (of "et al."), and EDS another, ED.
                found = word
            else:
                with _ONE_AT_A_TIME:
                    found = str(_STEMMER.stemWord(canonical(word)))
        if len(word) <= LONGEST:
            if len(self) >= KEPT:
                self.clear()
            self[word] = found
        return found


_STEMS = _Stems()


def blanked(also: str) -> bytes:
    """Return the table by which `bytes.translate` leaves of ASCII text the words, in small letters.

    A word is of letters, digits and the characters of `also`; all else becomes blanks.
    """
    kept = {code for code in range(128) if chr(code).isalnum() or chr(code) in also}
    return bytes(ord(chr(code).lower() if code in kept else " ") for code in range(256))


# For ASCII, in a quarter of the time of `WORD`.
_BLANKED = blanked("'")


def fold(text: str) -> str:
    """Return `text` in lower case, without accents and unseen signs, in compatibility form."""
    if text.isascii():
        return text.lower()
    # The acute accent that stands alone would become a space and an accent.
    decomposed = unicodedata.normalize("NFKD", text.replace("´", "'"))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    return bare.translate(LETTERS)


def has_address(text: str) -> bool:
    """Return whether `text` may hold an `ADDRESS`: a quick look, that of most texts is enough."""
    return "://" in text or "www." in text or "WWW." in text


def without_addresses(text: str) -> str:
    """Return `text` with a blank for each address in it."""
    return ADDRESS.sub(" ", text) if has_address(text) else text


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order, possessives removed.

    Nothing else is dropped but addresses: "…/foods-that-help-with-cramps" says nothing of cramps.
    """
    text = without_addresses(text)
    if text.isascii():
        bare = text.encode().translate(_BLANKED).decode()
        found = bare.split()
        if "'" not in bare:
            return found
        return [one for word in found for one in (_bare(word) if "'" in word else [word])]
    return _bare(fold(text))


def _bare(folded: str) -> list[str]:
    """Return the words of folded text, possessives removed."""
    found: list[str] = WORD.findall(folded)
    if "'" not in folded and "’" not in folded:
        return found
    return [_POSSESSIVE.sub("", word).replace("'", "").replace("’", "") for word in found]


def terms(text: str) -> list[str]:
    """Return the terms of `text` in order: words less stop words, in one spelling, stemmed."""
    return [stem for word in words(text) if (stem := _STEMS[word]) is not None]
