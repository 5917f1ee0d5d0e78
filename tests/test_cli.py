"""The command line: exit codes, what is printed, and that nothing is a traceback."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.snapshot import current_snapshot
from service import cli
from service.safety import DISCLAIMER
from service.schemas import Answer
from service.settings import documented_settings
from tests.service_fixtures import CAUSES, write_corpus

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a corpus; the deterministic encoder; every passage an answer."""
    monkeypatch.chdir(tmp_path)
    for name, _, _ in documented_settings():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PINCITE_ENCODER", "deterministic")
    monkeypatch.setenv("PINCITE_ANSWER_THRESHOLD", "1e-9")
    write_corpus(tmp_path / "corpus")
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> Ran:
        assert home.is_dir()
        monkeypatch.setattr(sys, "argv", ["pincite", *words])
        try:
            cli.main()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        assert isinstance(code, int)
        assert "Traceback" not in captured.out + captured.err
        return Ran(code, captured.out, captured.err)

    return call


def _one_line(ran: Ran, code: int = 1) -> str:
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("pincite: ")
    assert ran.err.count("\n") == 1
    return ran.err.removeprefix("pincite: ").rstrip("\n")


# index


def test_index_says_what_it_did_and_the_second_time_that_nothing_changed(run: Run) -> None:
    first = run("index")
    assert first.code == 0
    assert "2 articles, 5 passages (5 encoded) in " in first.out
    assert " s by deterministic. Files: 2 added" in first.out
    assert "Files: 2 added, 0 changed, 0 gone, 0 not read." in first.out
    live = current_snapshot(Path("var/index"))
    assert f"Snapshot {live} in var/index is live." in first.out
    second = run("index")
    assert (second.code, second.out) == (0, "Nothing has changed: 2 articles, 5 passages.\n")
    assert current_snapshot(Path("var/index")) == live


def test_index_counts_what_changed(run: Run, home: Path) -> None:
    run("index")
    (home / "corpus/night.md").unlink()
    write_corpus(home / "corpus", {"eye.txt": "Eyelid twitch\n\nA lid may flutter for days.\n"})
    ran = run("index", "--json")
    report = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert (report["added"], report["removed"], report["changed"]) == (
        ["eye.txt"],
        ["night.md"],
        [],
    )
    assert report["snapshot"] == current_snapshot(Path("var/index"))
    again = json.loads(run("index", "--rebuild", "--json").out)
    assert again["snapshot"] != report["snapshot"]
    assert again["encoded"] == again["passages"]


