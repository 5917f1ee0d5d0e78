"""What stands beside the passages that answer: headings of the articles, and nothing written."""

import dataclasses
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient

from index.records import Article
from service.evidence.related import FROM_ONE, MOST, Related, related
from service.schemas import Answer, PassageOut
from tests.service_fixtures import build, client, settings_in, write_corpus

LONG = "A heading that somebody has written as if it were a paragraph, " * 3
SOURCE = f"""---
title: Calves at night
language: en
---

# Calves at night

## Who gets cramps at night?

Older people get cramps.

## Stretching

Pull the toes up.

## Why does a calf cramp at night?

A calf cramps at night when the toes point down.

### How long?

A minute.

## Does heat & cold help against cramps?

Heat helps some.

## Stretching

Again.

## {LONG}

Text.

## When to see a doctor

See a doctor when the calf is swollen.
"""
QUESTION = "Why does a calf cramp at night?"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("related")
    write_corpus(home / "corpus", {"calves.md": SOURCE})
    settings = settings_in(home, answer_passages=1)
    build(settings)
    with client(settings) as opened:
        yield opened


def found_for(web: TestClient, question: str) -> tuple[list[Related], Answer]:
    answers = web.app.state.answers  # type: ignore[attr-defined]
    answer: Answer = answers.ask(question)
    return related(answer.passages, answer.see_a_doctor, answers.article), answer


def test_headings_beside_the_answer_each_once_and_as_they_stand(web: TestClient) -> None:
    found, answer = found_for(web, QUESTION)
    article: Article = web.app.state.answers.article("calves.md")  # type: ignore[attr-defined]
    shown = [p.text for p in (*answer.passages, *answer.see_a_doctor)]
    assert found
    assert len(found) <= FROM_ONE
    for one in found:
        assert article.text[one.start :].startswith(one.heading)
        assert not any(one.heading in text for text in shown)
    headings = [one.heading for one in found]
    assert len(set(headings)) == len(headings)
    assert not {QUESTION, "Calves at night", "When to see a doctor", LONG.strip()} & set(headings)


def test_only_what_stands_by_itself_as_a_question_can_be_asked() -> None:
    def asked(heading: str) -> bool:
        return Related(heading, "a", "A", 0, None).is_question

    assert asked("Does heat help against cramps?")
    assert asked("¿Qué causa los calambres nocturnos?")
    assert not asked("Who is at risk?")
    assert not asked("How long?")
    assert not asked("What to do about cramps")


def test_articles_that_are_gone_are_passed_over(web: TestClient) -> None:
    _, answer = found_for(web, QUESTION)
    assert related(answer.passages, (), lambda _: None) == []
    assert related((), (), lambda _: None) == []


def test_no_article_fills_the_list_alone(web: TestClient) -> None:
    _, answer = found_for(web, QUESTION)
    article: Article = web.app.state.answers.article("calves.md")  # type: ignore[attr-defined]

    def renamed(passage: PassageOut, number: int) -> PassageOut:
        named = passage.article.model_copy(update={"article_id": f"{number}.md"})
        return passage.model_copy(update={"article": named})

    texts = {
        f"{n}.md": dataclasses.replace(
            article,
            article_id=f"{n}.md",
            text=article.text.replace("S", f"{n}").replace("D", f"{n}"),
        )
        for n in range(8)
    }
    many = [renamed(answer.passages[0], n) for n in range(8)]
    found = related(many, (), texts.get)
    assert len(found) <= MOST
    counts = [sum(one.article_id == name for one in found) for name in texts]
    assert max(counts) <= FROM_ONE
    assert sum(count > 0 for count in counts) > 1


def test_the_page_asks_questions_and_links_the_rest(web: TestClient) -> None:
    page = web.post("/", data={"q": QUESTION}, headers={"accept": "text/html"}).text
    section = page[page.index('class="related"') :].split("</section>")[0]
    found, _ = found_for(web, QUESTION)
    for one in found:
        assert one.heading in unescape(section)
        where = f'href="/articles/calves.md#s{one.start}"'
        assert (where in section) != one.is_question
    assert "Does heat &amp; cold help against cramps?" in section
