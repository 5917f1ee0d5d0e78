"""Every passage of every sample and seed article stands in the raw file, read without our readers.

Letters and digits only are compared, block by block: how a format writes spaces, line ends, marks
and hyphens at a line's end is its own affair, the words are not.
"""

import re
from collections.abc import Callable
from pathlib import Path

import lxml.html
import pypdfium2
import pytest

from index.encoder import DeterministicEncoder
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.answer import passage_blocks

ROOT = Path(__file__).resolve().parents[1]
CORPORA = {"corpus": ROOT / "corpus", "seeds": ROOT.parent / "shared" / "seeds"}


def _plain(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _markdown(path: Path) -> str:
    return re.sub(r"\]\([^)]*\)", "]", _plain(path))


def _html(path: Path) -> str:
    return str(lxml.html.fromstring(path.read_bytes()).text_content())


def _pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


RAW: dict[str, Callable[[Path], str]] = {
    ".txt": _plain,
    ".md": _markdown,
    ".html": _html,
    ".pdf": _pdf,
}


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


@pytest.mark.parametrize("name", CORPORA)
def test_every_passage_stands_in_the_raw_file(name: str, tmp_path: Path) -> None:
    corpus = CORPORA[name]
    if not corpus.is_dir():
        pytest.skip(f"{corpus} is absent: the seeds are not part of the repository")
    report = update_index(corpus, tmp_path, DeterministicEncoder())
    assert report.problems == ()
    records = open_snapshot(tmp_path).records
    read = 0
    for entry in records.articles():
        article = records.article(entry.article_id)
        assert article is not None
        path = corpus / article.source
        raw = _letters(RAW[path.suffix](path))
        for passage in records.passages_of(article.article_id):
            assert article.text[passage.start : passage.end] == passage.text
            blocks = [
                passage.text[block.start : block.end] for block in passage_blocks(article, passage)
            ]
            assert _letters("".join(blocks)) == _letters(passage.text)
            for block in blocks:
                assert _letters(block) in raw, f"{passage.passage_id}: {block[:80]!r}"
            read += 1
    assert read == report.passages > 50
