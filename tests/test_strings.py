import re
from pathlib import Path
from string import Formatter

import pytest

from service.web.strings import choose_language, locales

TEMPLATES = sorted((Path(__file__).parent.parent / "service/web/templates").glob("*.html"))


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_locale_has_the_same_strings_with_the_same_values() -> None:
    known = locales()
    assert list(known) == ["en", "es"]
    english = known["en"].texts
    for words in known.values():
        assert words.texts.keys() == english.keys()
        assert len(words.months) == 12
        for key, text in words.texts.items():
            assert text.strip() == text
            assert _values(text) == _values(english[key]), key


def test_every_key_that_a_template_names_exists() -> None:
    texts = locales()["en"].texts
    keys = {key.rsplit(".", 1)[0] if key.endswith((".one", ".other")) else key for key in texts}
    named = {
        key
        for template in TEMPLATES
        for key in re.findall(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""", template.read_text())
    }
    assert named - keys - texts.keys() == set()
    assert {"ask.title", "answer.best", "check.difference", "error.browse"} <= named


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        (None, None, "en"),
        (None, "es", "es"),
        (None, "es-MX,en;q=0.8", "es"),
        (None, "de, fr;q=0.9, es;q=0.2, en;q=0.4", "en"),
        (None, "es;q=0, en;q=0.1", "en"),
        (None, "es;q=abc, ;;;, q=", "en"),
        ("es", "en", "es"),
        ("tlh", "es", "es"),
        ("es-MX", None, "es"),
        ("ES", "en", "es"),
        (None, "es; q=0.9, en; q=0.5", "es"),
        (None, "en;Q=0.5, es;Q=0.9", "es"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_browsers(
    asked: str | None, header: str | None, language: str
) -> None:
    assert choose_language(asked, header) == language


def test_numbers_choose_between_one_and_many() -> None:
    english, spanish = locales()["en"], locales()["es"]
    assert english("browse.found", n=1) == "1 article"
    assert english("browse.found", n=0) == "0 articles"
    assert spanish("browse.found", n=2) == "2 artículos"
    with pytest.raises(KeyError):
        english("browse.no_such_string")


@pytest.mark.parametrize(
    ("iso", "english", "spanish"),
    [
        ("2026-11-22", "22 November 2026", "22 de noviembre de 2026"),
        ("2026-03-01T10:00:00+00:00", "1 March 2026", "1 de marzo de 2026"),
        ("2026-03", "March 2026", "marzo de 2026"),
        ("2026", "2026", "2026"),
        ("2026-13-01", "2026-13-01", "2026-13-01"),
        ("spring 2020", "spring 2020", "spring 2020"),
        (None, "", ""),
    ],
)
def test_dates_as_people_write_them(iso: str | None, english: str, spanish: str) -> None:
    assert locales()["en"].date(iso) == english
    assert locales()["es"].date(iso) == spanish
