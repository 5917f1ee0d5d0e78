"""How fast each encoder runtime is: `python -m bench.encode [--sweep] [--rounds N] [--passages N]`.

Every variant runs in a process of its own, so that memory and start are its own; the rounds go
round all of them in turn, so that other work on the machine slows all alike, and the medians are
taken over rounds. Rates are per second of wall time and per second of processor time (all threads):
on a machine with other work the second is the steadier. Passages are 150 words of MedQuAD where
`../shared/eval` is present, else synthetic. Cosines are to the first variant's vectors of the same
passages and of short questions.

`ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI python -m bench.encode --only "openvino f32" "openvino int8"`
has OpenVINO do without newer instructions (here AMX and bfloat16), as on an older processor;
AVX512_CORE_BF16, AVX2_VNNI and AVX2 are others. What then does not run is named and left out.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.evaluation_data import EVAL, entries
from bench.figures import Figures, Table, bars, save
from bench.service_process import resident
from index.errors import EncoderError

SECTIONS = EVAL / "medquad" / "corpus.jsonl.gz"
QUESTION = "Why does my calf cramp at night, and what helps?"
QUESTIONS = (QUESTION, "calf pain", "how long does flu last", "is ibuprofen safe in pregnancy?")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of running the default model. `streams`, `batch` and `step` None: as shipped."""

    runtime: str
    precision: str
    streams: int | None = None
    batch: int | None = None
    step: int | None = None

    @property
    def name(self) -> str:
        """A row's name."""
        swept = {"streams": self.streams, "batch": self.batch, "step": self.step}
        extra = ", ".join(f"{key} {value}" for key, value in swept.items() if value is not None)
        return f"{self.runtime} {self.precision}" + (f", {extra}" if extra else "")


SHIPPED = [
    Variant("sentence-transformers", "f32"),
    Variant("sentence-transformers", "bf16"),
    Variant("openvino", "f32"),
    Variant("openvino", "bf16"),
    Variant("openvino", "int8"),
]
SWEEP = [
    *(Variant("openvino", "bf16", 1, batch, 16) for batch in (1, 4, 16)),
    *(Variant("openvino", "bf16", 2, batch, 16) for batch in (1, 2, 4, 8, 16)),
    *(Variant("openvino", "bf16", 2, 4, step) for step in (1, 8, 32, 64)),
]


def passages(count: int) -> list[str]:
    """Return `count` passages of 150 words, at most 254 word pieces each, the same each time."""
    from index.weights import DEFAULT_ENCODER, locate
    from index.word_pieces import open_tokenizer

    tokenizer = open_tokenizer(locate(DEFAULT_ENCODER))
    fitting = (text for text in _passages() if len(tokenizer.encode(text).ids) <= 256)
    return list(islice(fitting, count))


def _passages() -> Iterator[str]:
    chance = random.Random(8)
    if SECTIONS.is_file():
        texts = [row["text"].split() for row in islice(entries(SECTIONS), 4000)]
        pieces = [text[at : at + 150] for text in texts for at in range(0, len(text) - 150, 150)]
        chance.shuffle(pieces)
        yield from (" ".join(piece) for piece in pieces)
    while True:
        words = ("muscle", "cramp", "pain", "the", "of", "a", "and", "night", "calf", "magnesium")
        yield " ".join(chance.choices(words, k=150))


