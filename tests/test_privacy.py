"""A question is written nowhere: a unique marker is asked through every face, then looked for.

Faces: JSON by GET and POST, the page by GET and POST, the completions, the quote that is checked,
feedback whose box for the question is not ticked, the command line, requests that are refused, and
a service whose encoder fails. Looked through: every log record at DEBUG, both streams, every file
below the working directory and the index, and the temporary folder.
"""

import io
import logging
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from index.encoder import DeterministicEncoder, Encoder, OnBatch
from service import cli
from service.emergency.meaning import Meaning
from service.evidence.answerability import Answerability
from service.settings import documented_settings
from tests.service_fixtures import build, client, settings_in, write_corpus

MARKER = "zanthoxylumqqx"
QUESTION = f"Does {MARKER} cause cramps at night?"
PAGE = {"accept": "text/html"}


class FailingEncoder(DeterministicEncoder):
    """An encoder that fails on the question, and says so with the question's words."""

    def encode(
        self,
        texts: Sequence[str],
        *,
        on_batch: OnBatch | None = None,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        """Fail, naming the texts; the empty one, by which a service warms up, passes."""
        if not any(texts):
            return super().encode(texts)
        raise RuntimeError(f"cannot encode {texts!r}")


class _Gathered(logging.Handler):
    """Every record of every logger, with all that it holds."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        # These two are the client's own, on this side of the wire.
        if record.name.split(".")[0] not in {"httpx", "httpx2", "httpcore", "httpcore2"}:
            self.text.write(f"{record.__dict__!r}\n{self.format(record)}\n")


@contextmanager
def _everything_written(home: Path) -> Iterator[list[str]]:
    """Give a list that at the end holds everything that was logged or written to a file."""
    gathered = _Gathered()
    root = logging.getLogger()
    before = root.level
    # A logger with a level of its own, or one that uvicorn has set up for an earlier test, would
    # keep its records from the root.
    loggers = [
        logging.getLogger(name)
        for name in (*logging.root.manager.loggerDict, "pincite", "uvicorn", "uvicorn.access")
    ]
    states = [(one, one.level, one.propagate, one.disabled) for one in loggers]
    root.addHandler(gathered)
    root.setLevel(logging.DEBUG)
    for one in loggers:
        one.setLevel(logging.DEBUG)
        one.propagate, one.disabled = True, False
    temporary = Path(tempfile.gettempdir())
    known = set(temporary.iterdir())
    found: list[str] = []
    try:
        yield found
    finally:
        root.removeHandler(gathered)
        root.setLevel(before)
        for one, level, propagate, disabled in states:
            one.setLevel(level)
            one.propagate, one.disabled = propagate, disabled
    found.append(gathered.text.getvalue())
    new = [path for path in temporary.iterdir() if path not in known and path.is_file()]
    for path in (*home.rglob("*"), *new):
        found.append(str(path))
        if path.is_file():
            found.append(path.read_bytes().decode("latin-1"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in documented_settings():
        monkeypatch.delenv(name, raising=False)
    write_corpus(tmp_path / "corpus")
    build(settings_in(tmp_path))
    return tmp_path


def _ask_everything(web: TestClient) -> list[str]:
    asked = quote(QUESTION)
    quoted = {"article_id": "night.md", "start": 0, "end": 9, "text": QUESTION}
    long = QUESTION * 400
    surrogate = ('{"question": "\\ud800' + MARKER + '"}').encode()
    responses = [
        web.post("/v1/ask", json={"question": QUESTION}),
        web.get(f"/v1/ask?q={asked}"),
        web.get(f"/?q={asked}", headers=PAGE),
        web.post("/", data={"q": QUESTION}, headers=PAGE),
        web.get(f"/v1/suggest?q={asked}"),
        web.post("/v1/suggest", json={"q": QUESTION}),
        web.post("/v1/verify", json=quoted),
        web.post("/check", data={k: str(v) for k, v in quoted.items()}, headers=PAGE),
        # Refused, each for another reason.
        web.post("/v1/ask", json={"question": QUESTION, "k": 99}),
        web.post("/v1/ask", json={"question": [QUESTION]}),
        web.post("/v1/ask", json={QUESTION: 1}),
        web.post("/v1/suggest", json={"q": [QUESTION]}),
        web.post("/v1/suggest", json={"q": long}),
        web.post("/v1/ask", json={"question": long}),
        web.post("/v1/ask", content=f'{{"question": "{QUESTION}'.encode()),
        web.post("/v1/ask", content=surrogate, headers={"content-type": "application/json"}),
        web.post("/v1/ask", content=b"\xff" + QUESTION.encode()),
        web.post("/v1/ask", content=(QUESTION * 40_000).encode()),
        web.get(f"/v1/ask?q={quote(long)}"),
        web.get(f"/v1/ask?q={asked}&k={asked}"),
        web.get(f"/v1/ask?k={asked}"),
        web.delete(f"/v1/ask?q={asked}"),
        web.get(f"/?q={quote(long)}", headers=PAGE),
        web.post("/", data={"q": long}, headers=PAGE),
        web.get(f"/v1/articles/{asked}"),
        web.get(f"/articles/{asked}", headers=PAGE),
        web.get(f"/{asked}", headers=PAGE),
        web.get(f"/v1/{asked}"),
        web.head(f"/?q={asked}"),
    ]
    refused = [r.text for r in responses if r.status_code >= 400 and "json" in str(r.headers)]
    # A program that logs what it is refused must not log the question: no problem repeats it,
    # but for the name of an article that is not there.
    for text in refused:
        assert MARKER not in text or "there is no article" in text
    return [response.text for response in responses]


def _clean(found: list[str], captured: pytest.CaptureFixture[str]) -> None:
    streams = captured.readouterr()
    for text in (*found, streams.out, streams.err):
        at = text.find(MARKER)
        assert at < 0, text[max(0, at - 200) : at + 200]


def test_the_search_for_the_marker_finds_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with _everything_written(home) as found:
        logging.getLogger("uvicorn.access").debug("%s", MARKER)
    with pytest.raises(AssertionError, match=MARKER):
        _clean(found, capsys)
    with _everything_written(home) as found:
        (home / "var").mkdir()
        (home / "var" / "questions.log").write_text(MARKER)
    with pytest.raises(AssertionError, match=MARKER):
        _clean(found, capsys)


@pytest.mark.parametrize("encoder", [DeterministicEncoder(), FailingEncoder()])
def test_no_face_of_the_service_writes_the_question(
    home: Path, capsys: pytest.CaptureFixture[str], encoder: Encoder
) -> None:
    with _everything_written(home) as found, client(settings_in(home), encoder) as web:
        texts = _ask_everything(web)
        assert MARKER not in web.get("/metrics").text
        failed = texts[0]
    _clean(found, capsys)
    if isinstance(encoder, FailingEncoder):
        assert '"status":500' in failed
        assert "RuntimeError at " in found[0]
    else:
        assert QUESTION in failed


class FailingMeaning(Meaning):
    """A network that fails on what it reads, and says so with its words."""

    def __init__(self) -> None:
        """Read by no weights."""

    def length(self, question: str) -> int:
        raise RuntimeError(f"cannot read {question!r}")


class FailingAnswerability(Answerability):
    """The same of what a question is asked of."""

    def __init__(self) -> None:
        """Read by no weights."""

    def asked(self, question: str) -> str:
        raise RuntimeError(f"cannot read {question!r}")


@pytest.mark.parametrize(
    ("network", "failing", "question"),
    [
        (
            "service.safety.fitted_meaning",
            FailingMeaning,
            f"My chest hurts and my left arm is numb, is it {MARKER}?",
        ),
        ("service.reading.fitted_answerability", FailingAnswerability, QUESTION),
    ],
)
def test_no_network_that_reads_a_question_writes_it(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    network: str,
    failing: type,
    question: str,
) -> None:
    own = DeterministicEncoder().record.fingerprint
    monkeypatch.setattr("service.reading.fitted_beside", lambda: own)
    monkeypatch.setattr(network, failing)
    with _everything_written(home) as found, client(settings_in(home)) as web:
        failed = web.post("/v1/ask", json={"question": question}).text
    _clean(found, capsys)
    assert '"status":500' in failed
    assert MARKER not in failed
    assert "RuntimeError at " in found[0]


@pytest.mark.parametrize("failing", [False, True])
def test_the_command_line_does_not_write_the_question(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    failing: bool,
) -> None:
    monkeypatch.setenv("PINCITE_ENCODER", "deterministic")
    if failing:
        monkeypatch.setattr("index.encoder.DeterministicEncoder.encode", FailingEncoder.encode)
    calls = [("ask", QUESTION), ("ask", QUESTION, "--json"), ("ask", QUESTION * 400)]
    with _everything_written(home) as found:
        for words in calls:
            monkeypatch.setattr(sys, "argv", ["pincite", *words, "--index", "index"])
            with pytest.raises(SystemExit):
                cli.main()
            out, err = capsys.readouterr()
            assert MARKER not in err
            # Only the answer as JSON repeats the question.
            assert (MARKER in out) == (not failing and "--json" in words)
    _clean(found, capsys)


@pytest.mark.parametrize("ticked", [False, True])
def test_feedback_keeps_the_question_only_where_the_box_is_ticked(
    home: Path, capsys: pytest.CaptureFixture[str], ticked: bool
) -> None:
    with _everything_written(home) as found, client(settings_in(home)) as web:
        page = web.post("/", data={"q": QUESTION}, headers=PAGE).text
        # The question stands in the form as the value of the box, which is not ticked, and nowhere
        # else: what a browser sends unasked does not hold it.
        form = page[page.index("data-feedback") :].partition("</form>")[0]
        assert re.findall(f'<input type="(\\w+)" name="(\\w+)" value="[^"]*{MARKER}', form) == [
            ("checkbox", "question")
        ]
        assert "checked" not in form
        sent = {"helped": "no", "reason": "It is about others.", "status": "answered"}
        if ticked:
            sent["question"] = QUESTION
        assert web.post("/feedback", data=sent, headers=PAGE).status_code == 200
        # Refused: nothing of it may be kept, nor said in a log.
        long = {"helped": "yes", "reason": MARKER * 200}
        assert web.post("/feedback", data=long, headers=PAGE).status_code == 422
    stored = home / "feedback" / "feedback.jsonl"
    assert (MARKER in stored.read_text("utf-8")) == ticked
    if ticked:
        return
    _clean(found, capsys)


def test_questions_by_post_stay_out_of_the_addresses_of_the_page(home: Path) -> None:
    with client(settings_in(home)) as web:
        text = web.get("/", headers=PAGE).text
        answer = web.post("/", data={"q": QUESTION}, headers=PAGE)
    assert 'method="post"' in text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    links = re.findall(r'<a href="https?://[^>]*>', answer.text)
    assert links
    assert all("noreferrer" in link for link in links)
