"""How fast each encoder runtime is: `python -m bench.encode [--sweep] [--rounds N] [--passages N]`.

Every variant runs in a process of its own, so that memory and start are its own; the rounds go
round all of them in turn, so that other work on the machine slows all alike, and the medians are
taken over rounds. Rates are per second of wall time and per second of processor time (all threads):
on a machine with other work the second is the steadier. Passages are 150 words of MedQuAD where
`../shared/eval` is present, else synthetic.
"""

import argparse
import gzip
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench.figures import Figures, Table, bars, save
from bench.service_process import resident

SHARED = Path(__file__).resolve().parents[2] / "shared" / "eval" / "medquad" / "corpus.jsonl.gz"
QUESTION = "Why does my calf cramp at night, and what helps?"


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
]
SWEEP = [
    *(Variant("openvino", "bf16", 1, batch, 16) for batch in (1, 4, 16)),
    *(Variant("openvino", "bf16", 2, batch, 16) for batch in (1, 2, 4, 8, 16)),
    *(Variant("openvino", "bf16", 2, 4, step) for step in (1, 8, 32, 64)),
]


def passages(count: int) -> list[str]:
    """Return `count` passages of 150 words, at most 254 word pieces each, the same each time."""
    from tokenizers import Tokenizer

    from index.weights import DEFAULT_ENCODER, locate

    tokenizer = Tokenizer.from_file(str(locate(DEFAULT_ENCODER).path / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    fitting = (text for text in _passages() if len(tokenizer.encode(text).ids) <= 256)
    return list(islice(fitting, count))


def _passages() -> Iterator[str]:
    chance = random.Random(8)
    if SHARED.is_file():
        with gzip.open(SHARED, "rt", encoding="utf-8") as lines:
            texts = [json.loads(line)["text"].split() for line in islice(lines, 4000)]
        pieces = [text[at : at + 150] for text in texts for at in range(0, len(text) - 150, 150)]
        chance.shuffle(pieces)
        yield from (" ".join(piece) for piece in pieces)
    while True:
        words = ("muscle", "cramp", "pain", "the", "of", "a", "and", "night", "calf", "magnesium")
        yield " ".join(chance.choices(words, k=150))


def _child(variant: Variant, count: int) -> None:
    """Open the variant, say what that cost, then run one round for each line that comes in."""
    started = time.perf_counter()
    encoder = _imported(variant)
    imported = time.perf_counter()
    encode = encoder()
    encode([QUESTION])
    opened = time.perf_counter()
    serving = resident() * 1e6 / 2**20  # MiB, as the peak
    texts = passages(count)
    encode(texts[:16])
    _say({"import": imported - started, "open": opened - imported, "serving": serving})
    for _ in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        encode(texts)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        waits = []
        for turn in range(12):
            # Two texts in turn: neither runtime remembers an answer, and none shall seem to.
            before = time.perf_counter()
            encode([f"{QUESTION} {turn % 2}"])
            waits.append(time.perf_counter() - before)
        _say(
            {
                "wall": count / wall,
                "processor": count / processor,
                "question": 1000 * statistics.median(waits),
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
            return lambda texts: model.encode(texts, convert_to_numpy=False)

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


def _measure(variants: list[Variant], rounds: int, count: int) -> list[dict[str, float]]:
    children = []
    starts = []
    for variant in variants:
        command = [sys.executable, "-m", "bench.encode", "--child", json.dumps(asdict(variant))]
        child = subprocess.Popen(
            [*command, "--passages", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        starts.append(_hear(child))  # one starts after the other
    runs: list[list[dict[str, float]]] = [[] for _ in variants]
    for _ in range(rounds):
        for child, run in zip(children, runs, strict=True):
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
            run.append(_hear(child))
    for child in children:
        child.communicate()
    return [
        start | {key: statistics.median(each[key] for each in run) for key in run[0]}
        for start, run in zip(starts, runs, strict=True)
    ]


def _hear(child: "subprocess.Popen[str]") -> dict[str, float]:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise SystemExit(f"a variant ended early with exit code {child.wait()}")
    fact: dict[str, float] = json.loads(line)
    return fact


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sweep", action="store_true", help="streams, batches and padding instead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=96)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(Variant(**json.loads(options.child)), options.passages)
        return 0
    variants = SHIPPED[-1:] + SWEEP if options.sweep else SHIPPED
    before = os.getloadavg()[0]
    found = _measure(variants, options.rounds, options.passages)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load average "
        f"{before:.1f} before and {os.getloadavg()[0]:.1f} after; {options.passages} passages, "
        f"median of {options.rounds} rounds; {'MedQuAD' if SHARED.is_file() else 'synthetic'}\n"
    )
    columns = ["passages/s", "× first", "passages/cpu s", "× first", "question ms"]
    columns += ["import s", "open s", "serving MiB", "peak MiB"]
    print(f"| {'variant':44} | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    first = found[0]
    rows: list[tuple[str | float, ...]] = []
    for variant, facts in zip(variants, found, strict=True):
        cells = [
            f"{facts['wall']:.1f}",
            f"{facts['wall'] / first['wall']:.2f}",
            f"{facts['processor']:.1f}",
            f"{facts['processor'] / first['processor']:.2f}",
            f"{facts['question']:.1f}",
            f"{facts['import']:.2f}",
            f"{facts['open']:.2f}",
            f"{facts['serving']:.0f}",
            f"{facts['peak']:.0f}",
        ]
        rows.append((variant.name, *map(float, cells)))
        widths = zip(columns, cells, strict=True)
        print(f"| {variant.name:44} | " + " | ".join(f"{c:>{len(k)}}" for k, c in widths) + " |")
    names = [variant.name for variant in variants]
    table = Table("Runtimes", ("variant", *columns), tuple(rows))
    plots = (
        bars("Encoding", "passages/s", {n: f["wall"] for n, f in zip(names, found, strict=True)}),
        bars("One question", "ms", {n: f["question"] for n, f in zip(names, found, strict=True)}),
    )
    save(Figures((table,), plots), options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