def _child(variant: Variant, count: int, vectors: Path) -> None:
    """Open the variant, say what that cost, then run one round for each line that comes in.

    Before the first, the vectors of what is encoded are written to a file.
    """
    started = time.perf_counter()
    encoder = _imported(variant)
    imported = time.perf_counter()
    encode = encoder()
    encode([QUESTION])
    opened = time.perf_counter()
    serving = resident() * 1e6 / 2**20  # MiB, as the peak
    texts = passages(count)
    np.save(vectors, np.concatenate([encode(texts), *(encode([each]) for each in QUESTIONS)]))
    _say({"import": imported - started, "open": opened - imported, "serving": serving})
    for _ in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        encode(texts)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        waits, used = [], time.process_time()
        for turn in range(12):
            # Two texts in turn: neither runtime remembers an answer, and none shall seem to.
            before = time.perf_counter()
            encode([f"{QUESTION} {turn % 2}"])
            waits.append(time.perf_counter() - before)
        used = time.process_time() - used
        _say(
            {
                "wall": count / wall,
                "processor": count / processor,
                "question": 1000 * statistics.median(waits),
                "question processor": 1000 * used / len(waits),
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )


def _imported(variant: Variant) -> Any:  # noqa: ANN401 - a function that opens, by runtime
    from index.weights import DEFAULT_ENCODER, locate

    if variant.runtime == "sentence-transformers":
        import torch

        from index.encoder import SentenceTransformerEncoder

        def reference() -> Any:  # noqa: ANN401
            encoder = SentenceTransformerEncoder(locate(DEFAULT_ENCODER))
            if variant.precision == "f32":
                return encoder.encode
            model = encoder._model.to(torch.bfloat16)
            return lambda texts: model.encode(texts, convert_to_tensor=True).float().numpy()

        return reference

    from index import openvino_encoder
    from index.openvino_encoder import OpenvinoEncoder

    openvino_encoder.BATCH = variant.batch or openvino_encoder.BATCH
    openvino_encoder.STEP = variant.step or openvino_encoder.STEP

    class Swept(OpenvinoEncoder):
        def _properties(self, hint: Any) -> dict[str, object]:  # noqa: ANN401
            shipped = super()._properties(hint)
            if hint == "LATENCY" or variant.streams is None:
                return shipped
            return {**shipped, "NUM_STREAMS": variant.streams}

    precision: Any = variant.precision
    return lambda: Swept(locate(DEFAULT_ENCODER), precision=precision).encode


def _say(fact: dict[str, float]) -> None:
    print(json.dumps(fact), flush=True)


def _measure(variants: list[Variant], rounds: int, count: int) -> dict[str, dict[str, float]]:
    """Return the figures of each variant that runs here, by name."""
    children: dict[str, subprocess.Popen[str]] = {}
    found: dict[str, dict[str, float]] = {}
    runs: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        first = None
        for variant in variants:
            vectors = Path(folder) / f"{len(children)}.npy"
            command = [sys.executable, "-m", "bench.encode", "--child", json.dumps(asdict(variant))]
            child = subprocess.Popen(
                [*command, "--passages", str(count), "--vectors", str(vectors)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            started = _hear(child)  # one starts after the other
            if started is None:
                print(f"{variant.name} does not run here (exit code {child.wait()})\n")
                continue
            made = _unit(np.load(vectors))
            first = made if first is None else first
            cosines = (made * first).sum(axis=1)
            # Rounding may take the cosine of a vector with itself past 1.
            nearness = {"lowest": min(1.0, cosines.min()), "mean": min(1.0, cosines.mean())}
            children[variant.name] = child
            found[variant.name] = started | nearness
            runs[variant.name] = []
    for _ in range(rounds):
        for name, child in children.items():
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
            facts = _hear(child)
            if facts is None:
                raise SystemExit(f"{name} ended early with exit code {child.wait()}")
            runs[name].append(facts)
    for child in children.values():
        child.communicate()
    return {
        name: found[name] | {key: statistics.median(each[key] for each in run) for key in run[0]}
        for name, run in runs.items()
    }


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    exact = vectors.astype(np.float64)
    unit: NDArray[np.float64] = exact / np.linalg.norm(exact, axis=1, keepdims=True)
    return unit


def _hear(child: "subprocess.Popen[str]") -> dict[str, float] | None:
    """Return what the child says next, None when it has ended."""
    assert child.stdout is not None
    line = child.stdout.readline()
    fact: dict[str, float] | None = json.loads(line) if line else None
    return fact


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sweep", action="store_true", help="streams, batches and padding instead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=96)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="rows by their names")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--vectors", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        try:
            _child(Variant(**json.loads(options.child)), options.passages, options.vectors)
        except EncoderError as error:
            raise SystemExit(str(error)) from None
        return 0
    variants = [Variant("openvino", "bf16"), *SWEEP] if options.sweep else SHIPPED
    variants = [each for each in variants if not options.only or each.name in options.only]
    if not variants:
        parser.error(f"no row is called {' or '.join(options.only)}")
    before = os.getloadavg()[0]
    found = _measure(variants, options.rounds, options.passages)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load average "
        f"{before:.1f} before and {os.getloadavg()[0]:.1f} after; {options.passages} passages, "
        f"median of {options.rounds} rounds; {'MedQuAD' if SECTIONS.is_file() else 'synthetic'}\n"
    )
    if limit := os.environ.get("ONEDNN_MAX_CPU_ISA"):
        print(f"OpenVINO held to {limit}\n")
    columns = ["passages/s", "× first", "passages/cpu s", "× first", "question ms"]
    columns += ["question cpu ms", "lowest cosine", "mean cosine"]
    columns += ["import s", "open s", "serving MiB", "peak MiB"]
    print(f"| {'variant':44} | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    first = next(iter(found.values()))
    rows: list[tuple[str | float, ...]] = []
    for name, facts in found.items():
        cells = [
            f"{facts['wall']:.1f}",
            f"{facts['wall'] / first['wall']:.2f}",
            f"{facts['processor']:.1f}",
            f"{facts['processor'] / first['processor']:.2f}",
            f"{facts['question']:.1f}",
            f"{facts['question processor']:.1f}",
            f"{facts['lowest']:.5f}",
            f"{facts['mean']:.5f}",
            f"{facts['import']:.2f}",
            f"{facts['open']:.2f}",
            f"{facts['serving']:.0f}",
            f"{facts['peak']:.0f}",
        ]
        rows.append((name, *map(float, cells)))
        widths = zip(columns, cells, strict=True)
        print(f"| {name:44} | " + " | ".join(f"{c:>{len(k)}}" for k, c in widths) + " |")
    table = Table("Runtimes", ("variant", *columns), tuple(rows))
    plots = (
        bars("Encoding", "passages/s", {n: f["wall"] for n, f in found.items()}),
        bars("One question", "ms", {n: f["question"] for n, f in found.items()}),
    )
    save(Figures((table,), plots), options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
