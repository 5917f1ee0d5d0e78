"""Web pages: the article with its structure, what is left out and why, and hostile input."""

import socket
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.errors import LimitExceeded, SourceError
from index.records import Reference
from ingest.document import Document, SourceBlock
from ingest.dom_blocks import clean_text
from ingest.readers import html
from ingest.readers.html import decode_page, read
from tests.reader_checks import mutated, read_or_refuse

MESSY = (Path(__file__).parent / "data" / "messy_page.html").read_bytes()

FILLER = (
    "<p>The calf muscle shortens hard and stays so for a minute, which hurts and may wake you.</p>"
    "<p>Pulling the toes towards the shin lengthens the muscle, and the pain goes with it.</p>"
    "<p>Most people need no tests, and the cramps of a pregnancy end soon after the birth.</p>"
)


def page(body: str) -> Document:
    """Read a page whose article is some filler and `body` after it."""
    source = f"<html><body><article><h1>Cramp</h1>{FILLER}{body}</article></body></html>"
    (document,) = read(source.encode(), "cramp.html")
    return document


def added(body: str) -> list[SourceBlock]:
    """Return the kept blocks that `body` adds to the filler."""
    return [block for block in page(body).blocks if not block.left_out][3:]


def texts(body: str) -> list[str]:
    return [block.text for block in added(body)]


def reasons(document: Document) -> dict[str, str]:
    return {block.text: block.left_out for block in document.blocks if block.left_out}


KEPT = [
    ("paragraph", 0, "A cramp at night is a sudden, hard tightening of the calf or the foot. It"
     " wakes people from sleep, lasts from seconds to minutes, and leaves the muscle sore. Older"
     " people have them more often."),
    ("heading", 2, "Why they happen"),
    ("paragraph", 0, "Nobody is sure of the cause. Several things make a cramp more likely:"),
    ("item", 1, "long standing or hard floors"),
    ("item", 1, "some medicines, such as"),
    ("item", 2, "water tablets"),
    ("item", 2, "statins, which lower cholesterol"),
    ("item", 1, "pregnancy, above all in the last three months"),
    ("heading", 2, "What doctors measure"),
    ("row", 0, "Values in the blood of adults"),
    ("row", 0, "Substance | Usual range"),
    ("row", 0, "Potassium | 3.5 to 5.0 mmol/l"),
    ("row", 0, "Magnesium | 0.7 to 1.0 mmol/l"),
    ("paragraph", 0, "A body mass index above 30 kg/m² and a platelet count below 150 × 10⁹/l are"
     " noted too. The dose was studied in 212 people."),
    ("heading", 2, "How to stop a cramp"),
    ("item", 1, "Pull the toes up towards the shin and hold them there for half a minute."),
    ("item", 1, "Walk about the room until the muscle lets go of its own accord."),
    ("item", 1, "Rub the calf firmly with both hands, from the ankle to the knee."),
    ("paragraph", 0, "The stretch works for most of my patients within a minute, and it costs"
     " nothing."),
    ("item", 1, "Spasm"),
    ("item", 2, "A muscle that tightens without being asked to."),
    ("item", 1, "Tetany"),
    ("item", 2, "Spasms from too little calcium in the blood."),
    ("heading", 2, "Common questions"),
    ("heading", 3, "Does magnesium help?"),
    ("paragraph", 0, "Trials in older adults found little or no difference between magnesium and a"
     " dummy tablet."),
    ("heading", 3, "Should I drink more water?"),
    ("paragraph", 0, "Drink when you are thirsty; there is no good evidence that more water"
     " prevents cramps at night."),
    ("heading", 3, "Is quinine safe?"),
    ("paragraph", 0, "Quinine can harm the blood and the heart, so doctors rarely give it for"
     " cramps now."),
    ("heading", 2, "When to see a doctor"),
    ("paragraph", 0, "Make an appointment when cramps come on most nights, when the leg is swollen"
     " or red, or when it has become weak."),
    ("paragraph", 0, "Go at once when a cramp does not ease and the leg turns cold and pale."),
    ("paragraph", 0, "إذا استمر التشنج لأكثر من عشر دقائق فاتصل بالطبيب."),
]  # fmt: skip

