"""Pages that read from right to left, seen in a mirror: then what comes first stands to the left.

So rows, columns and indents of Hebrew and Arabic are read by the code that reads those of English.
"""

import unicodedata
from collections.abc import Sequence

from ingest.readers.pdf_layout import MIN_GUTTER, rows_of
from ingest.readers.pdf_words import Page, Word


def in_reading_direction(page: Page) -> Page:
    """Return `page`, mirrored where most of its letters are of a script that runs to the left.

    Its words stay in their order. Words of scripts that run to the right keep their order within a
    row ("vitamin D"), for so they are read there too.
    """
    leftward = sum(map(runs_left, "".join(word.text for word in page.words)))
    if 2 * leftward <= sum(c.isalpha() for word in page.words for c in word.text):
        return page
    mirrored = [word._replace(left=-word.right, right=-word.left) for word in page.words]
    places = {id(word): place for place, word in enumerate(mirrored)}
    made = list(mirrored)
    for row in rows_of(mirrored):
        for run in _rightward_runs(row):
            edges = min(word.left for word in run) + max(word.right for word in run)
            for word in run:
                left, right = edges - word.right, edges - word.left
                made[places[id(word)]] = word._replace(left=left, right=right)
    return Page(made, page.turned)


def runs_left(character: str) -> bool:
    """Tell whether a character is of a script that runs from right to left."""
    return character > "\u0590" and unicodedata.bidirectional(character) in ("R", "AL")


def _rightward_runs(row: Sequence[Word]) -> list[list[Word]]:
    """Return the runs of words in a row that stand beside each other and run to the right."""
    runs: list[list[Word]] = [[]]
    for word in row:
        beside = bool(runs[-1]) and word.left - runs[-1][-1].right < MIN_GUTTER * word.size
        if any(unicodedata.bidirectional(character) == "L" for character in word.text):
            if beside:
                runs[-1].append(word)
            else:
                runs.append([word])
        else:
            runs.append([])
    return [run for run in runs if len(run) > 1]
