"""Titles that programs put into a document's properties, and not the people who wrote it."""

import re

_FILE_NAME = re.compile(
    r"\.(?:pdf|docx?|odt|rtf|indd|qxd|pptx?|xlsx?|html?|tex|dvi|p65|pub)\s*$|^microsoft \w+ - "
    r"|^untitled|^(?:do[ck]umento?|layout|slide|page)\s*\d*$|^\S*_\S*$|^about:blank$",
    re.IGNORECASE,
)


def is_file_name(title: str) -> bool:
    """Tell whether a title is the name of a file, or what a program calls one without a name."""
    return _FILE_NAME.search(title) is not None
