"""Lines of a page that give themselves away by their wording, and the reason for each.

Only short lines are looked at: a sentence of the article may begin with the same words. The
wordings are those of page templates in English, with the commonest of other languages
(`ingest.language_wordings`).
"""

import re

from ingest import language_wordings as languages
from ingest import page_regions as regions

SHORT_WORDS = 14
"""Credits and bylines have at most this many words; longer ones are sentences of the article."""

LONG_WORDS = 30
"""Invitations ("Subscribe to …", "Read more: …") have at most this many words."""

LINKED = 0.5
"""A line of which more than this share is link text is a way to another page."""


def _any(*alternatives: str) -> str:
    return "(?:" + "|".join(alternatives) + ")"


_RELATED_LABEL = _any(
    "read (?:more|next|also|this|on)",
    "see (?:also|more)",
    "more (?:on|from|about)",
    "also read",
    "related(?: (?:articles?|stories|reading|content|posts?|links?|topics?))?",
    "you (?:may|might) also (?:like|be interested)",
    "don['’]t miss",
    "recommended (?:reading|articles|for you)",
    "watch(?: now)?",
    "further reading",
    "continue reading",
    "next up",
    "what to read next",
    "keep reading",
    "also see",
    "must[- ]read",
    "trending",
    "lire aussi",
    "à lire aussi",
    "mehr zum thema",
    "lesen sie auch",
    "leggi anche",
    "lea también",
    "leia mais",
    "lees ook",
    "baca juga",
    *languages.RELATED_LABELS,
)
_RELATED = re.compile(rf"{_RELATED_LABEL}\b.{{0,3}}[:：.>»…]", re.IGNORECASE)
_RELATED_TITLE = re.compile(
    _any(
        "related (?:articles?|posts?|stories|content|topics|reading|links|pages)",
        "(?:you (?:may|might) also (?:like|be interested in)|read (?:more|next|also))",
        "see also",
        "more (?:stories|articles|news)(?: from .{1,30})?",
        "don['’]t miss(?: it)?",
        "most popular",
        "(?:recommended|more) (?:for you|articles|reading|stories|videos)",
        "popular (?:posts|now)",
        "(?:latest|top) (?:news|stories|posts|articles)",
        "what to read next",
        "trending(?: now)?",
        "explore more",
        "keep exploring",
        "next up",
        "from around the web",
        "more from \\w.{0,30}",
        "similar (?:articles?|posts|stories|pages)",
        *languages.RELATED_TITLES,
    )
    + r"\W*$",
    re.IGNORECASE,
)

_DATE_LABEL = _any(
    *languages.PUBLISHED,
    *languages.MODIFIED,
    *languages.REVIEWED,
    *languages.CHINESE_DATES.values(),
)
_WRITTEN_DATE = (
    r"\d{1,2}(?:er|º|\.)? (?:de )?[^\W\d]{3,10}\.?,? (?:de )?\d{4}|\d{1,4}(?:[./-]\d{1,4}){2}"
    r"|\d{4}\s?年.{2,8}日?"
)
_DATED = (
    rf"{_DATE_LABEL}\W{{0,3}}(?:[^\W\d]{{2,10}}\W{{1,2}}){{0,2}}(?:{_WRITTEN_DATE})"
    r"(?:\D{1,4}\d{1,2}[:h.]\d\d.{0,6})?(?:\W{0,3}\b(?:por|par|von|da|door) .{1,60})?\W*$"
)
"""A label of another language and its date, which are all of the line: a sentence goes on."""

_THIS_PAGE = _any(
    "page",
    "article",
    "story",
    "post",
    "link",
    "content",
    "entry",
    "item",
    "video",
    "news",
    "recipe",
)
_FRIENDS = _any("(?:a |your )?friends?", "others", "your network", "your followers")

