"""Which language an article is written in, where its source does not say."""

from functools import cache

from py3langid import langid

SHORTEST = 200
"""Characters below which nothing is concluded: "Muscle cramp" alone passes for Portuguese."""
CERTAIN = 0.99
LONGEST = 1_000
"""Characters that are looked at; more does not change the verdict."""

ENGLISH = frozenset({"the", "of", "and"})
ENGLISH_SHARE = 0.06
"""Prose in English has a tenth of these words, and no other language has them; looking for them
first spares the classifier (2 ms, and 1.4 s to load it) for nearly every article of an English
collection: for 95% of MedQuAD's."""

MORE_ENGLISH = ENGLISH | {"that", "with", "this", "from", "which", "for", "are", "to", "by", "is"}
MORE_KINDS = 4
"""Where these come as often, so many of them, the text is English too, though some are words of
Dutch, Danish or Polish: that leaves 2 of MedQuAD's 5,486 articles, titles included. Pages
in other languages have at most one of them."""

ADDRESSED = MORE_ENGLISH | {"you", "your", "have"}
ADDRESSED_SHARE = 0.1
ADDRESSED_KINDS = 5
"""A short piece of advice may have few of the words above, but speaks to its reader. The 2 articles
left have .13 and .15 of these, of 6 kinds; no page that the classifier does not call English has
more than .07."""

ENCODER_LANGUAGES = {"all-MiniLM-L6-v2": frozenset({"en"})}
"""Languages that an encoder was trained on, as its model card states; others are not known."""


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of `text`, or None where that is not certain."""
    if len(text) < SHORTEST:
        return None
    words = text[:LONGEST].lower().split()
    if sum(word in ENGLISH for word in words) >= ENGLISH_SHARE * len(words):
        return "en"
    more = [word for word in words if word in MORE_ENGLISH]
    if len(more) >= ENGLISH_SHARE * len(words) and len(set(more)) >= MORE_KINDS:
        return "en"
    addressed = [word for word in words if word in ADDRESSED]
    if len(addressed) >= ADDRESSED_SHARE * len(words) and len(set(addressed)) >= ADDRESSED_KINDS:
        return "en"
    language, probability = _identifier().classify(text[:LONGEST])
    return str(language) if probability >= CERTAIN else None


def unknown_to(encoder: str, language: str | None) -> bool:
    """Tell whether the encoder called `encoder` is known not to know `language`."""
    known = ENCODER_LANGUAGES.get(encoder)
    if known is None or language is None:
        return False
    return language.replace("_", "-").partition("-")[0].lower() not in known


@cache
def _identifier() -> "langid.LanguageIdentifier":
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
