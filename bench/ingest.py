"""How fast articles are read, cleaned and cut, encoding not counted: `python -m bench.ingest`.

The articles of MedQuAD (`../shared/eval/medquad`), every tenth unless `--all`, as plain text: the
slowest reader, since it judges every block. One core; seconds of processor time.
"""

import gzip
import json
import sys
import time
from pathlib import Path

from index.encoder import open_encoder
from ingest.compose import compose
from ingest.languages import detect_language
from ingest.readers import read
from ingest.segment import SegmenterSettings, segment
from ingest.token_counts import remembering

ARTICLES = Path(__file__).resolve().parents[2] / "shared/eval/medquad/articles.jsonl.gz"


def main() -> int:
    """Print articles a second; return 1 when `../shared` is absent."""
    if not ARTICLES.is_file():
        print(f"skipped: {ARTICLES} is absent")
        return 1
    step = 1 if "--all" in sys.argv else 10
    with gzip.open(ARTICLES, "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for number, line in enumerate(lines) if number % step == 0]
    files = [f"{article['title']}\n\n{article['text']}".encode() for article in articles]
    encoder = open_encoder()
    count_tokens = remembering(encoder.count_tokens)
    settings = SegmenterSettings(96, encoder.record.max_tokens)
    spent = {"reading and cleaning": 0.0, "language": 0.0, "cutting": 0.0}
    passages = 0
    for data in files:
        began = time.process_time()
        documents = list(read(data, "article.txt"))
        done = time.process_time()
        spent["reading and cleaning"] += done - began
        for document in documents:
            began = time.process_time()
            detect_language("\n".join(block.text for block in document.blocks))
            middle = time.process_time()
            article = compose(document, document.metadata, source="article.txt", source_sha256="0")
            passages += len(segment(article, count_tokens, settings))
            spent["language"] += middle - began
            spent["cutting"] += time.process_time() - middle
    total = sum(spent.values())
    print(f"{len(files)} articles, {passages} passages: {len(files) / total:.0f} articles/s")
    for name, seconds in spent.items():
        print(f"  {name}: {1000 * seconds / len(files):.2f} ms an article")
    return 0


if __name__ == "__main__":
    sys.exit(main())
