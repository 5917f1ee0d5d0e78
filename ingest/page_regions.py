"""What the tags, roles, classes and identifiers of a page call its parts.

The names are those that page builders use in many places (WordPress, Drupal, the large news and
health publishers); each pattern names a kind of part, none names a site.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

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
_BY_NAME = [
    (COOKIES, re.compile(rf"cookie|gdpr|onetrust|didomi|{_START}consent|ccpa|cmp{_END}")),
    (
        COMMENT,
        re.compile(
            rf"{_START}comments?(?:-?(?:list|area|section|form|body|wrapper|thread|content|respond"
            rf"|box|meta|container|block|app|count))?|commentlist|disqus\w*|respond|reader-comments"
            rf"|dsq\w*{_END}"
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
            rf"(?:^|[\s_-])related(?!-?condition)|recommended(?!-?dos)|recommender|recirc|outbrain|taboola|zergnet|trending"
            rf"|most-?(?:read|popular|viewed|recent)|{_START}popular(?:-?posts|-?articles)?"
            rf"|more-?(?:from|stories|articles|on|news|like|posts|in)|also-?(?:like|read)|you-?may"
            rf"|read-?(?:next|more|also)|up-?next|next-?(?:article|story|post|up)|suggested"
            rf"|see-?also|further-?reading|latest-?(?:news|posts|articles|stories){_END}"
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
            rf"{_START}share(?:d|s|-?(?:bar|buttons?|links?|tools?|this))?|sharing|social(?!\S*embed)(?:-?(?:share|sharing|media|links?|icons?|buttons?|bar|follow|nav|network\w*))?"
            rf"|addthis\w*|sharedaddy|addtoany\w*|follow-us{_END}"
        ),
    ),
    (
        ADVERTISEMENT,
        re.compile(
            rf"{_START}ad|ads|adv|advert\w*|adunit|ad-?slot|adsbygoogle|adsense|dfp\w*|sponsor(?:ed)?"
            rf"|promo(?:ted|tion|-?box)?|google[_-]ads?{_END}"
        ),
    ),
    (
        NAVIGATION,
        re.compile(
            rf"{_START}nav|navbar|navigation|(?:main|top|site|mega|sub|side)?-?menu|breadcrumbs?|toc"
            rf"|table-of-contents|pagination|pager|skip-?links?|sitenav|tag-?(?:list|cloud)s?|tags"
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
_WHOLE_PAGE = frozenset({"html", "body", "main", "article"})
_MODIFIERS = re.compile(
    r"(?:^|(?<=\s))(?:(?:has|with|without|no|not|is|js|show)[-_]\S*|\S+[-_]with(?:out)?[-_]\S*)"
)
"""Names that tell what stands beside or inside an element, not what it is: "has-sidebar"."""

_CALLOUT = re.compile(
    rf"{_START}callout|inset(?:-?text)?|warning|caution|important|care-card|did-you-know"
    rf"|key-?(?:points?|facts?|takeaways?|messages?)|takeaways?|info-?box|fact-?box{_END}"
)
_PANEL = re.compile(r"accordion|collaps|panel|toggle|faq|answer|expand|tab|disclosure|read-?more")


def element_class(element: etree._Element) -> str:
    """Return the class and identifier of an element, lower case, in one line."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".strip().lower()


def region_of(element: etree._Element) -> Region | None:
    """Return what kind of part `element` is by its own tag, role and names, or None."""
    reason = _reason(element.tag, (element.get("role") or "").lower(), element_class(element))
    return Region(reason, element) if reason else None


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
    style = (element.get("style") or "").replace(" ", "").lower()
    hidden = element.get("hidden")
    return (
        (hidden is not None and hidden.lower() != "until-found")
        or "display:none" in style
        or "visibility:hidden" in style
        or (element.get("aria-hidden") or "").lower() == "true"
    )


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
