"""Which resemblance makes a passage a copy: `python -m bench.near_copies [ARTICLES.jsonl.gz]`.

Passages of 40 to 120 words of MedQuAD, each beside itself with some of its words replaced by other
words of the same texts (what an editor does to a syndicated text), and beside passages of other
articles. Printed for each threshold: the share of edited copies recognised, and of pairs of
passages of different articles that are taken for copies.
"""

import random
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from bench.evaluation_data import entries
from service.evidence.copies import resemblance, shingles

ARTICLES = Path("../shared/eval/medquad/articles.jsonl.gz")
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
EDITED = (0.02, 0.05, 0.1, 0.2)
PASSAGES = 500


def paragraphs(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield (article, words) for paragraphs of 40 to 120 words, one an article."""
    for article in entries(path):
        for paragraph in article["text"].split("\n"):
            found = paragraph.split()
            if 40 <= len(found) <= 120:
                yield article["_id"], found
                break


def main(path: Path) -> None:
    """Print the table."""
    chance = random.Random(1)
    found = list(paragraphs(path))
    sample = chance.sample(found, min(PASSAGES, len(found)))
    words = [word for _, text in sample for word in text]
    whole = [shingles(" ".join(text)) for _, text in sample]
    rows = {
        f"{share:.0%} edited": [
            resemblance(
                whole[at],
                shingles(
                    " ".join(w if chance.random() >= share else chance.choice(words) for w in text)
                ),
            )
            for at, (_, text) in enumerate(sample)
        ]
        for share in EDITED
    }
    rows["other articles"] = [resemblance(a, b) for a, b in combinations(whole, 2)]
    print(f"{'share taken for copies':<24}" + "".join(f"{t:>9}" for t in THRESHOLDS))
    for name, values in rows.items():
        shares = (sum(value >= t for value in values) / len(values) for t in THRESHOLDS)
        print(f"{name:<24}" + "".join(f"{share:>9.4f}" for share in shares))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
