"""The plain text that copying a web page gives, and which tokens of it are the page's main text.

Three flattenings, because nobody knows how the next person copies:

- `lines`: each block element is a line, inline elements and links run on in it;
- `spaced`: as a browser's `innerText` does it: a blank line around paragraphs and headings, a line
  for other blocks, a tab between table cells;
- `nodes`: each text node is a line, so that a link in a sentence breaks it in three (what naive
  scripts give; the hardest).

Nothing invisible is in it: scripts, styles, templates, `hidden`, `display: none`.
"""

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from lxml import html

from bench.evaluation_data import EVAL, entries

WEB_PAGES = EVAL / "web_pages"
TRUTH = "ground_truth.jsonl"
FLATTENINGS = ("lines", "spaced", "nodes")

_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "iframe",
        "svg",
        "canvas",
        "object",
        "embed",
        "video",
        "audio",
        "select",
        "option",
        "textarea",
        "input",
        "map",
        "math",
        "datalist",
    ]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "meter",
        "nobr",
        "output",
        "q",
        "ruby",
        "rb",
        "rp",
        "rt",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "img",
        "button",
        "amp-img",
        "g-emoji",
    ]
)
_SPACED = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "ul",
        "ol",
        "dl",
        "pre",
        "table",
        "figure",
    ]
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TOKEN = re.compile(r"\w+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Page:
    """One page with the main text that people marked as its own."""

    name: str
    url: str
    markup: bytes
    truth: str


def pages(folder: Path = WEB_PAGES) -> list[Page]:
    """Read the pages of `ground_truth.jsonl`, in its order."""
    return [
        Page(
            row["_id"],
            row["url"],
            gzip.decompress((folder / row["file"]).read_bytes()),
            row["text"],
        )
        for row in entries(folder / TRUTH)
    ]


def tokens_of(text: str) -> list[str]:
    """Split into words, lower case; Chinese and Japanese into characters."""
    tokens: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if _CJK.search(token):
            tokens.extend(token)
        else:
            tokens.append(token)
    return tokens


def flatten(markup: bytes, how: str) -> str:
    """Return the text of a page in one of `FLATTENINGS`."""
    tree = _parse(markup)
    body = tree.find(".//body")
    pieces = list(_pieces(tree if body is None else body, how))
    text = "".join(pieces)
    if how == "nodes":
        lines = [" ".join(line.split()) for line in text.split("\n")]
        return "\n".join(line for line in lines if line)
    lines = [re.sub(r"[^\S\n\t]+", " ", line).strip() for line in text.split("\n")]
    joined = "\n".join(lines)
    return re.sub(r"\n{2,}", "\n\n" if how == "spaced" else "\n", joined).strip()


def _parse(markup: bytes) -> html.HtmlElement:
    try:
        text = markup.decode("utf-8")
    except UnicodeDecodeError:
        return html.document_fromstring(markup)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    return html.document_fromstring(text)


def _pieces(element: html.HtmlElement, how: str) -> Iterator[str]:
    tag = element.tag if isinstance(element.tag, str) else ""
    visible = bool(tag) and tag not in _SKIPPED and not _hidden(element)
    if visible:
        before, after = _around(tag, how)
        yield before
        if element.text:
            yield _inner(element.text, how)
        for child in element:
            yield from _pieces(child, how)
            if child.tail:
                yield _inner(child.tail, how)
        yield after


def _inner(text: str, how: str) -> str:
    joined = re.sub(r"\s+", " ", text)
    return f"\n{joined}\n" if how == "nodes" else joined


def _around(tag: str, how: str) -> tuple[str, str]:
    if tag == "br":
        return "\n", ""
    if tag in _INLINE:
        return "", ""
    if how == "spaced":
        if tag in {"td", "th"}:
            return "", "\t"
        if tag in _SPACED:
            return "\n\n", "\n\n"
    return "\n", "\n"


def _hidden(element: html.HtmlElement) -> bool:
    return element.get("hidden") is not None or bool(
        _HIDDEN_STYLE.search(element.get("style") or "")
    )


def page_title(markup: bytes) -> str:
    """Return what the page's `<title>` or first `<h1>` says, "" where it has neither."""
    tree = _parse(markup)
    for path in (".//h1", ".//title"):
        for element in tree.iterfind(path):
            text = " ".join(element.text_content().split())
            if text:
                return text
    return ""


def token_scores(found: str, truth: str) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the multiset of tokens, each in [0, 1]."""
    one, other = Counter(tokens_of(found)), Counter(tokens_of(truth))
    common = sum((one & other).values())
    if not common:
        same = float(not one and not other)
        return same, same, same
    precision, recall = common / sum(one.values()), common / sum(other.values())
    return precision, recall, 2 * precision * recall / (precision + recall)


def truth_shares(blocks: Sequence[str], truth: str) -> list[float]:
    """Return, for each block, the share of its tokens that the alignment with the truth matches.

    Blocks without a word get the share of the one before.
    """
    page: list[str] = []
    bounds = []
    for block in blocks:
        start = len(page)
        page += tokens_of(block)
        bounds.append((start, len(page)))
    matched = [False] * len(page)
    matcher = SequenceMatcher(None, page, tokens_of(truth), autojunk=False)
    for start, _, size in matcher.get_matching_blocks():
        matched[start : start + size] = [True] * size
    shares: list[float] = []
    for start, end in bounds:
        if end > start:
            shares.append(sum(matched[start:end]) / (end - start))
        else:
            shares.append(shares[-1] if shares else 0.0)
    return shares
