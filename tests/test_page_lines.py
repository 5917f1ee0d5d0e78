"""Lines that give themselves away by their wording, and advice that begins as they do."""

import pytest

from ingest.page_lines import line_reason


@pytest.mark.parametrize(
    "text",
    [
        "Share this list of medicines with your doctor",
        "Share this page with your doctor",
        "Print this plan and keep it in your bag",
        "Print this page and keep it in your bag",
        "Email this form to the nurse",
        "Save for later doses what is left",
        "Sign up now for a flu shot at the clinic",
        "Review: after two weeks",
        "Categories: mild, moderate and severe",
        "As an Amazon Associate I earn a little. Take one tablet at night.",
        "Harbour has strict sourcing guidelines. The calf shortens when its nerve fires.",
        "Printed from memory, the leaflet says: one tablet a day",
        "Similar articles of clothing may rub the skin",
    ],
)
def test_advice_is_no_button(text: str) -> None:
    assert line_reason(text, 0.0) == ""


@pytest.mark.parametrize(
    ("text", "link_share", "reason"),
    [
        ("Share this", 0.0, "share buttons"),
        ("Share this article on Facebook", 0.0, "share buttons"),
        ("Share via WhatsApp", 0.0, "share buttons"),
        ("Share this: Facebook Twitter", 0.0, "share buttons"),
        ("Print this page Email this page", 0.0, "share buttons"),
        ("Email this page to a friend", 0.0, "share buttons"),
        ("Print this page", 0.0, "share buttons"),
        ("Sign up now!", 0.0, "newsletter form"),
        ("Sign up here for news of the clinic", 0.0, "newsletter form"),
        ("Sign up now for our weekly tips", 0.0, "newsletter form"),
        ("Update: 3 June", 0.0, "byline"),
        ("Review: 3 May 2024", 0.0, "byline"),
        ("Review date: May", 0.0, "byline"),
        ("Categories: Legs, Sleep", 0.8, "navigation"),
        ("Similar articles", 0.0, "related articles"),
        ("We may earn a commission from links on this page.", 0.0, "advertisement"),
        (
            "We include products we think are useful. If you buy through links on this page,"
            " we may earn a small commission. Here\u2019s our process.",
            0.0,
            "advertisement",
        ),
        ("As an Amazon Associate I earn from qualifying purchases.", 0.0, "advertisement"),
        ("This post contains affiliate links. Read our policy.", 0.0, "advertisement"),
        ("Media contact: Ines Calloway, ines@harbour.example", 0.0, "contact details"),
        ("Printed from https://harbour.example/cramp on 3 May", 0.0, "not part of the main text"),
        ("cramp.png (image/png) leaf.pdf (application/pdf)", 0.0, "not part of the main text"),
        (
            "Harbour Lane has strict sourcing guidelines and relies on studies. You can read more.",
            0.0,
            "not part of the main text",
        ),
    ],
)
def test_buttons_and_labels(text: str, link_share: float, reason: str) -> None:
    assert line_reason(text, link_share) == reason


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        (
            "share buttons",
            "Compartir en Facebook|Partager cet article|Artikel teilen|Condividi su WhatsApp"
            "|Compartilhar no WhatsApp|Deel dit artikel|分享到微信",
        ),
        (
            "related articles",
            "Artículos relacionados|Lire également|Ähnliche Artikel|Leggi anche|Leia também"
            "|Gerelateerde artikelen|相关文章|相关阅读：夜间抽筋",
        ),
        (
            "cookie banner",
            "Utilizamos cookies para mejorar su visita.|Ce site utilise des cookies."
            "|Wir verwenden Cookies, um Ihnen zu helfen.|Questo sito utilizza i cookie."
            "|Este site usa cookies.|Wij gebruiken cookies.|我们使用cookie来改善您的体验。",
        ),
        (
            "newsletter form",
            "Suscríbete a nuestro boletín|Inscrivez-vous à notre newsletter|Newsletter abonnieren"
            "|Iscriviti alla nostra newsletter|Assine nossa newsletter"
            "|Schrijf je in voor onze nieuwsbrief|订阅我们的电子邮件",
        ),
        (
            "byline",
            "Publié le 3 mars 2024|Mis à jour le 03.04.2024 à 10h30|Veröffentlicht am 3. März 2024"
            "|Publicado el 3 de marzo de 2024 por Ines Calloway|Ultimo aggiornamento: 3 marzo 2024"
            "|Publicado em 03/04/2024|Gepubliceerd op 3 maart 2024|发布日期：2024年3月3日"
            "|作者：张三 发布时间：2024-03-03|Écrit par Ines Calloway|Autor: Ines Calloway",
        ),
    ],
)
def test_lines_in_other_languages(reason: str, lines: str) -> None:
    assert {line: line_reason(line, 0.0) for line in lines.split("|")} == dict.fromkeys(
        lines.split("|"), reason
    )


@pytest.mark.parametrize(
    "text",
    [
        "Compartir jeringas transmite el VIH",
        "Partager le repas en famille aide",
        "Teilen Sie Ihrem Arzt mit, was Sie einnehmen.",
        "Condividi con il medico i sintomi.",
        "Deel uw klachten met de arts.",
        "分享牙刷会传播肝炎",
        "Publicado en The Lancet en 2019, el ensayo halló menos calambres.",
        "Publicado el 3 de marzo de 2019, el ensayo halló menos calambres.",
        "Veröffentlicht wurde die Studie 2019 im Lancet.",
        "Aktualisiert am 3. März 2024, nennt die Leitlinie zwei Mittel.",
        "发布于2019年3月的指南建议休息。",
        "Von Willebrand Syndrom",
        "Par voie orale",
        "Autor: siehe unten",
    ],
)
def test_sentences_of_other_languages_are_no_lines_of_a_page(text: str) -> None:
    assert line_reason(text, 0.0) == ""
