"""Which precision the encoder computes in, by what the processor can do.

OpenVINO tells whether a processor has bfloat16 at all, not whether it has the matrix unit (AMX)
that makes it fast: without, bfloat16 was slower than float32. So the processor's own flags are
asked, where the system shows them.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

Precision = Literal["f32", "bf16", "int8"]

CPUINFO = Path("/proc/cpuinfo")

_SUMS_OF_BYTES = {"avx512_vnni", "avx_vnni"}


def suited(capabilities: Collection[str], flags: Collection[str] | None = None) -> Precision:
    """Return the precision that suits a processor (docs/speed.md, "8-bit", has the figures).

    `capabilities` are OpenVINO's; `flags` the processor's as Linux names them, by default those of
    this one. bfloat16 where there is a matrix unit for it, 8 bits where there are instructions that
    sum products of bytes (Intel from 2019 to 2021 on, AMD from Zen 4), else float32. Where the
    system shows no flags it is as OpenVINO says: bfloat16 or float32.
    """
    flags = _flags() if flags is None else flags
    if "BF16" in capabilities and ("amx_bf16" in flags or not flags):
        return "bf16"
    return "int8" if _SUMS_OF_BYTES & {*flags} else "f32"


def _flags() -> set[str]:
    try:
        lines = CPUINFO.read_text("utf-8", "replace").splitlines()
    except OSError:
        return set()
    return next(({*line.split()[2:]} for line in lines if line.startswith("flags")), set())
