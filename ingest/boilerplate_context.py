"""A second look at each block, once all have been looked at: boilerplate comes in runs.

The first scores (`ingest.boilerplate_features`) see six blocks to either side. This look sees how
much of the page's likely article stands before and after a block, and whether the block lies in the
stretch that most likely is the article.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

NEAR = (1, 2, 3)  # blocks away whose own scores are looked at
WINDOWS = (3, 8, 20)  # blocks over which the likely share of article is averaged
_OUTSIDE = -6.0  # the score of what lies beyond the page's ends
_CLIP = 12.0
_MAX_WORDS = 80  # a longer block counts no more than this


def probability(score: float) -> float:
    """Return the probability that goes with log-odds, which are clipped to ±12."""
    return 1.0 / (1.0 + math.exp(-max(-_CLIP, min(_CLIP, score))))


def context_features(scores: Sequence[float], words: Sequence[float]) -> list[dict[str, float]]:
    """Return, for each block, numbers by name, all in about [-12, 12].

    `scores` are the first look's log-odds, `words` the blocks' lengths in words.
    """
    clipped = [max(-_CLIP, min(_CLIP, score)) for score in scores]
    probabilities = [probability(score) for score in scores]
    weights = [min(count, _MAX_WORDS) + 1.0 for count in words]
    article = [0.0, *accumulate(p * w for p, w in zip(probabilities, weights, strict=True))]
    everything = [0.0, *accumulate(weights)]
    total = article[-1] + 1e-9
    start, end = _best_stretch([(p - 0.5) * w for p, w in zip(probabilities, weights, strict=True)])
    found = []
    for place in range(len(scores)):
        features = {"bias": 1.0, "own": clipped[place], "words": math.log1p(words[place])}
        for step in NEAR:
            features[f"-{step}"] = clipped[place - step] if place >= step else _OUTSIDE
            ahead = place + step
            features[f"+{step}"] = clipped[ahead] if ahead < len(scores) else _OUTSIDE
        for width in WINDOWS:
            low, high = max(0, place - width), min(len(scores), place + width + 1)
            features[f"back{width}"] = _share(article, everything, low, place)
            features[f"on{width}"] = _share(article, everything, place + 1, high)
        features["before"] = article[place] / total
        features["after"] = (article[-1] - article[place + 1]) / total
        inside = start <= place < end
        features["inside"] = float(inside)
        features["past"] = float(place >= end)
        distance = 0 if inside else start - place if place < start else place - end + 1
        features["distance"] = math.log1p(distance)
        features["least"] = min(probabilities[max(0, place - 1) : place + 2])
        found.append(features)
    return found


def refined_scores(
    scores: Sequence[float], words: Sequence[float], weights: Mapping[str, float]
) -> list[float]:
    """Return log-odds after the second look, with the learned `weights` of its features."""
    return [
        sum(weights.get(name, 0.0) * value for name, value in features.items())
        for features in context_features(scores, words)
    ]


def _share(article: Sequence[float], everything: Sequence[float], low: int, high: int) -> float:
    if high <= low:
        return 0.0
    return (article[high] - article[low]) / (everything[high] - everything[low])


def _best_stretch(gains: Sequence[float]) -> tuple[int, int]:
    """Return the stretch of greatest sum as [start, end), (0, 0) where no gain is positive."""
    best = current = 0.0
    start = end = opened = 0
    for place, gain in enumerate(gains):
        if current <= 0.0:
            current, opened = 0.0, place
        current += gain
        if current > best:
            best, start, end = current, opened, place + 1
    return start, end
