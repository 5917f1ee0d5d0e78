"""The desk: one encoder, one live snapshot, many questions at a time."""

import gc
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.encoder import DeterministicEncoder
from index.errors import NoSnapshot, QuestionError, SnapshotMismatch
from index.history import open_whole_snapshot
from index.records import sha256_of
from index.runtimes import open_encoder
from index.snapshot import Snapshot, current_snapshot
from ingest.pipeline import update_index
from service.answers import Answers, everyday_words
from service.evidence.verify import Quote
from service.live import KEPT_OPEN, SnapshotNotKept
from service.safety import DISCLAIMER
from service.schemas import Answer
from service.settings import Settings
from tests.service_fixtures import (
    CAUSES,
    LONG_LISTS,
    SHOW_NONE,
    SOURCES,
    build,
    client,
    settings_in,
    write_corpus,
)

WORDS = ["calf", "night", "water", "salt", "doctor", "stretch", "toes", "magnesium", "heat", "red"]
QUESTIONS = [f"Why does {one} matter with {other}?" for one in WORDS for other in WORDS][:50]

# Enough of one matter to outweigh what is kept of the tale before it.
ENDS = ["magnesium tablets ordinary cramps " * 40, "pull toes towards shin hold " * 40]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    write_corpus(folder / "corpus")
    build(settings_in(folder))
    return folder


@pytest.fixture
def answers(home: Path) -> Answers:
    return Answers(settings_in(home), DeterministicEncoder())


def _timeless(answer: Answer) -> dict[str, object]:
    fields = answer.model_dump()
    del fields["timings_ms"]
    return fields


def test_a_message_s_misspelt_word_is_corrected_before_the_search_and_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyday = {"have", "question", "does", "help", "with"}
    monkeypatch.setattr("service.answers.everyday_words", lambda _: everyday.__contains__)
    answers = Answers(settings_in(home), DeterministicEncoder())
    better = "I have a question. Does magnesium help with night cramps?"
    answer = answers.ask(better.replace("magnesium", "magnesiumm"), 3)
    assert answer.did_you_mean == better
    plain = answers.ask(better, 3)
    assert plain.did_you_mean is None
    assert plain.passages
    assert (answer.passages, answer.focus) == (plain.passages, plain.focus)


