"""Fit the network that reads a question whole: `python -m bench.train_meaning [--write]`.

After `python -m bench.train_emergency --write`, which says what is worth reading. Positive: our own
vignettes, side `tune`. Negative: our own look-alikes, side `tune`, and the real questions of
../shared/eval that no rule raises and whose words are nearly worth it. Fitted are low-rank adapters
of every matrix of the default encoder's layers, and two heads (service/emergency/meaning.py); some
minutes a round on two cores.

Prints, at several thresholds, what is raised with the rules and without, of the vignettes and
look-alikes held back. `--two-fold`: of the real questions too, each judged by a fit without
its half, in three times the time. `--without BATCH …` leaves these batches out of the fit, and
prints what it does on them.

Nothing here may import openvino: torch fits seven times slower in a process that has.
"""

import argparse
import hashlib
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import nn
from transformers import AutoModel, AutoTokenizer

from bench.evaluation_data import EVAL, ROOT
from bench.false_alarms import REAL, questions
from bench.train_emergency import (
    DATA,
    SUSPECTED,
    WRITTEN,
    kinds_of,
    probabilities,
    written,
)
from index.adapted_bert import PARTS
from index.weights import DEFAULT_ENCODER, ModelFolder, locate
from service.emergency import meaning as emergency_meaning
from service.emergency.meaning import KINDS, Meaning, network_of
from service.emergency.words import fitted
from service.safety import find_notice

STORED = ROOT / "service" / "emergency" / emergency_meaning.STORED
RANK = 8
SCALE = 2.0
"""Of what an adapter adds, while fitting."""
ROUNDS = 4
RATE = 1e-3
"""Of AdamW, from a warm start of 6% of the steps down to a fiftieth."""
TOGETHER = 32
LOOKALIKE_WEIGHT = 2.0
"""Of a look-alike, a vignette's and a real question's being 1."""
DROPPED = 0.1
"""Of the components that the heads see, while fitting."""
NEARLY = 10
"""Real questions are fitted on from this part of the probability on by which a question is read."""
LONGEST = 128
"""Word pieces of a question that are fitted on, from its beginning."""


Rows = Sequence[dict[str, Any]]
Parts = dict[str, NDArray[np.float32]]
"""Adapters and heads, by the names under which they are stored"""


class _Adapted(nn.Module):
    """A matrix of the base, frozen, with an adapter beside it."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(RANK, base.in_features) / math.sqrt(base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        whole: torch.Tensor = self.base(state) + SCALE * ((state @ self.down.T) @ self.up.T)
        return whole


class _Network(nn.Module):
    def __init__(self, folder: ModelFolder) -> None:
        super().__init__()
        self.base = AutoModel.from_pretrained(folder.path, attn_implementation="sdpa")
        self.base.requires_grad_(requires_grad=False)
        self.adapted: dict[str, _Adapted] = {}
        for number, layer in enumerate(self.base.encoder.layer):
            for part in PARTS:
                above, _, last = part.rpartition(".")
                parent = layer.get_submodule(above)
                adapted = _Adapted(getattr(parent, last))
                setattr(parent, last, adapted)
                self.adapted[f"encoder.layer.{number}.{part}"] = adapted
        self.dropout = nn.Dropout(DROPPED)
        self.heads = nn.Linear(self.base.config.hidden_size, len(KINDS))
        nn.init.zeros_(self.heads.weight)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return `(n, 3)` values of neither, emergency, crisis; that of neither is 0."""
        states = self.base(input_ids=ids, attention_mask=mask).last_hidden_state
        kept = mask.unsqueeze(2).to(states.dtype)
        pooled = (states * kept).sum(1) / kept.sum(1)
        values = self.heads(self.dropout(pooled)).float()
        return torch.cat([torch.zeros(len(values), 1), values], 1)

    def parts(self) -> Parts:
        """Return what is fitted, by the names under which it is stored."""
        found = {}
        for name, adapted in self.adapted.items():
            found[f"down.{name}"] = adapted.down.detach().numpy()
            found[f"up.{name}"] = SCALE * adapted.up.detach().numpy()
        found["heads"] = self.heads.weight.detach().numpy()
        found["bias"] = self.heads.bias.detach().numpy()
        return {name: np.ascontiguousarray(value, np.float32) for name, value in found.items()}


