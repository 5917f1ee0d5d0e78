"""Filters at the edge: as JSON, as parameters of an address, as options of the command."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from index.errors import QuestionError
from index.filters import Filter, period
from index.records import SectionType

MOST = 100
"""Values of one kind. An address of a thousand articles is a corpus of its own."""


def _dated(stated: str) -> str:
    try:
        period(stated)
    except QuestionError as error:
        raise ValueError(str(error)) from error
    return stated


Name = Annotated[str, Field(min_length=1, max_length=4096)]
Day = Annotated[str, AfterValidator(_dated)]
Since = Annotated[Day | None, Field(description="On this day or later: 2024-03-31, 2024-03, 2024.")]
Until = Annotated[
    Day | None, Field(description="On this day or before: 2024-03-31, 2024-03, 2024.")
]


class Filters(BaseModel):
    """Which articles and passages are searched: one of each list given, and within the bounds.

    What an article does not state, it does not pass by. A partial date passes when all of its
    period does. How rare a word is stays a matter of the whole index.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    articles: Annotated[tuple[Name, ...], Field(max_length=MOST, description="Ids.")] = ()
    publishers: Annotated[
        tuple[Name, ...], Field(max_length=MOST, description="Whole names, in either case.")
    ] = ()
    section_types: Annotated[tuple[SectionType, ...], Field(max_length=MOST)] = ()
    languages: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST, description="Language tags: en passes en-GB."),
    ] = ()
    published_since: Since = None
    published_until: Until = None
    modified_since: Since = None
    modified_until: Until = None

    def as_filter(self) -> Filter:
        """Return the filter of `index` that says the same."""
        return Filter(**self.model_dump())


PARAMETERS = {
    "article": "articles",
    "publisher": "publishers",
    "section_type": "section_types",
    "language": "languages",
}
"""Repeatable parameters of an address, and the lists they fill. Bounds have one name in both."""


def filters_from(parameters: Iterable[tuple[str, str]]) -> Filters | None:
    """Return the filters among the parameters of an address or a form, None when there is none.

    A blank value is a field of a form that was left empty. Others' parameters are passed over.
    Raises `QuestionError` for a value that makes no sense.
    """
    given: dict[str, list[str] | str] = {}
    for name, value in parameters:
        if not value.strip():
            continue
        if name in PARAMETERS:
            listed = given.setdefault(PARAMETERS[name], [])
            if isinstance(listed, list):
                listed.append(value)
        elif name in Filters.model_fields and name not in PARAMETERS.values():
            given[name] = value
    if not given:
        return None
    try:
        return Filters.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise QuestionError(f"the filter {where} cannot be used: {message}.") from error


def parameters_of(filters: Filters | None) -> list[tuple[str, str]]:
    """Return filters as parameters of an address or fields of a form: `filters_from` undone."""
    if filters is None:
        return []
    names = {field: name for name, field in PARAMETERS.items()}
    pairs: list[tuple[str, str]] = []
    for field, value in filters.model_dump(exclude_none=True).items():
        listed = (value,) if isinstance(value, str) else value
        pairs += [(names.get(field, field), one) for one in listed]
    return pairs


def described(wanted: Filter) -> str:
    """Return a filter in words, for the reason why nothing is shown."""
    parts = []
    for name, value in asdict(wanted).items():
        if value:
            shown = value if isinstance(value, str) else ", ".join(value)
            parts.append(f"{name.replace('_', ' ')}: {shown}")
    return "; ".join(parts)
