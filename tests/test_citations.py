import json
import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.evidence.citations import bibtex, citations, csl_json, markdown, pincite, plain
from service.schemas import ArticleOut, LeadOut, LinksOut, PassageOut

ARTICLE = ArticleOut(
    article_id="legs/calves.md",
    title="Calves & cramps",
    publisher="Example Library",
    authors=("A. Writer", "The 100% Group"),
    published="2025-03-04",
    modified=None,
    reviewed=None,
    reviewed_by=None,
    retrieved="2026-01",
    url="https://example.org/a_b?c={d}",
    licence=None,
    language="en",
    note=None,
    sha256="cd" * 32,
)
PASSAGE = PassageOut(
    passage_id="legs/calves.md:10-38",
    text="Calves\n\nA calf *cramps*. <b>",
    highlights=(),
    probability=0.5,
    start=10,
    end=38,
    sha256="ab" * 32,
    article=ARTICLE,
    section=("Calves", "Why?"),
    section_type="",
    blocks=(),
    links=LinksOut(article="/", original=None),
)


def _passage(**values: object) -> PassageOut:
    """Return the passage with other values; names of the article's fields go to the article."""
    about = {name: values.pop(name) for name in list(values) if name in ArticleOut.model_fields}
    return PASSAGE.model_copy(update={"article": ARTICLE.model_copy(update=about), **values})


HASH = "ab" * 32


def test_the_pincite_names_section_and_characters() -> None:
    assert pincite(PASSAGE) == "“Calves › Why?”, characters 10–38"
    assert pincite(_passage(section=())) == "characters 10–38"


def test_plain_text() -> None:
    assert plain(PASSAGE) == (
        "“Calves\n\nA calf *cramps*. <b>”\n\n"
        "A. Writer; The 100% Group. Calves & cramps. Example Library, 2025-03-04. "
        "“Calves › Why?”, characters 10–38. "
        "https://example.org/a_b?c={d} (retrieved 2026-01). "
        f"In article legs/calves.md, SHA-256 of the quote {HASH}."
    )


def test_what_is_not_known_is_left_out() -> None:
    passage = _passage(
        publisher=None, authors=(), published=None, retrieved=None, url=None, section=()
    )
    assert plain(passage).splitlines()[-1] == (
        "Calves & cramps. Characters 10–38. "
        f"In article legs/calves.md, SHA-256 of the quote {HASH}."
    )
    assert bibtex(passage) == (
        "@misc{legs-calves-md-10-38,\n"
        "  title = {{Calves \\& cramps}},\n"
        f"  note = {{Characters 10–38. In article legs/calves.md, SHA-256 of the quote {HASH}}},\n"
        "}"
    )


def test_an_address_that_is_not_of_the_web_is_never_cited() -> None:
    passage = _passage(url="javascript:alert(1)")
    assert "javascript" not in "".join(citations(passage).values())


def test_markdown_shows_the_words_and_links_the_title() -> None:
    assert markdown(PASSAGE) == (
        "> Calves\n>\n> A calf \\*cramps\\*. \\<b\\>\n>\n"
        "> — A. Writer; The 100% Group. [Calves \\& cramps](<https://example.org/a_b?c=%7Bd%7D>). "
        "Example Library, 2025-03-04. “Calves › Why?”, characters 10–38. "
        "https://example.org/a\\_b?c={d} (retrieved 2026-01). "
        f"In article legs/calves.md, SHA-256 of the quote {HASH}."
    )


def test_braces_of_a_title_are_commands_in_bibtex() -> None:
    assert bibtex(_passage(title="A set { open} \\ or")).splitlines()[1] == (
        "  title = {{A set \\textbraceleft{} open\\textbraceright{} \\textbackslash{} or}},"
    )


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Calves\n===\nA calf.", "> Calves\\\n> \\===\\\n> A calf."),
        ("Calves\n---", "> Calves\\\n> \\---"),
        ("- rest\n  + walk", "> \\- rest\\\n> \\+ walk"),
        ("1986. It was hot.\n2) Rest\n3.", "> 1986\\. It was hot.\\\n> 2\\) Rest\\\n> 3\\."),
        ("Tea | 1 cup\nSoup | 2\n\nEnd.", "> Tea \\| 1 cup\\\n> Soup \\| 2\n>\n> End."),
        ("    indented", "> indented"),
        ("1.5 mg - or more = 2.", "> 1.5 mg - or more = 2."),
    ],
)
def test_what_begins_a_line_is_words_in_markdown(text: str, quoted: str) -> None:
    assert markdown(_passage(text=text)).startswith(f"{quoted}\n>\n")


