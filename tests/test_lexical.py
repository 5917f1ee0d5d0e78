"""BM25 against a plain-Python oracle."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import lexical
from index.analysis import terms
from index.errors import SnapshotDamaged
from index.lexical import K1, B, LexicalIndex, best
from index.lexical_merging import revised
from index.parts import PartedLexicalIndex

# A small vocabulary, so that texts share words; numbers are their own stems.
WORDS = st.sampled_from(["cramp", "calf", "night", "salt", "éclair", "7", "the", "中文", "x\ny"])
TEXTS = st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=8)


def bm25(texts: list[str], query: str) -> list[float]:
    counted = [Counter(terms(text)) for text in texts]
    lengths = [counts.total() for counts in counted]
    mean = sum(lengths) / len(texts) if any(lengths) else 1.0
    scores = []
    for counts, length in zip(counted, lengths, strict=True):
        score = 0.0
        for term, weight in Counter(terms(query)).items():
            holding = sum(term in other for other in counted)
            idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            frequency = counts[term]
            norm = K1 * (1 - B + B * length / mean)
            score += weight * idf * frequency * (K1 + 1) / (frequency + norm) if frequency else 0
        scores.append(score)
    return scores


def same(one: LexicalIndex, other: LexicalIndex) -> None:
    assert one.vocabulary == other.vocabulary
    for name in ("_starts", "_rows", "_frequencies", "_norms", "_idf"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.tolist() == theirs.tolist(), name
        assert mine.dtype == theirs.dtype, name


def test_scores_by_hand() -> None:
    index = LexicalIndex.build(["calf cramp", "cramp", "salt salt"])
    idf = math.log(1 + (3 - 1 + 0.5) / 1.5)
    mean = 5 / 3
    gain = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 2 / mean))
    assert index.scores("salt") == pytest.approx([0, 0, idf * gain], rel=1e-6)
    assert index.scores("salt salt") == pytest.approx([0, 0, 2 * idf * gain], rel=1e-6)
    assert index.scores("nothing of it").tolist() == [0, 0, 0]


@given(TEXTS, st.lists(WORDS, max_size=5).map(" ".join))
def test_scores_equal_the_oracle(texts: list[str], query: str) -> None:
    scores = LexicalIndex.build(texts).scores(query)
    np.testing.assert_allclose(scores, bm25(texts, query), rtol=1e-5, atol=1e-6)
    assert len(scores) == len(texts)


@given(st.lists(st.text(), max_size=5))
def test_saving_and_opening_keeps_everything(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("saved") / "lexical"
    index = LexicalIndex.build(texts)
    index.save(folder)
    opened = LexicalIndex.open(folder, len(texts))
    same(opened, index)
    same(revised(opened, np.arange(len(texts)), []), index)


def test_many_postings_add_up_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    words = [f"w{number}" for number in range(60)]
    texts = [" ".join(rng.choice(words, rng.integers(1, 30))) for _ in range(400)]
    index = LexicalIndex.build(texts)
    for _ in range(20):
        weights = {word: float(rng.random()) for word in rng.choice(words, 12)}
        one_by_one = index.scores_of_terms(weights)
        monkeypatch.setattr(lexical, "MANY", 0)
        assert index.scores_of_terms(weights).tobytes() == one_by_one.tobytes()
        monkeypatch.undo()


@pytest.mark.parametrize("kept", [0, 100, 400, 1_000_000])
def test_what_is_kept_of_terms_is_bounded_and_changes_no_bit(
    kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(8)
    words = [f"w{number}" for number in range(20)]
    texts = [" ".join(rng.choice(words, rng.integers(1, 9))) for _ in range(30)]
    built = LexicalIndex.build(texts)
    monkeypatch.setattr(lexical, "KEPT", kept)
    alone = LexicalIndex.build(texts)
    first, last = np.array_split(np.arange(30), 2)
    base, newer = (LexicalIndex.build([texts[row] for row in rows]) for rows in (first, last))
    parted = PartedLexicalIndex(base, newer, np.arange(30, dtype=np.int32))
    for query in (" ".join(rng.choice(words, 6)) for _ in range(40)):
        expected = built.scores(query).tobytes()
        assert alone.scores(query).tobytes() == parted.scores(query).tobytes() == expected
        assert alone._asked.size <= kept
        assert parted._asked.size <= kept
    assert (alone._asked.size > 0) == (kept > 0)


def test_holds_is_membership() -> None:
    index = LexicalIndex.build(["calf cramp", "cramp", "salt", "calf"])
    rows = np.array([3, 0, 2, 1])
    assert index.holds("calf", rows).tolist() == [True, True, False, False]
    assert index.holds("salt", rows).tolist() == [False, False, True, False]
    assert index.holds("tetanus", rows).tolist() == [False] * 4
    assert index.holds("calf", rows[:0]).tolist() == []


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(0, 60))
def test_the_best_of_many_rows_equals_sorting(seed: int, size: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.choice(np.array([0, 0, 0.5, 1, 2.5, 7], np.float32), size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "RUN", 4)
        found, rows = best(scores, k)
    expected = sorted((-score, row) for row, score in enumerate(scores.tolist()) if score > 0)[:k]
    assert [(-s, r) for s, r in zip(found.tolist(), rows.tolist(), strict=True)] == expected


# best


@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.5]), max_size=20),
    st.integers(0, 25),
    st.booleans(),
    st.data(),
)
def test_best_equals_sorting(
    scores: list[float], k: int, filtered: bool, data: st.DataObject
) -> None:
    pool = list(range(len(scores)))
    if filtered and scores:
        pool = sorted(data.draw(st.sets(st.sampled_from(pool))))
    expected = sorted((-scores[row], row) for row in pool if scores[row] > 0)[:k]
    found, rows = best(
        np.array(scores, np.float32), k, allowed=np.array(pool, np.int64) if filtered else None
    )
    assert [(-score, row) for score, row in zip(found, rows, strict=True)] == expected


# Damage


def _saved(tmp_path: Path) -> Path:
    folder = tmp_path / "lexical"
    LexicalIndex.build(["calf cramp", "night cramp salt salt", "eyelid"]).save(folder)
    return folder


NAMES = ["terms.txt", "starts.npy", "rows.npy", "frequencies.npy"]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_damage(tmp_path: Path, name: str) -> None:
    folder = _saved(tmp_path)
    (folder / name).unlink()
    with pytest.raises(SnapshotDamaged, match="lexical/ is not a lexical index"):
        LexicalIndex.open(folder, 3)


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation_is_damage(tmp_path: Path, name: str) -> None:
    folder = _saved(tmp_path)
    whole = (folder / name).read_bytes()
    for length in range(len(whole)):
        (folder / name).write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged):
            LexicalIndex.open(folder, 3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file required additional header")
def test_a_flipped_bit_is_damage_or_harmless(tmp_path: Path, name: str) -> None:
    folder = _saved(tmp_path)
    path = folder / name
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 3):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            opened = LexicalIndex.open(folder, 3)
        except SnapshotDamaged:
            continue
        assert np.isfinite(opened.scores("calf cramps at night, salt, eyelid")).all()