LEFT_OUT = [
    ("cookie banner", "We use cookies to measure how this site is read, and you may refuse them."),
    ("cookie banner", "Accept all"),
    ("navigation", "Home"),
    ("navigation", "Conditions"),
    ("navigation", "Book a visit"),
    ("navigation", "Home › Muscles"),
    ("title", "Night leg cramps: what helps"),
    ("byline", "Written by Ines Calloway | Medically reviewed by Tomas Wren, MD | Last updated"
     " 2 June 2024"),
    ("share buttons", "Share Tweet"),
    ("advertisement", "Advertisement"),
    ("related articles", "Read more: Why does my eyelid twitch?"),
    ("newsletter form", "Health in your inbox"),
    ("newsletter form", "Sign up for our weekly letter with tips on sleep and muscles."),
    ("form", "Subscribe"),
    ("hidden on the page", "This line belongs to a dialog that no reader of the page ever sees."),
    ("reference list", "References"),
    ("reference list", "Calloway I. Cramps after midnight. J Calf Med. 2019;4:11-19."
     " doi:10.1234/jcm.2019.004"),
    ("reference list", "Wren T, Otto B. Stretching before bed. Leg Rev. 2021."
     " https://legs.example/21."),
    ("author biography", "About the author"),
    ("author biography", "Ines Calloway has written about muscles and sleep for twenty years and"
     " keeps bees."),
    ("related articles", "You may also like"),
    ("related articles", "Ten stretches for runners"),
    ("related articles", "Why calves ache in the morning"),
    ("comment", "2 comments"),
    ("comment", "Thank you, pulling my toes up stopped it at once and I could sleep again."),
    ("form", "Your name"),
    ("related articles", "Latest news"),
    ("related articles", "The clinic opens on Saturdays from June"),
    ("footer", "© 2024 Harbour Lane Clinic. All rights reserved. VAT 123 4567 89."),
]  # fmt: skip


def test_a_messy_page_block_by_block() -> None:
    (document,) = read(MESSY, "messy.html")
    kept = [(b.kind, b.level, b.text) for b in document.blocks if not b.left_out]
    assert kept == KEPT
    assert [(b.left_out, b.text) for b in document.blocks if b.left_out] == LEFT_OUT


def test_the_reference_list_of_a_messy_page() -> None:
    (document,) = read(MESSY, "messy.html")
    assert document.metadata.references == (
        Reference(
            "Calloway I. Cramps after midnight. J Calf Med. 2019;4:11-19. doi:10.1234/jcm.2019.004",
            1,
            "https://doi.org/10.1234/jcm.2019.004",
            "10.1234/jcm.2019.004",
        ),
        Reference(
            "Wren T, Otto B. Stretching before bed. Leg Rev. 2021. https://legs.example/21.",
            2,
            "https://legs.example/21",
            None,
        ),
    )


def test_reading_again_gives_the_same_document() -> None:
    assert list(read(MESSY, "a.html")) == list(read(MESSY, "a.html"))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Take <b>ma</b>gnesium at night.", "Take magnesium at night."),
        ("Rest &amp; ice &lt;20&nbsp;minutes&gt; help.", "Rest & ice <20 minutes> help."),
        ("Hot\n\t   flushes  come\r\n and go.", "Hot flushes come and go."),
        ("Meno&shy;pause and zero\u200bwidth\ufeff marks.", "Menopause and zerowidth marks."),
        ("Mena\u0303na", "Menãna"),
        ("You sleep badly.<sup>3</sup> It passes.", "You sleep badly. It passes."),
        ("You sleep badly<sup>[4, 5]</sup>.", "You sleep badly."),
        ('You sleep badly<sup><a href="#r8">8</a></sup>.', "You sleep badly."),
        ('You sleep badly<a href="#r8"><sup>8-10</sup></a>.', "You sleep badly."),
        ('You sleep badly <a href="#r9">[9]</a>.', "You sleep badly."),
        ("The skin has 2 m<sup>2</sup>.", "The skin has 2 m²."),
        ("Cells: 4 &times; 10<sup>9</sup>/l and 10<sup>-3</sup>.", "Cells: 4 × 10⁹/l and 10⁻³."),
        ("Ca<sup>2+</sup> and Na<sup>+</sup> ions.", "Ca²⁺ and Na⁺ ions."),
        ("Iodine as <sup>131</sup>I is given.", "Iodine as ¹³¹I is given."),
        ("Vitamin B<sub>12</sub> is stored.", "Vitamin B12 is stored."),
        ("The 4<sup>th</sup> day.", "The 4th day."),
        (
            "It sets in<sup>2</sup> within days<sup>3,4</sup> of it.",
            "It sets in within days of it.",
        ),
        ("Take <sup>1</sup>/<sub>2</sub> tablet.", "Take ¹/2 tablet."),
        ("At least 10<sup>5</sup> CFU/mL count.", "At least 10⁵ CFU/mL count."),
        ("Take <del>500 mg</del> <ins>50 mg</ins> a day.", "Take 50 mg a day."),
        ("Take <s>500</s><strike>400</strike>50 mg a day.", "Take 50 mg a day."),
        ('Take 10<a role="doc-noteref" href="#n">1</a> mg.', "Take 10 mg."),
        ('Take 10<sup role="doc-noteref">1</sup> mg.', "Take 10 mg."),
        ('Drink<span role="doc-pagebreak">12</span>water.', "Drink water."),
        (
            "Take <button>quinine</button> 500 micrograms, no more than <button>6 mg</button> in"
            " all.",
            "Take quinine 500 micrograms, no more than 6 mg in all.",
        ),
        ("It slows uptake.<button>3</button> Rest.", "It slows uptake. Rest."),
        (
            '<span style="display:block">Bin it after a day.</span>'
            '<span style="color:red; display: block">Never share it.</span>',
            "Bin it after a day. Never share it.",
        ),
        ('Take <b style="display:inline-block">5</b>mg.', "Take 5mg."),
        ('It is high.<sup><a href="#n">[note 1]</a></sup> Rest.', "It is high. Rest."),
        ('Its diges<span role="doc-pagebreak"></span>tion ends.', "Its digestion ends."),
        (
            "The index is <math><mi>kg</mi><mo>/</mo><msup><mi>m</mi><mn>2</mn></msup></math> and"
            " <b>so <math><mn>4</mn></math></b> it is.",
            "The index is kg/m² and so 4 it is.",
        ),
    ],
)
def test_text_inside_a_paragraph(markup: str, text: str) -> None:
    assert texts(f"<p>{markup}</p>") == [text]


