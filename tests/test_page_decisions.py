"""Sections of sources, and links that send to help."""

import pytest

from ingest.page_decisions import decide
from ingest.readers.markup import fragment

ARTICLE = "<p>The calf shortens hard and stays so for a minute, which hurts and may wake you.</p>"


def left_out(body: str, address: str | None = None) -> dict[str, str]:
    blocks = fragment(f"<article><h1>Cramp</h1>{ARTICLE}{body}{ARTICLE}</article>")
    lines = [block.text for block in blocks if not block.link_share]
    return {block.text: why for block, why in decide(blocks, lines, address=address) if why}


def test_notes_with_a_link_are_no_reference_list() -> None:
    note = "Do not take it with warfarin, because it makes bleeding more likely."
    linked = note.replace("warfarin", '<a href="{}">warfarin</a>')
    for address in ("/warfarin", "https://clinic.example/warfarin", "https://drugs.example/w"):
        body = f"<h2>Notes</h2><p>{linked.format(address)}</p><h2>Rest</h2>"
        assert left_out(body, "https://www.clinic.example/cramp") == {}
    dated = (
        "<h2>Notes</h2><p>Since 2019 doctors give it to fewer people, because it was found to do"
        " little for them and to harm some of those who also take other tablets.</p><h2>Rest</h2>"
    )
    assert left_out(dated) == {}


@pytest.mark.parametrize(
    "entry",
    [
        '<a href="https://journal.example/1">Cramps after midnight</a>',
        "Otto B. On cramps. 2018.",
        "See https://journal.example/1",
        'Otto B. On cramps. <a href="https://journal.example/1">Read</a>',
    ],
)
def test_notes_that_cite_are_a_reference_list(entry: str) -> None:
    found = left_out(f"<h2>Notes</h2><p>{entry}</p><h2>Rest</h2>", "https://clinic.example/cramp")
    assert found["Notes"] == "reference list"


def test_pages_of_the_site_itself_are_no_references() -> None:
    entry = '<p>Our page on <a href="https://clinic.example/legs">legs and feet</a></p>'
    found = left_out(f"<h2>Notes</h2>{entry}<h2>Rest</h2>", "https://www.clinic.example/cramp")
    assert "reference list" not in found.values()


@pytest.mark.parametrize(
    "link",
    [
        '<a href="tel:988">Call or text 988 now if you think of ending your life</a>',
        '<a href="sms:000">Write to the nurse who is on duty</a>',
        '<a href="/emergency">Go to the nearest emergency room if you cannot breathe</a>',
        '<a href="/emergency">If your chest hurts, call 911</a>',
    ],
)
def test_a_link_that_sends_to_help_is_kept(link: str) -> None:
    assert left_out(f"<p>{link}</p>") == {}


def test_a_link_to_an_article_on_emergencies_is_left_out() -> None:
    text = "When to call an ambulance for a cramp"
    assert left_out(f'<p><a href="/x">{text}</a></p>') == {text: "related articles"}


def test_a_link_to_a_hospital_s_pages_is_left_out() -> None:
    text = "Get directions to the hospital"
    assert left_out(f'<p><a href="/x">{text}</a></p>') == {text: "related articles"}


def test_each_block_is_asked_once_whether_it_cites(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def score(text: str) -> int:
        asked.append(text)
        return 0

    monkeypatch.setattr("ingest.page_sections.citation_score", score)
    left_out("<p>Notes</p><p>Some words in 2010.</p>" * 50)
    assert asked.count("Some words in 2010.") == 50


FEEDBACK = "<div><p>Was this page of use?</p><button>Yes</button><button>No</button></div>"
LINKS = "".join(f'<li><a href="https://site{n}.example/">Our site {n}</a></li>' for n in range(9))


def test_a_footer_keeps_no_reference_list_in_the_article() -> None:
    entries = "<ul><li>Otto B. On cramps. 2018.</li><li>Wren T, et al. Legs.</li></ul>"
    body = f"<article><h1>Cramp</h1>{ARTICLE}<h2>Sources</h2>{entries}</article>{FEEDBACK}"
    blocks = fragment(f"{body}<footer><ul>{LINKS}</ul><p>12 High Street</p></footer>")
    lines = [ARTICLE, "Sources", "Otto B. On cramps. 2018.", "Wren T, et al. Legs."]
    assert {b.text: why for b, why in decide(blocks, lines)}["Sources"] == "reference list"


def test_a_footer_s_links_make_no_reference_list() -> None:
    body = f"<article><h1>Cramp</h1>{ARTICLE}<h2>Sources</h2><ul><li>nuts</li></ul></article>"
    blocks = fragment(f"{body}<footer><ul>{LINKS}</ul></footer>")
    decided = {block.text: why for block, why in decide(blocks, [ARTICLE, "Sources", "nuts"])}
    assert (decided["Sources"], decided["nuts"]) == ("", "")


PROSE = (
    "<p>The calf shortens hard and stays so for a minute, which hurts and may wake you up.</p>"
    "<p>Most people who wake with a cramp at night need no tests and no tablets for it.</p>"
    "<p>Pull the toes towards the shin and hold them there until the pain in it has gone.</p>"
)


def lost(body: str) -> set[str]:
    """Return what is left out of a page whose prose alone is found."""
    blocks = fragment(f"<article>{PROSE}{body}{PROSE.replace('calf', 'thigh')}</article>")
    lines = [block.text for block in blocks if len(block.text.split()) > 12]
    return {block.text for block, why in decide(blocks, lines) if why}


@pytest.mark.parametrize(
    "body",
    [
        '<div class="expand-box"><div><b>Children</b></div><div><p>Half of it.</p></div></div>',
        "<label>May I drink beer?</label><div><p>No.</p></div>",
        "<div><div><div>Kale</div><div>494</div></div><div><div>Leek</div><div>47</div></div></div>",
    ],
)
def test_short_texts_inside_the_article_are_kept(body: str) -> None:
    assert lost(body) <= {"No."}


@pytest.mark.parametrize(
    "body",
    [
        "<div><div>Advert</div></div>",
        '<div class="answer"><div><div>answered by <a href="/u">Kim</a></div></div></div>',
    ],
)
def test_short_texts_of_the_site_inside_the_article_are_not(body: str) -> None:
    assert len(lost(body)) == 1
