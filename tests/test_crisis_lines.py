"""Numbers to call in a crisis stay, with the lines that say whose they are."""

from ingest.boilerplate_features import look
from ingest.crisis_lines import crisis_lines
from ingest.document import SourceBlock


def found(*lines: str) -> list[str]:
    views = look([SourceBlock("paragraph", line) for line in lines], frozenset())
    return [lines[place] for place in sorted(crisis_lines(views))]


def test_a_number_after_the_name_of_a_crisis_line() -> None:
    lines = ("Samaritans", "Phone: 116 123", "0330 094 5717", "Rest the leg.", "18.5 - 24.9")
    assert found(*lines) == ["Samaritans", "Phone: 116 123", "0330 094 5717"]


def test_a_number_of_anybody_else() -> None:
    assert found("Example Foot Clinic", "Phone: 01632 960123") == []
    assert found("Leave a reply about the helpline", "116 123") == []
