"""Long questions: which of their words are asked, and how much of them the encoder reads.

People write messages: a subject line, a history, a question, thanks. The encoder reads the message
whole as far as its window goes and is little misled; BM25 is misled a lot. So the words of a long
question are weighted for BM25:

    weight(t) = count(t) · idf(t) / max idf · (FLOOR + (1 - FLOOR) · share(t))

where share(t) is the part of the `NEAREST` passages by cosine that hold t. A word counts as far
as it is rare and the encoder, having read the message, agrees that the matter is about it. In a
message of several sentences there are more words to tell apart, and more to tell them apart by:

    weight(t) · (idf(t) / max idf)^RARITY · e^(AGREEMENT · cos(t)) · (SUBJECT in the subject line)

where cos(t) is the cosine of the term's direction with the message's vector. An index that is too
large for directions (`index.directions`) weighs a message as it does one sentence.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.analysis import WORD, terms
from index.lexical import LexicalIndex
from index.sentences import Span, sentence_spans

Agreement = Callable[[Sequence[str]], Sequence[float]]

LONG = 12
"""Distinct terms from which a question is long. From 24 on, the gain is half as large."""
NEAREST = 20
FLOOR = 0.2
"""Swept with `LONG` on real messages (docs/records/retrieval.md): 10 to 50 and 0.1 to 0.4 do as
well."""

RARITY = 0.5
AGREEMENT = 1.5
SUBJECT = 1.5
"""Round ones near those that were fitted to summaries by experts, and that gained as much in
messages that the fit had not seen (docs/records/retrieval.md)."""

ASKED = 0.25
"""A word is reported as asked when its weight is at least this part of the largest."""

SUBJECT_WORDS = 10
_LABELLED = re.compile(r"\s*subject\s*:(.*?)\bmessage\s*:", re.IGNORECASE)
_SUBJECT = re.compile(r"^\s*(?:subject|message)\s*:", re.IGNORECASE)
_ASKS = re.compile(
    r"""\?
    | ^(?:and|so|but|also|or|please)?\s*(?:what|how|why|which|who|where|when|is|are|am|can|could
        |does|do|did|should|will|would)\b
    | \b(?:would\ like|want(?:ed)?\ to\ (?:know|find|learn|ask)|need\ to\ know|wonder(?:ing)?
        |looking\ for|tell\ me|(?:information|info|advice)\ (?:on|about)|recommend|suggest)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def term_weights(
    question: str,
    lexical: LexicalIndex,
    near: NDArray[np.int64],
    agreement: Agreement | None = None,
) -> Mapping[str, float]:
    """Return the terms of `question` with their weights for BM25.

    `near` holds the rows of the passages nearest to the question's vector, best first; the first
    `NEAREST` count. `agreement` gives the cosine of each of some terms with that vector; without
    it, a message is weighed as one sentence is. A short question's terms weigh as often as they
    stand in it.
    """
    counts = Counter(terms(question))
    rows = near[:NEAREST]
    known = [term for term in counts if term in lexical]
    if len(counts) < LONG or not len(rows):
        return {term: counts[term] for term in known}
    rarest = max((lexical.idf(term) for term in known), default=1.0)
    weights = {
        term: counts[term]
        * (lexical.idf(term) / rarest)
        * (FLOOR + (1 - FLOOR) * float(lexical.holds(term, rows).mean()))
        for term in known
    }
    message = " ".join(question.split())
    spans = sentence_spans(message)
    if agreement is None or len(spans) < 2:
        return weights
    subject = frozenset(terms(_subject(message, spans)))
    return {
        term: weights[term]
        * (lexical.idf(term) / rarest) ** RARITY
        * math.exp(AGREEMENT * cosine)
        * (SUBJECT if term in subject else 1.0)
        for term, cosine in zip(known, agreement(known), strict=True)
    }


def _subject(message: str, spans: Sequence[Span]) -> str:
    """Return the subject line of `message`: as marked, or its first sentence if short; or ""."""
    marked = _LABELLED.match(message)
    if marked:
        return marked[1]
    first = message[slice(*spans[0])]
    return first if len(first.split()) <= SUBJECT_WORDS else ""


def focus(question: str, weights: Mapping[str, float]) -> tuple[Span, ...]:
    """Return the spans of the words of `question` that count, in order.

    `weights` are those of `term_weights`. Words that follow one another make one span; stop words
    never count.
    """
    least = ASKED * max(weights.values(), default=0.0)
    spans: list[Span] = []
    for word in WORD.finditer(question):
        weight = max((weights.get(term, 0.0) for term in terms(word[0])), default=0.0)
        if weight <= 0 or weight < least:
            continue
        if spans and not question[spans[-1][1] : word.start()].strip(" -"):
            spans[-1] = (spans[-1][0], word.end())
        else:
            spans.append(word.span())
    return tuple(spans)


def condensed(question: str, fits: Callable[[str], bool]) -> str:
    """Return `question`, or as many of its sentences as the encoder takes, in their order.

    A subject line comes first, then sentences that ask, then the rest, the later before the
    earlier: in a long message the question tends to stand at the end. When not even one sentence
    fits, the last words that do.
    """
    if fits(question):
        return question
    spans = sentence_spans(question)

    def rank(place: int) -> tuple[int, int]:
        sentence = question[slice(*spans[place])]
        subject = place == 0 and (
            _SUBJECT.match(sentence) is not None or len(sentence.split()) <= SUBJECT_WORDS
        )
        return (0 if subject else 1 if _ASKS.search(sentence) else 2, -place)

    kept: list[int] = []
    for place in sorted(range(len(spans)), key=rank):
        wider = sorted([*kept, place])
        if fits(_joined(question, spans, wider)):
            kept = wider
    return _joined(question, spans, kept) if kept else _last_words(question, fits)


def _joined(question: str, spans: list[Span], places: list[int]) -> str:
    return " ".join(question[slice(*spans[place])] for place in places)


def _last_words(question: str, fits: Callable[[str], bool]) -> str:
    """Return the longest run of words at the end of `question` that fits; "" when none does."""
    parts = question.split()
    low, high = 0, len(parts)
    while low < high:
        middle = (low + high) // 2
        if fits(" ".join(parts[middle:])):
            high = middle
        else:
            low = middle + 1
    return " ".join(parts[low:])
