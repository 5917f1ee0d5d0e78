"""A crowd of questions: as many as are taken, a plain refusal beyond, and room again at once."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from index.encoder import DeterministicEncoder, OnBatch
from service.web.middleware import LimitQuestions
from tests import service_fixtures
from tests.service_fixtures import CAUSES


class Held(DeterministicEncoder):
    """Encodes nothing before `go_on`, once it is `held`."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.texts: list[str] = []
        self.began = threading.Event()
        self.go_on = threading.Event()

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        self.texts += texts
        if self.held:
            self.began.set()
            assert self.go_on.wait(30)
        return super().encode(texts, on_batch=on_batch)


@pytest.fixture
def encoder() -> Held:
    return Held()


@pytest.fixture
def web(tmp_path: Path, encoder: Held) -> Iterator[TestClient]:
    settings = service_fixtures.settings_in(tmp_path, queue=2)
    service_fixtures.write_corpus(settings.corpus)
    service_fixtures.build(settings)
    with service_fixtures.client(settings, encoder) as client:
        encoder.texts.clear()
        encoder.held = True
        yield client
        encoder.go_on.set()


def crowd(web: TestClient) -> LimitQuestions:
    layer: Any = web.app.middleware_stack  # type: ignore[attr-defined]
    while not isinstance(layer, LimitQuestions):
        layer = layer.app
    return layer


def test_one_question_too_many_is_refused_at_once_and_taken_when_there_is_room(
    web: TestClient, encoder: Held
) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(web.get, "/v1/ask", params={"q": f"cramp {n}"}) for n in (1, 2)]
        service_fixtures.wait_until(lambda: crowd(web).taken == 2)
        refused = web.post("/v1/ask", json={"question": "calf"})
        page = web.get("/", params={"q": "calf"}, headers={"accept": "text/html"})
        encoded = web.get("/?lang=en&%71=calf", headers={"accept": "text/html"})
        sent = web.post("/", data={"q": "calf"}, headers={"accept": "text/html"})
        free = ("/", "/?lang=es", "/healthz", "/v1/articles")
        others = [web.get(path).status_code for path in free]
        encoder.go_on.set()
        answers = [future.result(30) for future in asked]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["cache-control"] == "no-store"
    problem = refused.json()
    assert (problem["type"], problem["title"]) == ("urn:pincite:crowded", "Service Unavailable")
    assert "2 questions" in problem["detail"]
    assert problem["disclaimer"]
    assert (page.status_code, page.headers["retry-after"]) == (503, "1")
    assert (sent.status_code, sent.headers["retry-after"]) == (503, "1")
    assert (encoded.status_code, encoded.headers["retry-after"]) == (503, "1")
    for told in (page, sent, encoded):
        assert "Many people are asking at this moment" in told.text
        assert "PINCITE_QUEUE" not in told.text
        assert told.text.count("It is not medical advice") == 1
        assert told.headers["cache-control"] == "no-store"
    assert others == [200, 200, 200, 200]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert crowd(web).taken == 0
    assert web.get("/v1/ask", params={"q": "calf"}).status_code == 200


def test_the_same_question_at_the_same_time_is_answered_once(
    web: TestClient, encoder: Held
) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(web.get, "/v1/ask", params={"q": CAUSES}) for _ in (1, 2)]
        assert encoder.began.wait(10)
        encoder.go_on.set()
        first, second = (future.result(30) for future in asked)
    assert first.status_code == second.status_code == 200
    assert encoder.texts.count(CAUSES) == 1
    one, other = first.json(), second.json()
    assert one | {"timings_ms": 0} == other | {"timings_ms": 0}


def test_a_failed_question_makes_room_again(web: TestClient, encoder: Held) -> None:
    encoder.go_on.set()
    for _ in range(5):
        assert web.get("/v1/ask", params={"q": " "}).status_code == 422
    assert web.get("/v1/ask", params={"q": CAUSES}).status_code == 200
