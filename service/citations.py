"""A passage → citations of it, with the pincite: plain text, Markdown, BibTeX and CSL-JSON."""

import json
import re
from collections.abc import Sequence
from typing import Protocol


class CitedArticle(Protocol):
    """What is cited of an article. Dates are ISO 8601, whole or partial."""

    article_id: str
    title: str
    publisher: str | None
    authors: Sequence[str]
    published: str | None
    retrieved: str | None
    url: str | None


class CitedPassage(Protocol):
    """What is cited of a passage: its words, its place and their hash."""

    text: str
    start: int
    end: int
    sha256: str
    section: Sequence[str]


def citations(passage: CitedPassage, article: CitedArticle) -> dict[str, str]:
    """Return the citation in each form, keyed `plain`, `markdown`, `bibtex` and `csl`."""
    return {
        "plain": plain(passage, article),
        "markdown": markdown(passage, article),
        "bibtex": bibtex(passage, article),
        "csl": csl_json(passage, article),
    }


def pincite(passage: CitedPassage) -> str:
    """Return the place of a passage in words: its section and its characters."""
    place = f"characters {passage.start}–{passage.end}"
    return f"“{' › '.join(passage.section)}”, {place}" if passage.section else place


def plain(passage: CitedPassage, article: CitedArticle) -> str:
    """Return the quote and one line that says where it stands."""
    return f"“{passage.text}”\n\n{_line(passage, article)}"


def markdown(passage: CitedPassage, article: CitedArticle) -> str:
    """Return a block quotation and its source, escaped so that it shows as the words it is."""
    quoted = "\n".join(f"> {_md(line)}".rstrip() for line in passage.text.split("\n"))
    title = f"[{_md(article.title)}](<{article.url}>)" if _web(article.url) else _md(article.title)
    rest = _line(passage, article, title="\0")
    return f"{quoted}\n>\n> — {_md(rest).replace(chr(0), title)}"


def bibtex(passage: CitedPassage, article: CitedArticle) -> str:
    """Return an @misc entry; the note holds the pincite and the quote's hash."""
    key = re.sub(r"[^A-Za-z0-9]+", "-", article.article_id).strip("-") or "article"
    year, month = [*(article.published or "").split("-"), ""][:2]
    fields = {
        "title": "{" + _tex(article.title) + "}",
        # Each name in braces of its own: an organisation has no family name.
        "author": " and ".join("{" + _tex(name) + "}" for name in article.authors),
        "publisher": _tex(article.publisher or ""),
        "year": _tex(year),
        "month": _tex(month),
        "url": _tex_url(article.url) if _web(article.url) else "",
        "urldate": _tex(article.retrieved or ""),
        "note": _tex(f"{_capital(pincite(passage))}. SHA-256 of the quote {passage.sha256}"),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key}-{passage.start}-{passage.end},", *lines, "}"])


def csl_json(passage: CitedPassage, article: CitedArticle) -> str:
    """Return a CSL-JSON array of one item, as reference managers import it."""
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
        "note": f"Characters {passage.start}–{passage.end}. SHA-256 of the quote {passage.sha256}",
    }
    return json.dumps([{k: v for k, v in item.items() if v}], ensure_ascii=False, indent=2)


def _line(passage: CitedPassage, article: CitedArticle, title: str | None = None) -> str:
    """Return "Authors. Title. Publisher, date. Pincite. Address (retrieved date). Hash."."""
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
        f"SHA-256 of the quote {passage.sha256}",
    ]
    return " ".join(p if p.endswith((".", "?", "!")) else f"{p}." for p in parts if p)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _web(url: str | None) -> bool:
    return bool(url) and str(url).lower().startswith(("https://", "http://"))


def _md(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|~&!])", r"\\\1", text)


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "#$%&_"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(text.split()))


def _tex_url(url: str | None) -> str:
    """Braces would unbalance the entry: they are percent-encoded, which means the same address."""
    return (url or "").replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def _date_parts(date: str | None) -> dict[str, list[list[int]]] | None:
    match = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", date or "")
    return {"date-parts": [[int(part) for part in match.groups() if part]]} if match else None
