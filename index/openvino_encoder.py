"""BERT sentence encoders on OpenVINO: the vectors of sentence-transformers, several times faster.

The process imports neither torch nor transformers: the graph comes from `index.encoder_bert`, the
word pieces from the `tokenizers` library that transformers itself uses.

The same text always gives the same bits. The CPU plugin's results depend on the length that a text
is padded to, and on nothing else: not on the batch, its neighbours, the stream or the number of
threads. So each text is padded to the next multiple of `STEP`, a function of the text alone, and
shares batches only with texts of that length. (Padding to the longest of a batch instead moves
components by up to 7e-4 in bfloat16.)
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .bert_settings import read_settings
from .encoder import OnBatch, check_lengths, sound
from .encoder_bert import TOGETHER, build_graph
from .errors import EncoderError
from .openvino_offline import openvino
from .openvino_precision import Precision, suited
from .records import EncoderRecord
from .weights import ModelFolder
from .word_pieces import open_tokenizer

Batch = tuple[list[int], int]  # rows of the call, the length they are padded to

# The multiple that lengths are padded to. Passages a processor second, 150 words each, two streams:
# 33 at 1 (a kernel for every length), 43 at 8, 46 at 16, 37 at 32, 45 at 64. The machine was busy:
# 16 measured twice in that run gave 40 and 46, so that only 1 is shown to be worse
# (python -m bench.encode --sweep). A step of 16 wastes at most 15 places of padding.
STEP = 16

# Texts in a batch. Same run: 46, 49, 46, 49, 45 at 1, 2, 4, 8, 16: no difference beyond the noise.
# Of those the smaller take less memory (308 to 401 MiB at the peak), the larger fewer steps.
BATCH = 4

# Padded word pieces in a call up to which the all-cores copy is used. Batches of short questions,
# questions/s by it and by one stream of the other: 487 and 305 in eights, 660 and 414 in sixteens,
# 585 and 533 in thirty-twos, which is 512 word pieces (one run, busy machine).
AT_ONCE = 512

# In 8 bits: components of a token that are rounded with one scale, as each token comes; as many as
# weights are (docs/speed.md, "8-bit", has the sweep).
GROUP = TOGETHER

# Texts handed to the tokenizer at once: enough to fill its threads, few enough to hold.
TOKENIZED = 1024


class OpenvinoEncoder:
    """A BERT model compiled for this processor. Holds no state: any number of threads may call.

    In the precision that suits the processor, unless one is given: bfloat16 (cosine to float32 at
    least 0.9999), 8 bits (0.999) or float32. Unasked, 8 bits are taken for the weights of the
    default model alone: only its rankings were measured in them. A few short texts, such as
    questions, go through a copy compiled for latency (one at a time, all cores); more, through a
    copy compiled for throughput (a stream for each core or so), made when first needed.
    """

    def __init__(self, folder: ModelFolder, *, precision: Precision | None = None) -> None:
        self._settings = read_settings(folder.path)
        self._tokenizer = open_tokenizer(folder)
        self._special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        self._folder = folder
        self._openvino = openvino.Core()
        self._compiling = threading.Lock()
        self._bulk: openvino.CompiledModel | None = None
        capabilities = self._openvino.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "bf16" and "BF16" not in capabilities:
            # It would compute thirty times slower than in float32 (docs/speed.md, "8-bit").
            raise EncoderError(
                "this processor has no bfloat16. Set PINCITE_RUNTIME=openvino, which takes what it "
                "has."
            )
        chosen = precision or suited(capabilities)
        if precision is None and chosen == "int8" and not folder.official:
            chosen = "f32"
        self._open(chosen)
        if chosen == "int8" and (fault := self._fault()):
            if precision is not None:
                raise EncoderError(
                    f"this processor cannot encode in 8 bits ({fault}). Set "
                    "PINCITE_RUNTIME=openvino."
                )
            self._open("f32")
        self._record = EncoderRecord(
            name=folder.name,
            dimension=self._settings.dimension,
            max_tokens=self._settings.window - self._special,
            fingerprint=folder.fingerprint,
        )

    @property
    def record(self) -> EncoderRecord:
        """Name, dimension, window and fingerprint: those of the reference on the same folder."""
        return self._record

    @property
    def runtime(self) -> str:
        """`openvino` and the precision: `openvino bf16`, `openvino int8` or `openvino f32`."""
        return f"openvino {self._precision}"

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the unit vectors of `texts`, shape `(n, dimension)`; see `Encoder.encode`."""
        pieces = self._pieces(texts)
        check_lengths(self._record, [len(each) - self._special for each in pieces])
        vectors = np.empty((len(texts), self._record.dimension), dtype=np.float32)
        batches = list(plan([len(each) for each in pieces]))
        report = on_batch or _ignore
        if sum(len(rows) * length for rows, length in batches) <= AT_ONCE:
            request = self._quick.create_infer_request()
            for rows, length in batches:
                request.infer(_padded(pieces, rows, length))
                vectors[rows] = request.get_output_tensor(0).data
                report(len(rows))
        else:
            self._encode_many(pieces, batches, vectors, report)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of word pieces of each text, special tokens not counted."""
        # One after the other: mostly these are single words, and to hand those to the tokenizer's
        # threads costs more than to count them (22 µs of processor time a word; so 14).
        one = self._tokenizer.encode
        return [len(one(sound(text), add_special_tokens=False)) for text in texts]

    def _encode_many(
        self,
        pieces: Sequence[NDArray[np.int32]],
        batches: Sequence[Batch],
        vectors: NDArray[np.float32],
        report: Callable[[int], None],
    ) -> None:
        """Fill `vectors` with several batches under way at once, collected in turn.

        Batches come in falling length, so that in turn is very nearly as they are done. Not with
        OpenVINO's queue and its callbacks: with those 2 of 8 processes aborted as they ended
        ("terminate called without an active exception"), with this none of 30. The likely cause:
        callbacks run Python in OpenVINO's own threads, which may still be there at the end.
        """
        under_way: deque[tuple[openvino.InferRequest, list[int]]] = deque()

        def collect() -> openvino.InferRequest:
            request, rows = under_way.popleft()
            request.wait()
            vectors[rows] = request.get_output_tensor(0).data
            report(len(rows))
            return request

        model = self._steady()
        # One more for each stream than it can run, so that none waits for this thread.
        idle = [
            model.create_infer_request()
            for _ in range(2 * model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        ]
        try:
            for rows, length in batches:
                request = idle.pop() if idle else collect()
                request.start_async(_padded(pieces, rows, length))
                under_way.append((request, rows))
            while under_way:
                collect()
        finally:
            # Waited for, not cancelled: a batch that is cut off can leave the shapes of its stream
            # behind for the next one ("shape infer input shapes dim index mismatch", seen once).
            for request, _ in under_way:
                with suppress(RuntimeError):
                    request.wait()

    def _open(self, precision: Precision) -> None:
        self._precision = precision
        # Kept: the compiled copies share its constants, so the second costs 40 MB and not 190.
        eight_bit = precision == "int8"
        self._graph = build_graph(self._folder.path, self._settings, eight_bit=eight_bit)
        self._quick = self._compiled("LATENCY")

    def _fault(self) -> str:
        """Return what keeps the compiled model from running, or "": 8-bit kernels, which want VNNI,
        fail at the first text and not before."""
        try:
            self._quick([np.zeros((1, STEP), np.int32), np.ones((1, STEP), np.int32)])
        except RuntimeError as error:
            return (str(error).strip() or "no reason given").splitlines()[-1]
        return ""

    def _steady(self) -> openvino.CompiledModel:
        with self._compiling:
            if self._bulk is None:
                self._bulk = self._compiled("THROUGHPUT")
            return self._bulk

    def _compiled(self, hint: Literal["LATENCY", "THROUGHPUT"]) -> openvino.CompiledModel:
        return self._openvino.compile_model(self._graph, "CPU", self._properties(hint))

    def _properties(self, hint: Literal["LATENCY", "THROUGHPUT"]) -> dict[str, object]:
        eight_bit = self._precision == "int8"
        return {
            "PERFORMANCE_HINT": hint,
            "INFERENCE_PRECISION_HINT": "f32" if eight_bit else self._precision,
            # Threads tied to cores wait for whatever else runs there, and several processes would
            # tie theirs to the same ones. A precaution: in one run the medians were equal.
            "ENABLE_CPU_PINNING": False,
            **({"DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP} if eight_bit else {}),
        }

    def _pieces(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Return the word pieces of each text between the model's special tokens."""
        pieces: list[NDArray[np.int32]] = []
        # In slices: the library's own objects hold a hundred times what is kept of them.
        for first in range(0, len(texts), TOKENIZED):
            part = [sound(text) for text in texts[first : first + TOKENIZED]]
            pieces += [
                np.array(encoding.ids, dtype=np.int32)
                for encoding in self._tokenizer.encode_batch_fast(part)
            ]
        return pieces


def plan(lengths: Sequence[int]) -> Iterator[Batch]:
    """Yield the batches of texts that have `lengths`, longest first.

    The rows of a batch are all padded to the same length, the next multiple of `STEP` above each
    of their own, and every row is in exactly one batch of at most `BATCH`.
    """

    def padded(row: int) -> int:
        return -(-lengths[row] // STEP) * STEP

    longest_first = sorted(range(len(lengths)), key=padded, reverse=True)
    for length, group in groupby(longest_first, key=padded):
        rows = list(group)
        for first in range(0, len(rows), BATCH):
            yield rows[first : first + BATCH], length


def _padded(
    pieces: Sequence[NDArray[np.int32]], rows: Sequence[int], length: int
) -> list[NDArray[np.int32]]:
    """Return the graph's inputs for `rows`: ids and mask, both `(len(rows), length)`."""
    ids = np.zeros((len(rows), length), dtype=np.int32)
    mask = np.zeros_like(ids)
    for at, row in enumerate(rows):
        ids[at, : len(pieces[row])] = pieces[row]
        mask[at, : len(pieces[row])] = 1
    return [ids, mask]


def _ignore(_: int) -> None:
    """Report to nobody."""
