"""Words in one spelling: British and American, ligatures, letters that no decomposition unifies.

The rules run on single folded words, for passages and for questions alike, before stemming. What
they make is a key, not a spelling to show: a key may be no word ("erobic" would do), as long as
words that differ only by country get the same one and words that mean something else do not.

The correspondences are those of the Oxford English Dictionary and Merriam-Webster's Medical
Dictionary for the classical ae and oe, -our, -re, -ise, -yse, -ogue and sulph-.
"""

import re

LETTERS = str.maketrans(
    {
        **{"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss"},
        **dict.fromkeys("\u2018\u2019\u02bc\u2032", "'"),
        # Soft hyphen, zero-width space and joiners, byte order mark: inside a word, not of it.
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    }
)
"""What Unicode does not unify: letters, apostrophes, and signs that are not seen."""

_WORDS = dict(
    pair.split(":")
    for pair in """
    ageing:aging aluminium:aluminum artefact:artifact artefacts:artifacts caesarian:cesarean
    cosy:cozy defence:defense defences:defenses dietician:dietitian dieticians:dietitians disc:disk
    discs:disks enrol:enroll enrolment:enrollment fulfil:fulfill gramme:gram grammes:grams grey:gray
    greying:graying instalment:installment instil:instill judgement:judgment
    learnt:learned licence:license manoeuvre:maneuver manoeuvres:maneuvers mould:mold moulds:molds
    mouldy:moldy mum:mom mums:moms neurone:neuron neurones:neurons offence:offense
    orientated:oriented practise:practice practised:practiced practising:practicing
    programme:program programmes:programs pyjamas:pajamas sceptic:skeptic sceptical:skeptical
    skilful:skillful speciality:specialty specialities:specialties
    yoghurt:yogurt yoghurts:yogurts aeroplane:airplane glycerine:glycerin
    """.split()  # noqa: SIM905 - a word list reads better as words
)
_OUR = re.compile(
    r"^((?:dis|mis|un|de|non|neuro|bio|multi)?(?:arm|behavi|cand|col|end[ae]av|fav|ferv|flav|glam|harb"
    r"|hon|hum|lab|neighb|od|parl|ranc|rig|rum|savi|sav|splend|succ|tum|val|vap|vig))our"
)
_RE = re.compile(
    r"^((?:centi|milli|kilo|deci|micro|nano)?(?:met|lit)|cent|epicent|fib|microfib|theat|calib|tit|goit"
    r"|spect|sab|lust|meag|somb|och)re(s|d)?$"
)
_ENDINGS = {None: "", "s": "s", "d": "ed"}
# A verb in -ise has a consonant before it, and no bare c: "raise", "noise", "exercise" have not,
# however they are misspelt.
_ISE = re.compile(
    r"(?:(?<=[bdfghjklmnpqrstvxyz])|(?<=ic))is(e|es|ed|er|ers|ing|able|ation|ations|ational)$"
)
_NOT_ISE = re.compile(
    r"""^(?:\w{0,3}ris|\w{0,2}wis|anis|.*(?:advis|pris|promis|premis|demis|chemis|surmis|vis|franchis
    |tortis|treatis|merchandis|paradis|expertis|despis|likewis|otherwis|clockwis|penis|pelvis
    |clitoris|epidermis|disab))""",
    re.VERBOSE,
)
_ISATION = re.compile(r"is(ation|ations|ational)$")
_YSE = re.compile(r"ys(e|ed|er|ers|ing)$")
_OGUE = re.compile(r"^((?:cata|dia|ana|mono|homo)l)ogue(s|d)?$")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Before "ae": of the Greek "aer" (air) both countries keep it, and a final "ae" is a plural.
    (re.compile(r"(?<!^)(?<![iu])ae(?!r(?:o|at|i)|$)|^ae(?!r|$)"), "e"),
    (re.compile(r"^oe(?=soph|dem|str|nolog)|(?<=[xhl])oe(?=dem)"), "e"),
    (re.compile(r"(?<=rrh)oe|(?<=pn)oe|^(f)oe(?=t)"), r"\1e"),
    (re.compile(r"^homoeo"), "homeo"),
    (re.compile(r"^(c)oe(?=liac|lom)"), r"\1e"),
    (re.compile(r"^(am)oe(?=b)"), r"\1e"),
    (re.compile(r"^man(?:oeu|eu)v"), "maneuv"),
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"^leuc(?=o|em)"), "leuk"),
)
_SIGNS = ("ae", "oe", "our", "re", "is", "ys", "ogue", "sulph", "leuc")


def canonical(word: str) -> str:
    """Return the key of a folded word: the American spelling, or what stands for it.

    Unchanged where no rule applies.
    """
    known = _WORDS.get(word)
    if known is not None:
        return known
    if len(word) < 4 or not any(sign in word for sign in _SIGNS):
        return word
    for rule, by in _RULES:
        word = rule.sub(by, word)
    word = _OUR.sub(r"\1or", word)
    word = _RE.sub(lambda found: f"{found[1]}er{_ENDINGS[found[2]]}", word)
    word = _OGUE.sub(r"\1og\2", word)
    word = _YSE.sub(r"yz\1", word)
    if len(word) > 5 and (_ISATION.search(word) or not _NOT_ISE.match(word)):
        word = _ISE.sub(r"iz\1", word)
    return word