def test_index_names_each_file_that_cannot_be_read(run: Run, home: Path) -> None:
    (home / "corpus/broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (home / "corpus/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (home / "corpus/empty.txt").write_bytes(b"")
    ran = run("index")
    assert ran.code == 3
    for name in ("broken.pdf: ", "picture.png: ", "empty.txt: "):
        assert sum(line.startswith(name) for line in ran.err.splitlines()) == 1
    assert "3 not read." in ran.out
    report = json.loads(run("index", "--rebuild", "--json").out)
    assert sorted(report["problems"]) == ["broken.pdf", "empty.txt", "picture.png"]


def test_index_with_nothing_to_index(run: Run, home: Path) -> None:
    assert "there is no corpus at nowhere" in _one_line(run("index", "--corpus", "nowhere"))
    (home / "bare").mkdir()
    message = _one_line(run("index", "--corpus", "bare"))
    assert message == "nothing in bare could be indexed (0 files)."
    assert current_snapshot(home / "var/index") is None


def test_index_of_a_folder_that_cannot_be_written(run: Run, home: Path) -> None:
    (home / "file").write_text("in the way")
    message = _one_line(run("index", "--index", "file/index"))
    assert "file" in message


# ask


def test_ask_prints_the_words_where_they_stand_and_the_disclaimer_once(run: Run) -> None:
    run("index")
    ran = run("ask", CAUSES, "-k", "1")
    assert (ran.code, ran.err) == (0, "")
    flat = " ".join(ran.out.split())
    assert "1. Night leg cramps Example Library · by A. Writer, B. Writer · Published 4 " in flat
    assert "Night leg cramps › What causes cramps at night?" in flat
    assert "Calf cramps at night happen when the foot points down." in flat
    assert "night.md:0-133 sha256 " in flat
    assert flat.count(DISCLAIMER) == 1
    assert "When to see a doctor" in flat
    whole = "https://example.org/night?a=1#:~:text=Calf%20cramps%20at%20night%20happen%20when,"
    assert any(line.startswith(f"   {whole}") and len(line) > 100 for line in ran.out.splitlines())
    assert "\x1b" not in ran.out


def test_ask_as_json_is_the_answer_of_the_interface(run: Run) -> None:
    run("index")
    ran = run("ask", CAUSES, "--json")
    answer = Answer.model_validate_json(ran.out)
    assert (ran.code, ran.err, answer.status) == (0, "", "answered")
    assert answer.question == CAUSES
    assert answer.disclaimer == DISCLAIMER
    assert answer.passages[0].passage_id == "night.md:0-133"


def test_ask_without_an_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("index")
    monkeypatch.setenv("PINCITE_ANSWER_THRESHOLD", "0.999999999")
    ran = run("ask", "How do I repair a bicycle?")
    assert ran.code == 4
    flat = " ".join(ran.out.split())
    assert flat.startswith(
        "The articles here do not answer this The nearest that the articles cover:"
    )
    assert flat.count(DISCLAIMER) == 1
    as_json = run("ask", "How do I repair a bicycle?", "--json")
    assert (as_json.code, json.loads(as_json.out)["status"]) == (4, "not_answered")


def test_ask_shows_the_emergency_notice_first(run: Run) -> None:
    run("index")
    ran = run("ask", "I have crushing chest pain and my left arm is numb, is it a cramp?")
    assert ran.code in {0, 4}
    assert "emergency" in ran.out.split("1. ")[0]
    assert "Shown because your question says" in ran.out
    spanish = run("ask", "I have crushing chest pain, is it a cramp?", "--lang", "es")
    assert "Algunas palabras de su pregunta" in spanish.out.split("1. ")[0]
    assert "No es un consejo médico" in spanish.out
    as_json = json.loads(run("ask", CAUSES, "--lang", "es", "--json").out)
    assert "No es un consejo médico" in as_json["disclaimer"]
    assert as_json["passages"][0]["article"]["language"] == "en"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ask", "?"), "the question is empty. Type what you want to know."),
        (("ask", "a" * 10_001), "the question has 10001 characters; at most 10000 are taken. "),
        (("ask", "\udcff"), "the question holds bytes or half characters that are not text. "),
        (("ask", "x", "--index", "none"), 'nothing is indexed in none yet. Run "pincite index".'),
        (("verify", "--index", "none"), 'nothing is indexed in none yet. Run "pincite index".'),
        (("serve", "--index", "none", "--port", "0"), "nothing is indexed in none yet."),
        (("serve", "--host", "no..host", "--port", "0"), "cannot listen on no..host port 0: "),
        (("explain", "nowhere.md"), "there is no file nowhere.md."),
        (("explain", "corpus"), "there is no file corpus."),
    ],
)
def test_a_mistake_is_one_line(run: Run, words: tuple[str, ...], message: str) -> None:
    run("index")
    assert _one_line(run(*words)).startswith(message)


def test_a_setting_that_is_none_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_PROT", "1")
    for words in (("index",), ("ask", "x"), ("serve",), ("verify",)):
        assert _one_line(run(*words)) == (
            "PINCITE_PROT is not a setting of Pincite. Do you mean PINCITE_PORT?"
        )
    monkeypatch.delenv("PINCITE_PROT")
    monkeypatch.setenv("PINCITE_PORT", "x")
    assert _one_line(run("serve")).startswith("PINCITE_PORT='x': ")