def test_a_name_that_the_tables_know_is_no_misspelt_word() -> None:
    class Piecewise(DeterministicEncoder):
        def count_tokens(self, texts: Sequence[str]) -> list[int]:
            return [len(text) // 2 for text in texts]

    is_word = everyday_words(Piecewise())
    assert [is_word(word) for word in ("copd", "haemorrhoids", "cat", "spazm")] == [
        True,
        True,
        True,
        False,
    ]


def test_every_passage_of_an_answer_is_a_slice_of_its_article(answers: Answers) -> None:
    for question in QUESTIONS:
        answer = answers.ask(question, 20)
        assert answer.disclaimer == DISCLAIMER
        for passage in (*answer.passages, *answer.see_a_doctor):
            article = answers.article(passage.article.article_id)
            assert article is not None
            assert article.text[passage.start : passage.end] == passage.text
            assert passage.sha256 == sha256_of(passage.text)
            assert passage.article.sha256 == article.sha256
            assert all(0 <= a < b <= len(passage.text) for a, b in passage.highlights)
            quote = Quote(article.article_id, passage.start, passage.end, passage.text)
            assert answers.verify(quote).status == "verbatim"


@pytest.mark.parametrize(
    ("question", "of", "announced_by"),
    [
        ("Which trouble of the kind number 39?", "list", "Do not take Ibuprane after:"),
        ("Tablet number 39 dose?", "table", "Tablet | Usual dose | Dose in kidney disease"),
    ],
)
def test_a_passage_inside_a_list_comes_with_what_announced_it(
    tmp_path: Path, question: str, of: str, announced_by: str
) -> None:
    write_corpus(tmp_path / "corpus", {**SOURCES, "ibuprane.md": LONG_LISTS})
    build(settings_in(tmp_path))
    answers = Answers(settings_in(tmp_path, passages_per_article=20), DeterministicEncoder())
    article = answers.article("ibuprane.md")
    assert article is not None
    passages = answers.ask(question, 20).passages
    inside = [passage for passage in passages if passage.lead]
    assert {passage.article.article_id for passage in inside} == {"ibuprane.md"}
    lead = next(p.lead for p in inside if "number 39" in p.text and p.lead and p.lead.of == of)
    assert lead.text == announced_by == article.text[lead.start : lead.end]
    assert lead.sha256 == sha256_of(announced_by)
    place = f"{lead.start}-{lead.end}"
    assert lead.link == f"/articles/ibuprane.md?start={lead.start}&end={lead.end}" + (
        f"&sha256={lead.sha256[:16]}#p{place}"
    )
    quote = Quote("ibuprane.md", lead.start, lead.end, lead.text)
    assert answers.verify(quote).status == "verbatim"
    for passage in passages:
        assert passage.lead is None or passage.lead.end <= passage.start
        opens = passage.text.startswith(("Ibuprane", "Doses of tablets"))
        assert (passage.lead is None) == (opens or passage.article.title != "Ibuprane")


def test_the_best_passage_comes_first(answers: Answers) -> None:
    for question in QUESTIONS:
        shown = [p.probability for p in answers.ask(question, 20).passages]
        assert shown == sorted(shown, key=lambda value: -(value or 0))


def test_settings_bound_what_is_shown(home: Path) -> None:
    one = Answers(settings_in(home, answer_passages=1), DeterministicEncoder())
    assert len(one.ask(CAUSES).passages) == 1
    assert len(one.ask(CAUSES, 3).passages) == 3
    few = Answers(settings_in(home, passages_per_article=1), DeterministicEncoder())
    names = [p.article.article_id for p in few.ask(CAUSES, 20).passages]
    assert sorted(names) == sorted(SOURCES)


def test_when_to_see_a_doctor_is_not_said_twice(answers: Answers) -> None:
    beside = answers.ask(CAUSES, 1)
    assert [p.section_type for p in beside.see_a_doctor] == ["when_to_seek_care"]
    assert beside.see_a_doctor[0].probability is None
    among = answers.ask("When should I see a doctor about a swollen red warm calf?", 1)
    assert among.passages[0].section_type == "when_to_seek_care"
    assert among.see_a_doctor == ()


SIGNS = "".join(f"- sign number {n} of the calf that a doctor wants to see\n" for n in range(60))
CARE = f"""# Calf pain

Calf pain after sport passes.

## When to see a doctor about sleep

See a doctor when you cannot sleep for weeks.

## When to see a doctor about a swollen calf

See a doctor when you have any of these:

{SIGNS}"""


def test_care_is_quoted_from_the_start_of_the_nearest_section(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus, {"calf.md": CARE, "water.md": SOURCES["more/water & salt.md"]})
    build(settings)
    answers = Answers(settings, DeterministicEncoder())
    cut = [p for p in answers.passages("calf.md") if p.section[-1].endswith("swollen calf")]
    assert len(cut) > 1
    found = answers.ask("Why does calf pain come after sport? Is it a sign of the calf?", 1)
    assert found.passages[0].article.article_id == "calf.md"
    (care,) = found.see_a_doctor
    assert care.passage_id == cut[0].passage_id
    assert "any of these:\n\n" in care.text
    verdict = answers.verify(Quote("calf.md", care.start, care.end, care.text, care.sha256))
    assert verdict.status == "verbatim"
    elsewhere = answers.ask("Do magnesium tablets help ordinary cramps?", 1)
    assert elsewhere.see_a_doctor == ()


def test_silence_names_topics_and_no_passage(home: Path) -> None:
    silent = Answers(settings_in(home, answer_threshold=SHOW_NONE), DeterministicEncoder())
    answer = silent.ask("How do I repair a bicycle?")
    assert (answer.status, answer.passages, answer.see_a_doctor) == ("not_answered", (), ())
    assert answer.nearest_topics
    assert answer.disclaimer == DISCLAIMER


def test_a_question_is_given_back_as_it_was_asked(answers: Answers) -> None:
    question = "  Why\r\n\tdo calves  cramp? "
    assert answers.ask(question).question == question
    same = answers.ask("Why do calves cramp?")
    assert _timeless(same)["passages"] == _timeless(answers.ask(question))["passages"]


def test_a_message_longer_than_the_window_is_answered_by_its_end(answers: Answers) -> None:
    tale = "It was summer. " * 300
    ends = [answers.ask(tale + end, 1).passages[0].passage_id for end in ENDS]
    assert ends == [answers.ask(end, 1).passages[0].passage_id for end in ENDS]


@pytest.mark.parametrize("question", ["", " ", "...", "\ud800 cramp", "a" * 10_001])
def test_what_is_no_question_is_refused(answers: Answers, question: str) -> None:
    with pytest.raises(QuestionError) as caught:
        answers.ask(question)
    assert "cramp" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_eight_threads_answer_like_one(answers: Answers) -> None:
    expected = [_timeless(answers.ask(question)) for question in QUESTIONS]
    start = threading.Barrier(8)

    def ask_all(shift: int) -> list[dict[str, object]]:
        start.wait()
        order = [(n + shift * 7) % len(QUESTIONS) for n in range(len(QUESTIONS))]
        found = {n: _timeless(answers.ask(QUESTIONS[n])) for n in order}
        return [found[n] for n in range(len(QUESTIONS))]

    with ThreadPoolExecutor(8) as threads:
        for found in threads.map(ask_all, range(8)):
            assert found == expected


@pytest.mark.slow
def test_eight_threads_answer_like_one_with_the_real_encoder(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, encoder="all-MiniLM-L6-v2")
    write_corpus(settings.corpus)
    encoder = open_encoder(settings.encoder)
    build(settings, encoder)
    answers = Answers(settings, encoder)
    expected = [_timeless(answers.ask(question)) for question in QUESTIONS[:10]]
    with ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(answers.ask, q) for _ in range(8) for q in QUESTIONS[:10]]
        assert [_timeless(job.result()) for job in jobs] == expected * 8


