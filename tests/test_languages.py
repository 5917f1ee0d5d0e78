"""`ingest.languages`: what an article is written in, and whether the encoder knows it."""

import pytest

from ingest.languages import detect_language, unknown_to

TEXTS = {
    "en": "A cramp is a sudden, painful tightening of a muscle. It often comes at night and wakes "
    "people from sleep. Stretching the muscle gently usually brings relief within minutes, and "
    "the soreness that stays behind fades within a day.",
    "es": "Un calambre es una contracción repentina y dolorosa de un músculo. Suele aparecer por "
    "la noche y despierta a las personas. Estirar el músculo con suavidad alivia en pocos "
    "minutos, y la molestia que queda desaparece en un día.",
    "de": "Ein Krampf ist ein plötzliches, schmerzhaftes Zusammenziehen eines Muskels. Er kommt "
    "oft in der Nacht und weckt die Menschen auf. Sanftes Dehnen hilft meist in wenigen Minuten, "
    "und der Muskelkater danach verschwindet innerhalb eines Tages.",
}


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_a_paragraph_tells_its_language(language: str) -> None:
    assert detect_language(TEXTS[language]) == language


def test_advice_in_english_needs_no_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.languages._identifier", pytest.fail)
    advice = (
        "Night cramps? Stretch your calves before going upstairs. Drink water. Keep your blankets "
        "loose. If cramps have become frequent, tell your doctor which medicines you take: "
        "water tablets, statins, some inhalers. Wear shoes that fit. You can walk it off."
    )
    assert detect_language(advice) == "en"


@pytest.mark.parametrize("text", ["", "Muscle cramp", "Calambre", "123 456 " * 5])
def test_too_little_tells_nothing(text: str) -> None:
    assert detect_language(text) is None


@pytest.mark.parametrize(
    ("encoder", "language", "unknown"),
    [
        ("all-MiniLM-L6-v2", "es", True),
        ("all-MiniLM-L6-v2", "en", False),
        ("all-MiniLM-L6-v2", "en-GB", False),
        ("all-MiniLM-L6-v2", None, False),
        ("some-multilingual-model", "es", False),
    ],
)
def test_only_what_is_known_to_be_unknown_is_reported(
    encoder: str, language: str | None, unknown: bool
) -> None:
    assert unknown_to(encoder, language) is unknown
