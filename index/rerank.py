"""The order of a few passages by a cross-encoder, which reads question and passage together.

Off unless a model is named. It changes the order of passages that were found and are good enough
already, never which of them are: how probable an answer is was calibrated without it. A model
takes its time for each passage, so it works in batches, best passages first, until the next batch
would go beyond the budget; at least one batch is read. What is left keeps its order, behind.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import EncoderError

BATCH = 4
"""Passages between two looks at the clock."""

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")

Clock = Callable[[], float]


class Reranker:
    """A sentence-transformers cross-encoder with one score a pair, on the CPU. Safe to share.

    The same passages in the same order get the same scores, bit for bit, on one machine; how many
    of them are read within a budget is a matter of the machine's speed, so it is told.
    """

    def __init__(self, name: str, budget_ms: float, *, clock: Clock = time.perf_counter) -> None:
        """Open the model `name`, a folder or a name on the Hugging Face hub.

        Raises `EncoderError` when it cannot be found, is not a cross-encoder, or gives more than
        one score.
        """
        self._budget = budget_ms / 1000
        self._clock = clock
        self._lock = threading.Lock()
        folder = Path(name).expanduser()
        # What answers say of it: where a folder lies on the server is nobody's business.
        self.name = folder.resolve().name if folder.is_dir() else name
        if not folder.is_dir() and not _HUB_NAME.fullmatch(name):
            raise EncoderError(
                f"there is no folder {name!r}. Set PINCITE_RERANKER to the folder of a "
                "cross-encoder, or to the name of one on the Hugging Face hub."
            )
        try:
            from sentence_transformers import CrossEncoder

            self._model: Any = CrossEncoder(str(folder) if folder.is_dir() else name, device="cpu")
            labels = int(self._model.num_labels)
            scores = self._scores("warm", ["up"])
        except Exception as error:  # whatever a library finds wrong with a folder is one fact here
            raise EncoderError(
                f"the reranker {name!r} cannot be opened as a cross-encoder: {error}. Set "
                "PINCITE_RERANKER to the folder of one, or leave it out."
            ) from error
        if labels != 1 or scores.shape != (1,):
            raise EncoderError(
                f"the reranker {name!r} gives {labels} scores to a pair, and one is needed to "
                "order passages. Set PINCITE_RERANKER to another, or leave it out."
            )

    def order(self, question: str, texts: Sequence[str]) -> tuple[list[int], int]:
        """Return the places of `texts` `(n,)` in their new order, and how many of them were read.

        Those read come first, best score first, equal ones in the order given; then the rest.
        """
        scores: list[float] = []
        with self._lock:
            began = last = self._clock()
            longest = 0.0
            for begin in range(0, len(texts), BATCH):
                if begin and last - began + longest > self._budget:
                    break
                scores.extend(self._scores(question, texts[begin : begin + BATCH]).tolist())
                now = self._clock()
                longest, last = max(longest, now - last), now
        read = len(scores)
        first = sorted(range(read), key=lambda place: (-scores[place], place))
        return [*first, *range(read, len(texts))], read

    def _scores(self, question: str, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        scores: np.ndarray[Any, Any] = np.asarray(
            self._model.predict(
                [(question, text) for text in texts], batch_size=BATCH, show_progress_bar=False
            )
        )
        return scores