def _edition(folder: Path, letter: str) -> None:
    write_corpus(
        folder,
        {name: text.replace("cramps", f"cramps {letter}") for name, text in SOURCES.items()},
    )


def _editions(settings: Settings, letters: str) -> list[str | None]:
    """Publish an edition for each of `letters`; return the snapshots, the live one last."""
    names = []
    for letter in letters:
        _edition(settings.corpus, letter)
        update_index(settings.corpus, settings.index, DeterministicEncoder(), keep=9)
        names.append(current_snapshot(settings.index))
    return names


def test_each_answer_is_of_one_snapshot_while_it_is_replaced(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    encoder = DeterministicEncoder()
    editions: dict[str, str] = {}

    def publish(letter: str) -> None:
        _edition(settings.corpus, letter)
        update_index(settings.corpus, settings.index, encoder, keep=1)
        editions[current_snapshot(settings.index) or ""] = letter

    publish("A")
    answers = Answers(settings, encoder)
    stop = threading.Event()
    given: list[Answer] = []
    wholes: list[tuple[str, list[str]]] = []

    def ask_on() -> None:
        while not stop.is_set():
            given.append(answers.ask("What about cramps at night and dehydration?", 20))
            found = answers.article_with_passages("night.md")
            assert found is not None
            article, passages = found
            wholes.append((article.text, [p.text for p in passages]))
            assert all(article.text[p.start : p.end] == p.text for p in passages)

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(ask_on) for _ in range(4)]
        for letter in "BCDEFG":
            publish(letter)
            assert answers.refresh() is True
            assert answers.refresh() is False
        stop.set()
        for job in running:
            job.result()
    assert len({answer.index.snapshot for answer in given}) > 1
    for answer in given:
        letter = editions[answer.index.snapshot]
        text = "\n".join(passage.text for passage in answer.passages)
        assert f"cramps {letter}" in text
        assert not any(f"cramps {other}" in text for other in "ABCDEFG" if other != letter)


def test_a_refresh_that_fails_leaves_what_is_live(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    answers = Answers(settings, DeterministicEncoder())
    before = answers.info
    other = DeterministicEncoder(dimension=32)
    update_index(settings.corpus, settings.index, other)
    with pytest.raises(SnapshotMismatch):
        answers.refresh()
    assert answers.info == before
    assert answers.ask(CAUSES).index == before


def test_nothing_indexed_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match='Run "pincite index"'):
        Answers(settings_in(tmp_path), DeterministicEncoder())


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus, {"b.md": "# Beta\n\nTwo.\n", "a.md": "# alpha\n\nOne.\n"})
    build(settings)
    return settings


def test_articles_by_title_and_by_id(plain: Settings) -> None:
    answers = Answers(plain, DeterministicEncoder())
    assert [(a.title, a.text) for a in answers.articles()] == [("alpha", ""), ("Beta", "")]
    assert [a.article_id for a in answers.articles_after("", 5)] == ["a.md", "b.md"]
    assert [a.text for a in answers.articles_after("a.md", 5)] == ["Beta\n\nTwo."]
    assert answers.headings() == [("alpha", "title"), ("Beta", "title")]
    assert answers.article("c.md") is None
    assert answers.article_with_passages("c.md") is None


