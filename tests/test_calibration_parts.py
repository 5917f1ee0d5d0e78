"""Parts of MedQuAD: as large as they say, and no question is put to one on the wrong side."""

from bench.calibration_parts import OTHERS, SIZES, parts
from bench.calibration_sets import Case, Medquad

COUNT = 300


def whole() -> Medquad:
    """Return a MedQuAD that has articles and nothing else."""
    made = object.__new__(Medquad)
    made.articles = [{"_id": f"a{number}"} for number in range(COUNT)]
    return made


def found() -> list[Case]:
    """Return messages that two articles answer and four name, and what is not to be asked."""
    cases = [Case("whole", "absent", False, "absent", "absent")]
    for number in range(0, COUNT, 4):
        text, group = f"message {number}", f"group {number}"
        naming = [f"a{number + step}" for step in range(4)]
        answering = frozenset(naming[:2])
        cases += [
            Case("whole", "message", True, text, group, answering=answering),
            Case("whole", "masked", False, text, group, frozenset(naming)),
            Case("medquad", "message", True, text, group, answering=answering),
        ]
    return cases


def test_every_part_holds_the_answers_and_names_nothing_of_the_others() -> None:
    cases = found()
    naming = {case.question: case.hidden for case in cases if case.kind == "masked"}
    made = list(parts(cases, whole()))
    assert [len(part.articles) for part in made] == [s for s, n in SIZES.items() for _ in range(n)]
    for part in made:
        ids = {article["_id"] for article in part.articles}
        assert {case.index for case in part.cases} == {f"of {len(ids)}"}
        assert {case.kind for case in part.cases} == {"message"}
        answered = [case for case in part.cases if case.answerable]
        others = [case for case in part.cases if not case.answerable]
        assert len(answered) >= len(ids) // 3 // 2
        assert 0 < len(others) <= OTHERS
        assert all(case.answering & ids for case in answered)
        assert not any(naming[case.question] & ids for case in others)


def test_the_parts_are_the_same_each_time() -> None:
    assert list(parts(found(), whole())) == list(parts(found(), whole()))
