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
