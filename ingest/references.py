"""Reference lists of copied text, and the citation digits that cling to its words.

A reference list is known by its heading, by numbered entries, and by the marks of bibliographic
styles (Vancouver, APA, AMA, MLA): years in their places, volume and pages, DOI, "[Internet]",
"Available from", "et al.".
"""

import re
from collections.abc import Container, Iterable, Sequence

from index.records import Reference
from ingest.document import SourceBlock

_HEADING = re.compile(
    r"(?:\d{1,2}[.)]?\s*)?(?:list of |selected |key |cited |article |medical |main )?"
    r"(?:references?|bibliography|works cited|literature(?: cited)?|citations?|sources?"
    r"|footnotes?|endnotes?|references? (?:and|&) (?:sources|resources|further reading|notes)"
    r"|sources? (?:and|&) references?|article sources|literatur(?:verzeichnis)?|quellen"
    r"|références|bibliographie|referencias|bibliografía|referências|bibliografia|riferimenti)"
    r"(?: cited| used)?\s*[:\-–(\[]*\s*\d*\s*[)\]]?",
    re.IGNORECASE,
)
_AMBIGUOUS_HEADING = re.compile(r"sources?\b|citations?\b|quellen|foot|end", re.IGNORECASE)

_NUMBER = re.compile(r"(?:\[(\d{1,3})\]|\((\d{1,3})\)|(\d{1,3})[.)\]:]|\^(\d{1,3})?)\s*(?=\D)")
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]+|\bwww\.[^\s<>\"]+", re.IGNORECASE)

_MARKS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:doi|DOI)\s*[:.]|doi\.org/|\b10\.\d{4,9}/",
        r"\b(?:PMID|PMCID|ISBN|ISSN)\b|\bPMC\d{5,}",
        r"\[(?:Internet|Online|cited|accessed|updated|PubMed|Google Scholar|CrossRef)\b",
        r"\b(?:Available (?:from|at)|Retrieved (?:from|on|\w+ \d)|Accessed|Last accessed)\b",
        r"\bet al\b",
        r"\b(?:19|20)\d\d(?:\s+[A-Z][a-z]{2}(?:\s+\d{1,2})?)?\s*;\s*\d+\s*(?:\(|:)",
        r"\b\d{1,4}\s?\(\d{1,3}(?:[-–]\d+)?\)\s?[,:]\s*e?\d+",
        r"\((?:19|20)\d\d[a-z]?(?:, [A-Z][a-z]+(?: \d{1,2})?)?\)\s*[.,:]",
        r"\b(?:pp?|[Vv]ol|[Ee]d|[Ee]ds|[Nn]o)\.\s*\d",
        r"^\W*(?:\d{1,3}\W+)?[A-Z][\w’'-]+,? (?:[A-Z]\.? ?-?){1,3}(?:[,.;:&]| and )",
        r"\b(?:Journal|J|Ann|Arch|Am|Br|Eur|Int|Proc|Med|Clin|Rev|Acta|Lancet|BMJ|JAMA)\b\.? "
        r"(?:of |[A-Z][a-z]*\b).{0,300}\b(?:19|20)\d\d\b",
        r"\b(?:University Press|Elsevier|Springer|Wiley|McGraw-Hill|Saunders|Lippincott|Oxford"
        r"|Cambridge|Sage Publications|StatPearls Publishing)\b",
        r"https?://|\bwww\.",
    )
)


def is_heading(text: str) -> bool:
    """Return whether the block is nothing but the heading of a reference list."""
    return len(text) <= 60 and _HEADING.fullmatch(text) is not None


def is_ambiguous(heading: str) -> bool:
    """Return whether `heading`, one of a list, may be that of other things: sources of vitamins."""
    return _AMBIGUOUS_HEADING.search(heading) is not None


def citation_score(text: str) -> int:
    """Count the marks of bibliographic styles in a block; 2 and more is hardly anything else."""
    return sum(1 for mark in _MARKS if mark.search(text))


