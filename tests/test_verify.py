"""A quote is verbatim only where it stands, character for character; tampering never passes."""

import hashlib
import itertools
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.records import Article, sha256_of
from service.evidence.verify import COMPARED, Quote, difference, verify
from service.schemas import Verification

TEXT = "Cramp\n\nDrink water. Stretch the calf. Drink water. \U0001f9b5 légs ﬁne."
SNAPSHOT = "01J00000000000000000000000"


def _article(text: str = TEXT) -> Article:
    return Article("cramp.md", "Cramp", text, (), "cramp.md", "0" * 64)


def _check(
    start: int,
    end: int,
    text: str | None = None,
    sha256: str | None = None,
    article: Article | None = None,
    article_id: str = "cramp.md",
) -> Verification:
    stored = article or _article()
    quote = Quote(article_id, start, end, text, sha256)
    return verify(quote, stored if article_id == stored.article_id else None, SNAPSHOT)


def _runs(found: Verification) -> list[tuple[str, str]]:
    return [(part.where, part.text) for part in found.difference]


def test_a_quote_where_it_stands_is_verbatim() -> None:
    found = _check(20, 37, "Stretch the calf.")
    assert TEXT[20:37] == "Stretch the calf."
    assert found == Verification(
        status="verbatim",
        article_id="cramp.md",
        start=20,
        end=37,
        sha256=hashlib.sha256(b"Stretch the calf.").hexdigest(),
        article_sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
        hash_fits=True,
        difference=(),
        snapshot=SNAPSHOT,
        explanation="The quote stands in the stored article at that place, "
        "character for character.",
    )


def test_a_hash_alone_is_enough() -> None:
    assert _check(20, 37, sha256=sha256_of("Stretch the calf.")).status == "verbatim"
    wrong = _check(20, 37, sha256=sha256_of("Stretch the calf!"))
    assert (wrong.status, wrong.start, wrong.difference) == ("changed", None, ())
    assert wrong.sha256 == sha256_of("Stretch the calf.")


def test_text_and_hash_must_agree() -> None:
    right = sha256_of("Stretch the calf.")
    assert _check(20, 37, "Stretch the calf.", right).status == "verbatim"
    assert _check(20, 37, "Stretch the calf.", sha256_of("x")).status == "changed"
    assert _check(20, 37, "Stretch the thigh.", right).status == "changed"
    assert _check(0, 17, "Stretch the calf.", sha256_of("x")).status == "changed"
    assert _check(20, 37, "Stretch the calf.", right).hash_fits
    assert _check(20, 37, "Stretch the thigh.").hash_fits
    assert _check(20, 37, sha256=sha256_of("x")).hash_fits


def test_words_that_stand_there_under_a_hash_of_others_are_not_said_to_differ() -> None:
    found = _check(20, 37, "Stretch the calf.", sha256_of("x"))
    assert (found.status, found.hash_fits, found.difference) == ("changed", False, ())
    assert found.explanation == (
        "The hash given is not that of the words given: one of the two was altered."
    )


def test_the_first_digits_of_a_hash_are_words_enough() -> None:
    digits = sha256_of("Stretch the calf.")[:16]
    assert _check(20, 37, sha256=digits).status == "verbatim"
    moved = _check(18, 35, sha256=digits)
    assert (moved.status, moved.start, moved.end) == ("moved", 20, 37)
    edited = _article(TEXT.replace("calf", "shin"))
    assert _check(20, 37, sha256=digits, article=edited).status == "changed"


def test_a_hash_is_found_at_the_nearest_place_between_white_space() -> None:
    for asked, stands in ((0, 7), (22, 7), (23, 38), (50, 38)):
        found = _check(asked, asked + 12, sha256=sha256_of("Drink water."))
        assert (found.status, found.start, found.end) == ("moved", stands, stands + 12)
    assert _check(0, 11, sha256=sha256_of("rink water.")).status == "changed"
    assert _check(5000, 5012, sha256=sha256_of("Drink water.")).status == "moved"
    assert _check(5000, 5012, sha256=sha256_of("Drink waters")).status == "unknown"