def test_line_breaks() -> None:
    assert texts("<p>One line<br>goes on.<br><br>A new paragraph.<br/> <br/>A third.</p>") == [
        "One line goes on.",
        "A new paragraph.",
        "A third.",
    ]


def test_a_list_made_by_hand() -> None:
    blocks = added("<p>Take along:<br>• a towel<br>• warm socks<br>• water</p>")
    assert [(b.kind, b.text) for b in blocks] == [
        ("paragraph", "Take along:"),
        ("item", "a towel"),
        ("item", "warm socks"),
        ("item", "water"),
    ]


def test_a_list_item_of_several_paragraphs() -> None:
    blocks = added("<ul><li><p>Stretch the calf.</p><p>Do so twice.</p></li><li>Rest.</li></ul>")
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        ("item", 1, "Stretch the calf."),
        ("paragraph", 0, "Do so twice."),
        ("item", 1, "Rest."),
    ]


def test_nested_lists_of_three_levels() -> None:
    nested = "<ul><li>one<ol><li>two<ul><li>three</li></ul></li></ol></li><li>last</li></ul>"
    assert [(b.level, b.text) for b in added(nested)] == [
        (1, "one"),
        (2, "two"),
        (3, "three"),
        (1, "last"),
    ]


def test_a_table_that_lays_out_the_page_is_no_table() -> None:
    table = (
        "<table><tr><td><h2>Cold</h2><p>Cold packs numb the calf for a while.</p></td>"
        "<td><h2>Heat</h2><p>Warm baths loosen the calf before the night.</p></td></tr></table>"
    )
    assert [(b.kind, b.text) for b in added(table)] == [
        ("heading", "Cold"),
        ("paragraph", "Cold packs numb the calf for a while."),
        ("heading", "Heat"),
        ("paragraph", "Warm baths loosen the calf before the night."),
    ]


def test_empty_cells_keep_their_column() -> None:
    table = (
        "<table><tr><th>Dose</th><th>Adults</th><th>Children</th></tr>"
        "<tr><td>Morning</td><td></td><td>half a tablet</td></tr></table>"
    )
    assert texts(table) == ["Dose | Adults | Children", "Morning | | half a tablet"]


def test_a_remark_beside_a_cell_that_spans_rows_is_read_once() -> None:
    table = (
        "<table><tr><th>Drug</th><th>Morning</th><th>Night</th></tr>"
        '<tr><td rowspan="3">Quinine</td><td>none</td><td>200 mg</td></tr>'
        '<tr><td colspan="2">Stop after four weeks</td></tr>'
        '<tr><td colspan="2">100 mg</td></tr></table>'
    )
    assert texts(table) == [
        "Drug | Morning | Night",
        "Quinine | none | 200 mg",
        "Quinine | Stop after four weeks",
        "Quinine | 100 mg | 100 mg",
    ]


