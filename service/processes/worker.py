"""A process that answers: `python -m service.processes.worker N`, N the number of its pipe.

It is a desk of its own over the same files. Only what its questions need encoded goes back to the
service, where it is encoded with what others ask. It lives as long as the service holds the other
end of the pipe, however that ends.
"""

import gc
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.batched_encoder import Vector
from index.encoder import Encoder, OnBatch
from index.errors import EncoderError, QuestionError
from index.records import EncoderRecord
from service.answers import Answers
from service.failures import place_of
from service.processes.messages import Ask, Count, Encode, Failed, Open, Opened, Setup


class FarEncoder(Encoder):
    """The encoder of the service, at the other end of the pipe."""

    def __init__(self, connection: Connection, setup: Setup) -> None:
        self._connection = connection
        self._setup = setup
        self.known: Mapping[str, Vector] = {}
        """Texts that came encoded with the question, and their vectors."""

    @property
    def record(self) -> EncoderRecord:
        """That of the service's encoder."""
        return self._setup.record

    @property
    def runtime(self) -> str:
        """That of the service's encoder."""
        return self._setup.runtime

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of `texts` as the service gives them; see `Encoder.encode`."""
        wanted = tuple(text for text in texts if text not in self.known)
        found = dict(zip(wanted, self._wanted(Encode(wanted)), strict=True)) if wanted else {}
        vectors = np.empty((len(texts), self.record.dimension), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[:] = found[text] if text in found else self.known[text]
        if on_batch is not None and texts:
            on_batch(len(texts))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return what the service's encoder counts."""
        counts: list[int] = self._wanted(Count(tuple(texts)))
        return counts

    def _wanted(self, wanted: Encode | Count) -> list[Any]:
        self._connection.send(wanted)
        given: list[Any] | Failed = self._connection.recv()
        if isinstance(given, Failed):
            raise EncoderError(f"the service could not encode ({given.place}).")
        return given


def work(connection: Connection) -> None:
    """Do what comes over the pipe, one thing after the other.

    Raises `EOFError` or `OSError` when the other end is gone.
    """
    setup: Setup = connection.recv()
    encoder = FarEncoder(connection, setup)
    desk: Answers | None = None
    while True:
        said: Open | Ask = connection.recv()
        reply: Opened | bytes | QuestionError | Failed
        try:
            if desk is None:
                desk = Answers(setup.settings, encoder)
                # As `service.serve` does: what is there by now stays.
                gc.collect()
                gc.freeze()
            elif isinstance(said, Open):
                desk.refresh()
            if isinstance(said, Open):
                reply = Opened(desk.info.snapshot)
            else:
                encoder.known = said.known
                reply = desk.answer_json(said.question, said.began)
        except QuestionError as error:
            reply = error
        except Exception as error:  # noqa: BLE001 - whatever it is, the service has to be told
            reply = Failed(place_of(error))
        connection.send(reply)


def main() -> None:
    """Work until the service is gone."""
    # A stop that is meant for all of them reaches this one by the end of its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(EOFError, OSError), Connection(int(sys.argv[1])) as connection:
        work(connection)


if __name__ == "__main__":
    main()
