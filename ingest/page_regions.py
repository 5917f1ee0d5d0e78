"""What the tags, roles, classes and identifiers of a page call its parts.

The names are those that page builders use in many places (WordPress, Drupal, the large news and
health publishers); each pattern names a kind of part, none names a site.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from lxml import etree

HIDDEN = "hidden on the page"
NAVIGATION = "navigation"
COOKIES = "cookie banner"
COMMENT = "comment"
RELATED = "related articles"
NEWSLETTER = "newsletter form"
AUTHOR = "author biography"
SHARE = "share buttons"
ADVERTISEMENT = "advertisement"
FOOTER = "footer"
SIDEBAR = "side column"
FORM = "form"
BUTTON = "button"
DIALOG = "dialog box"
REFERENCES = "reference list"
CAPTION = "picture caption"
BYLINE = "byline"
CONTACT = "contact details"
TITLE = "title"
OTHER = "not part of the main text"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page that has a name: the plain reason, and the element that bears it."""

    reason: str
    element: etree._Element


_START, _END = r"(?:^|[\s_-])(?:", r")(?:$|[\s_-])"

_BY_TAG = {
    "nav": NAVIGATION,
    "footer": FOOTER,
    "aside": SIDEBAR,
    "form": FORM,
    "dialog": DIALOG,
    "figcaption": CAPTION,
}
_BY_ROLE = {
    "navigation": NAVIGATION,
    "menu": NAVIGATION,
    "menubar": NAVIGATION,
    "contentinfo": FOOTER,
    "complementary": SIDEBAR,
    "search": FORM,
    "form": FORM,
    "dialog": DIALOG,
    "alertdialog": DIALOG,
    "doc-endnotes": REFERENCES,
    "doc-bibliography": REFERENCES,
}
_BUILT = (
    r"articles?|posts?|stor(?:y|ies)|news|content|pages?|topics?|links?|reading|videos?|products?"
    r"|guides?|items?|list\w*|widget\w*|box|block|wrap\w*|container|section|head\w*|title|slider|js"
    r"|grid|rows?|cols?|carousel|cards?|inner|outer|region|module|entries|feed|teasers?"
)
"""Words for what pages are built of, as they stand behind "related"."""
_SOCIAL_LIFE = (
    r"(?:anxiety|phobia|support|care|services?|work\w*|skills?|isolation|life|contact|factors"
    r"|determinants|history|function\w*|security|distanc\w*|needs|problems?|stigma|prescribing"
    r"|drink\w*|smok\w*|and|or|in|of|with)(?:$|[\s_-])"
)
_ADVISED = (
    r"(?:dos|dai|vaccin|amount|intake|treat|schedul|diet|allow|screen|tests|limit|exerci|medic)"
)
"""Beginnings of what is recommended or suggested in a health article."""
_BY_NAME = [
    (
        COOKIES,
        re.compile(
            rf"cookie(?!s?[_-](?:and|or|recipes?|dough)(?:$|[\s_-]))|gdpr|onetrust|didomi"
            rf"|{_START}(?<!informed[_-])consent(?![_-](?:to|for|and|in)[_-])|ccpa|cmp{_END}"
        ),
    ),
    (
        COMMENT,
        re.compile(
            rf"{_START}comments?(?:-?(?:list|area|section|form|body|wrapper|thread|content|respond"
            rf"|box|meta|container|block|app|count))?|commentlist|disqus\w*|reader-comments"
            rf"|dsq\w*{_END}|(?:^|\s)respond(?:$|\s)"
        ),
    ),
    (
        NEWSLETTER,
        re.compile(
            rf"newsletter|{_START}sign-?up|subscri(?:be|ption)s?|mailing-?list|email-?(?:form|capture)"
            rf"|mailchimp|mc[_-]embed\w*|optin|opt-in{_END}"
        ),
    ),
    (
        RELATED,
        re.compile(
            rf"(?:^|\s)related(?!-?condition)|[_-]related[_-]*(?:(?:{_BUILT})(?:$|[\s_-])|$|\s)"
            rf"|recommended(?!-?{_ADVISED})|recommender|recirc|outbrain|taboola|zergnet|trending"
            rf"|most-?(?:read|popular|viewed|recent)|{_START}popular(?:-?posts|-?articles)?"
            rf"|more-?(?:from|stories|articles|on|news|like|posts|in)|also-?(?:like|read)|you-?may"
            rf"|read-?(?:next|more|also)|up-?next|next-?(?:article|story|post|up)|suggested(?!-?{_ADVISED})"
            rf"|see-?also|further-?reading|similar-?(?:posts|articles|stories)"
            rf"|latest-?(?:news|posts|articles|stories){_END}"
        ),
    ),
    (
        AUTHOR,
        re.compile(
            rf"author-?_?_?(?:bio|box|info|card|profile|about|desc\w*|details?|block)"
            rf"|about-?(?:the-?)?authors?|{_START}biography|bio{_END}"
        ),
    ),
    (
        SHARE,
        re.compile(
            rf"{_START}share(?:d|s|-?(?:bar|buttons?|links?|tools?|this))?"
            rf"|(?<!needle[_-])(?<!bed[_-])sharing|(?<!and[_-])social(?!\S*embed)"
            rf"(?![_-]{_SOCIAL_LIFE})"
            rf"(?:-?(?:share|sharing|media|links?|icons?|buttons?|bar|follow|nav|network\w*))?"
            rf"|addthis\w*|sharedaddy|addtoany\w*|follow-us{_END}"
        ),
    ),
    (
        ADVERTISEMENT,
        re.compile(
            rf"{_START}ad|ads|adv|advert\w*|adunit|ad-?slot|adsbygoogle|adsense|dfp\w*|sponsor(?:ed)?"
            rf"|promo(?:ted|-?box)?|(?<!health[_-])promotion|google[_-]ads?{_END}"
        ),
    ),
    (
        NAVIGATION,
        re.compile(
            rf"{_START}nav|navbar|navigation|(?:main|top|site|mega|sub|side)?-?menu(?![_-](?:plan|idea|choice))|breadcrumbs?|toc"
            rf"|table-of-contents|pagination|pager|skip-?links?|sitenav|tag-?(?:list|cloud)s?|(?<!skin[_-])tags"
            rf"|post-?tags|cat-?links|article-?tags{_END}"
        ),
    ),
    (FOOTER, re.compile(rf"{_START}(?:site|page|global|main)?-?footer|copyright|colophon{_END}")),
    (SIDEBAR, re.compile(rf"{_START}sidebar|side-?bar|rail|widget-area{_END}")),
    (REFERENCES, re.compile(rf"{_START}references|reflist|ref-list|bibliography|citations{_END}")),
    (CAPTION, re.compile(rf"{_START}(?:wp-|image-|photo-)?caption(?:-?text)?|credit{_END}")),
    (
        BYLINE,
        re.compile(
            rf"{_START}byline|dateline|timestamp|(?:entry|post|article)-?(?:meta|date|info|author)"
            rf"|posted-?on|pub-?date|published{_END}"
        ),
    ),
]
_PART = re.compile(
    r"(?:user|reader|post)?-?comments?(?:-(?:area|list|section))?|respond|references|bibliography"
    r"|citations|(?:related|recommended|suggested|popular|latest|more|most-read|trending)"
    r"(?:-(?:articles?|posts?|stories|content|news|topics|links|pages|reading|videos|products))?"
    r"|read-(?:more|next)|see-also|further-reading|newsletter(?:-sign-?up)?|subscribe|share"
    r"|share-this(?:-\w+)?|social-(?:share|sharing|links|icons)|follow-us|advertisements?"
    r"|navigation|(?:main|site)-menu|breadcrumbs?|sidebar|footer|table-of-contents|tags"
    r"|about-the-author|author-bio|cookie-\w+|copyright|you-(?:may|might)-also-(?:like|enjoy|read)"
    r"|more-(?:from|on|like|stories)(?:-[a-z]+){0,3}|recommended-for-you|most-(?:popular|read|viewed)"
    r"|trending(?:-now)?|(?:join|get|sign-up-for)-(?:our|the)-newsletter|social-media|advertising"
)
"""Identifiers that name a part of the site, though its heading say the same."""
_TITLES = (*(f"h{n}" for n in range(1, 7)), "summary", "legend", "dt")
_WORD = re.compile(r"[^\W\d_]+")
_WHOLE_PAGE = frozenset({"html", "body", "main", "article"})
_MODIFIERS = re.compile(
    r"(?:^|(?<=\s))(?:(?:has|with|without|no|not|is|js|show)[-_]\S*|\S+[-_]with(?:out)?[-_]\S*)"
)
"""Names that tell what stands beside or inside an element, not what it is: "has-sidebar"."""