def test_a_hash_is_looked_for_in_a_long_article_in_little_time() -> None:
    long = _article("a " * 100_000)
    begun = time.perf_counter()
    assert _check(0, 1001, sha256=sha256_of("b"), article=long).status == "changed"
    assert _check(0, 9001, sha256=sha256_of("b"), article=long).status == "changed"
    assert time.perf_counter() - begun < 5


def test_a_quote_elsewhere_is_moved_to_the_nearest_place() -> None:
    assert [TEXT[at : at + 12] for at in (7, 38)] == ["Drink water."] * 2
    for asked, stands in ((0, 7), (8, 7), (22, 7), (23, 38), (30, 38), (37, 38), (50, 38)):
        found = _check(asked, asked + 12, "Drink water.")
        assert (found.status, found.start, found.end) == ("moved", stands, stands + 12)


def test_beyond_the_article_words_are_looked_for_and_the_place_alone_is_unknown() -> None:
    found = _check(5000, 5012, "Drink water.")
    assert (found.status, found.start, found.sha256) == ("moved", 38, None)
    gone = _check(5000, 5012, "Drink wine.")
    assert (gone.status, gone.start, gone.sha256, gone.difference) == ("unknown", None, None, ())
    assert gone.article_sha256 == sha256_of(TEXT)
    assert _check(10**30, 10**31, "Drink wine.").status == "unknown"
    assert _check(9, 9, "Drink wine.").status == "unknown"
    assert _check(0, len(TEXT) + 1, TEXT + "!").status == "unknown"


def test_an_article_that_is_not_there_is_unknown() -> None:
    found = _check(7, 19, "Drink water.", article_id="other.md")
    assert (found.status, found.article_id, found.article_sha256) == ("unknown", "other.md", None)


def test_no_words_and_no_hash_are_not_a_proof() -> None:
    assert _check(7, 19, "").status == "changed"


def test_a_change_is_shown_against_what_stands_there() -> None:
    found = _check(20, 37, "Stretch the thigh.")
    assert found.status == "changed"
    assert found.explanation.startswith("The quote does not stand in the stored article.")
    assert _runs(found) == [
        ("both", "Stretch the "),
        ("given", "thigh"),
        ("article", "calf"),
        ("both", "."),
    ]


def test_offsets_count_code_points() -> None:
    at = TEXT.index("\U0001f9b5")
    assert _check(at, at + 1, "\U0001f9b5").status == "verbatim"
    assert _check(at, at + 2, "\U0001f9b5").status == "moved"
    # The same letters to the eye, other code points: e + combining acute, f + i.
    assert _check(at + 2, at + 7, "le\u0301gs").status == "changed"
    assert _check(at + 7, at + 11, "fine.").status == "changed"


PLACES = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, len(TEXT))).filter(
    lambda place: place[0] < place[1]
)


@given(PLACES, st.data())
@settings(max_examples=400)
def test_one_character_of_the_text_never_passes(
    place: tuple[int, int], data: st.DataObject
) -> None:
    start, end = place
    quote = TEXT[start:end]
    at = data.draw(st.integers(0, len(quote) - 1))
    other = data.draw(
        st.characters(exclude_categories=["Cs"]).filter(lambda c: c != quote[at]) | st.just("")
    )
    tampered = quote[:at] + other + quote[at + 1 :]
    found = _check(start, end, tampered)
    assert found.status != "verbatim"
    assert _check(start, end, tampered, sha256_of(quote)).status == "changed"
    if found.status == "moved" and found.start is not None:
        assert TEXT[found.start : found.end] == tampered