_SHORT = (
    (
        regions.ADVERTISEMENT,
        _any(
            "advertise?ments?",
            "sponsored(?: content| by .*)?",
            "publicidad",
            "anzeige",
            "werbung",
            "publicité",
            "pubblicità",
            "(?:story|article) continues (?:below|after)(?: (?:the )?advertisement)?",
        )
        + r"\W*$",
    ),
    (
        regions.SHARE,
        _any(
            r"(?:share|print|e?-?mail|tweet|pin|save) this"
            rf"(?: {_THIS_PAGE})?(?: (?:on|via|to|by|using|with {_FRIENDS})\b.{{0,30}})?"
            r"(?:\W*\b(?:facebook|twitter|x|linkedin|whatsapp|pinterest|e?-?mail|print|share|this|page)"
            r"\b){0,8}\W*$",
            r"share (?:on|via)\b.{0,40}$",
            r"(?:follow us|like us on|pin it|tweet this)\b.{0,40}$",
            r"save for later\W*$",
        ),
    ),
    (
        regions.SHARE,
        _any(
            "share",
            "print",
            "e?mail",
            "tweet",
            "facebook",
            "twitter",
            "pinterest",
            "whatsapp",
            "linkedin",
            "copy link",
            "teilen",
            "partager",
            "compartir",
            *languages.SHARE,
        )
        + r"\W*$",
    ),
    (
        regions.COMMENT,
        _any(
            "(?:\\d+ |no |view |show |read |post )?comments?(?: \\(\\d+\\))?",
            "(?:leave|post|add|write) a (?:comment|reply)(?: .*)?",
            "join the (?:conversation|discussion)",
            "tell us what you think",
            "was this (?:page|article|information) helpful.*",
            "did you find this (?:page|article|information)? ?(?:helpful|useful).*",
        )
        + r"\W*$",
    ),
    (regions.FOOTER, _any(r"©", r"\(c\) ?\d", r"copyright\b.{0,5}(?:©|\d)", "all rights reserved")),
    (
        regions.CAPTION,
        _any(
            r"(?:photo(?:graph)?s?|image|picture|credit|illustration|video)s?"
            r"(?: credit| by| courtesy(?: of)?| source)?s?\s?[:/|©]",
            r"image (?:credit|source)s?\b",
            r"getty images\W*$",
        ),
    ),
    (
        regions.BYLINE,
        _any(
            r"(?:medically |clinically |fact[- ])?(?:reviewed|checked|written|authored|edited"
            r"|updated) by\b:?\s*(?:(?-i:[A-Z])|$)",
            r"(?:first |originally )?(?:reviewed|published|posted|updated|modified)(?: on)?\W+"
            r"(?=.*\d{4})",
            r"by:? (?-i:[A-Z]\S+ [A-Z]\S+(?: [A-Z]\S+)?)(?:, [\w., ]{1,30})?$",
            r"(?:page )?last (?:updated|reviewed|modified|review|update)\b",
            r"next review (?:due|date|:)",
            r"(?:reviewed|updated|(?:review|update) date):",
            r"(?:review|update):\W*(?:$|(?=.*\b(?:19|20)\d\d\b)|\d{1,2} [A-Z][a-z]+$)",
            r"date (?:published|updated|reviewed)",
            r"(?:review|publication) date\b",
            r"(?:fact[- ]|medically )?(?:checked|reviewed)$",
            r"\d+ min(?:ute)?s? read$",
            _DATED,
            rf"(?:{'|'.join(languages.WRITTEN_BY)}):?\s+(?-i:[A-ZÀ-ÖØ-Þ])",
            rf"(?:{'|'.join(languages.AUTHOR)})\s?:\s+(?-i:[A-ZÀ-ÖØ-Þ])",
            rf"作者\s?[:：].{{2,20}}(?:{'|'.join(languages.CHINESE_DATES.values())}|$)",
        ),
    ),
    (regions.CONTACT, r"(?:media|press) (?:contact|enquir(?:y|ies)|inquir(?:y|ies))s?: "),
    (
        regions.NAVIGATION,
        _any(
            "tags?: ",
            "filed under",
            "posted in",
            "(?:back|return) to (?:top|the top|home|main)",
            "jump to:?(?: section| content)?$",
            "skip to (?:the )?(?:main|content|navigation)",
            "(?:table of )?contents?$",
            "in this (?:article|section|guide|page)\\W*$",
            "on this page\\W*$",
            "(?:previous|next) (?:article|post|story|page)\\W*$",
        ),
    ),
)
_CATEGORIES = re.compile(r"categor(?:y|ies):", re.IGNORECASE)
_MORE_OF_US = (
    r"[^.]{0,160}(?:\. (?:we|you|our|it|this|here['’]s|learn|read|see|thank)\b[^.]{0,160}){0,3}\.?$"
)
"""The rest of the sentence, and further ones only where they speak of the publisher."""
_LONG = (
    (
        regions.ADVERTISEMENT,
        _any(
            r"(?:[^.]{0,120}\b(?:buy|bought|purchases?|shop|links?|products?)\b[^.]{0,120}\. )?"
            r"[^.]{0,160}\b(?:we|i)(?: \w+){0,2} (?:earn|receive|get|make)"
            r" (?:\w+ ){0,3}commissions?\b",
            "as an amazon associate,? (?:we|i)\\b",
            r"(?:this|our|the) \w+ (?:may )?contains? affiliate links\b",
        )
        + _MORE_OF_US,
    ),
    (
        regions.NEWSLETTER,
        _any(
            "sign[- ]?up .{0,80}(?:newsletter|e-?mails?|updates?|alerts?|inbox|digest)",
            r"sign[- ]?up (?:now|here)"
            r"(?:\W*$|.{0,80}\b(?:news|stories|deliver|subscri|weekly|daily tips))",
            "subscribe (?:to|for|now|today|here)",
            "(?:join|get) (?:our|the) .{0,30}(?:newsletter|mailing list)",
            "get .{0,50}\\b(?:in|to) your inbox",
            "enter your e-?mail",
            "you['’]re (?:in|subscribed)",
            *languages.NEWSLETTER,
            "thank you for (?:subscribing|signing up)",
            "your e-?mail address (?:will|is required)",
        ),
    ),
    (
        regions.COOKIES,
        _any(
            "(?:we|this (?:web)?site|our (?:web)?site|our partners).{0,40}\\buses? cookies",
            "by (?:continuing|using) .{0,60}cookies",
            *languages.COOKIES,
        ),
    ),
    (
        regions.OTHER,
        _any(
            "(?:this|please).{0,40}\\b(?:requires?|enable) javascript",
            r"\[[a-z_]+ [a-z_]+=",
            r"\[/?[a-z_]+\]$",
            "javascript (?:is|must be)",
            r"https?://\S+$",
            r"printed from:? (?:https?://|www\.)",
            # A file's name has no brackets but those of a copy's number: time grows as the line.
            r"(?:[^()]{1,80}(?:\(\d{1,3}\)[^()]{0,20})?"
            r"\((?:image|application|text|audio|video)/[\w.+-]+\))+$",
            r"(?:\w+ ){1,4}(?:has|have|follows?) strict sourcing guidelines\b" + _MORE_OF_US,
            "click here (?:to|for)\\b",
            "your browser (?:does not|doesn['’]t)",
        ),
    ),
)

_RULES = tuple(
    (reason, limit, re.compile(pattern, re.IGNORECASE))
    for limit, table in ((SHORT_WORDS, _SHORT), (LONG_WORDS, _LONG))
    for reason, pattern in table
)


def line_reason(text: str, link_share: float, *, heading: bool = False) -> str:
    """Return why a line is not the article's, or "" where its wording does not say so.

    `link_share` is the share of its characters that are link text, 0 to 1.
    """
    words = len(text.split())
    if words > LONG_WORDS:
        return ""
    if _RELATED_TITLE.match(text) and (heading or words <= 6):
        return regions.RELATED
    if _RELATED.match(text) and (heading or link_share > LINKED or words <= 4):
        return regions.RELATED
    if _CATEGORIES.match(text) and link_share > 0 and words <= SHORT_WORDS:
        return regions.NAVIGATION
    for reason, limit, pattern in _RULES:
        if words <= limit and pattern.match(text):
            return reason
    return ""
