"""What may be said of an exception that nobody expected: its type and its place.

Not its message, which may hold somebody's question.
"""


def place_of(error: BaseException) -> str:
    """Return "TYPE at FILE:LINE", the innermost place at which `error` was raised."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
    return f"{type(error).__name__} at {where}"
