import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LimitExceeded, SourceError
from ingest.document import Document
from ingest.readers import text as text_reader
from ingest.readers.text import blocks_of, read


def kinds(text: str) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, block.text) for block in blocks_of(text)]


def document(text: str) -> Document:
    (one,) = read(text.encode(), "a.txt")
    return one


COPIED = """Sore shoulders at a desk

Sitting for hours with raised arms tires the muscles that hold the shoulder blades.

Why does it hurt?

A tired muscle stays half contracted, and little blood flows through it.

Common reasons are:
a screen that stands too low
a chair without arm rests
no pauses

What helps

Warmth: a warm cloth for ten minutes loosens the muscle.

♦ Stand up every half hour.
♦ Roll both shoulders backwards.

1. Breathe in and lift the shoulders.
2. Breathe out and let them fall.

FAQs

How long does it last?

A few days, as a rule.

Is it dangerous?

Seldom. See a doctor if an arm is numb.
"""


def test_blocks_of_copied_text_have_the_kinds_that_their_look_gives_them() -> None:
    assert kinds(COPIED) == [
        ("heading", 2, "Sore shoulders at a desk"),
        (
            "paragraph",
            0,
            "Sitting for hours with raised arms tires the muscles that hold the shoulder blades.",
        ),
        ("heading", 2, "Why does it hurt?"),
        (
            "paragraph",
            0,
            "A tired muscle stays half contracted, and little blood flows through it.",
        ),
        ("paragraph", 0, "Common reasons are:"),
        ("item", 1, "a screen that stands too low"),
        ("item", 1, "a chair without arm rests"),
        ("item", 1, "no pauses"),
        ("heading", 2, "What helps"),
        ("paragraph", 0, "Warmth: a warm cloth for ten minutes loosens the muscle."),
        ("item", 1, "♦ Stand up every half hour."),
        ("item", 1, "♦ Roll both shoulders backwards."),
        ("item", 1, "1. Breathe in and lift the shoulders."),
        ("item", 1, "2. Breathe out and let them fall."),
        ("heading", 2, "FAQs"),
        ("heading", 3, "How long does it last?"),
        ("paragraph", 0, "A few days, as a rule."),
        ("heading", 3, "Is it dangerous?"),
        ("paragraph", 0, "Seldom. See a doctor if an arm is numb."),
    ]


def test_title_is_the_first_heading_at_level_one() -> None:
    one = document(COPIED)
    assert one.metadata.title == "Sore shoulders at a desk"
    assert (one.blocks[0].kind, one.blocks[0].level) == ("heading", 1)
    assert not any(block.left_out for block in one.blocks)


def test_title_is_sought_behind_boilerplate() -> None:
    one = document("Couldn't find what you were looking for?\n\n" + COPIED)
    assert one.metadata.title == "Sore shoulders at a desk"


def test_text_that_begins_with_a_sentence_has_no_title() -> None:
    assert document(COPIED.partition("\n\n")[2]).metadata.title is None


WRAPPED = """Leg cramps on long walks

A cramp in the calf on a long walk is common and mostly harmless. It comes
without warning, lasts a minute or two and leaves the muscle sore for a day.
Older walkers have it more often.

- Stop, stretch the calf and wait until the muscle has let go before you
  walk on.
- Drink at the next pause.

1. Pause
"""


def test_paragraphs_wrapped_at_a_width_are_one_block() -> None:
    assert [(kind, text.split("\n")) for kind, _, text in kinds(WRAPPED)] == [
        ("heading", ["Leg cramps on long walks"]),
        (
            "paragraph",
            [
                "A cramp in the calf on a long walk is common and mostly harmless. It comes",
                "without warning, lasts a minute or two and leaves the muscle sore for a day.",
                "Older walkers have it more often.",
            ],
        ),
        (
            "item",
            [
                "- Stop, stretch the calf and wait until the muscle has let go before you",
                "  walk on.",
            ],
        ),
        ("item", ["- Drink at the next pause."]),
        ("item", ["1. Pause"]),
    ]


def test_lines_without_blank_lines_between_them_are_blocks() -> None:
    text = (
        "Ankles\nAnkles swell in the evening when one has stood all day, and more so in warm"
        " weather.\nWhat to do\nLift the feet above the heart for a quarter of an hour.\n"
    )
    assert [kind for kind, _, _ in kinds(text)] == ["heading", "paragraph", "heading", "paragraph"]


def test_numbered_headings_open_paragraphs_and_numbered_steps_do_not() -> None:
    text = (
        "1. Warm up first\n\nTen minutes of easy walking make the muscles warm, supple and less"
        " likely to seize up later on.\n\n2. Drink\n\n3. Rest\n"
    )
    assert [kind for kind, _, _ in kinds(text)] == ["heading", "paragraph", "item", "item"]


