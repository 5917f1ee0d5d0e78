"""What a text says besides its questions."""

import re

# Each run of a text up to a stop, and the stops that end it. No place is looked at twice.
_RUN = re.compile(r"[^.!?\n]+[.!?]*")
# Where in it a question in general begins, or one of what was said before it. Behind a comma
# "which", "who" and "where" may tell ("my son, who hit his head, …"). Needs single spaces: of runs
# of them, or of "so, so, …" without bound, it would take the square of their length.
_ASKED = re.compile(
    r"(?:^|(?<=[.!?,;:()\n\u2013\u2014])|(?<= - )) ?(?:(?:so|and|but|also|please|pls),? ){0,3}"
    r"(?:what|whats|why|how|any|do you|does|has anyone"
    r"|(?<!,)(?<!, )(?:which|who|where)|(?:who|where) (?:do|does|can|should)"
    r"|which (?!is|was|are|were|has|have|had|will|would|can|cant|keeps?|feels?|i|he|she|it|they|we)"
    r"|(?:is|could|can|might) (?:it|this|that)|are (?:they|these)|(?:is|are) there"
    r"|(?:should|do|shall|can|could|may) i|(?:can|could) you|am i)\b",
    re.IGNORECASE,
)
_JOINING = " ,;:(-\u2013\u2014"
# What a question left behind it: the end of its brackets, or of its clause.
_LEFT = re.compile(r"(?<=\.) [),;:]+")


def without_questions(text: str) -> str | None:
    """Return what `text` says besides questions, each of them a stop where something stands before
    it; None where all or nothing is one. In time linear in its length."""
    spaced = "\n".join(" ".join(line.split()) for line in text.splitlines())
    rest = _RUN.sub(_unasked, spaced)
    if rest == spaced or not any(letter.isalnum() for letter in rest):
        return None
    return _LEFT.sub("", " ".join(rest.split())).lstrip(".!?) ")


def _unasked(run: re.Match[str]) -> str:
    """Return what stands in `run` before a question begins; all of it where none does."""
    asked = "?" in run[0] and _ASKED.search(run.string, run.start(), run.end())
    if not asked:
        return run[0]
    told = run.string[run.start() : asked.start()].rstrip(_JOINING)
    return f"{told}. " if told else " "
