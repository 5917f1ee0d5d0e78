"""What `pincite ask` prints says what the page says: labels, copies, mentions, both ways."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.evidence.sources import OLD_YEARS
from service.schemas import Answer
from service.terminal import answer_lines, plain
from service.web.strings import locales
from tests.service_fixtures import (
    CAUSES,
    LONG_LISTS,
    SOURCES,
    build,
    client,
    settings_in,
    write_corpus,
)
from tests.test_agreement import CALM, QUESTION, WARN

SEEN = """---
retrieved: 2026-01-02
---

# Calves

Calf cramps at night have causes that nobody knows.
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    folder: Path = tmp_path_factory.mktemp("terminal")
    sources = {
        "one.md": CALM.format(title="One", more=""),
        "two.md": CALM.format(title="Two", more=""),
        "three.md": CALM.format(title="Three", more=" or from long hours before a bright screen"),
        "warn.md": WARN,
        **{f"other{n}.md": f"# Other {n}\n\nShoe number {n} fits the foot.\n" for n in range(20)},
    }
    write_corpus(folder / "corpus", sources)
    build(settings_in(folder))
    api: TestClient = client(settings_in(folder))
    given = api.post("/v1/ask", json={"question": f"{QUESTION} My friend is unconscious"})
    return Answer.model_validate(given.json())


def test_everything_that_is_said_of_an_answer_is_printed(answer: Answer) -> None:
    english = locales()["en"]
    shown = "\n".join(line.plain for line in answer_lines(answer, english))
    assert answer.notice is not None
    assert shown.startswith(answer.notice.text)
    assert f"your question says “{answer.notice.matched}”" in shown
    for passage in (*answer.passages, *answer.see_a_doctor):
        assert passage.text in shown
        assert passage.passage_id in shown
        assert all(
            english(f"label.{label.kind}_why", years=OLD_YEARS, value=label.value) in shown
            for label in passage.article.labels
        )
        for copy in passage.also_in:
            nearly = "" if copy.identical else " (a few words differ)"
            who = f"{copy.article.title}, {copy.article.publisher}{nearly}"
            assert f"{who}  {copy.passage_id}" in shown
    assert "The same passage stands in one more article. It counts as one source." in shown
    assert any(passage.also_in for passage in answer.passages)
    assert answer.mentions
    for mention in answer.mentions:
        assert f"{mention.articles} of {mention.of} sources mention “{mention.term}”" in shown
        for quote in mention.quotes:
            assert f"“{' '.join(quote.text.split())}”" in shown
            assert f"{quote.article_id}:{quote.start}-{quote.end}" in shown
    assert answer.differing
    assert shown.index("Wording that calms") < shown.index("Wording that warns")
    assert shown.count(answer.disclaimer) == 1
    assert shown.endswith(answer.disclaimer)


def test_who_said_it_when_and_how_to_check_it(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {**SOURCES, "seen.md": SEEN})
    build(settings_in(tmp_path))
    given = client(settings_in(tmp_path)).post("/v1/ask", json={"question": CAUSES, "k": 20})
    answer = Answer.model_validate(given.json())
    lines = [line.plain for line in answer_lines(answer, locales()["en"])]
    at = lines.index("1. Night leg cramps")
    assert lines[at + 1] == (
        "   Example Library · by A. Writer, B. Writer · Published 4 March 2025 · Reviewed June 2025"
    )
    assert "   Another Library · Date not stated" in lines
    assert "   Publisher not stated · Date not stated · Retrieved 2 January 2026" in lines
    best = answer.passages[0]
    assert f"   {best.links.original}" in lines
    assert f"   {best.passage_id}  sha256 {best.sha256[:12]}" in lines
    assert any("run “pincite verify”" in line for line in lines)
    address = next(line for line in answer_lines(answer, locales()["en"]) if "https:" in line.plain)
    assert address.no_wrap


@pytest.mark.parametrize(
    ("question", "words", "announced_by"),
    [
        ("trouble of the kind number 39", "lead_list", "Do not take Ibuprane after:"),
        ("tablet number 39", "lead_table", "Tablet | Usual dose | Dose in kidney disease"),
    ],
)
def test_what_announced_a_list_is_printed_above_its_items(
    tmp_path: Path, question: str, words: str, announced_by: str
) -> None:
    write_corpus(tmp_path / "corpus", {"ibuprane.md": LONG_LISTS})
    build(settings_in(tmp_path))
    given = client(settings_in(tmp_path)).post("/v1/ask", json={"question": question, "k": 20})
    answer = Answer.model_validate(given.json())
    passage = next(p for p in answer.passages if "number 39" in p.text)
    for language in ("en", "es"):
        t = locales()[language]
        lines = [line.plain for line in answer_lines(answer, t)]
        at = lines.index(passage.text)
        assert lines[at - 3 : at] == [f"   {t(f'answer.{words}')}", announced_by, "…"]


def test_the_words_around_are_of_the_language(answer: Answer) -> None:
    spanish = locales()["es"]
    shown = "\n".join(line.plain for line in answer_lines(answer, spanish))
    for key in ("said.title", "said.differing", "said.worry_one", "terminal.check"):
        assert spanish(key) in shown
    assert "No consta ningún autor." in shown
    assert all(passage.text in shown for passage in answer.passages)
    none = answer.model_copy(update={"passages": (), "status": "not_answered"})
    nothing = "\n".join(line.plain for line in answer_lines(none, spanish))
    assert "Los artículos no responden a esto" in nothing
    assert "Pregunte a un médico" in nothing
    assert spanish("terminal.check") not in nothing


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert plain("a\x1b[31mb\x9bc\td\n").plain == "a\ufffd[31mb\ufffdc\td\n"
