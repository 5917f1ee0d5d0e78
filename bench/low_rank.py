"""Fitting low-rank adapters of the default encoder, and linear heads, for a task of our own.

What `index/adapted_bert.py` runs: the base's weights stay as they are, every matrix of its layers
has an adapter beside it (Hu et al. 2021, "LoRA"), and a text is what the heads make of the mean
of its states; of two texts read as a pair, of the mean over either one beside the other.

Nothing here may import openvino: torch fits seven times slower in a process that has.
"""

import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import nn
from transformers import AutoModel

from bench.evaluation_data import hashes
from index.adapted_bert import PARTS, Fitted, Network, fitted_of
from index.weights import DEFAULT_ENCODER, ModelFolder, locate

SCALE = 2.0
"""Of what an adapter adds, while fitting."""
RATE = 1e-3
"""Of AdamW, from a warm start of 6% of the steps down to a fiftieth."""
TOGETHER = 32
"""Examples in a step."""
DROPPED = 0.1
"""Of the components that the heads see, while fitting."""

Parts = dict[str, NDArray[np.float32]]
"""Adapters and heads, by the names under which they are stored"""


@dataclass(frozen=True, slots=True)
class Example:
    """Word pieces with special ones, where the second text of a pair begins (None: one text), what
    is to be said of them (0 for none of the kinds), and how much it weighs."""

    pieces: Sequence[int]
    second: int | None
    label: int
    weight: float = 1.0


class _Adapted(nn.Module):
    """A matrix of the base, frozen, with an adapter beside it."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        whole: torch.Tensor = self.base(state) + SCALE * ((state @ self.down.T) @ self.up.T)
        return whole


class _Network(nn.Module):
    def __init__(self, folder: ModelFolder, *, kinds: int, rank: int, pairs: bool) -> None:
        super().__init__()
        self.base = AutoModel.from_pretrained(folder.path, attn_implementation="sdpa")
        self.base.requires_grad_(requires_grad=False)
        self.adapted: dict[str, _Adapted] = {}
        for number, layer in enumerate(self.base.encoder.layer):
            for part in PARTS:
                above, _, last = part.rpartition(".")
                parent = layer.get_submodule(above)
                adapted = _Adapted(getattr(parent, last), rank)
                setattr(parent, last, adapted)
                self.adapted[f"encoder.layer.{number}.{part}"] = adapted
        self.dropout = nn.Dropout(DROPPED)
        self.pairs = pairs
        self.heads = nn.Linear((1 + pairs) * self.base.config.hidden_size, kinds)
        nn.init.zeros_(self.heads.weight)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """Return `(n, 1 + kinds)` values of none and of each kind; that of none is 0."""
        states = self.base(
            input_ids=ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        sides = (mask * (1 - types), mask * types) if self.pairs else (mask,)
        pooled = []
        for side in sides:
            kept = side.unsqueeze(2).to(states.dtype)
            pooled.append((states * kept).sum(1) / kept.sum(1))
        values = self.heads(self.dropout(torch.cat(pooled, 1))).float()
        return torch.cat([torch.zeros(len(values), 1), values], 1)

    def begin(self, parts: Parts) -> None:
        """Take up what was fitted before."""
        with torch.no_grad():
            for name, adapted in self.adapted.items():
                adapted.down.copy_(torch.from_numpy(parts[f"down.{name}"]))
                adapted.up.copy_(torch.from_numpy(parts[f"up.{name}"] / SCALE))
            self.heads.weight.copy_(torch.from_numpy(parts["heads"]))
            self.heads.bias.copy_(torch.from_numpy(parts["bias"]))

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
    examples: Sequence[Example],
    *,
    kinds: int,
    rank: int,
    rounds: int,
    seed: int = 0,
    start: Parts | None = None,
    rate: float = RATE,
) -> Parts:
    """Return the adapters and heads fitted to the examples, all of one text or all of two.

    From `start` on, what was fitted before, or from nothing.
    """
    torch.manual_seed(seed)
    order = random.Random(seed)
    pairs = examples[0].second is not None
    network = _Network(locate(DEFAULT_ENCODER), kinds=kinds, rank=rank, pairs=pairs)
    if start is not None:
        network.begin(start)
    network.train()
    learnt = [each for each in network.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=rate, weight_decay=0.01)
    steps = rounds * math.ceil(len(examples) / TOGETHER)
    step, began = 0, time.monotonic()
    for number in range(rounds):
        lost = 0.0
        for rows in _batches([len(each.pieces) for each in examples], order):
            step += 1
            optimiser.param_groups[0]["lr"] = rate * min(
                step / (0.06 * steps), max(0.02, 1 - step / steps)
            )
            batch = [examples[row] for row in rows]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                values = network(*_padded(batch))
            each = nn.functional.cross_entropy(
                values, torch.tensor([one.label for one in batch]), reduction="none"
            )
            weight = torch.tensor([one.weight for one in batch])
            loss = (each * weight).sum() / weight.sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learnt, 1.0)
            optimiser.step()
            lost += loss.item() * len(rows)
        told = f"round {number + 1} of {rounds}: loss {lost / len(examples):.4f}"
        print(f"{told}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return network.parts()


def _batches(lengths: Sequence[int], order: random.Random) -> Iterator[list[int]]:
    """Yield the rows in random batches of examples of similar length."""
    rows = list(range(len(lengths)))
    order.shuffle(rows)
    batches = []
    for first in range(0, len(rows), 40 * TOGETHER):
        near = sorted(rows[first : first + 40 * TOGETHER], key=lambda row: lengths[row])
        batches += [near[at : at + TOGETHER] for at in range(0, len(near), TOGETHER)]
    order.shuffle(batches)
    yield from batches


def _padded(batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest = -(-max(len(each.pieces) for each in batch) // 8) * 8
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, each in enumerate(batch):
        ids[row, : len(each.pieces)] = torch.tensor(each.pieces)
        mask[row, : len(each.pieces)] = 1
        if each.second is not None:
            types[row, each.second : len(each.pieces)] = 1
    return ids, mask, types


def read_by(parts: Parts, network_of: Callable[[Fitted, ModelFolder], Network]) -> Network:
    """Return the network of `parts` as the service has it, by the service's `network_of`."""
    folder = locate(DEFAULT_ENCODER)
    return network_of(fitted_of(parts, folder.fingerprint), folder)


def store(parts: Parts, file: Path, command: str, data: Iterable[Path]) -> None:
    """Write what is fitted to `file` in half precision, with `command` and the hashes of `data`."""
    told = {
        "command": command,
        "data": hashes(data),
        "fingerprint": locate(DEFAULT_ENCODER).fingerprint,
    }
    halves = {name: value.astype(np.float16) for name, value in parts.items()}
    save_file(halves, file, metadata={"pincite": json.dumps(told)})