def fit(
    texts: Sequence[str], labels: Sequence[int], weights: Sequence[float], *, seed: int = 0
) -> Parts:
    """Return the adapters and heads fitted to `labels`, 0 for neither, then in order of `KINDS`."""
    torch.manual_seed(seed)
    order = random.Random(seed)
    folder = locate(DEFAULT_ENCODER)
    tokenizer = AutoTokenizer.from_pretrained(folder.path)
    pieces = tokenizer(list(texts), truncation=True, max_length=LONGEST)["input_ids"]
    network = _Network(folder)
    network.train()
    learnt = [each for each in network.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01)
    steps = ROUNDS * math.ceil(len(texts) / TOGETHER)
    step, began = 0, time.monotonic()
    for number in range(ROUNDS):
        lost = 0.0
        for rows in _batches([len(each) for each in pieces], order):
            step += 1
            optimiser.param_groups[0]["lr"] = RATE * min(
                step / (0.06 * steps), max(0.02, 1 - step / steps)
            )
            with torch.autocast("cpu", dtype=torch.bfloat16):
                values = network(*_padded([pieces[row] for row in rows]))
            each = nn.functional.cross_entropy(
                values, torch.tensor([labels[row] for row in rows]), reduction="none"
            )
            weight = torch.tensor([weights[row] for row in rows])
            loss = (each * weight).sum() / weight.sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learnt, 1.0)
            optimiser.step()
            lost += loss.item() * len(rows)
        told = f"round {number + 1} of {ROUNDS}: loss {lost / len(texts):.4f}"
        print(f"{told}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return network.parts()


def _batches(lengths: Sequence[int], order: random.Random) -> Iterator[list[int]]:
    """Yield the rows in random batches of texts of similar length."""
    rows = list(range(len(lengths)))
    order.shuffle(rows)
    batches = []
    for first in range(0, len(rows), 40 * TOGETHER):
        near = sorted(rows[first : first + 40 * TOGETHER], key=lambda row: lengths[row])
        batches += [near[at : at + TOGETHER] for at in range(0, len(near), TOGETHER)]
    order.shuffle(batches)
    yield from batches


def _padded(pieces: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = -(-max(len(each) for each in pieces) // 8) * 8
    ids = torch.zeros(len(pieces), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, each in enumerate(pieces):
        ids[row, : len(each)] = torch.tensor(each)
        mask[row, : len(each)] = 1
    return ids, mask


def read_by(parts: Parts) -> Meaning:
    """Return the network of `parts` as the service has it."""
    folder = locate(DEFAULT_ENCODER)
    return network_of(parts, folder.fingerprint, folder)


def fitted_on(tuned: Sequence[Rows], real: Sequence[str]) -> Parts:
    """Return what is fitted to tell look-alikes and `real` questions from vignettes, `tuned`."""
    vignettes, lookalikes = tuned
    texts = [*(row["question"] for row in (*vignettes, *lookalikes)), *real]
    labels = [
        1 + KINDS.index("crisis" if k == "crisis" else "emergency") for k in kinds_of(vignettes)
    ]
    labels += [0] * (len(lookalikes) + len(real))
    weights = [1.0] * len(vignettes) + [LOOKALIKE_WEIGHT] * len(lookalikes) + [1.0] * len(real)
    return fit(texts, labels, weights)


def judged(name: str, asked: Sequence[str], network: Meaning) -> None:
    """Print how many of `asked` raise a notice, at several thresholds, all of them read and rules
    outvoted whatever their length and what stands beside."""
    ruled = [find_notice(one, by_words=False) for one in asked]
    log_odds = np.array([network.read(one).log_odds for one in asked])
    crisis = np.array([each is not None and each.kind == "crisis" for each in ruled])
    rules = np.array([each is not None for each in ruled])
    for alone in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
        found = [
            f"{int(((log_odds >= alone) | crisis | (rules & (log_odds >= beside))).sum())}"
            for beside in (-np.inf, -4.0, -3.0, -2.0, -1.0, 0.0)
        ]
        print(
            f"{name}, {len(asked)}: from {alone:.1f} on {(log_odds >= alone).sum()} alone; and "
            f"beside a rule from -inf, -4, -3, -2, -1, 0 on: {', '.join(found)}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.train_meaning")
    parser.add_argument("--write", action="store_true", help="store the network")
    parser.add_argument(
        "--two-fold", action="store_true", help="judge real questions not fitted on"
    )
    parser.add_argument("--without", type=int, nargs="+", default=[], metavar="BATCH")
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    left_out = set(options.without)
    tuned = [
        [row for row in written(name, "tune") if row["batch"] not in left_out] for name in WRITTEN
    ]
    real = sorted({one for name in REAL for one in questions(EVAL / name)})
    random.Random(1).shuffle(real)
    # The others are never read.
    by_words = probabilities(real, fitted())
    calm = [
        one
        for one, p in zip(real, by_words, strict=True)
        if p >= SUSPECTED / NEARLY and find_notice(one, by_words=False) is None
    ]
    if options.two_fold:
        half = len(real) // 2
        for seen, unseen in ((real[:half], real[half:]), (real[half:], real[:half])):
            known = set(seen)
            network = read_by(fitted_on(tuned, [one for one in calm if one in known]))
            judged("real questions, the other half", unseen, network)
    parts = fitted_on(tuned, calm)
    network = read_by(parts)
    for kind, name in zip(("vignettes", "look-alikes"), WRITTEN, strict=True):
        judged(f"{kind} held back", [row["question"] for row in written(name, "held")], network)
        for batch in options.without:
            rows = [row for row in written(name, "tune") if row["batch"] == batch]
            judged(f"{kind} of batch {batch}", [row["question"] for row in rows], network)
    if options.write:
        store(parts)
    return 0


def store(parts: Parts) -> None:
    """Write what is fitted, in half precision, and the hashes of its data."""
    paths = [*(DATA / name for name in WRITTEN), *(EVAL / name for name in REAL)]
    told = {
        "command": "python -m bench.train_meaning --write",
        "data": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths},
        "fingerprint": locate(DEFAULT_ENCODER).fingerprint,
    }
    halves = {name: value.astype(np.float16) for name, value in parts.items()}
    save_file(halves, STORED, metadata={"pincite": json.dumps(told)})


if __name__ == "__main__":
    sys.exit(main())
