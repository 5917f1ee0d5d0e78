"""What `pincite ask` prints says what the page says: labels, copies, mentions, both ways."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.schemas import Answer
from service.terminal import answer_lines, plain
from tests.service_fixtures import build, client, settings_in, write_corpus
from tests.test_agreement import CALM, QUESTION, WARN


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
    shown = "\n".join(line.plain for line in answer_lines(answer))
    assert answer.notice is not None
    assert shown.startswith(answer.notice.text)
    assert f"Raised by: {answer.notice.matched}." in shown
    for passage in (*answer.passages, *answer.see_a_doctor):
        assert passage.text in shown
        assert all(label.text in shown for label in passage.article.labels)
        assert all(f"is in: {copy.article.title}" in shown for copy in passage.also_in)
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


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert plain("a\x1b[31mb\x9bc\td\n").plain == "a\ufffd[31mb\ufffdc\td\n"
