"""The risk-coverage curve as one self-contained SVG file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.calibration_sets import Case

WIDTH, HEIGHT, LEFT, TOP = 520, 320, 62, 40
MOST_RISK = 0.3
CURVES = (
    ("MedQuAD: real wording against absent topics", "medquad",
     ("consumer", "summary", "message"), ("absent",), "#1f5fa8", ""),
    ("MedQuAD: real wording against masked topics", "medquad",
     ("consumer", "summary", "message"), ("masked",), "#a8481f", "7 4"),
    ("Five to fifteen articles", "small", ("small",), ("small",), "#2c7a3f", "2 3"),
)  # fmt: skip


def curve(p: NDArray[np.float64], labels: NDArray[np.bool_]) -> list[tuple[float, float, float]]:
    """Return (threshold, coverage, risk), thresholds falling.

    Coverage is the share of questions with an answer that are answered; risk, of all answered
    questions, the share without one, were half of all questions without.
    """
    points = []
    for threshold in sorted(set(p), reverse=True):
        coverage = float((p[labels] >= threshold).mean())
        spoken = float((p[~labels] >= threshold).mean())
        points.append((float(threshold), coverage, spoken / (coverage + spoken)))
    return points


def draw(p: NDArray[np.float64], cases: Sequence[Case], path: Path) -> None:
    """Write the curves of `CURVES` to `path`; a dot marks the threshold of one half."""

    def place(coverage: float, risk: float) -> tuple[float, float]:
        height = HEIGHT * (1 - min(risk, MOST_RISK) / MOST_RISK)
        return LEFT + WIDTH * coverage, TOP + height

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} '
        f'{TOP + HEIGHT + 56}" font-family="sans-serif" font-size="13" role="img">',
        "<title>Risk against coverage, cross-validated</title>",
        f'<rect width="{LEFT + WIDTH + 20}" height="{TOP + HEIGHT + 56}" fill="#fff"/>',
    ]
    for tick in range(7):
        share = tick / 20
        x, y = place(0, share)
        parts.append(f'<path d="M{x} {y:.1f}h{WIDTH}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for tick in range(6):
        x, y = place(tick / 5, 0)
        parts.append(f'<text x="{x}" y="{y + 20}" text-anchor="middle">{tick / 5:.0%}</text>')
    parts.append(
        f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 44}" text-anchor="middle">'
        "coverage: answerable questions that are answered</text>"
        f'<text x="{LEFT - 50}" y="{TOP - 18}">risk: answered questions without an answer</text>'
    )
    for number, (name, index, positive, negative, colour, dashes) in enumerate(CURVES):
        rows = [
            row
            for row, case in enumerate(cases)
            if case.kind in (positive if case.answerable else negative)
            and (case.index == index or (index == "small" and case.index in {"seeds", "sample"}))
        ]
        points = curve(p[rows], np.array([cases[row].answerable for row in rows], bool))
        line = " ".join(
            f"{x:.1f},{y:.1f}" for x, y in (place(coverage, risk) for _, coverage, risk in points)
        )
        stroke = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
        parts.append(f'<polyline points="{line}" {stroke}/>')
        at_half = [point for point in points if point[0] >= 0.5]
        if at_half:
            x, y = place(*at_half[-1][1:])
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        x, y = LEFT + 16, TOP + 26 + 22 * number
        parts.append(
            f'<path d="M{x} {y - 4}h30" {stroke}/><text x="{x + 38}" y="{y}">{name}</text>'
        )
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", "utf-8")
