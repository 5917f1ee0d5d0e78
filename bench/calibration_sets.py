"""Questions with and without an answer, and why each label is sound, for `bench.calibrate`.

- small: questions on the seeds and on `corpus/`, labelled by reading the articles.
- beside: questions on the seeds, and questions beside their subject: of another animal or part of
  the body, another drug, a dose, a price, a place, a date, the same word in another sense. Half of
  them is held: nothing is fitted on it.
- fresh, lay: questions of all kinds on the seeds, and in the words of lay people on the seeds and
  on `corpus/`, written before any of their probabilities was seen, and the third file of "lay" by
  somebody who had not seen the code. Halves of the first two were held out, asked once when all was
  chosen, and read; they are fitted on since. docs/silence.md has what each file gave when it was
  first asked.
- consumer: messages for which experts graded an answer 3 or 4, of 4, that stands in the index.
- summary, message: an expert's summary that asks nothing but a usual aspect ("treatment of") of a
  topic that an article bears as its title, and the message it summarises. Not answerable: the same
  where the topic is only in MedQuAD articles outside the index and nowhere in the index's text.
- of 5, of 25, of 100: the same put to random parts of MedQuAD (`bench.calibration_parts`).
- masked: consumer, summary and message, with every article hidden that holds the topic's name: a
  person's words about what the index lacks, as long as the others.
- template: MedQuAD's own questions about articles in the index. Not answerable: about articles
  outside it whose topic is nowhere in its text.
- absent: medical questions on topics absent from all of MedQuAD.
- ood: questions that are not about health.

Not used, because unsound: a candidate graded 1 or 2 says nothing about the other passages; a
summary that only mentions a title ("fracture") asks for something else.
"""

import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from bench.evaluation_data import ARTICLES, EVAL, ROOT, SHARED, entries
from index.analysis import terms

SMALL = (
    ROOT / "bench" / "data" / "small_corpus_questions.jsonl",
    SHARED / "seeds-questions.jsonl",
)
BESIDE = ROOT / "bench" / "data" / "beside_the_subject.jsonl"
LAY = tuple(
    ROOT / "bench" / "data" / name
    for name in ("lay_questions.jsonl", "lay_questions_second.jsonl", "lay_questions_third.jsonl")
)
REAL = ("consumer", "summary", "message")
"""The kinds of real wording."""
SPLITS = ("train_liveqa", "train_alexa", "val")
GOOD = 2
"""The grade from which an answer is one: the files hold the published 1 to 4, less one."""
LONGEST_NAME = 6
ARTICLE_CHARACTERS = 7000
"""As much of each MedQuAD article as is indexed: what is asked about stands near its head."""
ASPECTS = frozenset(
    terms(
        """treatment treatments symptoms signs causes cause prognosis outlook inheritance inherited
        patterns pattern information find diagnosis diagnosed diagnose prevent prevention treated
        help research clinical trials resources disease syndrome disorder genetic change changes
        many people affected complications risk factors latest long term effects"""
    )
)

Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A question put to an index. Cases that share a `group` never part in cross-validation.

    `hidden` names the articles (as `Medquad` numbers them) that are treated as absent; `answering`
    those that answer real wording.
    """

    index: str
    kind: str
    answerable: bool
    question: str
    group: str
    hidden: frozenset[str] = frozenset()
    answering: frozenset[str] = frozenset()


def _names(text: str) -> Iterator[Name]:
    words = terms(text)
    for size in range(1, LONGEST_NAME + 1):
        for start in range(len(words) - size + 1):
            yield tuple(words[start : start + size])


def _grades() -> Iterator[tuple[str, str, int]]:
    for split in SPLITS:
        lines = (EVAL / "mediqa_qa" / "qrels" / f"{split}.tsv").read_text("utf-8").splitlines()
        for line in lines[1:]:
            question, answer, grade = line.split("\t")
            yield question, answer, int(grade)


class Medquad:
    """The part of MedQuAD that is indexed.

    A third of it, with the articles that graded answers were cut from; or `whole`.
    """

    def __init__(self, *, whole: bool = False) -> None:
        articles = list(entries(ARTICLES))
        self.titles = {article["_id"]: article["title"] for article in articles}
        self.origins = _origins(articles)
        graded = set(self.origins.values())
        self.articles = [
            {**article, "text": article["text"][:ARTICLE_CHARACTERS]}
            for article in articles
            if whole or zlib.crc32(article["_id"].encode()) % 3 == 0 or article["_id"] in graded
        ]
        self.holding: defaultdict[Name, set[str]] = defaultdict(set)
        self.inside: defaultdict[Name, set[str]] = defaultdict(set)
        self.outside: set[Name] = set()
        members = {article["_id"] for article in self.articles}
        for article in articles:
            for title in (article["title"], *article["synonyms"]):
                name = tuple(terms(title))
                if name and len(title) > 4 and article["_id"] in members:
                    self.inside[name].add(article["_id"])
                elif name and len(title) > 4:
                    self.outside.add(name)
        wanted = self.inside.keys() | self.outside
        for article in self.articles:
            for name in wanted.intersection(_names(f"{article['title']}\n{article['text']}")):
                self.holding[name].add(article["_id"])

    def topic(self, summary: str) -> Name | None:
        """Return the longest title or synonym of an article that `summary` names."""
        named = [name for name in _names(summary) if name in self.inside or name in self.outside]
        return max(named, key=len, default=None)


def _origins(articles: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return graded answer → the MedQuAD article that holds 30% of its runs of twelve words."""
    answers = {
        answer["_id"]: _runs(answer["text"]) for answer in entries(EVAL / "mediqa_qa/corpus.jsonl")
    }
    wanted = set().union(*answers.values())
    holders: defaultdict[Name, list[str]] = defaultdict(list)
    for article in articles:
        for run in wanted.intersection(_runs(article["text"])):
            holders[run].append(article["_id"])
    found = {}
    for answer, runs in answers.items():
        shares: defaultdict[str, int] = defaultdict(int)
        for run in runs:
            for article_id in holders.get(run, ()):
                shares[article_id] += 1
        best = max(sorted(shares), key=lambda one: shares[one], default="")
        if best and shares[best] > 0.3 * len(runs):
            found[answer] = best
    return found