@pytest.mark.parametrize(
    "words",
    [
        ("ask",),
        ("ask", "x", "-k", "0"),
        ("ask", "x", "-k", "21"),
        ("ask", "x", "--lang", "tlh"),
        ("nonsense",),
        ("serve", "--port", "x"),
    ],
)
def test_a_wrong_call_shows_how_to_call(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: pincite")
    assert "Error: " in ran.err


def test_a_failure_that_nobody_expected_is_one_line_without_the_question(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("cannot encode zanthoxylum")

    monkeypatch.setattr("index.encoder.DeterministicEncoder.encode", broken)
    message = _one_line(run("ask", "zanthoxylum"))
    assert message.startswith("something failed inside Pincite: RuntimeError at ")
    assert "zanthoxylum" not in message


# explain


MESSY = """<!doctype html><html lang="en"><head><title>Cramp</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/shop">Shop</a></li></ul></nav>
<main><article><h1>Cramp</h1>
<p>A cramp is a sudden and painful tightening of a muscle. It lasts from seconds to minutes, and
the muscle may feel sore for a day afterwards.</p>
<p>Stretching the muscle that hurts is what helps most people. Hold the stretch gently until the
pain goes away, then walk about a little.</p></article></main>
<footer><p>Copyright Example Company Ltd. VAT number 123456789.</p></footer></body></html>
"""


def test_explain_shows_what_is_kept_and_what_is_left_out_and_why(run: Run, home: Path) -> None:
    (home / "messy.html").write_text(MESSY)
    ran = run("explain", "messy.html")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "     title  Cramp" in lines
    assert "    author" not in ran.out.replace("   authors  unknown", "")
    kept, left = [], []
    for at, line in enumerate(lines):
        if line.startswith("kept: "):
            kept.append(lines[at + 1])
        if line.startswith("left out: "):
            assert len(line) > len("left out: ")
            left.append(lines[at + 1])
    assert any(text.startswith("A cramp is a sudden") for text in kept)
    assert any("VAT number" in text for text in left)
    assert not any("VAT number" in text or text == "Shop" for text in kept)


@pytest.mark.parametrize("name", ["broken.pdf", "picture.png", "empty.md"])
def test_explain_of_a_broken_file_is_one_line(run: Run, home: Path, name: str) -> None:
    (home / name).write_bytes(
        {"broken.pdf": b"%PDF-1.7 x", "picture.png": b"\x89PNG"}.get(name, b"")
    )
    assert _one_line(run("explain", name))


# verify


def test_verify_holds_and_finds_what_was_tampered_with(run: Run, home: Path) -> None:
    run("index")
    fine = run("verify")
    assert fine.code == 0
    assert fine.out == (
        f"5 passages of 2 articles checked in snapshot {current_snapshot(Path('var/index'))}: "
        "no faults.\n"
    )
    path = home / "corpus/night.md"
    path.write_text(path.read_text().replace("points down", "points up"))
    changed = run("verify")
    assert changed.code == 1
    assert 'night.md: its file has changed since. Run "pincite index".' in changed.out
    path.unlink()
    assert "night.md: its file is gone" in run("verify").out


def test_verify_finds_altered_bytes_of_the_snapshot(run: Run, home: Path) -> None:
    run("index")
    (stored,) = home.glob("var/index/snapshots/*/records.db")
    data = stored.read_bytes()
    at = data.index(b"points down")
    stored.write_bytes(data[:at] + b"points DOWN" + data[at + 11 :])
    ran = run("verify")
    assert ran.code == 1
    assert "records.db: the bytes are not those that were written" in ran.out
    assert "night.md: " in ran.out


# What an article may do to a terminal: nothing


def test_control_characters_do_not_reach_the_terminal(run: Run, home: Path) -> None:
    # The readers refuse control bytes in a text; YAML can still spell them.
    front = 'title: "Hic\\e[2J\\x9b31m\\u0007cup"\npublisher: "P\\e]0;owned\\x7f"\n'
    write_corpus(
        home / "corpus",
        {"nasty.md": f"---\n{front}---\n\nA hiccup is a spasm of the diaphragm.\n"},
    )
    (home / "corpus/\x1b[31mred.png").write_bytes(b"\x89PNG")
    ran = [run("index"), run("ask", "What is a hiccup spasm?"), run("explain", "corpus/nasty.md"),
           run("ask", "What is a hiccup spasm?", "--json"), run("index", "--rebuild", "--json"),
           run("explain", "\x1b[31m"), run("ask", "hiccup?", "--index", "\x1b[31m")]  # fmt: skip
    assert "1. Hic\ufffd[2J\ufffd31m\ufffdcup\n   P\ufffd]0;owned\ufffd · " in ran[1].out
    assert "     title  Hic\ufffd[2J\ufffd31m\ufffdcup\n" in ran[2].out
    assert "\ufffd[31mred.png: " in ran[0].err
    for once in ran:
        for character in set(once.out + once.err):
            assert character in "\n\t" or (character.isprintable() or character == "\u00a0"), once
    Answer.model_validate_json(ran[3].out)


# Starting


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['pincite', '--help']\n"
        "import service.cli\n"
        "try: service.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'openvino', 'fastapi', 'sentence_transformers', 'transformers', 'faiss',"
        " 'numpy', 'scipy', 'lxml', 'trafilatura', 'uvicorn', 'sqlite3', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
        )
        taken.append(time.perf_counter() - began)
    assert done.stderr.strip() == "[]"
    for command in ("index", "ask", "serve", "explain", "verify"):
        assert f"\n  {command} " in done.stdout
    # 0.5 s on a quiet machine; the bound leaves room for a busy one.
    assert min(taken) < 5


def test_a_port_in_use_is_one_line(run: Run) -> None:
    run("index")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = _one_line(run("serve", "--port", str(port)))
    assert message == (
        f"cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Choose another with --host and --port (0 takes any free port)."
    )
