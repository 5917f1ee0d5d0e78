"""Which precision the encoder computes in, by what the processor can do.

OpenVINO tells whether a processor has bfloat16 at all, not whether it has the matrix unit (AMX)
without which that is slower than float32; and of every one that it has 8 bits, which pay where an
instruction sums products of bytes (VNNI). So the processor's own flags are asked, where the system
shows them.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

Precision = Literal["f32", "bf16", "int8"]

CPUINFO = Path("/proc/cpuinfo")
VNNI = frozenset({"avx512_vnni", "avx_vnni"})
"""Flags of processors on which 8 bits are faster than float32."""


def suited(capabilities: Collection[str], flags: Collection[str] | None = None) -> Precision:
    """Return the precision that suits a processor (docs/speed.md, "8-bit", has the figures).

    `capabilities` are OpenVINO's; `flags` the processor's as Linux names them, by default those of
    this one. bfloat16 where there is a matrix unit for it, 8 bits where there is none but VNNI,
    else float32. Where the system shows no flags (macOS, Windows), bfloat16 is taken on OpenVINO's
    word alone, and 8 bits never.
    """
    flags = processor_flags() if flags is None else flags
    if "BF16" in capabilities and ("amx_bf16" in flags or not flags):
        return "bf16"
    return "int8" if VNNI.intersection(flags) else "f32"


def processor_flags() -> set[str]:
    """Return what Linux says that an x86 processor can do; nothing on other systems."""
    try:
        lines = CPUINFO.read_text("utf-8", "replace").splitlines()
    except OSError:
        return set()
    return next(({*line.split()[2:]} for line in lines if line.startswith("flags")), set())