LINES = st.lists(
    st.text(st.sampled_from(list("ab1 9.)(-+=#*_`~:|<>&;[]!\\\t/^$\"'")), max_size=12), min_size=1
)


@given(LINES.map("\n".join))
@example("a\n===")
@example("a|b\n-|-")
@example("1. a\n\n    b")
@example("a\n:-:")
def test_markdown_shows_the_words_themselves(text: str) -> None:
    quoted = markdown(_passage(text=f"{text}\nend.")).rpartition("\n>\n> —")[0]
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(quoted)
    assert set(re.findall(r"</?(\w+)", shown)) <= {"blockquote", "p", "br"}
    assert unescape(re.sub(r"</?(?:blockquote|p)>|<br />", " ", shown)).split() == [
        *text.split(),
        "end.",
    ]


def test_lines_of_a_quote_are_lines_in_markdown() -> None:
    shown = MarkdownIt("commonmark").render(markdown(_passage(text="Rest.\nDose | 5 mg\n\nEnd.")))
    assert "<p>Rest.<br />\nDose | 5 mg</p>\n<p>End.</p>" in shown


def test_what_announced_a_passage_is_copied_with_it() -> None:
    def lead(text: str, inner: LeadOut | None = None) -> LeadOut:
        return LeadOut(of="list", text=text, start=0, end=9, sha256=HASH, link="/", inner=inner)

    announced = lead("These help:", lead("Never take:"))
    passage = PASSAGE.model_copy(update={"text": "quinine\nsalt", "lead": announced})
    assert plain(passage).startswith("“These help:”\n\n…\n\n“Never take:”\n\n…\n\n“quinine\nsalt”")
    assert markdown(passage).startswith(
        "> These help:\n>\n> …\n>\n> Never take:\n>\n> …\n>\n> quinine\\\n> salt\n>\n> — "
    )


def test_bibtex() -> None:
    assert bibtex(PASSAGE) == (
        "@misc{legs-calves-md-10-38,\n"
        "  title = {{Calves \\& cramps}},\n"
        "  author = {{A. Writer} and {The 100\\% Group}},\n"
        "  publisher = {Example Library},\n"
        "  year = {2025},\n"
        "  month = {03},\n"
        "  url = {https://example.org/a_b?c=%7Bd%7D},\n"
        "  urldate = {2026-01},\n"
        "  note = {“Calves › Why?”, characters 10–38. "
        f"In article legs/calves.md, SHA-256 of the quote {HASH}}},\n"
        "}"
    )


def test_csl_json() -> None:
    assert json.loads(csl_json(PASSAGE)) == [
        {
            "id": "legs/calves.md:10-38",
            "type": "webpage",
            "title": "Calves & cramps",
            "author": [{"literal": "A. Writer"}, {"literal": "The 100% Group"}],
            "publisher": "Example Library",
            "issued": {"date-parts": [[2025, 3, 4]]},
            "accessed": {"date-parts": [[2026, 1]]},
            "URL": "https://example.org/a_b?c={d}",
            "section": "Calves › Why?",
            "note": f"Characters 10–38. In article legs/calves.md, SHA-256 of the quote {HASH}",
        }
    ]


@given(title=st.text(), author=st.text(), section=st.text(), words=st.text(min_size=1))
def test_hostile_metadata_never_breaks_the_forms(
    title: str, author: str, section: str, words: str
) -> None:
    passage = _passage(title=title, authors=(author,), section=(section,), text=words)
    entry = bibtex(passage)
    # BibTeX counts every brace, one behind a backslash too.
    assert entry.count("{") == entry.count("}")
    depth = 0
    for sign in entry:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert json.loads(csl_json(passage))[0].get("title", "") == title
    quoted = re.split(r"\r\n?|\n", markdown(passage))
    assert all(line.startswith(">") for line in quoted)
    assert words in plain(passage)