def test_what_is_read_of_a_snapshot_stays_while_it_is_open(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    names = _editions(settings, "ABCDE")
    desk = Answers(settings, DeterministicEncoder())
    live = desk.searcher_of(None)
    known = desk.known_of(live)
    first, second, third = names[:3]
    kept = desk.searcher_of(first)
    for name in (second, first, third, first, None):
        searcher = desk.searcher_of(name)
        desk.known_of(searcher)
    # The one not asked for longest was closed; the live one and the one asked again were not.
    assert desk.searcher_of(first) is kept
    assert desk.known_of(live) is known
    assert desk.searcher_of(second) is not None
    assert desk.searcher_of(third) is not None


def test_a_question_is_answered_while_a_kept_snapshot_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    names = _editions(settings, "AB")
    desk = Answers(settings, DeterministicEncoder())
    begun, go_on = threading.Event(), threading.Event()

    def slow(folder: Path, identifier: str, *, before: Snapshot) -> Snapshot:
        begun.set()
        assert go_on.wait(30)
        return open_whole_snapshot(folder, identifier, before=before)

    monkeypatch.setattr("service.live.open_whole_snapshot", slow)
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(desk.ask, CAUSES, 20, names[0])
        assert begun.wait(30)
        now = desk.ask(CAUSES, 20)
        go_on.set()
    assert now.index.snapshot == names[1]
    assert before.result().index.snapshot == names[0]


def test_a_snapshot_that_is_kept_gives_its_answer_again(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    answers = None
    given: list[Answer] = []
    for letter in "ABCD":
        _edition(settings.corpus, letter)
        update_index(settings.corpus, settings.index, DeterministicEncoder(), keep=9)
        answers = answers or Answers(settings, DeterministicEncoder())
        answers.refresh()
        given.append(answers.ask(CAUSES, 20))
    assert answers is not None
    assert len({str(answer.passages) for answer in given}) == 4
    assert len(given) > KEPT_OPEN + 1
    fresh = Answers(settings, DeterministicEncoder())
    for desk in (answers, fresh):
        for before in given:
            again = desk.ask(CAUSES, 20, before.index.snapshot)
            assert _timeless(again) == _timeless(before)
        assert _timeless(desk.ask(CAUSES, 20)) == _timeless(given[-1])
    old = given[0]
    given_out = next(p for p in old.passages if "cramps A" in p.text)
    quote = Quote(
        given_out.article.article_id,
        given_out.start,
        given_out.end,
        given_out.text,
        given_out.sha256,
    )
    assert answers.verify(quote).status == "changed"
    assert answers.verify(quote, old.index.snapshot).status == "verbatim"


def test_a_snapshot_that_is_gone_or_of_another_encoder_is_named(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    _edition(settings.corpus, "A")
    first = update_index(settings.corpus, settings.index, DeterministicEncoder(dimension=32))
    _edition(settings.corpus, "B")
    update_index(settings.corpus, settings.index, DeterministicEncoder())
    answers = Answers(settings, DeterministicEncoder())
    assert first.manifest is not None
    with pytest.raises(SnapshotNotKept, match=r"cannot be asked any more: .* was built by"):
        answers.ask(CAUSES, snapshot=first.manifest.snapshot)
    live = answers.ask(CAUSES).index.snapshot
    with pytest.raises(SnapshotNotKept, match=f"kept: {live}"):
        answers.ask(CAUSES, snapshot="no-such")
    api = client(settings)
    for response in (
        api.post("/v1/ask", json={"question": CAUSES, "snapshot": "../x"}),
        api.get("/v1/ask", params={"q": CAUSES, "snapshot": "../x"}),
    ):
        assert response.status_code == 404
        assert response.json()["type"] == "urn:pincite:snapshot-not-kept"
        assert live in response.json()["detail"]
    asked = api.get("/v1/ask", params={"q": CAUSES, "snapshot": live}).json()
    assert asked["index"]["snapshot"] == live


def test_an_answer_says_which_words_were_searched_for_and_by_which_settings(
    answers: Answers,
) -> None:
    question = "Why  does the calf\ncramp, zyx?"
    answer = answers.ask(question, 3)
    assert [question[start:end] for start, end in answer.focus] == ["calf", "cramp"]
    assert answer.settings.k == 3


def test_a_kept_snapshot_whose_bytes_were_altered_is_not_quoted(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    first = current_snapshot(settings.index)
    assert first is not None
    (settings.corpus / "more.md").write_text("# More\n\nA calf may cramp at night.\n")
    build(settings)
    records = settings.index / "snapshots" / first / "records.db"
    stored = records.read_bytes()
    at = stored.index(b"cramp")
    records.write_bytes(stored[:at] + b"clamp" + stored[at + 5 :])
    answers = Answers(settings, DeterministicEncoder())
    with pytest.raises(SnapshotNotKept, match=r"records\.db"):
        answers.ask("Why does a calf cramp?", snapshot=first)


def test_what_is_swapped_out_is_gone_at_once(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, answer_threshold=SHOW_NONE)
    write_corpus(settings.corpus)
    build(settings)
    answers = Answers(settings, DeterministicEncoder())
    gc.collect()
    gc.disable()
    try:
        assert answers.held().ask("Wherefore zyxwvu crampz?").status == "not_answered"
        live = weakref.ref(answers._searcher)
        (settings.corpus / "more.md").write_text("# More\n\nA calf may cramp at night.\n")
        build(settings)
        assert answers.refresh()
        assert live() is None, "something holds the old snapshot in a circle"
    finally:
        gc.enable()