def _runs(text: str) -> set[Name]:
    words = re.sub(r"\W+", " ", text.lower()).split()
    return {tuple(words[start : start + 12]) for start in range(len(words) - 11)}


def cases(medquad: Medquad, whole: Medquad, seed: int = 7) -> list[Case]:
    """Return every case; the same for the same data and `seed`."""
    draw = random.Random(seed)
    absent = list(entries(EVAL / "abstention" / "absent_topics.jsonl"))
    chatter = [
        line["text"]
        for line in entries(EVAL / "abstention" / "out_of_domain.jsonl")
        if not line["health_word"]
    ]
    draw.shuffle(chatter)
    found = list(_small())
    for index, part in (
        ("medquad", chatter[:300]),
        ("mediqa", chatter[300:500]),
        ("seeds", chatter[500:600]),
        ("sample", chatter[500:600]),
    ):
        found += [Case(index, "ood", False, text, text) for text in part]
    found += [Case("medquad", "absent", False, one["text"], one["focus"]) for one in absent]
    wanted = {tuple(terms(one["focus"])) for one in absent}
    written: set[Name] = set()
    for one in entries(EVAL / "mediqa_qa" / "corpus.jsonl"):
        written |= wanted.intersection(_names(one["text"]))
    found += [
        Case("mediqa", "absent", False, one["text"], one["focus"])
        for one in absent
        if tuple(terms(one["focus"])) not in written
    ]
    found += _templates(medquad, draw)
    found += _consumer(medquad, "medquad")
    found += _summaries(medquad, "medquad")
    found += _fewer(found, medquad, draw)
    found += [Case("whole", "absent", False, one["text"], one["focus"]) for one in absent]
    found += [Case("whole", "ood", False, text, text) for text in chatter[:300]]
    found += _consumer(whole, "whole")
    found += _summaries(whole, "whole")
    return found


def questions_of(path: Path) -> frozenset[str]:
    """Return the questions of one of `SMALL`, `BESIDE` and `LAY`."""
    return frozenset(line["question"] for line in entries(path))


