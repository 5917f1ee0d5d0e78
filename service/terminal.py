"""An answer for the terminal: everything that the page says of it, as lines of text."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from service.schemas import Answer, PassageOut, QuoteOut

_DIFFERENCES = {
    "worry": ("Wording that calms", "Wording that warns"),
    "help": ("Wording that says it helps", "Wording that says it does not, or is not shown to"),
}


def plain(words: str, style: str = "") -> Text:
    """Return `words` for the terminal, each control character but tab and line end as U+FFFD.

    An article, or a file's name, could otherwise send the terminal commands.
    """
    return Text(re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", words), style=style)


def answer_lines(answer: "Answer") -> Iterator[Text]:
    """Yield the lines of `answer`: notice first, disclaimer last, once."""
    if answer.notice:
        yield plain(answer.notice.text, "bold red")
        yield plain(f"Raised by: {answer.notice.matched}. {answer.notice.source}", "dim")
        yield Text()
    if answer.also_searched:
        yield plain(f"Also searched for: {', '.join(answer.also_searched)}")
    if answer.did_you_mean:
        yield plain(f"Nothing was found for that spelling. Shown: {answer.did_you_mean}")
    if not answer.passages:
        yield plain("The articles do not answer this question.", "bold")
        if answer.reason:
            yield plain(answer.reason)
        if answer.nearest_topics:
            yield plain("What they do cover nearest:")
        for topic in answer.nearest_topics:
            yield plain(f"  {topic.title}" + (f" › {topic.section}" if topic.section else ""))
    for number, passage in enumerate(answer.passages, start=1):
        yield from _passage_lines(f"{number}.", passage)
    yield from _who_says_so(answer)
    if answer.see_a_doctor:
        yield Text()
        yield plain("When to see a doctor, in the same articles", "bold")
        for passage in answer.see_a_doctor:
            yield from _passage_lines("•", passage)
    yield Text()
    yield plain(answer.disclaimer, "italic")


def _passage_lines(label: str, passage: "PassageOut") -> Iterator[Text]:
    article = passage.article
    quoted = plain(passage.text)
    for start, end in passage.highlights:
        quoted.stylize("bold", start, end)
    source = ", ".join(
        part for part in (article.title, article.publisher, article.published) if part
    )
    yield Text()
    yield plain(f"{label} {source}", "cyan")
    if passage.section:
        yield plain("   " + " › ".join(passage.section), "dim")
    yield quoted
    for copy in passage.also_in:
        how = "The same passage" if copy.identical else "Nearly the same passage"
        yield plain(f"   {how} is in: {copy.article.title} ({copy.passage_id})", "dim")
    for one in article.labels:
        yield plain(f"   {one.text}", "dim")
    # No estimate is certain: the page says at most 99% too.
    chance = (
        ""
        if passage.probability is None
        else f"  probability {min(max(passage.probability, 0.01), 0.99):.2f}"
    )
    yield plain(f"   {passage.passage_id}  sha256 {passage.sha256[:12]}{chance}", "dim")


def _who_says_so(answer: "Answer") -> Iterator[Text]:
    if answer.mentions:
        yield Text()
        yield plain("What several sources mention", "bold")
    for mention in answer.mentions:
        yield plain(f"{mention.articles} of {mention.of} sources mention “{mention.term}”")
        yield from _quote_lines(mention.quotes)
    for difference in answer.differing:
        yield Text()
        yield plain("Sources point different ways", "bold")
        for heading, quotes in zip(
            _DIFFERENCES[difference.kind], (difference.one, difference.other), strict=True
        ):
            yield plain(heading)
            yield from _quote_lines(quotes)


def _quote_lines(quotes: "Sequence[QuoteOut]") -> Iterator[Text]:
    for quote in quotes:
        place = f"{quote.article_id}:{quote.start}-{quote.end}"
        yield plain(f"  “{' '.join(quote.text.split())}”")
        yield plain(f"     {quote.title}  {place}", "dim")
