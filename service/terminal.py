"""An answer for the terminal: everything that the page says of it, as lines of text."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from service.evidence.sources import OLD_YEARS
from service.web.render import likelihood, percent, when
from service.web.strings import Strings

if TYPE_CHECKING:
    from service.schemas import Answer, ArticleOut, LabelOut, PassageOut, QuoteOut

_INDENT = "   "


def plain(words: str, style: str = "") -> Text:
    """Return `words` for the terminal, each control character but tab and line end as U+FFFD.

    An article, or a file's name, could otherwise send the terminal commands.
    """
    return Text(re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", words), style=style)


def answer_lines(answer: "Answer", t: Strings) -> Iterator[Text]:
    """Yield the lines of `answer` in the words of `t`: notice first, disclaimer last, once."""
    if answer.notice:
        yield plain(answer.notice.text, "bold red")
        why = t("answer.notice_why", matched=answer.notice.matched)
        yield plain(f"{why} {t('answer.notice_source')}: {answer.notice.source}", "dim")
        yield Text()
    if answer.also_searched:
        yield plain(f"{t('answer.also_searched')} {', '.join(answer.also_searched)}")
    if answer.did_you_mean:
        yield plain(f"{t('answer.did_you_mean')} {answer.did_you_mean}")
    if not answer.passages:
        yield from _nothing_lines(answer, t)
    for number, passage in enumerate(answer.passages, start=1):
        yield from _passage_lines(f"{number}.", passage, t)
    yield from _who_says_so(answer, t)
    if answer.see_a_doctor:
        yield Text()
        yield plain(t("answer.doctor"), "bold")
        for passage in answer.see_a_doctor:
            yield from _passage_lines("•", passage, t)
    yield Text()
    if answer.passages:
        yield plain(t("terminal.check"))
        yield Text()
    yield plain(answer.disclaimer, "italic")


def _nothing_lines(answer: "Answer", t: Strings) -> Iterator[Text]:
    yield plain(t("none.title"), "bold")
    if answer.reason:
        yield plain(answer.reason)
    if answer.nearest_topics:
        yield plain(f"{t('none.nearest')}:")
    for topic in answer.nearest_topics:
        yield plain(f"  {topic.title}" + (f" › {topic.section}" if topic.section else ""))
    yield plain(t("none.elsewhere_person"))


def _passage_lines(label: str, passage: "PassageOut", t: Strings) -> Iterator[Text]:
    article = passage.article
    quoted = plain(passage.text)
    for start, end in passage.highlights:
        quoted.stylize("bold", start, end)
    yield Text()
    yield plain(f"{label} {article.title}", "cyan")
    yield plain(f"{_INDENT}{' · '.join(_who_and_when(article, t))}", "cyan")
    if passage.section:
        yield plain(_INDENT + " › ".join(passage.section), "dim")
    lead = passage.lead
    if lead:
        yield plain(_INDENT + t(f"answer.lead_{lead.of}"), "dim")
    while lead:
        yield plain(lead.text)
        yield plain("…", "dim")
        lead = lead.inner
    yield quoted
    if passage.also_in:
        yield plain(_INDENT + t("answer.also_in", n=len(passage.also_in)), "dim")
    for copy in passage.also_in:
        publisher = copy.article.publisher or t("answer.unknown_publisher")
        nearly = "" if copy.identical else f" ({t('answer.nearly')})"
        where = f"{copy.article.title}, {publisher}{nearly}"
        yield plain(f"{_INDENT}  {where}  {copy.passage_id}", "dim")
    for one in article.labels:
        yield plain(_INDENT + _label(one, t), "dim")
    if passage.probability is not None:
        figure = t("answer.percent", percent=percent(passage.probability))
        yield plain(f"{_INDENT}{t(f'answer.{likelihood(passage.probability)}')} ({figure})", "dim")
    yield plain(f"{_INDENT}{passage.passage_id}  sha256 {passage.sha256[:12]}", "dim")
    if passage.links.original:
        # Whole: an address that is cut by line ends cannot be opened.
        address = plain(_INDENT + passage.links.original, "dim")
        address.no_wrap = True
        yield address


def _who_and_when(article: "ArticleOut", t: Strings) -> Iterator[str]:
    yield article.publisher or t("answer.unknown_publisher")
    if article.authors:
        yield t("article.by", authors=", ".join(article.authors))
    for key, date in when(article):
        yield f"{t(key)} {t.date(date)}" if date else t(key)


def _label(label: "LabelOut", t: Strings) -> str:
    value = t.date(label.value) if label.kind == "old" else label.value
    return t(f"label.{label.kind}_why", years=OLD_YEARS, value=value)


def _who_says_so(answer: "Answer", t: Strings) -> Iterator[Text]:
    if answer.mentions:
        yield Text()
        yield plain(t("said.title"), "bold")
    for mention in answer.mentions:
        yield plain(t("said.mention", articles=mention.articles, of=mention.of, term=mention.term))
        yield from _quote_lines(mention.quotes)
    for difference in answer.differing:
        yield Text()
        yield plain(t("said.differing"), "bold")
        yield plain(t("said.differing_text"))
        for side, quotes in (("one", difference.one), ("other", difference.other)):
            yield plain(t(f"said.{difference.kind}_{side}"))
            yield from _quote_lines(quotes)


def _quote_lines(quotes: "Sequence[QuoteOut]") -> Iterator[Text]:
    for quote in quotes:
        place = f"{quote.article_id}:{quote.start}-{quote.end}"
        who = f"{quote.title}, {quote.publisher}" if quote.publisher else quote.title
        yield plain(f"  “{' '.join(quote.text.split())}”")
        yield plain(f"     {who}  {place}", "dim")