def _small() -> Iterator[Case]:
    for line in entries(BESIDE):
        kind = "beside" if line["side"] == "tune" else line["side"]
        question = line["question"]
        yield Case(line["corpus"], kind, line["answerable"], question, question)
    for line in chain.from_iterable(map(entries, LAY)):
        question = line["question"]
        yield Case(line["corpus"], "lay", line["answerable"], question, question)
    for path in SMALL:
        for line in entries(path):
            answerable = line["answerable"] if "answerable" in line else bool(line["answered_by"])
            corpus = line.get("corpus", "seeds")
            yield Case(corpus, "small", answerable, line["question"], line["question"])


def _templates(medquad: Medquad, draw: random.Random) -> list[Case]:
    questions = {one["_id"]: one["text"] for one in entries(EVAL / "medquad" / "queries.jsonl.gz")}
    members = {article["_id"] for article in medquad.articles}
    sides: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for line in (EVAL / "medquad" / "qrels" / "dev.tsv").read_text("utf-8").splitlines()[1:]:
        question, section, _ = line.split("\t")
        article_id = re.sub(r"_Sec\d+$", "", section)
        name = tuple(terms(medquad.titles.get(article_id, "")))
        if article_id in members:
            sides[True][questions[question]] = article_id
        elif name and name not in medquad.holding and name not in medquad.inside:
            sides[False][questions[question]] = article_id
    return [
        Case("medquad", "template", answerable, text, sides[answerable][text])
        for answerable, size in ((True, 300), (False, 400))
        for text in draw.sample(sorted(sides[answerable]), size)
    ]


def _consumer(medquad: Medquad, index: str) -> Iterator[Case]:
    texts = {one["_id"]: one["text"] for one in entries(EVAL / "mediqa_qa" / "queries.jsonl")}
    good: defaultdict[str, set[str]] = defaultdict(set)
    for question, answer, grade in _grades():
        if grade >= GOOD:
            good[question].add(answer)
    for question, answers in good.items():
        text = texts[question]
        if index == "medquad":
            yield Case("mediqa", "consumer", True, text, question)
        held = {medquad.origins[answer] for answer in answers if answer in medquad.origins}
        if held:
            yield Case(index, "consumer", True, text, question, answering=frozenset(held))
            names = {tuple(terms(medquad.titles[one])) for one in held}
            hidden = frozenset().union(*(medquad.holding[name] for name in names)) | held
            yield Case(index, "masked", False, text, question, hidden)


def _summaries(medquad: Medquad, index: str) -> Iterator[Case]:
    for line in entries(EVAL / "questions" / "long_with_summary.jsonl"):
        topic = medquad.topic(line["summary"])
        if topic is None:
            continue
        if topic in medquad.inside:
            hidden = frozenset(medquad.holding[topic])
            for text in (line["summary"], line["text"]):
                yield Case(index, "masked", False, text, line["_id"], hidden)
            if set(terms(line["summary"])) - set(topic) - ASPECTS:
                continue
        elif topic in medquad.holding:
            continue
        answering = frozenset(medquad.inside.get(topic, ()))
        for kind, text in (("summary", line["summary"]), ("message", line["text"])):
            answerable = topic in medquad.inside
            yield Case(index, kind, answerable, text, line["_id"], answering=answering)


def _fewer(found: list[Case], medquad: Medquad, draw: random.Random) -> list[Case]:
    """Return cases on a fifth of the index: with the answers in it, and most of the rest hidden."""
    kept = set(medquad.origins.values())
    asked = [one for one in found if one.index == "medquad" and one.answerable]
    asked = [one for one in asked if one.kind in REAL]
    for one in asked:
        if one.kind == "summary":
            topic = medquad.topic(one.question)
            kept |= medquad.inside[topic] if topic else set()
    members = {article["_id"] for article in medquad.articles}
    kept |= {one for one in members if zlib.crc32(f"x{one}".encode()) % 10 == 0}
    for kind, size in (("absent", 250), ("ood", 100)):
        of_kind = [one for one in found if one.index == "medquad" and one.kind == kind]
        asked += draw.sample(of_kind, size)
    hidden = frozenset(members - kept)
    return [
        Case("fewer", one.kind, one.answerable, one.question, one.group, hidden) for one in asked
    ]