def test_a_lead_in_with_a_citation_mark_is_no_heading() -> None:
    text = "Everyday reasons are:1,2\n\n• too little sleep\n• too much coffee\n"
    assert [kind for kind, _, _ in kinds(text)] == ["paragraph", "item", "item"]


def test_a_bullet_on_a_line_of_its_own_stays_with_its_text() -> None:
    assert kinds("•\nbananas\n•\nbeans\n") == [("item", 1, "•\nbananas"), ("item", 1, "•\nbeans")]


def test_offsets_lead_back_to_the_decoded_file() -> None:
    data = b"\xef\xbb\xbfRest\r\n\r\n  Lie down for a while, and do not worry about it.  \r\n"
    (one,) = read(data, "a.txt")
    decoded = "Rest\n\n  Lie down for a while, and do not worry about it.  \n"
    assert [(b.source_start, b.text) for b in one.blocks] == [
        (0, "Rest"),
        (8, "Lie down for a while, and do not worry about it."),
    ]
    for block in one.blocks:
        assert block.source_start is not None
        assert decoded[block.source_start :].startswith(block.text)


@pytest.mark.parametrize("gap", ["   ", "\t", " | "])
@pytest.mark.parametrize("rule", ["", "--------------\n"])
def test_a_row_of_a_table_is_no_heading(gap: str, rule: str) -> None:
    rows = [f"Drug{gap}Adult", f"Zinc{gap}15 mg", f"Iron{gap}60 mg"]
    after = "Take them with food, and no more than your doctor says."
    text = f"Doses\n\n{rows[0]}\n{rule}{rows[1]}\n{rows[2]}\n\n{after}\n"
    assert [(kind, line) for kind, _, line in kinds(text) if line != rule.strip()] == [
        ("heading", "Doses"),
        *(("paragraph", row) for row in rows),
        ("paragraph", after),
    ]


def test_what_is_underlined_is_a_heading_and_the_line_is_left_out() -> None:
    one = document(
        "Calf cramp\n==========\n\nIt is sudden.\n\nWhat helps the leg of a sleeper at night?\n"
        "-----------------------------------------\nRest.\n\n***\n\nIt passes.\n"
    )
    assert one.metadata.title == "Calf cramp"
    assert [(b.kind, b.level, b.text) for b in one.blocks if not b.left_out] == [
        ("heading", 1, "Calf cramp"),
        ("paragraph", 0, "It is sudden."),
        ("heading", 2, "What helps the leg of a sleeper at night?"),
        ("paragraph", 0, "Rest."),
        ("paragraph", 0, "It passes."),
    ]
    assert {b.left_out for b in one.blocks} == {"", "stray mark without a word"}


WRAPPED_AT_A_NUMBER = """\
You can take paracetamol four times in a day, and never more of it than a total of
8. If you take more than that, call your doctor at once, and do not wait until you
feel ill, for the damage to the liver shows itself only after a day or two, and by
then much of it can no longer be mended, whatever the doctors in a hospital may do.

1. Take the first of them in the morning, with some water, and then wait for at most
2. Take the other one.
4. Write it down.
"""


def test_a_wrapped_line_that_begins_with_a_number_is_no_item() -> None:
    first, _, items = WRAPPED_AT_A_NUMBER.strip().partition("\n\n")
    assert kinds(WRAPPED_AT_A_NUMBER) == [
        ("paragraph", 0, first),
        *(("item", 1, item) for item in items.split("\n")),
    ]


LINES = st.lists(
    st.one_of(
        st.text(alphabet="aA b.:?!-•1)\t,é", max_size=100),
        st.sampled_from(
            ["", "", "Symptoms", "- rest", "1. ice", "•", "a wrapped line of text that"]
        ),
        st.text(max_size=30),
    ),
    max_size=25,
)


@given(LINES)
def test_every_block_is_a_slice_in_order_and_nothing_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    end = 0
    for block in blocks_of(text):
        start = block.source_start
        assert start is not None
        assert start >= end
        assert not text[end:start].strip()
        end = start + len(block.text)
        assert block.text == text[start:end] == block.text.strip()
        assert not any(not line.strip() for line in block.text.splitlines())
        assert (block.level > 0) == (block.kind != "paragraph")
    assert not text[end:].strip()


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        (one,) = read(data, "a.txt")
    except SourceError:
        return
    assert one.blocks


def test_a_file_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_reader, "MAX_BLOCKS", 3)
    assert len(blocks_of("a\n\nb\n\nc")) == 3
    with pytest.raises(LimitExceeded, match=r"^has 4 lines or paragraphs; at most 3 are read"):
        blocks_of("a\n\nb\n\nc\n\nd")


def test_a_file_longer_than_any_book_is_refused() -> None:
    message = r"^has 5,000,001 characters; at most 5,000,000 are read. Split it"
    with pytest.raises(LimitExceeded, match=message):
        next(read(b"a" * 5_000_001, "a.txt"))