def test_a_tooltip_is_no_part_of_the_sentence_around_its_term() -> None:
    tip = '<span role="tooltip" id="t">low potassium</span>'
    box = '<div role="tooltip" id="u">a salt</div>'
    body = (
        f'<p>Some have <button aria-describedby="t">hypokalaemia</button>{tip} from tablets.</p>'
        f'<div>Bananas hold <b aria-describedby="u">potassium</b>{box}</div>'
    )
    assert texts(body) == ["Some have hypokalaemia from tablets.", "Bananas hold potassium"]
    assert reasons(page(body))["a salt"] == "hidden on the page"


def test_cells_that_span_rows_stand_in_each_of_them() -> None:
    table = (
        "<table><thead><tr><th>Who</th><th>Form</th><th>Dose</th></tr></thead>"
        '<tr><td rowspan="2">Adult</td><td>Tablet</td><td>5 mg</td></tr>'
        "<tr><td>Syrup</td><td>10 ml</td></tr>"
        '<tr><td>Child</td><td colspan="2">not for them</td></tr>'
        '<tr><td rowspan="100000">Other</td><td>Drops</td><td>ask</td></tr></table>'
    )
    assert texts(table) == [
        "Who | Form | Dose",
        "Adult | Tablet | 5 mg",
        "Adult | Syrup | 10 ml",
        "Child | not for them | not for them",
        "Other | Drops | ask",
    ]


def test_what_is_hidden_in_a_table_is_not_shown() -> None:
    table = (
        "<table><caption>Do<b>ses</b> a day<style>td {color: red}</style></caption>"
        '<tr><td>Adult</td><td style="display:none">gone</td>'
        '<td>50 mg<div style="display:none">OLD 500 mg</div></td></tr>'
        '<tr><td class="table-cell">Child<div hidden>OLD 200 mg</div></td>'
        '<td style="visibility:hidden">never</td><td>5 mg</td></tr>'
        '<tbody style="display:none"><tr><td>Older</td><td>400 mg</td></tr></tbody></table>'
    )
    assert texts(table) == ["Doses a day", "Adult | 50 mg", "Child | | 5 mg"]


def test_a_sentence_with_buttons_is_found_whatever_its_length() -> None:
    long = "Take <button>quinine</button> with <button>water</button> and <button>rest</button>."
    source = f"<html><body><main><div>{FILLER}</div><p>{long}</p></main></body></html>"
    (document,) = read(source.encode(), "terms.html")
    kept = [block.text for block in document.blocks if not block.left_out]
    assert kept[-1] == "Take quinine with water and rest."


def test_a_caption_of_a_table_stays_with_it() -> None:
    rows = "<tr><th>Drug</th><th>Dose</th></tr><tr><td>Quinine</td><td>5 mg</td></tr>"
    figure = f"<figure><table>{rows}</table><figcaption>Doses for adults</figcaption></figure>"
    wrapped = f'<div><p class="caption">Doses for children</p><table>{rows}</table></div>'
    assert [(b.kind, b.text) for b in added(figure + wrapped)] == [
        ("row", "Drug | Dose"),
        ("row", "Quinine | 5 mg"),
        ("paragraph", "Doses for adults"),
        ("paragraph", "Doses for children"),
        ("row", "Drug | Dose"),
        ("row", "Quinine | 5 mg"),
    ]


def test_blocks_of_one_cell_are_parted() -> None:
    table = (
        "<table><tr><th><h4>How often</h4></th><th><h4>What</h4></th></tr>"
        "<tr><td>Rare</td><td><ul><li>kidney failure</li><li>muscle damage</li></ul></td></tr>"
        "<tr><td>Dose</td><td><p>1 mg</p><p>2 tablets</p></td></tr>"
        "<tr><td>Then</td><td><p>Wait.</p><p>Take:</p><p>1 mg</p><p>or<br>none</p></td></tr>"
        "<tfoot><tr><td>All</td><td>6 mg</td></tr></tfoot></table>"
    )
    assert [(b.kind, b.text) for b in added(table)] == [
        ("row", "How often | What"),
        ("row", "Rare | kidney failure • muscle damage"),
        ("row", "Dose | 1 mg • 2 tablets"),
        ("row", "Then | Wait. Take: 1 mg • or none"),
        ("row", "All | 6 mg"),
    ]


