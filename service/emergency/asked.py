"""What a question raises: by a rule of the table, by its words, and read whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from service.emergency.besides import without_questions
from service.emergency.grammar import Mention, Word
from service.emergency.meaning import (
    ALONE,
    BESIDE_CRISIS,
    BESIDE_QUESTION,
    BESIDE_RULE,
    BESIDE_RULE_IN_LONG,
    CRISIS_BESIDE_RULE,
    CRISIS_BESIDE_SIGN,
    CRISIS_IN_CLAUSE,
    LONG,
    LONGEST_OUTVOTED,
    SHORT_CRISIS,
    SHORT_EMERGENCY,
    Meaning,
)
from service.emergency.reach import set_aside
from service.emergency.table import Rule, Topic, fulfilled, read_words, table
from service.emergency.words import (
    SOURCE,
    UNSPECIFIED,
    Kind,
    Weighed,
    fitted,
    heaviest,
    runs,
    weigh,
)

# Signs that say who, not what: a notice does not name them.
_PEOPLE = frozenset(("person", "near_person"))
# Cues that a question of a few words is of somebody, and no topic.
_OF_SOMEONE = frozenset(("near", "of_someone"))


@dataclass(frozen=True, slots=True)
class Raised:
    """What raised a notice, before it is put into words."""

    kind: Kind
    topic: str
    source: str
    spans: tuple[tuple[int, int], ...]


class Asked:
    """One question as the rules, the words and its meaning read it, each when it is asked."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._words = read_words(question)
        self._mentioned = table().signs.mentions(self._words)

    @cached_property
    def _cues(self) -> list[Mention]:
        return table().cues.mentions(self._words)

    @cached_property
    def _present(self) -> list[Mention]:
        """The mentions that are said to be so, now, of someone present."""
        return set_aside(self._mentioned, self._cues, self._words, table().exempt)

    @cached_property
    def _wishes(self) -> list[Mention]:
        """Those that are of a wish to die, such as letters written."""
        return [mention for mention in self._present if mention.sign in table().wishes]

    @cached_property
    def _weighed(self) -> Weighed:
        """What its words weigh, asked for at most once."""
        return weigh(self._words)

    @cached_property
    def _heaviest(self) -> tuple[Weighed, int]:
        """What the part weighs that weighs most, and the word in its middle."""
        return heaviest(self._words, self._weighed)

    @cached_property
    def _possible(self) -> list[tuple[Topic, Rule]]:
        """The rules all of whose signs are mentioned, however they are."""
        mentioned = {mention.sign for mention in self._mentioned}
        return [
            (topic, rule)
            for topic in table().topics
            if not topic.openings.isdisjoint(mentioned)
            for rule in topic.rules
            if not any(mentioned.isdisjoint(group) for group in rule.groups)
        ]

    def by_rule(self) -> Raised | None:
        """Return what the first rule raises that applies."""
        return self._first_rule(self._present) if self._possible else None

    @cached_property
    def _by_own_question(self) -> Raised | None:
        """What a rule would raise if what one asks about oneself were told."""
        if not self._possible:
            return None
        own = set_aside(
            self._mentioned, self._cues, self._words, table().exempt, own_questions=True
        )
        return self._first_rule(own)

    def _first_rule(self, mentions: list[Mention]) -> Raised | None:
        by_sign: dict[str, list[Mention]] = {}
        for mention in mentions:
            by_sign.setdefault(mention.sign, []).append(mention)
        for topic, rule in self._possible:
            signs = fulfilled(rule, by_sign, self._words)
            if signs is not None:
                told = [(each.first, each.last) for each in signs if each.sign not in _PEOPLE]
                return Raised(topic.kind, topic.name, topic.source, _spans(told, self._words))
        return None

    def by_words(self) -> Raised | None:
        """Return what the words of the question raise alone."""
        weighed = self._weighed
        # Words that all are plain weigh, and tell nothing: there would be none to name.
        if weighed.few or weighed.probability < fitted().threshold or not weighed.words:
            return None
        crisis = weighed.kind == "crisis" or bool(self._wishes)
        return _unspecified(_spans(weighed.words, self._words), crisis=crisis)

    def is_to_be_read(self, raised: Raised | None) -> bool:
        """Return whether the question is worth reading whole: where a rule spoke, unless it is of
        a wish to die and a sign is there that nothing outvotes (how to die); or where none did, and
        the words are not calm, name a wish to die, or would fulfil a rule if nothing were said that
        sets one aside."""
        if raised is not None:
            outright = any(mention.sign in table().outright for mention in self._wishes)
            return raised.kind != "crisis" or not outright
        return self._calls or self._first_rule(self._mentioned) is not None

    @cached_property
    def _calls(self) -> bool:
        """Whether the words are not calm, or name a wish to die."""
        return (
            any(mention.sign in table().wishes for mention in self._mentioned)
            or self._heaviest[0].probability >= fitted().suspected
        )

    def by_meaning(self, raised: Raised | None, network: Meaning) -> Raised | None:
        """Return what is raised, by a rule as told or by none, once the question is read whole.

        Only of a question that is to be read: it has words.
        """
        if raised is not None:
            return self._standing(raised, network)
        part, middle = self._heaviest
        meant = network.read(self._question, self._words[middle].start)
        own = self._by_own_question
        if own is not None and own.kind == "emergency" and meant.log_odds >= BESIDE_RULE:
            return own
        if meant.margin < 0 or (not self._calls and meant.log_odds < ALONE):
            return None
        # A network has no words to name: those that weighed most, or all where only plain ones did.
        spans = _spans(part.words or ((0, len(self._words) - 1),), self._words)
        crisis = meant.crisis > (CRISIS_BESIDE_SIGN if self._wishes else 0)
        return _unspecified(spans, crisis=crisis)

    def _standing(self, raised: Raised, network: Meaning) -> Raised | None:
        """Return what stands of what a rule raised: a crisis where the question tells of one, and
        nothing where it is outvoted: by the question whole and by what is said besides its
        questions, which turn the whole ("My chest hurts. What causes spasms?"); and a wish to die
        by the clauses too that it is said in."""
        length = network.length(self._question)
        crisis = raised.kind == "crisis"
        if not (SHORT_CRISIS <= length <= LONG if crisis else length <= LONGEST_OUTVOTED):
            return raised
        meant = network.read(self._question)
        if meant.log_odds >= ALONE and meant.crisis > CRISIS_BESIDE_RULE:
            return _crisis(raised.spans)
        # "us" may be a country.
        of_someone = any(
            cue.sign in _OF_SOMEONE and self._words[cue.first].form != "us" for cue in self._cues
        )
        if length <= SHORT_EMERGENCY and not crisis and of_someone:
            return raised
        beside_rule = BESIDE_RULE if length <= LONG else BESIDE_RULE_IN_LONG
        if meant.log_odds >= (BESIDE_CRISIS if crisis else beside_rule):
            return raised
        told = without_questions(self._question)
        enough = BESIDE_CRISIS if crisis else BESIDE_QUESTION
        stands = told is not None and network.read(told).log_odds >= enough
        if crisis and not stands:
            clauses = dict.fromkeys(self._clauses())
            stands = any(network.read(one).log_odds >= CRISIS_IN_CLAUSE for one in clauses)
        return raised if stands else None

    def _clauses(self) -> Iterator[str]:
        """Yield what is said around each sign of a wish to die: the clause, or clauses, that it
        begins and ends in."""
        for sign in self._wishes:
            touched = {word.clause for word in self._words[sign.first : sign.last + 1]}
            around = [word for word in self._words if word.clause in touched]
            yield self._question[around[0].start : around[-1].end]


def _unspecified(spans: tuple[tuple[int, int], ...], *, crisis: bool) -> Raised:
    """Return what no rule raised, and which is not told."""
    return _crisis(spans) if crisis else Raised("emergency", UNSPECIFIED, SOURCE, spans)


def _crisis(spans: tuple[tuple[int, int], ...]) -> Raised:
    topic = next(topic for topic in table().topics if topic.kind == "crisis")
    return Raised("crisis", topic.name, topic.source, spans)


def _spans(told: Iterable[tuple[int, int]], words: list[Word]) -> tuple[tuple[int, int], ...]:
    """Return where words stand, given as (first, last): those that touch are one span."""
    return runs((words[first].start, words[last].end) for first, last in told)
