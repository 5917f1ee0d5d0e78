"""Filters as parameters of an address. Apart from `service.filters`, for `pincite ask` needs no web
framework, and importing one is a quarter of its start."""

from typing import Annotated

from fastapi import Query

from service.filters import Filters, filters_from


def query_filters(
    article: Annotated[list[str] | None, Query(description="Only these articles: ids.")] = None,
    publisher: Annotated[
        list[str] | None, Query(description="Only articles of these publishers.")
    ] = None,
    section_type: Annotated[list[str] | None, Query(description="Only such sections.")] = None,
    language: Annotated[
        list[str] | None, Query(description="Only articles in these languages.")
    ] = None,
    published_since: Annotated[str, Query(description="Published then or later.")] = "",
    published_until: Annotated[str, Query(description="Published then or before.")] = "",
    modified_since: Annotated[str, Query(description="Last changed then or later.")] = "",
    modified_until: Annotated[str, Query(description="Last changed then or before.")] = "",
) -> Filters | None:
    """Return the filters of an address: lists are given by repeating a parameter."""
    return filters_from(
        [
            *(("article", one) for one in article or ()),
            *(("publisher", one) for one in publisher or ()),
            *(("section_type", one) for one in section_type or ()),
            *(("language", one) for one in language or ()),
            ("published_since", published_since),
            ("published_until", published_until),
            ("modified_since", modified_since),
            ("modified_until", modified_until),
        ]
    )