def test_a_table_by_role() -> None:
    table = (
        '<div role="table"><div role="row"><span role="columnheader">INR</span>'
        '<span role="columnheader">Dose</span></div><div role="row"><span role="cell">4.5</span>'
        '<span role="cell">10 mg</span></div></div>'
    )
    assert [(b.kind, b.text) for b in added(table)] == [
        ("row", "INR | Dose"),
        ("row", "4.5 | 10 mg"),
    ]


def test_panels_of_tabs_stand_below_the_words_of_their_tabs() -> None:
    body = (
        '<h2>Care</h2><div><ul role="tablist"><li><a role="tab" href="#a">Adults</a></li><li>'
        '<a role="tab" href="#c">Children</a></li></ul><div role="tab">Adults</div>'
        '<div id="a" role="tabpanel"><h2>Dose</h2><p>Take 5 mg a day.</p></div>'
        '<div id="c" role="tabpanel" hidden><h2>Dose</h2><p>Never give it.</p></div></div>'
    )
    assert [(b.kind, b.level, b.text) for b in added(body)] == [
        ("heading", 2, "Care"),
        ("heading", 3, "Adults"),
        ("heading", 4, "Dose"),
        ("paragraph", 0, "Take 5 mg a day."),
        ("heading", 3, "Children"),
        ("heading", 4, "Dose"),
        ("paragraph", 0, "Never give it."),
    ]
    assert reasons(page(body))["Adults"] == "button"


def test_headings_without_their_links() -> None:
    body = (
        '<h2>Causes<a href="#causes">#</a></h2><p>Nobody knows them well.</p>'
        '<h2>Care <a href="#top">Back to top</a></h2><p>Rest the leg a while.</p>'
        "<h2>Outlook <button>Copy link</button></h2><p>It ends by itself.</p>"
    )
    assert [b.text for b in added(body) if b.kind == "heading"] == ["Causes", "Care", "Outlook"]


def test_a_table_of_contents_is_left_out_with_its_heading() -> None:
    body = (
        '<h2>Sommaire</h2><ul><li><a href="#a">Pourquoi</a></li><li><a href="#b">Que faire</a>'
        '</li></ul><h2 id="a">Pourquoi</h2><p>Personne ne le sait.</p>'
        '<h2 id="b">Que faire</h2><p>Tirez les orteils.</p>'
    )
    assert texts(body) == ["Pourquoi", "Personne ne le sait.", "Que faire", "Tirez les orteils."]


def test_panels_of_one_list_share_a_level() -> None:
    body = (
        "<h3>Questions</h3>"
        "<details><summary>First one?</summary><p>Answer one is short.</p>"
        "<details><summary>Inner one?</summary><p>Inner answer is short.</p></details></details>"
        "<details><summary>Second one?</summary><p>Answer two is short.</p></details>"
    )
    assert [(b.level, b.text) for b in added(body) if b.kind == "heading"] == [
        (3, "Questions"),
        (4, "First one?"),
        (5, "Inner one?"),
        (4, "Second one?"),
    ]


def test_linked_items_stay_in_their_list() -> None:
    body = (
        "<h2>Causes</h2><p>A cramp may come from:</p><ul><li>age</li>"
        '<li><a href="/sport">sport</a></li><li><a href="/statins">statins</a></li></ul>'
    )
    assert texts(body)[-3:] == ["age", "sport", "statins"]


def test_a_list_of_links_that_a_sentence_announces() -> None:
    body = (
        '<p>A cramp may come from:</p><ul><li><a href="/a">old age</a></li>'
        '<li><a href="/sport">sport</a></li></ul><p>Most cramps have no cause at all.</p>'
    )
    assert [(b.kind, b.text) for b in added(body)[1:3]] == [("item", "old age"), ("item", "sport")]


def test_panels_whose_buttons_are_no_button_elements() -> None:
    body = "".join(
        '<div class="accordion-item"><div class="tab-title" role="button"><a href="">'
        f'{question}</a></div><div class="tab-content" role="region" style="display:none">'
        f"<p>{answer}</p></div></div>"
        for question, answer in [
            ("What causes a cramp?", "Tired muscles and long sitting."),
            ("Is it ever serious?", "Rarely; see a doctor when the leg swells."),
        ]
    )
    assert [(b.kind, b.level, b.text) for b in added(body)] == [
        ("heading", 2, "What causes a cramp?"),
        ("paragraph", 0, "Tired muscles and long sitting."),
        ("heading", 2, "Is it ever serious?"),
        ("paragraph", 0, "Rarely; see a doctor when the leg swells."),
    ]


