"""Which sentence of a passage answers: what is marked inside a quotation.

A sentence answers when it has the question's words and states something. Each sentence of the
passage gets

    score = w · (coverage, statements, announcements) + intercept

where `coverage` is the share of the question's rarity that it holds (idf-weighted, in [0, 1]),
`statements` counts words by which something is said to be so ("causes", "reduces", "may",
"suggest"), and `announcements` words by which it is only asked or announced ("whether", "aim",
"unknown"); both count up to `MOST_CUES`. A sentence that ends in a question mark, or in one that is
quoted or in brackets, asks, and is never marked.

`python -m bench.answering_sentence` fits the weights on the evidence sentences of SciFact's claims
and holds them to what they reach on claims that were left out; the table is in
docs/records/retrieval.md.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from index.analysis import terms
from index.lexical import LexicalIndex
from index.names import Mention
from index.records import Passage

Span = tuple[int, int]

MOST_CUES = 3
QUESTION_MARKS = ("?", "\uff1f", "\u061f")
"""The last two are the wide one and the Arabic one."""
_CLOSING = " \t\n\r\u00a0\u202f\"'”’»›)]}」』\uff09"
_STATEMENTS = r"""
    \b(?:conclu|suggest|show|found|find|demonstrat|indicat|reveal|significant|associated
    |increas|decreas|reduc|caus|help|improv|prevent|risk|result|lead|led|higher|lower|greater|more
    |less|may|can|therefore|thus|because|due\ to|effective)"""
_ANNOUNCEMENTS = r"""
    \b(?:whether|aims?|purpose|objective|investigat|examin|determin|evaluat|assess|hypothes
    |unknown|unclear|not\ known|sought|background|methods?|design|to\ test|studied
    |we\ (?:used|measured|performed|analy))"""
STATEMENTS, ANNOUNCEMENTS = (
    re.compile(pattern, re.IGNORECASE | re.VERBOSE) for pattern in (_STATEMENTS, _ANNOUNCEMENTS)
)
FORBIDS = re.compile(
    r"""(?:^|[,;:(]\s|\b(?:and|but|so|or|please)\s)(?:do\ not|don['’]t)\b
    |\b(?:must\ not|mustn['’]t|should(?:\ not|n['’]t)(?=\s)|never|avoid(?:ed)?|unless
    |(?:nobody|no\ one)\ should|give\ (?:nothing|no)|stop\ taking|unsafe
    |not\ (?:safe|suitable|advised|recommended|allowed|be\ (?:taken|used|given))
    |should\ (?:first\ ask|ask)|ask\ (?:a|your|their|the)\ (?:doctor|pharmacist|midwife))\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Words by which a sentence forbids or warns off, or sends to somebody who may."""
# For ASCII in small letters, in a quarter of the time.
_PLAIN_STATEMENTS, _PLAIN_ANNOUNCEMENTS = (
    re.compile(pattern, re.VERBOSE) for pattern in (_STATEMENTS, _ANNOUNCEMENTS)
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the three features, and what is added."""

    coverage: float
    statements: float
    announcements: float
    intercept: float


WEIGHTS = Weights(4.04, 0.47, -1.43, -2.94)
FIRST = 0.1
"""The score, as a probability, from which the best sentence is marked at all: of pieces without
evidence 70 of 100 are marked instead of 90, for .02 of recall."""
SECOND = 0.4
"""The score, as a probability, from which a second sentence is marked beside the best."""


def rarities(question: str, lexical: LexicalIndex) -> dict[str, float]:
    """Return the distinct terms of a question with their idf."""
    return {term: lexical.idf(term) for term in dict.fromkeys(terms(question))}


def features(
    sentence: str, wanted: Mapping[str, float], named: Sequence[Mention] = ()
) -> tuple[float, float, float]:
    """Return the coverage of `wanted` in [0, 1], and the counts of both kinds of cues.

    `named` are names in the question: who says another name of the thing has said it, and so has
    who says what articles write for it ("alcohol" for "booze").
    """
    return coverage(sentence, wanted, named), *cues(sentence)


def coverage(sentence: str, wanted: Mapping[str, float], named: Sequence[Mention] = ()) -> float:
    """Return the coverage of `wanted` in [0, 1]; `named` as for `features`."""
    total = sum(wanted.values())
    present = set(terms(sentence))
    for mention in named:
        if any(present.issuperset(name.terms) for name in (*mention.others, *mention.written)):
            present.update(mention.typed)
    covered = sum(rarity for term, rarity in wanted.items() if term in present)
    return covered / total if total else 0.0


def cues(sentence: str) -> tuple[float, float]:
    """Return the counts of words by which something is said to be so, and of those by which not."""
    if sentence.isascii():
        sentence = sentence.lower()
        stated, announced = _PLAIN_STATEMENTS, _PLAIN_ANNOUNCEMENTS
    else:
        stated, announced = STATEMENTS, ANNOUNCEMENTS
    return (
        float(min(MOST_CUES, len(stated.findall(sentence)))),
        float(min(MOST_CUES, len(announced.findall(sentence)))),
    )


def asks(sentence: str) -> bool:
    """Tell whether a sentence ends in a question mark, be it within quotation marks or brackets."""
    return sentence.rstrip(_CLOSING).endswith(QUESTION_MARKS)


def chosen(
    sentences: Sequence[str],
    wanted: Mapping[str, float],
    weights: Weights = WEIGHTS,
    first: float = FIRST,
    second: float = SECOND,
    named: Sequence[Mention] = (),
) -> list[int]:
    """Return the places of the sentences that answer, one to three in order; [] where none does.

    Only sentences that hold a term of `wanted` and do not ask are looked at; ties go to the
    earlier. The best must reach the probability `first`, one more beside it `second`. Where neither
    forbids anything the best one that does is marked too: who reads "ibuprofen may ease it" should
    see "it is not safe in kidney disease" beside it.
    """
    scored: list[tuple[float, int]] = []
    for place, sentence in enumerate(sentences):
        if asks(sentence):
            continue
        covered = coverage(sentence, wanted, named)
        if covered > 0:
            statements, announcements = cues(sentence)
            score = (
                weights.coverage * covered
                + weights.statements * statements
                + weights.announcements * announcements
                + weights.intercept
            )
            scored.append((-score, place))
    scored.sort()
    best = [
        place
        for (negative, place), least in zip(scored, (first, second), strict=False)
        if 1 / (1 + math.exp(negative)) >= least
    ]
    if best and not any(map(FORBIDS.search, (sentences[place] for place in best))):
        forbidding = (
            place for _, place in scored if place not in best and FORBIDS.search(sentences[place])
        )
        best += list(islice(forbidding, 1))
    return sorted(best)


def answering_sentences(
    passage: Passage, spans: Sequence[Span], wanted: Mapping[str, float], named: Sequence[Mention]
) -> list[Span]:
    """Return which of `spans`, the sentences of a passage, answer: three at most, in order.

    `wanted` are the question's terms with their `rarities`, `named` the names in it. None where no
    sentence shares a word with the question.
    """
    sentences = [passage.text[slice(*span)] for span in spans]
    return [spans[at] for at in chosen(sentences, wanted, named=named)]
