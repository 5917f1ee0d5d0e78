"""Which precision a processor gets, by its flags and OpenVINO's word."""

from pathlib import Path

import pytest

from index import openvino_precision
from index.openvino_precision import processor_flags, suited

BF16 = ["BF16", "FP32", "INT8"]
PLAIN = ["FP32", "INT8"]


@pytest.mark.parametrize(
    ("capabilities", "flags", "precision"),
    [
        (BF16, "avx2 avx512_vnni avx512_bf16 amx_bf16 amx_int8", "bf16"),  # Sapphire Rapids
        (BF16, "avx2 avx512_vnni avx512_bf16", "int8"),  # Zen 4, Cooper Lake
        (PLAIN, "avx2 avx512f avx512_vnni", "int8"),  # Ice Lake
        (PLAIN, "avx2 fma avx_vnni", "int8"),  # Alder Lake
        (PLAIN, "avx2 fma", "f32"),  # Haswell, Zen to Zen 3
        (PLAIN, "avx2 fma avx512f", "f32"),  # Skylake-X
        (PLAIN, "", "f32"),  # no flags to be seen: as OpenVINO says
        (BF16, "", "bf16"),
        (PLAIN, "amx_bf16", "f32"),  # a unit that OpenVINO may not use
        (PLAIN, "amx_bf16 avx512_vnni", "int8"),
    ],
)
def test_a_processor_gets_what_suits_it(
    capabilities: list[str], flags: str, precision: str
) -> None:
    assert suited(capabilities, flags.split()) == precision


def test_flags_are_those_that_linux_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = tmp_path / "cpuinfo"
    monkeypatch.setattr(openvino_precision, "CPUINFO", shown)
    assert suited(BF16) == "bf16"  # nothing to be seen
    assert processor_flags() == set()
    shown.write_text("model name\t: A Processor\nflags\t\t: fpu avx2 avx_vnni\nbugs\t\t: none\n")
    assert processor_flags() == {"fpu", "avx2", "avx_vnni"}
    assert suited(BF16) == "int8"
    shown.write_text("processor\t: 0\nFeatures\t: fp asimd bf16\n")  # ARM has no such line
    assert suited(BF16) == "bf16"