def test_boxes_and_folded_parts_of_an_article_in_sections() -> None:
    source = (
        "<html><body><main><article><header><h1>Cramp</h1></header>"
        f"<section><h2>Causes</h2>{FILLER}</section>"
        '<details class="expander"><summary>How to stretch</summary><div><p>Bend the knee.</p>'
        "<ol><li>Hold on.</li></ol></div></details>"
        '<aside class="inset-text"><p>Ask before you take quinine.</p></aside>'
        '<aside class="promo"><p>Our shop has new socks.</p></aside>'
        f"<section><h2>Care</h2>{FILLER.replace('calf', 'thigh')}</section>"
        "</article></main></body></html>"
    )
    (document,) = read(source.encode(), "sections.html")
    kept = [(b.kind, b.text) for b in document.blocks if not b.left_out]
    assert kept[4:9] == [
        ("heading", "How to stretch"),
        ("paragraph", "Bend the knee."),
        ("item", "Hold on."),
        ("paragraph", "Ask before you take quinine."),
        ("heading", "Care"),
    ]
    assert reasons(document)["Our shop has new socks."] == "advertisement"


def test_a_heading_parted_from_its_text_by_a_button() -> None:
    section = (
        '<div class="section"><div class="section-header"><div class="section-title"><h2>{0}</h2>'
        "</div><div><button>Expand Section</button></div></div><div><p>{1}</p></div></div>"
    )
    body = section.format("Overview", "Cramps come at night and hurt.") + section.format(
        "Treatment", "Stretch the muscle and wait a while."
    )
    assert texts(body) == [
        "Overview",
        "Cramps come at night and hurt.",
        "Treatment",
        "Stretch the muscle and wait a while.",
    ]


def test_headings_by_role() -> None:
    blocks = added('<div role="heading" aria-level="3">Causes</div><p>Nobody knows them well.</p>')
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        ("heading", 3, "Causes"),
        ("paragraph", 0, "Nobody knows them well."),
    ]


@pytest.mark.parametrize(
    "attributes",
    ['style="display: none"', 'style="visibility:hidden"', "hidden", 'aria-hidden="true"'],
)
def test_hidden_parts_are_left_out(attributes: str) -> None:
    document = page(f"<div {attributes}><p>No reader ever sees this line of the page.</p></div>")
    assert reasons(document)["No reader ever sees this line of the page."] == "hidden on the page"


def test_folded_answers_are_kept() -> None:
    folded = (
        "<h2>Questions</h2><h3>Is it catching?</h3>"
        '<div class="faq-answer" style="display:none"><p>No, a cramp passes to nobody.</p></div>'
    )
    assert texts(folded) == ["Questions", "Is it catching?", "No, a cramp passes to nobody."]


def test_a_button_is_no_text_of_the_article() -> None:
    assert reasons(page("<button>Show all of it</button><p>The cramp ends by itself.</p>"))[
        "Show all of it"
    ] == "button"  # fmt: skip


def test_answers_that_the_page_declares_are_kept_wherever_they_stand() -> None:
    answer = "Cramps in growing children are common and harmless."
    source = (
        '<html><head><script type="application/ld+json">{"@type": "FAQPage", "mainEntity": [{'
        '"@type": "Question", "name": "Do children have cramps?", "acceptedAnswer": {'
        f'"@type": "Answer", "text": "<p>{answer}</p>"}}}}]}}</script></head><body><main>'
        f"<article><h1>Cramp</h1>{FILLER}</article></main><div><div><h2>Do children have cramps?"
        f"</h2><div>{answer}</div></div></div><div><div>A line that nothing declares.</div></div>"
    )
    (document,) = read(source.encode(), "faq.html")
    assert [b.text for b in document.blocks if not b.left_out][3:] == [
        "Do children have cramps?",
        answer,
    ]


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ('<p><strong>Related:</strong> <a href="/x">Ten ways to sleep</a></p>', "related articles"),
        ('<p><a href="/x">Why your eyelid twitches at work</a></p>', "related articles"),
        ("<p>ADVERTISEMENT</p>", "advertisement"),
        ("<p>Subscribe to our newsletter for more on sleep.</p>", "newsletter form"),
        ("<p>Photo: Lin Marsh / Harbour Pictures</p>", "picture caption"),
        ("<p>Last updated: 3 May 2024</p>", "byline"),
        ("<p>© 2024 Harbour Lane Clinic</p>", "footer"),
        ('<div class="author-box"><p>Ines keeps bees and runs.</p></div>', "author biography"),
        ('<div class="social-share"><p>Tell your friends about it.</p></div>', "share buttons"),
        ('<div class="post-comments"><p>Thank you, it helped me a lot!</p></div>', "comment"),
        ("<nav><p>On the muscles of the leg and foot</p></nav>", "navigation"),
        ("<p>https://clinic.example/cramp</p>", "not part of the main text"),
    ],
)
def test_what_gives_itself_away(markup: str, reason: str) -> None:
    document = page(markup + FILLER.replace("calf", "thigh"))
    (block,) = (
        b for b in document.blocks if b.text not in FILLER.replace("calf", "thigh") + FILLER
        and b.text != "Cramp"
    )  # fmt: skip
    assert block.left_out == reason