def reference_blocks(blocks: Sequence[SourceBlock]) -> list[bool]:
    """Return, for each block, whether it belongs to a reference list, its heading included.

    A heading opens a list that goes on as long as its entries are numbered or look like
    citations; "Sources", which may also be of vitamins, needs most of them to. Without a heading
    it takes two numbered citations in a row, and they must count upwards.
    """
    scores = _Scores(blocks)
    headings = [is_heading(block.text) for block in blocks]
    numbers = [_number_of(block.text)[0] for block in blocks]
    found = [False] * len(blocks)
    index = 0
    while index < len(blocks):
        if headings[index]:
            end = _end_of_list(blocks, scores, headings, numbers, index + 1)
            entries = end - index - 1
            cited = sum(scores[place] > 0 for place in range(index + 1, end))
            unsure = is_ambiguous(blocks[index].text)
            if entries > 0 and cited >= (0.5 if unsure else 0.2) * entries:
                found[index:end] = [True] * (end - index)
                index = end
            else:
                index += 1
            continue
        end = _end_of_run(scores, headings, numbers, index)
        # From the first of them from which on they are citations: two marks each.
        surplus = sum(scores[place] - 2 for place in range(index, end))
        while end - index > 1 and surplus < 0:
            surplus -= scores[index] - 2
            index += 1
        if end - index > 1:
            found[index:end] = [True] * (end - index)
        index = max(end, index + 1)
    return found


class _Scores(dict[int, int]):
    """The citation score of each block by its place, worked out when it is asked for."""

    def __init__(self, blocks: Sequence[SourceBlock]) -> None:
        self._blocks = blocks

    def __missing__(self, place: int) -> int:
        self[place] = score = citation_score(self._blocks[place].text)
        return score


def _end_of_list(
    blocks: Sequence[SourceBlock],
    scores: "_Scores",
    headings: Sequence[bool],
    numbers: Sequence[int | None],
    start: int,
) -> int:
    """Return where the list that a heading has opened at `start` ends."""
    end = start
    expected: int | None = None
    while end < len(blocks) and not headings[end]:
        number = numbers[end]
        follows = number is not None and (expected is None or number >= expected)
        if not follows and (
            (blocks[end].kind == "heading" and scores[end] == 0)
            or scores[end] < (2 if expected is not None else 1)
        ):
            break
        if number is not None:
            expected = number
        end += 1
    return end


def _end_of_run(
    scores: "_Scores", headings: Sequence[bool], numbers: Sequence[int | None], start: int
) -> int:
    """Return where numbered blocks that look like citations, and count upwards, end."""
    end = start
    expected = 0
    while end < len(numbers) and not headings[end]:
        number = numbers[end]
        if number is None or number < expected or scores[end] == 0:
            break
        expected = number
        end += 1
    return end


def parse_references(blocks: Iterable[SourceBlock]) -> tuple[Reference, ...]:
    """Return the entries of a reference list in order; headings and bare marks are passed over.

    `text` is the entry without its number, white space collapsed; `url` the first address in it,
    `doi` the first DOI (as "10.…/…", also out of a doi.org address).
    """
    references = []
    for block in blocks:
        if is_heading(block.text):
            continue
        for line in _entries(block.text):
            number, text = _number_of(line)
            text = " ".join(text.split())
            if not any(map(str.isalpha, text)):
                continue
            url = _URL.search(text)
            doi = _DOI.search(text)
            references.append(
                Reference(
                    text=text,
                    number=number,
                    url=_trimmed(url.group()) if url else None,
                    doi=_trimmed(doi.group(1)) if doi else None,
                )
            )
    return tuple(references)


def _entries(text: str) -> list[str]:
    """A block of several lines that each begin with a number holds several entries."""
    lines = text.splitlines()
    if len(lines) > 1 and all(_number_of(line)[0] is not None for line in lines):
        return lines
    return [text]


def _number_of(text: str) -> tuple[int | None, str]:
    match = _NUMBER.match(text.lstrip())
    if match is None:
        return None, text
    digits = next((group for group in match.groups() if group), None)
    return (int(digits) if digits else None), text.lstrip()[match.end() :]


def _trimmed(address: str) -> str:
    """Take off the full stop or bracket of the sentence that an address stands in."""
    address = address.rstrip(".,;:'\"”’")
    while address.endswith((")", "]")) and address.count(address[-1]) > address.count(
        "(" if address[-1] == ")" else "["
    ):
        address = address[:-1].rstrip(".,;:'\"”’")
    return address


