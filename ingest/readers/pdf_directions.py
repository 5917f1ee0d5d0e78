"""Pages that read from right to left, seen in a mirror: then what comes first stands to the left.

So rows, columns and indents of Hebrew and Arabic are read by the code that reads those of English.
"""

import re
import unicodedata
from collections.abc import Sequence

from ingest.readers.pdf_layout import MIN_GUTTER
from ingest.readers.pdf_rows import rows_of
from ingest.readers.pdf_words import Page, Word

_MEASURE = re.compile(r"(?:[mkcdnµμ]|mc)?(?:g|l|L|m|mol)|IU|U|%")


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
    """Return the runs of words in a row that stand beside each other and run to the right.

    A number belongs to the run it stands in ("ibuprofen 400 mg"), other signs only between words.
    """
    runs: list[list[Word]] = [[]]
    for word in reversed(row):  # as it stands on the page, for the row is one of the mirror
        beside = bool(runs[-1]) and runs[-1][-1].left - word.right < MIN_GUTTER * word.size
        directions = {unicodedata.bidirectional(character) for character in word.text}
        if "L" in directions:
            if beside:
                runs[-1].append(word)
            else:
                runs.append([word])
        elif beside and not directions & {"R", "AL", "AN"}:
            runs[-1].append(word)
        else:
            runs.append([])
    return [run for run in map(_without_loose_end, runs) if len(run) > 1]


def _without_loose_end(run: list[Word]) -> list[Word]:
    """Return a run up to its last word or number.

    A number at the end behind a measure is none of it: "400 mg" between words that run to the left
    is shown as "mg 400".
    """
    end = len(run)
    while end:
        directions = {unicodedata.bidirectional(character) for character in run[end - 1].text}
        if "L" in directions:
            break
        if "EN" in directions and _MEASURE.fullmatch(run[end - 2].text) is None:
            break
        end -= 1
    return run[:end]