@pytest.mark.parametrize(
    "sentence",
    [
        "Share this with your doctor if the cramps come back days after you stop the drug.",
        "Sign up for a class that teaches slow breathing.",
        "Updated advice says that most people need no tablets.",
        "Print out your list of medicines and take it with you when you see the nurse next week.",
        "By resting the leg you let the muscle heal.",
        "See also whether the other leg is swollen.",
        "Skip to a lower dose only when the doctor says so.",
        "Photophobia: light hurts the eyes.",
    ],
)
def test_sentences_that_begin_alike_are_kept(sentence: str) -> None:
    assert texts(f"<p>{sentence}</p>{FILLER.replace('calf', 'thigh')}")[0] == sentence


def test_sources_of_a_vitamin_are_no_reference_list() -> None:
    body = "<h2>Sources</h2><ul><li>nuts and seeds</li><li>green leaves</li></ul>"
    assert texts(body) == ["Sources", "nuts and seeds", "green leaves"]


def test_sources_that_cite_are_a_reference_list() -> None:
    document = page(
        "<h2>Sources</h2><ul><li>Otto B. On cramps. 2018.</li><li>Wren T. Legs. 2020.</li></ul>"
    )
    assert [entry.text for entry in document.metadata.references] == [
        "Otto B. On cramps. 2018.",
        "Wren T. Legs. 2020.",
    ]


def test_names_that_tell_what_stands_beside_do_not_count() -> None:
    source = (
        '<html><body class="has-sidebar cookie-accepted"><div class="with-newsletter">'
        f"<h1>Cramp</h1>{FILLER}</div></body></html>"
    )
    (document,) = read(source.encode(), "x.html")
    assert [b.left_out for b in document.blocks] == ["title", "", "", ""]


@pytest.mark.parametrize(
    "heading",
    [
        "Age-related hearing loss",
        "Recommended vaccines",
        "Social anxiety",
        "Consent",
        "Menu planning",
        "Health promotion",
        "How to respond",
    ],
)
def test_identifiers_made_of_headings_name_no_part_of_the_site(heading: str) -> None:
    sentence = "The nerve wears out with the years, and nothing brings it back again."
    name = heading.lower().replace(" ", "-")
    section = f'<section id="{name}"><h2>{heading}</h2><p>{sentence}</p></section>'
    assert texts(section) == [heading, sentence]
    assert texts(f'<h2 id="{name}">{heading}</h2><p>{sentence}</p>') == [heading, sentence]


