"""Questions without a pause while articles come, change and go: none fails, none is mixed.

`PINCITE_TEST_SWAPS` asks for more swaps than the 20 of the plain test.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bench.under_fire import rounds
from index.snapshot import open_snapshot
from service.upkeep import follow
from tests.service_fixtures import build, client, settings_in, write_corpus

CLIENTS = 8
# Read here and taken out, because a setting of that name would be refused by the service.
SWAPS = int(os.environ.pop("PINCITE_TEST_SWAPS", "20"))

# The writer is another process, as in life. It tells when an article is gone from the live one.
WRITER = """
import sys
from pathlib import Path
from index.encoder import DeterministicEncoder
from ingest.pipeline import update_index
corpus, index = Path(sys.argv[1]), Path(sys.argv[2])
for turn in range(int(sys.argv[3])):
    (corpus / f"new-{turn}.md").write_text(f"# New {turn}\\n\\nCramp number {turn} wants rest.\\n")
    (corpus / "changing.md").write_text(f"# Changing\\n\\nThis cramp is of turn {turn} only.\\n")
    gone = corpus / f"new-{turn - 1}.md"
    if turn:
        gone.unlink()
    made = update_index(corpus, index, DeterministicEncoder(), keep=1000).manifest
    print(made.snapshot, gone.name if turn else "-", flush=True)
    sys.stdin.readline()
"""


def test_no_question_fails_and_no_answer_is_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "LOOK_SECONDS", 0.02)
    settings = settings_in(tmp_path, answer_passages=20, passages_per_article=20)
    write_corpus(settings.corpus)
    build(settings)
    stop = threading.Event()
    gone: set[str] = set()
    failures: list[str] = []
    answers: list[dict[str, Any]] = []
    answered_from: set[str] = set()

    with client(settings) as api:

        def ask(number: int) -> None:
            turn = 0
            while not stop.is_set():
                turn += 1
                deleted = set(gone)  # what was gone before this request began
                response = api.post("/v1/ask", json={"question": f"cramp rest {number} {turn}"})
                if response.status_code != 200:
                    failures.append(response.text)
                    return
                answer = response.json()
                quoted = {passage["article"]["article_id"] for passage in answer["passages"]}
                if quoted & deleted:
                    failures.append(f"quoted {quoted & deleted}, which was gone")
                answers.append(answer)
                answered_from.add(answer["index"]["snapshot"])

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(CLIENTS)]
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(settings.corpus), str(settings.index), str(SWAPS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip
        assert writer.stdin
        assert writer.stdout
        for thread in threads:
            thread.start()
        made: list[str] = []
        try:
            for line in writer.stdout:
                snapshot, name = line.split()
                made.append(snapshot)
                end = time.monotonic() + 20
                # However slow the machine, somebody is answered from each snapshot.
                while snapshot not in answered_from and not failures:
                    assert time.monotonic() < end, "the service does not follow"
                    time.sleep(0.01)
                if name != "-":
                    gone.add(name)
                writer.stdin.write("\n")
                writer.stdin.flush()
        finally:
            stop.set()
            writer.kill()
            for thread in threads:
                thread.join()
            writer.communicate()
    assert failures == []
    assert len(made) == SWAPS
    assert len(answers) >= CLIENTS
    assert answered_from >= set(made)
    for snapshot in answered_from:
        opened = open_snapshot(settings.index, snapshot)
        texts = {article.article_id: article for article, _, _ in opened.records.every_article()}
        for answer in answers:
            if answer["index"]["snapshot"] != snapshot:
                continue
            assert answer["index"]["articles"] == len(texts)
            for passage in answer["passages"]:
                article = texts[passage["article"]["article_id"]]
                assert article.text[passage["start"] : passage["end"]] == passage["text"]
                assert article.sha256 == passage["article"]["sha256"]
        opened.records.close()


@pytest.mark.slow
def test_answers_stay_quick_while_articles_come(tmp_path: Path) -> None:
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    if SWAPS <= 20:
        pytest.skip("as much the machine as the code: asked for by make bench-faults")
    if load > cores:
        pytest.skip(f"others use this machine: load average {load:.1f} on {cores} cores")
    measured = rounds(tmp_path, 5_000, "deterministic", seconds=8, count=3, clients=CLIENTS)
    ratios = []
    for quiet, busy in measured:
        assert (quiet.failures, busy.failures) == (0, 0)
        assert busy.sent > 0
        ratios.append(busy.percentile(95) / quiet.percentile(95))
    assert statistics.median(ratios) <= 2, ratios
