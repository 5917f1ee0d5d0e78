"""What an emergency is told in, beyond the rules: words and pairs of words, each with a weight.

The rules of `rules.toml` know what they were told. People say it in other words. So the
words of a question are weighed as well, by a multinomial logistic regression over what the grammar
reads (spelling mended, numbers by what they measure):

    value(f) = (1 + ln count(f)) · idf(f) / norm,   norm = the length of the vector of these
    p(kind)  = softmax over emergency, crisis, neither of  bias + Σ value(f) · weight(f)

The weights are in `words.json`, with the data they were fitted on and what they did on
other data; `python -m bench.train_emergency` fits them. No single word raises a notice, and the
words that weighed most are named, as those of a rule are.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from service.emergency.grammar import Word

SOURCE = (
    "MedlinePlus, Recognizing medical emergencies, https://medlineplus.gov/ency/article/001927.htm"
)
UNSPECIFIED = "signs of an emergency"
"""The topic of a notice that no rule raised, where it is no crisis: it is not told which."""
FEWEST = 4
"""Different words from which they speak alone: fewer are all norm, and one would decide."""
NAMED = 4
"""Words or pairs that are named as those which raised it, at most."""
LEAST_SHARE = 0.3
"""A word is named when it weighed at least this part of what the heaviest did."""
PLAIN = frozenset((
    "a", "about", "after", "all", "also", "an", "and", "are", "as", "at", "be", "been", "being",
    "but", "by", "can", "did", "do", "does", "for", "from", "go", "going", "got", "had", "has",
    "have", "having", "he", "her", "here", "hes", "him", "his", "i", "if", "im", "in", "into",
    "is", "it", "its", "ive", "just", "me", "my", "now", "of", "on", "or", "our", "out", "she",
    "shes", "so", "some", "that", "the", "their", "them", "then", "there", "they", "theyre",
    "this", "to", "today", "up", "us", "was", "we", "were", "what", "when", "which", "while",
    "who", "will", "with", "you", "your",
))  # fmt: skip
"""Words that are weighed and tell a reader nothing: they open and close no run that is named."""

WINDOW, STEP = 24, 12
"""Words of a part of a question, and from one part to the next. Of 120 held vignettes among six
calm sentences 70 are read whole without parts, 120, 119 and 106 with parts of 16, 24 and 40 words;
of 500 messages that people sent to a library 14, 126, 79 and 47 are."""

Kind = Literal["emergency", "crisis"]


@dataclass(frozen=True, slots=True)
class Weights:
    """By feature (idf, weight of an emergency, weight of a crisis), each against neither.

    Words speak alone from the probability `threshold` on; from `suspected` on a question is no
    longer calm, and is worth reading whole.
    """

    features: dict[str, tuple[float, float, float]]
    bias: tuple[float, float]
    threshold: float
    suspected: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """How probable it is that a notice is due, of which kind, and the words that say so."""

    probability: float
    kind: Kind
    words: tuple[tuple[int, int], ...]
    """First and last of each run of words that weighed most, inclusive, in order."""
    few: bool
    """Whether the question has fewer than `FEWEST` different words."""


def features_of(words: Sequence[Word]) -> list[tuple[str, int, int]]:
    """Return the features of a question, in order: (name, first word, last word).

    Words, what a number measures, and pairs of neighbours in one sentence. Numbers are "#".
    """
    found: list[tuple[str, int, int]] = []
    before: str | None = None
    for place, word in enumerate(words):
        form = "#" if word.form[0].isdigit() else word.form
        found.append((form, place, place))
        found += [(tag, place, place) for tag in word.tags]
        if before is not None and words[place - 1].sentence == word.sentence:
            found.append((f"{before} {form}", place - 1, place))
        before = form
    return found


@cache
def fitted() -> Weights:
    """Return the weights that `python -m bench.train_emergency` stored."""
    stored = json.loads(files("service.emergency").joinpath("words.json").read_text("utf-8"))
    return Weights(
        {name: tuple(values) for name, values in stored["features"].items()},
        tuple(stored["bias"]),
        stored["threshold"],
        stored["suspected"],
    )


def weigh(words: Sequence[Word], weights: Weights | None = None) -> Weighed:
    """Weigh the words of a question, by `weights` or the stored ones; 0 where it knows none."""
    by = weights or fitted()
    known = [one for one in features_of(words) if one[0] in by.features]
    if not known:
        return Weighed(0.0, "emergency", (), few=True)
    counts = Counter(name for name, _, _ in known)
    norm = emergency = crisis = 0.0
    values = {}
    for name, count in counts.items():
        rarity, of_emergency, of_crisis = by.features[name]
        values[name] = value = (1 + math.log(count)) * rarity
        norm += value * value
        emergency += value * of_emergency
        crisis += value * of_crisis
    norm = math.sqrt(norm)
    emergency = math.exp(by.bias[0] + emergency / norm)
    crisis = math.exp(by.bias[1] + crisis / norm)
    side = 1 if emergency >= crisis else 2
    gains = {name: value * by.features[name][side] for name, value in values.items()}
    least = LEAST_SHARE * max(gains.values(), default=0.0)
    telling = [name for name in gains if not PLAIN.issuperset(name.split())]
    heavy = sorted(telling, key=lambda name: -gains[name])[:NAMED]
    named = {name for name in heavy if gains[name] > 0 and gains[name] >= least}
    places = (_trimmed(words, first, last) for name, first, last in known if name in named)
    return Weighed(
        probability=(emergency + crisis) / (1 + emergency + crisis),
        kind="emergency" if side == 1 else "crisis",
        words=runs(places),
        few=len({word.form for word in words}) < FEWEST,
    )


def heaviest(
    words: Sequence[Word], whole: Weighed, weights: Weights | None = None
) -> tuple[Weighed, int]:
    """Return what the part of a question weighs that weighs most, be it all of it, which weighs
    `whole`, and which word is its middle, 0 of none.

    Of a message of a hundred words the ten that are alarming weigh little.
    """
    found, middle = whole, len(words) // 2
    for first in range(0, len(words) - STEP if len(words) > WINDOW else 0, STEP):
        part = weigh(words[first : first + WINDOW], weights)
        if part.probability > found.probability:
            told = tuple((first + begin, first + end) for begin, end in part.words)
            found = replace(part, words=told)
            middle = min(len(words) - 1, first + WINDOW // 2)
    return found, middle


def _trimmed(words: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """Return a word or a pair without the plain word at either end; one of the two is not."""
    return first + (words[first].form in PLAIN), last - (words[last].form in PLAIN)


def runs(places: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return places given as (first, last), in order: those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(places):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)