@given(PLACES, st.integers(-90, 90), st.integers(-90, 90))
@settings(max_examples=300)
def test_other_offsets_never_pass(place: tuple[int, int], earlier: int, later: int) -> None:
    start, end = place
    quote = TEXT[start:end]
    a, b = max(0, start + earlier), max(0, end + later)
    if (a, b) == (start, end) or TEXT[a:b] == quote:
        return
    found = _check(a, b, quote)
    assert found.status == "moved"
    assert found.start is not None
    assert TEXT[found.start : found.end] == quote
    by_hash = _check(a, b, sha256=sha256_of(quote))
    assert by_hash.status != "verbatim"
    if by_hash.start is not None:
        assert TEXT[by_hash.start : by_hash.end] == quote


@given(PLACES, st.integers(0, 63), st.sampled_from("0123456789abcdef"))
@settings(max_examples=150)
def test_another_hash_never_passes(place: tuple[int, int], at: int, digit: str) -> None:
    quote = TEXT[place[0] : place[1]]
    right = sha256_of(quote)
    wrong = right[:at] + digit + right[at + 1 :]
    expected = "verbatim" if wrong == right else "changed"
    assert _check(*place, quote, wrong).status == expected
    assert _check(*place, sha256=wrong).status == expected


@given(PLACES, st.text(min_size=1, max_size=30).filter(lambda name: name != "cramp.md"))
@settings(max_examples=150)
def test_another_article_never_passes(place: tuple[int, int], name: str) -> None:
    quote = TEXT[place[0] : place[1]]
    assert _check(*place, quote, article_id=name).status == "unknown"
    changed = _article(TEXT.swapcase())
    if changed.text[place[0] : place[1]] != quote:
        assert _check(*place, quote, article=changed).status != "verbatim"


# The difference

SOME = st.text(st.sampled_from("ab \né\U0001f9b5"), max_size=80)


@given(SOME | st.text(max_size=80), SOME | st.text(max_size=80))
@example("word " * 2 * COMPARED, "werd " * 2 * COMPARED)
@example("a" * 3 * COMPARED, "a" * 3 * COMPARED)
@example("x" + "a" * 3 * COMPARED, "y" + "a b " * COMPARED)
def test_a_difference_holds_both_texts(given_text: str, standing: str) -> None:
    parts = difference(given_text, standing)
    assert "".join(p.text for p in parts if p.where != "article") == given_text
    assert "".join(p.text for p in parts if p.where != "given") == standing
    assert all(part.text for part in parts)
    assert all(a.where != b.where for a, b in itertools.pairwise(parts))
    if given_text == standing:
        assert [part.where for part in parts] == ["both"] * bool(standing)


def test_a_long_quote_with_two_words_changed_shows_just_these() -> None:
    standing = " ".join(f"word{number}" for number in range(200))
    parts = difference(standing.replace("word20 ", "x ").replace("word150 ", "y "), standing)
    assert [(p.where, p.text) for p in parts if p.where != "both"] == [
        ("given", "x "),
        ("article", "word20 "),
        ("given", "y"),
        ("article", "word150"),
    ]


@pytest.mark.parametrize("text", ["a" * 1_000_000, "aaab" * 250_000, "a " * 500_000])
@pytest.mark.parametrize(
    "quote",
    ["a" * 100_000, "a" * 50_000 + "b" + "a" * 49_999, "b" + "a" * 99_999, "ab " * 33_000],
)
def test_huge_and_repetitive_texts_take_bounded_time(text: str, quote: str) -> None:
    began = time.perf_counter()
    found = _check(500_000, 900_000, quote, article=_article(text))
    # It takes 0.2 s; a quadratic search would take minutes.
    assert time.perf_counter() - began < 10
    assert found.status == ("moved" if quote in text else "changed")


def test_the_worst_comparison_takes_bounded_time() -> None:
    for unit in ("", " "):
        given_text = "x" + f"a{unit}" * (COMPARED - 2) + "y"
        standing = "z" + f"a{unit}a{unit}a{unit}b{unit}" * (COMPARED // 4 - 1) + "w"
        began = time.perf_counter()
        difference(given_text, standing)
        assert time.perf_counter() - began < 10
