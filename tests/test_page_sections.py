"""Sections of a page that tell of its publisher, and sections of articles that look alike."""

from ingest.readers.html import read

FILLER = (
    "<p>The calf muscle shortens hard and stays so for a minute, which hurts and may wake you.</p>"
    "<p>Pulling the toes towards the shin lengthens the muscle, and the pain goes with it.</p>"
    "<p>Most people need no tests, and the cramps of a pregnancy end soon after the birth.</p>"
)


def kept(body: str, publisher: str = "Harbour Lane Clinic") -> list[str]:
    """Return the kept texts that `body` adds to an article."""
    head = f'<meta property="og:site_name" content="{publisher}">'
    page = f"<html><head>{head}</head><body><article><h1>Cramp</h1>{FILLER}{body}</article></body>"
    (document,) = read(page.encode(), "cramp.html")
    return [block.text for block in document.blocks if not block.left_out][3:]


def test_whom_the_press_may_call_is_no_article() -> None:
    contact = "<p>Ines Calloway, press office</p><p>Phone: 01632 960123</p>"
    assert kept(f"<h2>Media Contact</h2>{contact}") == []
    assert kept(f"<p>Press enquiries:</p>{contact}<p>A cramp at night is harmless.</p>") == [
        "A cramp at night is harmless."
    ]


def test_what_a_publisher_says_of_itself_is_no_article() -> None:
    about = "<h2>About Harbour Lane Clinic</h2><p>Harbour Lane Clinic cares for legs and feet.</p>"
    assert kept(about) == []
    assert kept(f"{about}<h2>Outlook</h2><p>Most cramps end by themselves.</p>") == [
        "Outlook",
        "Most cramps end by themselves.",
    ]


def test_a_section_about_the_subject_is_kept() -> None:
    about = "<h2>About Night Cramps</h2><p>Night cramps are common in older people.</p>"
    assert kept(about) == ["About Night Cramps", "Night cramps are common in older people."]
    other = "<h2>About Harbour Lane Clinic</h2><p>In 2019 doctors there saw 212 people.</p>"
    assert kept(other) == ["About Harbour Lane Clinic", "In 2019 doctors there saw 212 people."]
    single = "<h2>About psoriasis</h2><p>Psoriasis is a disease of the skin.</p>"
    assert kept(single, "Psoriasis") == ["About psoriasis", "Psoriasis is a disease of the skin."]


def test_how_a_publisher_chooses_its_sources_is_no_source() -> None:
    note = "Harbour has strict sourcing guidelines and relies on studies."
    cited = "Ito K. Night cramps. BMJ 2020;5:1-4."
    assert kept(f"<h2>Sources</h2><p>{note}</p><ul><li>{cited}</li></ul>") == []
    plain = "<h2>Strict sourcing guidelines</h2><p>They help clinics to choose drugs for cramp.</p>"
    assert kept(plain) == [
        "Strict sourcing guidelines",
        "They help clinics to choose drugs for cramp.",
    ]
