"""Blocks that several articles of one publisher have: what counts, and what follows from it."""

from pathlib import Path

import pytest

from index.encoder import DeterministicEncoder
from index.snapshot import open_snapshot
from index.store import FileRecord
from ingest.boilerplate_features import block_hash
from ingest.document import Metadata, SourceBlock
from ingest.explain import explain_file
from ingest.pipeline import update_index
from ingest.readers.text import blocks_of, read
from ingest.repetition import (
    group_of,
    groups_to_look_at,
    is_copy,
    packed_hashes,
    repeated_blocks,
)
from ingest.verify import verify_index
from tests.sample_corpus import write

FRAME = "A longer look at legs and feet: what walkers told the Sample Press last year"
TEXTS = {
    "calf.txt": """Calf cramps at night

Calf cramps come at night and let go within a few minutes. They come back in the same night.

Most of them pass without any treatment, and nobody knows why they come to the calf.""",
    "foot.txt": """Foot cramps at night

Foot cramps come after a long walk. Stretching the foot helps against them, and so does a rest.

Most of these pass without any treatment too, and nobody knows why they come to the foot.""",
    "legs.txt": """Restless legs at night

Restless legs keep people awake, who then walk about for some hours. Walking helps their legs.

In most people they come and go, and nobody knows why they come to one and not to another.""",
}


def page(article: str) -> str:
    beginning, _, end = article.rpartition("\n\n")
    return (
        f"Home\nTopics\nSign in\n{beginning}\n{FRAME}\n{end}\nShare this page\n"
        "Subscribe to our newsletter\nCopyright 2024 Sample Press. All rights reserved.\n"
    )


def record(source: str, *texts: str, group: str = "folder .") -> FileRecord:
    blocks = packed_hashes(SourceBlock("paragraph", text) for text in texts)
    return FileRecord(source, "ab", 1, 1, "", group, blocks)


def test_a_block_counts_from_the_third_article_of_its_group_on() -> None:
    files = [record("a", "Menu", "One"), record("b", "menu ", "Two"), record("c", "MENU", "Menu")]
    elsewhere = record("d", "Menu", "One", group="publisher x")
    menu = frozenset({block_hash("menu")})
    assert repeated_blocks([*files, elsewhere], {"folder ."}) == {"a": menu, "b": menu, "c": menu}
    assert repeated_blocks([*files, elsewhere], {"publisher x"}) == {}
    assert repeated_blocks([*files[:2], elsewhere], {"folder ."}) == {}


def test_the_same_blocks_under_another_name_count_once() -> None:
    files = [record("a", "Menu", "One"), record("again", "One", "Menu"), record("b", "Menu")]
    assert repeated_blocks(files, {"folder ."}) == {}


@pytest.mark.parametrize(
    ("metadata", "group"),
    [
        (Metadata(publisher="The  Library", url="https://x.org/a"), "publisher the library"),
        (Metadata(url="https://www.x.org/a"), "host x.org"),
        (Metadata(url="http://[x"), "folder legs"),
        (Metadata(), "folder legs"),
    ],
)
def test_articles_belong_together_by_publisher_host_or_folder(
    metadata: Metadata, group: str
) -> None:
    assert group_of(metadata, "legs/calf.txt") == group


def test_only_groups_that_changed_are_looked_at() -> None:
    before = {
        file.source: file for file in (record("a", "One"), record("b", "Two", group="host x"))
    }
    same = list(before.values())
    assert groups_to_look_at(before, same, set()) == set()
    assert groups_to_look_at(before, same, {"a"}) == {"folder ."}
    assert groups_to_look_at(before, same[:1], set()) == {"host x"}
    moved = record("a", "One", group="host y")
    assert groups_to_look_at(before, [moved, same[1]], set()) == {"folder .", "host y"}


def test_a_copy_of_an_article_is_not_its_frame() -> None:
    paragraph = (
        "Calf cramps come at night and let go within a few minutes, as a rule. Most of them pass "
        "without any treatment, and nobody knows why they come and go."
    )
    data = page(f"{TEXTS['legs.txt']} {paragraph}").encode()
    blocks = blocks_of(data.decode())
    own = {block_hash(block.text) for block in blocks}
    assert is_copy(blocks, own)
    assert not is_copy(blocks, {block_hash(FRAME)})
    assert list(read(data, "a.txt", own)) == list(read(data, "a.txt"))


def test_evidence_never_leaves_nothing_of_a_file() -> None:
    (alone,) = read(b"Foot cramps after a walk", "a.txt")
    (document,) = read(
        b"Foot cramps after a walk", "a.txt", {block_hash("Foot cramps after a walk")}
    )
    assert document == alone


def shown(index: Path) -> dict[str, bool]:
    """Return, for each article, whether the line of the frame stands in its text."""
    snapshot = open_snapshot(index)
    try:
        return {a.source: FRAME in a.text for a, _, _ in snapshot.records.every_article()}
    finally:
        snapshot.records.close()


def test_the_third_article_shows_what_the_frame_of_the_others_is(tmp_path: Path) -> None:
    corpus, index, encoder = tmp_path / "corpus", tmp_path / "index", DeterministicEncoder()
    for name in ("calf.txt", "foot.txt"):
        write(corpus / name, page(TEXTS[name]))
    update_index(corpus, index, encoder)
    assert shown(index) == {"calf.txt": True, "foot.txt": True}

    write(corpus / "legs.txt", page(TEXTS["legs.txt"]))
    report = update_index(corpus, index, encoder)
    assert (report.added, report.changed, report.removed) == (("legs.txt",), (), ())
    assert shown(index) == {"calf.txt": False, "foot.txt": False, "legs.txt": False}
    assert verify_index(corpus, index).faults == ()

    write(corpus / "calf.yaml", "publisher: Another library")
    update_index(corpus, index, encoder)
    assert shown(index) == {"calf.txt": True, "foot.txt": True, "legs.txt": True}

    (corpus / "calf.yaml").unlink()
    update_index(corpus, index, encoder)
    assert not any(shown(index).values())
    (corpus / "foot.txt").unlink()
    report = update_index(corpus, index, encoder)
    assert (report.added, report.changed, report.removed) == ((), (), ("foot.txt",))
    assert shown(index) == {"calf.txt": True, "legs.txt": True}


def test_explain_counts_what_the_other_articles_of_the_corpus_show(tmp_path: Path) -> None:
    corpus, alone = tmp_path / "corpus", tmp_path / "calf.txt"
    for name, text in TEXTS.items():
        write(corpus / name, page(text))
    write(alone, page(TEXTS["calf.txt"]))

    def kept(path: Path, among: Path | None) -> bool:
        (document,) = explain_file(path, among)
        return any(block.text == FRAME and not block.left_out for block in document.blocks)

    assert len(TEXTS) >= 3
    assert not kept(corpus / "calf.txt", corpus)
    assert kept(corpus / "calf.txt", None)
    assert kept(alone, corpus)
    assert kept(alone, tmp_path / "nowhere")
