"""The whole way once: the sample corpus, the real encoder, the real server, a real browser."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from index.records import sha256_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PINCITE = [sys.executable, "-c", "from service.cli import main; main()"]


def pincite(*arguments: str, index: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PINCITE, *arguments, "--index", str(index)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("end_to_end") / "index"
    done = pincite("index", "--json", index=folder)
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert report["articles"] == 25
    assert report["problems"] == {}
    return folder


@pytest.fixture(scope="module")
def address(index: Path) -> Iterator[str]:
    with subprocess.Popen(
        [*PINCITE, "serve", "--port", "0", "--index", str(index)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        found = None
        while found is None:
            line = server.stderr.readline()
            assert line, "the server ended before it gave its address"
            found = re.search(r"http://[0-9.]+:\d+/", line)
        yield found.group()
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
        assert server.returncode == 0


def test_a_second_run_makes_no_snapshot(index: Path) -> None:
    report = json.loads(pincite("index", "--json", index=index).stdout)
    assert report["snapshot"] is None


def test_every_passage_verifies(index: Path) -> None:
    done = pincite("verify", index=index)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("question", "article", "words"),
    [
        ("does magnesium help night cramps?", "magnesium-for-cramps.md", "magnesium"),
        ("what is dystonia", "dystonia.md", "dystonia"),
        ("can statins cause cramps", "medicines-that-cause-cramps.md", "statin"),
        ("what colour is urine in rhabdomyolysis", "rhabdomyolysis.md", "urine"),
        ("can I use ibuprofen with rhabdomyolysis", "rhabdomyolysis.md", "ibuprofen"),
        ("can I drink alcohol with diazepam", "muscle-relaxants.md", "avoid alcohol"),
        ("can I take diazepam with codeine", "muscle-relaxants.md", "codeine"),
        ("can I stop tizanidine suddenly", "muscle-relaxants.md", "stopping tizanidine"),
        ("does pravastatin cause muscle pain", "medicines-that-cause-cramps.md", "pravastatin"),
        ("jaw stiff after a cut", "tetanus.md", "after a cut, a bite"),
        ("my toe has gone black", "circulation-and-leg-cramps.md", "emergency department"),
        ("should I massage my calf if it is swollen", "foot-and-calf-cramps.html", "same day"),
    ],
)
def test_a_question_is_answered_from_its_article(
    address: str, question: str, article: str, words: str
) -> None:
    answer = httpx.post(f"{address}v1/ask", json={"question": question}).json()
    assert answer["status"] == "answered"
    assert article in {passage["article"]["article_id"] for passage in answer["passages"]}
    assert words in answer["passages"][0]["text"].lower()
    for passage in answer["passages"]:
        whole = httpx.get(f"{address}v1/articles/{passage['article']['article_id']}").json()
        quoted = whole["text"][passage["start"] : passage["end"]]
        assert quoted == passage["text"]
        assert sha256_of(quoted) == passage["sha256"]


def test_the_leaflet_is_read_as_it_was_set(address: str) -> None:
    text = httpx.get(f"{address}v1/articles/when-to-see-a-doctor.pdf").json()["text"]
    assert "pass without treatment. A few" in text, "a word parted at the end of a line"
    assert "people who take many medicines gain" in text
    assert "a stiff jaw that is hard to open in the days or weeks after a cut" in text
    assert "Page 2 of 2" not in text
    assert "Pincite sample corpus" not in text


@pytest.mark.parametrize(
    "question", ["how do I renew my passport", "what are the side effects of metformin?"]
)
def test_a_question_without_an_answer_gets_none(address: str, index: Path, question: str) -> None:
    answer = httpx.post(f"{address}v1/ask", json={"question": question}).json()
    assert (answer["status"], answer["passages"]) == ("not_answered", [])
    assert answer["disclaimer"]
    assert pincite("ask", question, index=index).returncode == 4


def test_a_person_asks_in_a_browser_and_follows_the_quote(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.get_by_role("combobox").or_(page.get_by_role("searchbox")).first.fill(
        "Why do I get cramps in my legs at night?"
    )
    page.keyboard.press("Enter")
    page.wait_for_selector("mark")
    assert "?" not in page.url, "the question went into the address"
    assert "not medical advice" in page.content().lower()
    marked = page.locator("mark").first.inner_text()
    page.locator("a[href*='start=']").first.click()
    page.wait_for_selector("mark")
    assert page.locator("mark").count() >= 1
    assert marked
    page.close()
