"""An article as `records.db` keeps it: everything but the text, as JSON."""

import dataclasses
import json

from index.errors import SnapshotDamaged
from index.records import Article, Block, CitationMark, LeftOut, Reference


def altered(name: object, error: Exception) -> SnapshotDamaged:
    """Return the error to raise for a record that is not what was written; `name` says whose."""
    return SnapshotDamaged(f"records.db was altered: the record of {name} is not one ({error}).")


def article_to_json(article: Article) -> str:
    """Return everything but the text as JSON, blocks as plain lists."""
    fields = {
        name: getattr(article, name)
        for name in Article.__slots__
        if name not in {"text", "blocks", "references", "left_out", "citation_marks"}
    }
    fields["blocks"] = [dataclasses.astuple(block) for block in article.blocks]
    fields["references"] = [dataclasses.astuple(entry) for entry in article.references]
    fields["left_out"] = [dataclasses.astuple(block) for block in article.left_out]
    fields["citation_marks"] = [dataclasses.astuple(mark) for mark in article.citation_marks]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def article_from_json(record: str, text: str) -> Article:
    """Return the article that `article_to_json` wrote, with `text` beside it.

    Raises `SnapshotDamaged` when `record` is something else.
    """
    try:
        fields = json.loads(record)
        fields["authors"] = tuple(fields["authors"])
        fields["blocks"] = tuple(Block(*block) for block in fields["blocks"])
        fields["references"] = tuple(Reference(*entry) for entry in fields["references"])
        fields["left_out"] = tuple(LeftOut(*block) for block in fields["left_out"])
        fields["citation_marks"] = tuple(
            CitationMark(start, end, tuple(numbers))
            for start, end, numbers in fields["citation_marks"]
        )
        return Article(text=text, **fields)
    except (ValueError, TypeError, KeyError) as error:
        raise altered("an article", error) from error