def test_broken_markup() -> None:
    (document,) = read(
        f"<html><body><article><h1>Cramp<p><div>{FILLER}<ul><li>one <b>fold<li>two</i>".encode(),
        "broken.html",
    )
    kept = [(b.kind, b.text) for b in document.blocks if not b.left_out]
    assert " ".join(text for _, text in kept[-3:]) == "one fold two"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>Für ältere Menschen</p>".encode(), "Für"),
        ("<p>Für ältere Menschen</p>".encode("utf-8-sig"), "Für"),
        ("<p>Für ältere Menschen</p>".encode("utf-16"), "Für"),
        ('<meta charset="iso-8859-1"><p>Für ältere “Menschen”</p>'.encode("cp1252"), "“Menschen”"),
        ("<meta charset='windows-1251'><p>Судороги ночью</p>".encode("cp1251"), "Судороги"),
        ('<meta content="text/html; charset=shift_jis"><p>夜の痛み</p>'.encode("cp932"), "夜の"),
        ('<meta charset="no-such-thing"><p>Für ältere</p>'.encode("cp1252"), "Für"),
        ("<meta charset='iso-2022-jp'><p>夜の痛み</p>".encode("iso2022_jp"), "夜の"),
    ],
)  # fmt: skip
def test_encodings(data: bytes, text: str) -> None:
    assert text in decode_page(data, "x.html")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"<!doctype html><html><body></body></html>", "no text"),
        (b"<html><body><script>render()</script></body></html>", "no text"),
        (bytes(range(256)) * 40, "not a text file"),
    ],
)
def test_pages_without_an_article(data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        list(read(data, "x.html"))


HOSTILE = {
    "elements nested in each other": "<div>" * 100_000 + FILLER,
    "lists nested in each other": "<ul><li>" * 20_000 + FILLER,
    "very many elements": "<article>" + "<p>leg</p>" * (html.MAX_ELEMENTS + 10),
    "very many inline elements": f"<article>{FILLER}<p>" + "a<sup>2</sup>" * 1_500 + "</p>",
    "very many attributes": "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + f">{FILLER}",
    "very many bytes": "x" * (html.MAX_BYTES + 1),
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_pages_cost_one_line(source: str) -> None:
    began = time.monotonic()
    with pytest.raises(LimitExceeded, match=r"^x\.html: .*Save the article alone"):
        list(read(source.encode(), "x.html"))
    assert time.monotonic() - began < 10


def test_nothing_is_fetched_and_no_entity_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    source = (
        '<!DOCTYPE html [<!ENTITY host SYSTEM "file:///etc/hostname"><!ENTITY a "bcd">]>'
        f'<html><head><link rel="stylesheet" href="http://x.example/x.css"></head><body>{FILLER}'
        '<p>Entities: &host;&a; stay.</p><img src="http://x.example/x.png"></body></html>'
    )
    (document,) = read(source.encode(), "x.html")
    assert document.blocks[-1].text == "Entities: &host;&a; stay."


@given(st.text())
def test_clean_text_is_idempotent(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once == once.strip()


def test_joiners_stay_where_a_script_needs_them() -> None:
    assert clean_text("می\u200cخواهم and mag\u200cnesium") == "می\u200cخواهم and magnesium"


TOKENS = [
    b"<p>", b"</p>", b"<div>", b"</div>", b"<table>", b"<tr><td>", b"<ul><li>", b"</ul>", b"<br>",
    b"<details><summary>", b"<dl><dt>", b"<h2>", b"<sup>2</sup>", b"<a href='#x'>", b"<!--", b"-->",
    b"<script>", b"<![CDATA[", b"&#xD800;", b"&#0;", b"\xff", b"\x00", b"<form>", b"<body>",
    b"<frameset>", b"<svg><p>", b"<h1 hidden>", b"<li value='9'>", b"<td colspan=9999999>",
]  # fmt: skip

SOUP = st.lists(
    st.one_of(
        st.sampled_from(TOKENS),
        st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.just(FILLER.encode()),
    ),
    max_size=25,
).map(b"".join)


@settings(max_examples=150, deadline=None)
@example(b"<article>" + FILLER.encode() + b"<ol start='99999999999999999999'><li>x")
@example(b"<h1><script>")
@given(SOUP)
def test_any_soup_is_read_or_refused(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_or_refuse(read, data, "soup.html")


@settings(max_examples=60, deadline=None)
@given(mutated([MESSY], TOKENS))
def test_a_damaged_page_is_read_or_refused(data: bytes) -> None:
    read_or_refuse(read, data, "damaged.html")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(read, data, "bytes.html")


def test_a_table_begins_with_its_caption_and_a_list_set_apart_is_another() -> None:
    blocks = added(
        "<p>Never take these together:</p><ul><li>quinine</li></ul><ul><li>salt</li></ul>"
        "<div class='panel'></div><ul><li>Drink water with a meal</li><li>Rest at noon</li></ul>"
        "<table><caption>Children under 12</caption><tr><th>Medicine</th><th>Dose</th></tr>"
        "<tr><td>Syrup</td><td>5 mg</td></tr></table>"
    )
    lines = {b.text: b.opens for b in blocks if b.kind in {"item", "row"}}
    assert lines == {
        "quinine": True,
        "salt": False,
        "Drink water with a meal": True,
        "Rest at noon": False,
        "Children under 12": True,
        "Medicine | Dose": False,
        "Syrup | 5 mg": False,
    }