_LIST = r"\d{1,3}(?:\s?[,–-]\s?\d{1,3})*"
_BRACKETED = re.compile(rf"(?<!CI )(?<!\d )\[({_LIST})\]")
_RAISED = re.compile(
    r"(?:(?<=[a-z]{3})|(?<=[.,;:!?)\]”\"’]))"
    r"([¹²³⁴⁵⁶⁷⁸⁹⁰]+(?:[,⁻–-][¹²³⁴⁵⁶⁷⁸⁹⁰]+)*)"
)
_AFTER_STOP = re.compile(
    # From the word's first letter to its last, and no second try: time grows as the text does.
    r"((?<![A-Za-z])[A-Za-z]++|[)\]”\"’%])[.,;:!?][”\"’)]?(\d{1,3}(?:[,–-]\d{1,3})*)(?=\s|$|[)”\"])"
)
_ON_WORD = re.compile(r"\b([a-z]{4,})(\d{1,2}(?:[,–-]\d{1,2})*)(?=[\s.,;:!?)]|$)")
_BEFORE_COLON = re.compile(r"\b(?:by|from|in|on|see)\s(\d{1,3})(?=\s?:\s*$)")
_PARENTHESISED = re.compile(rf"(?<=[a-z] )\(({_LIST})\)(?=[.;,]|$)|(?<=[a-z])\(({_LIST})\)")
_NUMERAL = re.compile(r"[\d¹²³⁴⁵⁶⁷⁸⁹⁰]")
_AFTER_ANY_STOP = re.compile(
    r"\d(?:(?<=[A-Za-z)\]”\"’%][.,;:!?]\d)|(?<=[A-Za-z)\]”\"’%][.,;:!?][”\"’)]\d))"
)
_CLINGING = re.compile(r"\d(?<=[^\s\d(\[/-]\d)")
_DIGITS = re.compile(r"\d+")
_PLAIN = str.maketrans("¹²³⁴⁵⁶⁷⁸⁹⁰", "1234567890")

# Words that a number belongs to: "Fig.2", "type2", "omega3". Lower case, whole.
_NUMBERED_WORDS = frozenset(
    [
        "app",
        "approx",
        "art",
        "ca",
        "ch",
        "cf",
        "chap",
        "chapter",
        "class",
        "complex",
        "covid",
        "day",
        "dept",
        "eq",
        "ex",
        "factor",
        "fig",
        "figs",
        "figure",
        "grade",
        "group",
        "interleukin",
        "level",
        "lot",
        "no",
        "nos",
        "omega",
        "op",
        "page",
        "par",
        "para",
        "part",
        "pg",
        "phase",
        "pp",
        "pt",
        "ref",
        "refs",
        "sec",
        "sect",
        "section",
        "st",
        "stage",
        "step",
        "tab",
        "table",
        "type",
        "ver",
        "version",
        "vitamin",
        "vol",
        "vs",
        "week",
        "year",
    ]
)


def citation_marks(text: str, numbers: Container[int] | None = None) -> list[tuple[int, int]]:
    """Return the spans of `text` that are citation digits, in order, without overlap.

    `numbers` are those of the article's reference list; with it, digits on a word
    ("menopause8"), before a closing colon ("problems in 5:") and in parentheses count too, and
    only the list's own numbers do. Without it, only what cannot be a quantity: "[3]", raised
    digits, and digits that cling to the stop of a sentence or clause ("menopause.8"). A dose, a
    decimal, a year, a unit or a name with a number in it is never a citation.
    """
    spans: list[tuple[int, int]] = []
    if not _has_numeral(text):
        return spans

    def add(match: re.Match[str], group: int, *, whole: bool = False) -> None:
        cited = cited_numbers(match.group(group))
        if not cited or 0 in cited or len(match.group(group)) > 12:
            return
        if numbers is not None and not all(number in numbers for number in cited):
            return
        spans.append(match.span() if whole else match.span(group))

    # A quick look spares most blocks most of the patterns.
    for match in _BRACKETED.finditer(text) if "[" in text else ():
        add(match, 1, whole=True)
    for match in _RAISED.finditer(text) if not text.isascii() else ():
        add(match, 1)
    for match in _AFTER_STOP.finditer(text) if _AFTER_ANY_STOP.search(text) else ():
        word = match.group(1)
        if not word.isalpha() or (len(word) > 1 and word.lower() not in _NUMBERED_WORDS):
            add(match, 2)
    if numbers is not None:
        clinging = _CLINGING.search(text) is not None
        for match in _ON_WORD.finditer(text) if clinging else ():
            if match.group(1) not in _NUMBERED_WORDS:
                add(match, 2)
        for match in _BEFORE_COLON.finditer(text):
            add(match, 1)
        for match in _PARENTHESISED.finditer(text) if "(" in text else ():
            add(match, 1 if match.group(1) else 2, whole=True)
    return _disjoint(spans)


def _has_numeral(text: str) -> bool:
    if text.isascii():
        return any(map(text.__contains__, "0123456789"))
    return _NUMERAL.search(text) is not None


def cited_numbers(digits: str) -> list[int]:
    """Return the numbers that stand in a mark; "3–5" names 3 and 5."""
    return [int(number) for number in _DIGITS.findall(digits.translate(_PLAIN))]


def _disjoint(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for span in sorted(spans):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept
