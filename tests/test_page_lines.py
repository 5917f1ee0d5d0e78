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
    ],
)
def test_buttons_and_labels(text: str, link_share: float, reason: str) -> None:
    assert line_reason(text, link_share) == reason
