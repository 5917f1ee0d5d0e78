"""How many tokens a text has, counted word by word and remembered."""

from collections.abc import Callable, Sequence

TokenCounter = Callable[[Sequence[str]], list[int]]
"""Texts to their numbers of tokens, in order."""

# White space that every tokenizer takes for white space; others delete some of str.split's.
_SPACES = " \t\n\r"
_LONGEST = 40
_MOST = 500_000
"""Words remembered: those of at most 40 characters, about 500,000 of them (some 60 MB)."""

_PROBE = (
    "The patient's cramps (at night, 2–3 a week) eased: see https://example.org/a?b=c.\n\n"
    "- Électrolytes, 37.5 °C; \u201cquoted\u201d 中文 and\tAntidisestablishmentarianism…"
)


class _Known(dict[str, int]):
    """The number of tokens of each word, 0 of one that is not known yet; it is noted in `new`."""

    def __init__(self) -> None:
        super().__init__({"": 0})
        self.new: set[str] = set()

    def __missing__(self, word: str) -> int:
        self.new.add(word)
        return 0


class WordCounts:
    """Counts a text as the sum of its words, remembering each word's count.

    So counts add up: that of two texts with white space between them is the sum of theirs.
    """

    def __init__(self, count_tokens: TokenCounter) -> None:
        self._count_tokens = count_tokens
        self._known = _Known()

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        split = [_words(text) for text in texts]
        known = self._known
        if len(known) > _MOST:
            self._known = known = _Known()
        totals = [sum(map(known.__getitem__, words)) for words in split]
        if not known.new:
            return totals
        new, known.new = sorted(known.new), set()
        known.update(zip(new, self._count_tokens(new), strict=True))
        totals = [sum(map(known.__getitem__, words)) for words in split]
        for word in new:
            if len(word) > _LONGEST:
                del known[word]
        return totals


def _words(text: str) -> list[str]:
    """Return what stands between single spaces, tabs and ends of lines; "" between two of them."""
    for other in _SPACES[1:]:
        text = text.replace(other, " ")
    return text.split(" ")


def remembering(count_tokens: TokenCounter) -> TokenCounter:
    """Return a counter that gives what `count_tokens` gives, several times faster on prose.

    WordPiece, like every tokenizer that parts words at white space first, counts a text as the sum
    of its words, and articles repeat their words. One that does not (byte-level BPE has the space
    before a word in its tokens) is found out by a probe and returned as it is.
    """
    counts = WordCounts(count_tokens)
    return counts if counts([_PROBE]) == count_tokens([_PROBE]) else count_tokens


def apart(text: str, end: int, start: int) -> bool:
    """Tell whether nothing but white space, and some of it, lies in `text[end:start]`.

    It is what `WordCounts` takes for white space: the counts of both sides add up.
    """
    return end < start and not text[end:start].strip(_SPACES)
