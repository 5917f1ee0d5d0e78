"""Completions while a person types, from the articles' own titles and headings."""

from collections.abc import Iterable
from typing import Literal

from index.analysis import fold

Kind = Literal["title", "heading"]
MOST = 8


def suggestions(
    headings: Iterable[tuple[str, Kind]], typed: str, most: int = MOST
) -> list[tuple[str, Kind]]:
    """Return at most `most` of `headings` that hold every word of `typed`, the last as a prefix.

    Those that begin with what was typed come first, then the shorter ones.
    """
    wanted = fold(typed).split()
    if not wanted:
        return []
    found: dict[str, tuple[tuple[bool, int, str], str, Kind]] = {}
    for text, kind in headings:
        folded = fold(text)
        present = folded.split()
        whole = {word.strip("?!.,:;()\"'") for word in present}
        if all(word in whole for word in wanted[:-1]) and any(
            word.lstrip("(\"'").startswith(wanted[-1]) for word in present
        ):
            rank = (not folded.startswith(" ".join(wanted)), len(text), text)
            found.setdefault(folded, (rank, text, kind))
    return [(text, kind) for _, text, kind in sorted(found.values())[:most]]