_PICTURES = ("img", "picture", "video", "iframe")
MAX_FRAMED = 12
"""Children of an element that is no more than the frame of a table with its captions."""

_CALLOUT = re.compile(
    rf"{_START}callout|inset(?:-?text)?|warning|caution|important|care-card|did-you-know"
    rf"|key-?(?:points?|facts?|takeaways?|messages?)|takeaways?|info-?box|fact-?box{_END}"
)
_PANEL = re.compile(
    r"accordion|collaps|panel|toggle|faq|answer|expand|tab(?!le)|disclosure|read-?more"
)


def element_class(element: etree._Element) -> str:
    """Return the class and identifier of an element, lower case, in one line."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".strip().lower()


def region_of(element: etree._Element) -> Region | None:
    """Return what kind of part `element` is by its own tag, role and names, or None."""
    role = (element.get("role") or "").lower()
    reason = _reason(element.tag, role, element_class(element))
    if reason and element.get("id") and _is_made_of_heading(element):
        reason = _reason(element.tag, role, (element.get("class") or "").strip().lower())
    if reason == CAPTION and _is_of_table(element):
        reason = None
    if reason is None and _is_margin_comment(element):
        reason = COMMENT
    return Region(reason, element) if reason else None


def _is_of_table(caption: etree._Element) -> bool:
    """Tell whether a caption stands beside a table, or alone with one, and by no picture."""
    parent = caption.getparent()
    if parent is None:
        return False
    named = _reason(parent.tag, "", element_class(parent)) == CAPTION
    return _stands_by_table(parent if named else caption)


def _stands_by_table(caption: etree._Element) -> bool:
    parent = caption.getparent()
    if parent is None or _holds(caption, *_PICTURES):
        return False
    beside = [found for found in (caption.getprevious(), caption.getnext()) if found is not None]
    if any(_holds(found, *_PICTURES) for found in beside):
        return False
    if any(_holds(found, "table") or found.get("role") == "table" for found in beside):
        return True
    small = next(islice(parent, MAX_FRAMED, None), None) is None
    return small and _holds(parent, "table") and not _holds(parent, *_PICTURES)


def _holds(element: etree._Element, *tags: str) -> bool:
    return next(element.iter(*tags), None) is not None


def _is_margin_comment(element: etree._Element) -> bool:
    """Tell whether an element is a remark of those who wrote a document, exported with it."""
    first = next(iter(element), None) if element.tag in ("p", "div") else None
    if element.tag == "div" and first is not None and first.tag == "p":
        first = next(iter(first), None)
    if first is None or first.tag != "a":
        return False
    return (first.get("href") or "").startswith("#cmnt_ref")


def without_heading_names(root: etree._Element) -> etree._Element:
    """Return a copy of a tree without the identifiers that are made of the words of a heading."""
    copied = deepcopy(root)
    for element in copied.iter(etree.Element):
        if element.get("id") and _is_made_of_heading(element):
            del element.attrib["id"]
    return copied


def _is_made_of_heading(element: etree._Element) -> bool:
    """Tell whether an identifier is made of the words of a heading: it names no part of a site.

    Writing tools make them, one for each heading: "age-related-hearing-loss".
    """
    if element.tag in _TITLES:
        return True
    identifier = str(element.get("id")).strip().lower()
    words = set(_WORD.findall(identifier))
    heading = next(element.iter(*_TITLES), None)
    if not words or heading is None or _PART.fullmatch(identifier):
        return False
    return words <= set(_WORD.findall("".join(heading.itertext()).lower()))


@lru_cache(maxsize=4096)
def _reason(tag: str, role: str, names: str) -> str | None:
    """Return the reason that names give; cached, because pages repeat few names many times."""
    if tag in _WHOLE_PAGE:
        return None
    names = _MODIFIERS.sub(" ", names)
    if names.strip() and tag != "caption":
        for reason, pattern in _BY_NAME:
            if pattern.search(names):
                return reason
    return _BY_ROLE.get(role) or _BY_TAG.get(tag)


def is_concealed(element: etree._Element) -> bool:
    """Tell whether a browser shows nothing of `element` when the page has loaded."""
    if element.tag == "body":
        return False
    return (
        is_removed(element)
        or "visibility:hidden" in _style(element)
        or (element.get("aria-hidden") or "").lower() == "true"
    )


def is_removed(element: etree._Element) -> bool:
    """Tell whether a browser keeps not even a place for `element`."""
    hidden = element.get("hidden")
    if hidden is not None and hidden.lower() != "until-found":
        return True
    return "display:none" in _style(element)


def _style(element: etree._Element) -> str:
    return (element.get("style") or "").replace(" ", "").lower()


def names_panel(element: etree._Element) -> bool:
    """Tell whether the class or identifier of an element speaks of something that unfolds."""
    return bool(_PANEL.search(element_class(element)))


def names_callout(element: etree._Element) -> bool:
    """Tell whether an element is called a box that sets a part of the article off: a warning."""
    return bool(_CALLOUT.search(element_class(element)))


def is_panel(element: etree._Element) -> bool:
    """Tell whether a concealed element is one that a button unfolds: the answer of an FAQ.

    Its role, its label or its name, or its parent's, says so.
    """
    if (element.get("role") or "").lower() in ("region", "tabpanel"):
        return True
    if element.get("aria-labelledby") or names_panel(element):
        return True
    parent = element.getparent()
    return parent is not None and names_panel(parent)
