"""Digits and signs as they are written above the line, in articles of any form."""

SUPERSCRIPT = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
"""For `str.translate`."""
