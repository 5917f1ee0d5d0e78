"""How fast articles are read, cleaned and cut, encoding not counted.

    python -m bench.ingest [--all] [--json FILE]

The articles of MedQuAD (`../shared/eval/medquad`), every tenth unless `--all`, as plain text: the
slowest reader, since it judges every block. Where they are absent, the project's own sample
articles, which are few; the figures say so. One after the other in one thread; processor time,
which other programs disturb little, with the clock's beside it. What is remembered of words (their
tokens, the hints in them) is worked out in the first hundreds of articles, so that all of them
take less time each than a tenth.
"""

import argparse
import sys
import time
from itertools import islice
from pathlib import Path

from bench.evaluation_data import ARTICLES, ROOT, entries
from bench.figures import Figures, Table, bars, save
from index.runtimes import open_encoder
from ingest.compose import compose
from ingest.languages import detect_language
from ingest.readers import read
from ingest.segment import SegmenterSettings, segment
from ingest.token_counts import remembering


def articles(step: int) -> tuple[str, list[tuple[str, bytes]]]:
    """Return what the articles are called, and each one's file name and bytes."""
    if not ARTICLES.is_file():
        paths = sorted(p for p in (ROOT / "corpus").iterdir() if p.suffix in {".md", ".html"})
        return "the sample articles", [(path.name, path.read_bytes()) for path in paths]
    return "MedQuAD", [
        ("article.txt", f"{article['title']}\n\n{article['text']}".encode())
        for article in islice(entries(ARTICLES), 0, None, step)
    ]


def main() -> int:
    """Print articles a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every article, not every tenth")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    named, files = articles(1 if given.all else 10)
    encoder = open_encoder()
    count_tokens = remembering(encoder.count_tokens)
    settings = SegmenterSettings(96, encoder.record.max_tokens)
    began, clock = time.process_time(), time.perf_counter()
    documents = [document for name, data in files for document in read(data, name)]
    read_at = time.process_time()
    for document in documents:
        detect_language("\n".join(block.text for block in document.blocks))
    known_at = time.process_time()
    passages = 0
    for document in documents:
        article = compose(document, document.metadata, source="article", source_sha256="0")
        passages += len(segment(article, count_tokens, settings))
    cut_at, clock = time.process_time(), time.perf_counter() - clock
    seconds = cut_at - began
    print(
        f"{len(files)} articles ({named}), {passages} passages: {len(files) / seconds:.0f} "
        f"articles/s of processor time ({seconds:.1f} s), {len(files) / clock:.0f}/s by the clock "
        f"({clock:.1f} s)"
    )
    stages = {
        "reading and cleaning": 1000 * (read_at - began) / len(files),
        "language": 1000 * (known_at - read_at) / len(files),
        "cutting": 1000 * (cut_at - known_at) / len(files),
    }
    for name, spent in stages.items():
        print(f"  {name}: {spent:.2f} ms an article")
    counted = (
        ("articles", len(files)),
        ("passages", passages),
        ("articles a second of processor time", len(files) / seconds),
        ("passages a second of processor time", passages / seconds),
    )
    each = tuple((f"{name}, ms an article", spent) for name, spent in stages.items())
    title = f"Everything before encoding, one core ({named})"
    table = Table(title, ("what", "figure"), (*counted, *each))
    plot = bars("Processor time of one article", "ms", stages)
    save(Figures((table,), (plot,)), given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
