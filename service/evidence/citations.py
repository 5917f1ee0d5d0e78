"""A passage → citations of it, with the pincite: plain text, Markdown, BibTeX and CSL-JSON."""

import itertools
import json
import re
from urllib.parse import quote

from service.schemas import PassageOut


def citations(passage: PassageOut) -> dict[str, str]:
    """Return the citation in each form, keyed `plain`, `markdown`, `bibtex` and `csl`."""
    return {
        "plain": plain(passage),
        "markdown": markdown(passage),
        "bibtex": bibtex(passage),
        "csl": csl_json(passage),
    }


def pincite(passage: PassageOut) -> str:
    """Return the place of a passage in words: its section and its characters."""
    place = f"characters {passage.start}–{passage.end}"
    return f"“{' › '.join(passage.section)}”, {place}" if passage.section else place


def plain(passage: PassageOut) -> str:
    """Return the quote and one line that says where it stands."""
    said = "\n\n…\n\n".join(f"“{text}”" for text in _quoted(passage))
    return f"{said}\n\n{_line(passage)}"


def markdown(passage: PassageOut) -> str:
    """Return a block quotation and its source, escaped so that it shows as the words it is."""
    article = passage.article
    quoted = "\n>\n> …\n>\n".join(map(_md_quote, _quoted(passage)))
    name = _md(" ".join(article.title.split()))
    title = f"[{name}](<{_uri(article.url)}>)" if article.url and _web(article.url) else name
    rest = _line(passage, title="\0")
    return f"{quoted}\n>\n> — {_md(rest).replace(chr(0), title)}"


def _quoted(passage: PassageOut) -> list[str]:
    """Return the words quoted: what announced the list or table they stand in, then the passage."""
    texts = []
    lead = passage.lead
    while lead:
        texts.append(lead.text)
        lead = lead.inner
    return [*texts, passage.text]


def _md_quote(text: str) -> str:
    lines = [_md_line(line).rstrip() for line in re.split(r"\r\n?|\n", text)]
    # A backslash ends a line that another follows: rows and items are not run together.
    broken = (
        f"{line}\\" if line and below else line
        for line, below in itertools.zip_longest(lines, lines[1:])
    )
    return "\n".join(f"> {line}".rstrip() for line in broken)


def bibtex(passage: PassageOut) -> str:
    """Return an @misc entry; the note holds the pincite and the quote's hash."""
    article = passage.article
    key = re.sub(r"[^A-Za-z0-9]+", "-", article.article_id).strip("-") or "article"
    year, month = [*(article.published or "").split("-"), ""][:2]
    fields = {
        "title": "{" + _tex(article.title) + "}",
        # Each name in braces of its own: an organisation has no family name.
        "author": " and ".join("{" + _tex(name) + "}" for name in article.authors),
        "publisher": _tex(article.publisher or ""),
        "year": _tex(year),
        "month": _tex(month),
        "url": _uri(article.url) if article.url and _web(article.url) else "",
        "urldate": _tex(article.retrieved or ""),
        "note": _tex(f"{_capital(pincite(passage))}. {_proof(passage)}"),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key}-{passage.start}-{passage.end},", *lines, "}"])


def csl_json(passage: PassageOut) -> str:
    """Return a CSL-JSON array of one item, as reference managers import it."""
    article = passage.article
    item: dict[str, object] = {
        "id": f"{article.article_id}:{passage.start}-{passage.end}",
        "type": "webpage" if _web(article.url) else "document",
        "title": article.title,
        "author": [{"literal": name} for name in article.authors],
        "publisher": article.publisher,
        "issued": _date_parts(article.published),
        "accessed": _date_parts(article.retrieved),
        "URL": article.url if _web(article.url) else None,
        "section": " › ".join(passage.section),
        "note": f"Characters {passage.start}–{passage.end}. {_proof(passage)}",
    }
    return json.dumps([{k: v for k, v in item.items() if v}], ensure_ascii=False, indent=2)


def _line(passage: PassageOut, title: str | None = None) -> str:
    """Return "Authors. Title. Publisher, date. Pincite. Address (retrieved date). Proof."."""
    article = passage.article
    published = ", ".join(x for x in (article.publisher, article.published) if x)
    address = article.url if _web(article.url) else None
    if address and article.retrieved:
        address = f"{address} (retrieved {article.retrieved})"
    parts = [
        "; ".join(article.authors),
        title or article.title,
        published,
        _capital(pincite(passage)),
        address,
        _proof(passage),
    ]
    lines = (" ".join(part.split()) for part in parts if part)
    return " ".join(
        line if line.endswith((".", "?", "!")) else f"{line}." for line in lines if line
    )


def _proof(passage: PassageOut) -> str:
    """Return what, beside the place, a check of the quote is asked with."""
    name = " ".join(passage.article.article_id.split())
    return f"In article {name}, SHA-256 of the quote {passage.sha256}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _web(url: str | None) -> bool:
    return bool(url) and str(url).lower().startswith(("https://", "http://"))


_SIGNS = re.compile(r"[\\`*_\[\]<>#|~&!]")
_BEGINNING = re.compile(r"\A(?:[-+=:]|[0-9]+(?P<behind>[.)])(?=[ \t]|\Z))")


def _md(text: str) -> str:
    return _SIGNS.sub(r"\\\g<0>", text)


def _md_line(text: str) -> str:
    """Escape a line of text, and what only means something where a line begins.

    Blanks before a line make it code; a mark, or digits and a mark, a list, or a heading of the
    line above.
    """
    line = _md(text.lstrip(" \t"))
    begins = _BEGINNING.match(line)
    if not begins:
        return line
    at = max(begins.start(), begins.start("behind"))
    return f"{line[:at]}\\{line[at:]}"


_TEX = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces, those behind a backslash too.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "#$%&_"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(text.split()))


def _uri(url: str) -> str:
    """Percent-encode what would end an address where it is set: it means the same address."""
    return re.sub(r"[\s<>{}\\]", lambda sign: quote(sign[0], safe=""), url)


def _date_parts(date: str | None) -> dict[str, list[list[int]]] | None:
    match = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", date or "")
    return {"date-parts": [[int(part) for part in match.groups() if part]]} if match else None
