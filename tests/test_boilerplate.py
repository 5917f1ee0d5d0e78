# ruff: noqa: E501 - a block of a page is a line
"""Pages in words of our own: "+" marks a block that is the article's, "x" one that is not."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import boilerplate_reasons as because
from ingest.boilerplate import judge
from ingest.boilerplate_features import block_hash
from ingest.document import SourceBlock
from ingest.readers.text import blocks_of, read

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"

CLINIC = """
x Skip to content
x Home
x Our team
x Treatments
x Prices
x Contact us
x Book an appointment
+ Heel pain in runners
x By Fictional Person, physiotherapist
x 14 March 2025
x Share on Facebook
+ Pain under the heel on the first steps of the morning is the usual complaint. The band of tissue under the arch has been pulled too often and has not had the time to mend.
+ What you may notice
+ The pain is sharp on getting up, eases after some minutes of walking, and comes back after a long day on hard floors.
+ What helps
+ Most people get better without any treatment within a year. These things shorten the wait:
+ - shoes with a firm heel
+ - a cold pack for ten minutes in the evening
+ - stretching the calf twice a day
+ Share what you notice with your doctor: an email with a diary of the pain is often more useful than a scan.
+ When to see a doctor
+ See a doctor if the heel is red and hot, if you have a fever, or if the foot has gone numb.
x Related articles
x Five shoes for flat feet
x Is running on sand good for you?
x Knee braces: our favourites
x Sign up for our newsletter
x Enter your email address
x Subscribe
x Example Foot Clinic Ltd
x 12 Placeholder Street, Exampleton
x Phone: 01632 960123
x VAT number: 000 1111 22
x © 2025 Example Foot Clinic. All rights reserved.
"""

FORUM = """
x Forums
x Log in
x Register
x Search
x User avatar
+ Why does my eyelid keep jumping?
+ For two weeks my left lower eyelid has been twitching many times a day. It does not hurt, and nobody else can see it, but I notice it whenever I try to read.
+ I have slept badly because of the new baby and I drink far more coffee than I used to. Has anyone else had this, and how long did it take to stop?
+ My optician looked at the eye and found nothing wrong. She said that tiredness is the most frequent reason and that I should come back if the lid begins to droop.
x 3 replies
x Reply
x Report
x Leave a Reply
x Your email address will not be published. Required fields are marked *
x Name
x Save my name and email in this browser for the next time I comment.
x Privacy policy
x Terms of use
"""

NEWS = """
x Menu
x Subscribe
x Sign in
x Health
x World
x Sport
x Weather
+ Heat wave sends more people to hospital with cramps
x By An Invented Reporter
x Published 3 hours ago
x Advertisement
+ Hospitals in the region have treated about twice as many people for heat cramps this week as in the week before, a spokeswoman for the made-up health board said on Thursday.
+ Most of them had worked outdoors in the early afternoon. "They had drunk plenty of water, but they had not eaten and not rested," she said.
x Image: Example Photo Agency
+ Doctors advise people to move heavy work to the morning, to rest in the shade every half hour, and to eat something salty when they sweat for hours.
x Read more: Ten ways to sleep in the heat
+ A cramp that does not stop after an hour in a cool place needs a doctor, they say, and so does any confusion or vomiting.
x Most read
x Minister opens new bridge
x Storm expected at the weekend
x Team wins at home
x Share this article
x Follow us on social media
x About us
x Cookie policy
x © 2025 The Invented Times
"""

FAQ = """
x Home > Help > Statins
+ Muscle pain and statins: questions and answers
+ How common is it?
+ Fewer than one person in ten notices muscle pain that really comes from the tablet.
+ Should I stop taking it?
+ Do not stop without a word to your doctor or pharmacist. They can check a blood test and, if need be, lower the dose.
+ Which signs are urgent?
+ Dark urine, great weakness, or pain in all muscles at once. Go the same day.
+ Can I take pain killers with it?
+ Paracetamol may be taken with every statin.
x Was this page helpful?
x Yes
x No
x Print this page
x Accept all cookies
x Copyright 2024 Example Library
"""

RECIPE = """
x Blog
x Shop
x Cart (0)
x Search
+ A drink for long hot days
x Posted on 1 June 2024
x Pin it
+ This drink gives back some of the water and salt that goes with the sweat, and it costs next to nothing to make at home.
+ You need:
+ - 1 litre of cool boiled water
+ - 6 level teaspoons of sugar
+ - half a level teaspoon of salt
+ How to make it
+ 1. Wash your hands and a clean jug.
+ 2. Stir the sugar and the salt into the water until both are gone.
+ 3. Keep it in the fridge, and pour away what is left after a day.
+ Too much salt is dangerous for small children, so measure with a level spoon and never by eye.
x Leave a comment
x Your email address will not be published.
x You may also like
x Lemon cake without eggs
x Soup for a cold evening
x Shop now and get 10% off
x Newsletter
"""

ALONE = """
+ Calf stretches
+ Stand an arm's length from a wall and put both hands on it.
+ Steps
+ One foot back
+ Heel down
+ Lean in
+ Share the weight between both legs
+ Email
+ Hold for half a minute. Breathe. Change legs.
+ Twice a day
"""

PAGES = {
    "clinic": CLINIC,
    "forum": FORUM,
    "news": NEWS,
    "faq": FAQ,
    "recipe": RECIPE,
}


def marked(page: str) -> list[tuple[str, str]]:
    return [(line[0], line[2:]) for line in page.strip().splitlines()]


def judged(page: str, gap: str) -> list[tuple[str, str]]:
    blocks = blocks_of(gap.join(text for _, text in marked(page)))
    return [
        ("x" if reason else "+", block.text)
        for block, reason in zip(blocks, judge(blocks), strict=True)
    ]


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["lines", "blank lines"])
@pytest.mark.parametrize("name", PAGES)
def test_page_is_parted_into_article_and_boilerplate(name: str, gap: str) -> None:
    assert judged(PAGES[name], gap) == marked(PAGES[name])


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["lines", "blank lines"])
def test_article_copied_alone_is_kept_whole_but_for_certain_wordings(gap: str) -> None:
    page = ALONE.replace("+ Email\n", "")
    assert judged(page, gap) == marked(page)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Leave a Reply", because.COMMENT_FORM),
        ("Your thoughts on this", because.COMMENT_FORM),
        ("User avatar Guest", because.COMMENTS),
        ("Couldn't find what you're looking for?", because.SEARCH),
        ("Get our weekly newsletter", because.NEWSLETTER),
        ("We use cookies to make this site better. Accept all", because.COOKIES),
        ("VAT Number: 123 4567 89", because.COMPANY),
        ("About the author", because.AUTHOR),
        ("Advertisement", because.ADVERTISEMENT),
        ("RELATED: 7 chairs for bad backs", because.RELATED),
        ("Home > Conditions > Cramp", because.MENU),
        ("Log in", because.ACCOUNT),
        ("Click to share on Facebook (Opens in new window)", because.SHARE),
        ("© 2024 Example Media", because.LEGAL),
        (
            "The content of this website is not a substitute for professional medical advice.",
            because.DISCLAIMER,
        ),
    ],
)
def test_wordings_that_stand_in_no_article_are_left_out_wherever_they_are(
    text: str, reason: str
) -> None:
    blocks = [
        SourceBlock("paragraph", "A cramp is a sudden pull of a muscle that hurts and passes."),
        SourceBlock("paragraph", text),
        SourceBlock(
            "paragraph", "It mostly comes at night, in the calf or in the small of the foot."
        ),
    ]
    assert judge(blocks) == ["", reason, ""]


ALSO_OF_ARTICLES = [
    ("Your thoughts", because.COMMENT_FORM),
    ("Robin Example says:", because.COMMENTS),
    ("Watch: How to stretch the calf", because.RELATED),
    ("+44 1632 960 123", because.COMPANY),
    ("Phone: 1-800-555-0100", because.COMPANY),
    ("legs@clinic.example", because.COMPANY),
]


@pytest.mark.parametrize(("text", "reason"), ALSO_OF_ARTICLES)
def test_wordings_that_an_article_may_have_are_certain_in_the_frame_of_a_site(
    text: str, reason: str
) -> None:
    alone = blocks_of("A cramp is a sudden pull of a muscle.\n\n" + text + "\n\nIt passes soon.")
    assert judge(alone) == ["", "", ""]
    page = CLINIC.replace("x Related articles", f"x {text}\nx Related articles")
    blocks = blocks_of("\n\n".join(line for _, line in marked(page)))
    assert dict(zip((b.text for b in blocks), judge(blocks), strict=True))[text] == reason


@pytest.mark.parametrize(
    "lines",
    [
        ["Healthy weight", "18.5 - 24.9", "Overweight", "25.0 - 29.9"],
        ["Raised", "120 - 129", "High", "1300-1390"],
        ["Samaritans", "Phone: 116 123", "1-800-222-1222"],
        ["Quitline", "0300 555 0100", "0300 555 0101"],
        ["Recommended: 400 micrograms a day until week 12"],
        ["Watch: swelling, redness or pus"],
        ["The NHS says:", "You should rest the leg for a day and then walk as far as you can."],
        ["Doctor visits before starting school"],
        ["Masters of their pain, they go to college all the same."],
        ["Your thoughts", "Write down what goes through your mind when you cannot sleep."],
        [
            "The salt content of soups is not always easy to see, so with a weak heart it is best"
            " to ask your doctor which of them you may eat."
        ],
        [
            "Bring this information with you: if the leg has not gone down in two days, it may be"
            " time to call your doctor."
        ],
        ["If the site of the injection is not better soon, it may be wise to get medical advice."],
    ],
)
def test_lines_of_an_article_copied_alone_stay(lines: list[str]) -> None:
    around = ("A cramp is a sudden pull of a muscle that hurts.", "It mostly comes at night.")
    blocks = [SourceBlock("paragraph", text) for text in (around[0], *lines, around[1])]
    assert judge(blocks) == [""] * len(blocks)


@pytest.mark.parametrize(
    "text",
    [
        "The content of this website is not a substitute for professional medical advice.",
        "This information should not be taken as medical advice.",
        "This page does not replace a visit to your doctor.",
        "Our content does not constitute professional advice.",
        "Information on this site is for informational purposes only.",
    ],
)
def test_disclaimers_are_left_out(text: str) -> None:
    around = SourceBlock("paragraph", "A cramp is a sudden pull of a muscle that hurts.")
    assert judge([around, SourceBlock("paragraph", text)]) == ["", because.DISCLAIMER]


def test_the_number_of_a_crisis_line_stays_on_a_page_with_a_frame() -> None:
    lines = "+ Crisis helpline\n+ 116 123\n+ Text: 85258\n"
    page = CLINIC.replace("x Related articles", f"{lines}x Related articles")
    assert judged(page, "\n\n") == marked(page)


@pytest.mark.parametrize(
    "text",
    [
        "Share this information with your doctor before you stop the tablets.",
        "Email or phone the clinic if the swelling has not gone after two days.",
        "Search for lumps in the calf with flat fingers.",
        "Your thoughts may race at night, and your legs may not keep still.",
        "Contact: touching the sap can burn the skin.",
        "Print the exercise sheet and follow it twice a day.",
        "Vitamin B12 2 mg once a day is a common dose for this.",
        "Women whose author of record is unknown were left out of the trial.",
        "The drug is made by several firms, among them Example Pharma Inc.",
        "Register the baby's weight every morning and read more into a loss than a gain.",
        "Call your doctor if you want to subscribe to home delivery of your medicine.",
        "Cookies, cakes and sweet drinks raise the blood sugar quickly.",
        "Like most cramps, it lasts for about two minutes.",
        "More sleep, less coffee.",
        "Get advice from our sense of thirst: drink when it says so.",
    ],
)
def test_medical_sentences_with_such_words_stay(text: str) -> None:
    around = [
        SourceBlock("paragraph", "A cramp is a sudden pull of a muscle that hurts and passes."),
        SourceBlock("paragraph", "It mostly comes at night, in the calf or in the small foot."),
    ]
    assert judge([around[0], SourceBlock("paragraph", text), around[1]]) == ["", "", ""]
    page = CLINIC.replace("+ What helps\n", f"+ {text}\n+ What helps\n")
    assert ("+", text) in judged(page, "\n\n")


def test_reason_of_an_unspoken_line_comes_from_the_part_it_stands_in() -> None:
    blocks = blocks_of("\n\n".join(text for _, text in marked(CLINIC)))
    reasons = {b.text: r for b, r in zip(blocks, judge(blocks), strict=True)}
    assert reasons["Five shoes for flat feet"] == because.RELATED
    assert reasons["Enter your email address"] == because.NEWSLETTER
    assert reasons["VAT number: 000 1111 22"] == because.COMPANY


def test_repetition_tips_a_block_in_doubt_and_not_a_paragraph_of_the_article() -> None:
    paragraph = next(text for mark, text in marked(CLINIC) if mark == "+" and len(text) > 150)
    blocks = blocks_of("\n\n".join(text for _, text in marked(CLINIC)))
    repeated = {block_hash(text) for text in (paragraph, "Heel pain in runners")}
    reasons = {b.text: r for b, r in zip(blocks, judge(blocks, repeated=repeated), strict=True)}
    assert reasons[paragraph] == ""


def test_title_that_the_source_states_is_kept() -> None:
    blocks = [SourceBlock("heading", "Newsletter", 1), SourceBlock("paragraph", "It is a letter.")]
    assert judge(blocks) == [because.NEWSLETTER, ""]
    assert judge(blocks, title="newsletter") == ["", ""]


def test_nothing_is_judged_in_nothing() -> None:
    assert judge([]) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["heading", "paragraph", "item", "row"]),
            st.one_of(
                st.text(min_size=1, max_size=80).map(str.strip).filter(bool),
                st.sampled_from([text for _, text in marked(CLINIC) + marked(FORUM)]),
            ),
        ),
        max_size=30,
    )
)
def test_any_blocks_get_one_reason_each_that_is_in_plain_words(
    made: list[tuple[str, str]],
) -> None:
    blocks = [SourceBlock(kind, text) for kind, text in made]  # type: ignore[arg-type]
    reasons = judge(blocks)
    assert len(reasons) == len(blocks)
    assert "?" not in reasons
    assert judge(blocks) == reasons


# Kept blocks of each seed and the hash of their texts, joined by line feeds, as read and checked
# by a person on 2026-11-22; how many are left out.
KEPT = {
    "000_4751221b1ed7d345.txt": (46, "91728807667a0b33", 0),
    "001_b4573b63948b1173.txt": (31, "c5abf9e10d7ed54e", 29),
    "002_2bde70d62ad586de.txt": (12, "12124449afba7c05", 0),
    "003_c427876d7fc8302f.txt": (47, "cc14eb0c363e11ef", 0),
    "004_458187af320992aa.txt": (9, "50cf924c7fa4a98d", 3),
}


@pytest.fixture
def seed() -> Callable[[str], bytes]:
    def read_seed(name: str) -> bytes:
        path = SEEDS / name
        if not path.exists():
            pytest.skip(f"{path} is absent: the seed articles are not part of the repository")
        return path.read_bytes()

    return read_seed


@pytest.mark.parametrize("name", KEPT)
def test_seeds_lose_their_boilerplate_and_nothing_else(
    name: str, seed: Callable[[str], bytes]
) -> None:
    (one,) = read(seed(name), name)
    reasons = judge(one.blocks, title=one.metadata.title)
    kept = [block.text for block, reason in zip(one.blocks, reasons, strict=True) if not reason]
    digest = sha256("\n".join(kept).encode()).hexdigest()[:16]
    assert (len(kept), digest, len(reasons) - len(kept)) == KEPT[name]
    words = set("\n".join(kept).split())
    assert not words & {
        "VAT",
        "newsletter",
        "newsletter.",
        "Reply",
        "avatar",
        "[Internet].",
        "Guest",
    }


def test_reference_list_of_a_seed_is_its_eight_entries(seed: Callable[[str], bytes]) -> None:
    (one,) = read(seed("001_b4573b63948b1173.txt"), "seed.txt")
    reasons = judge(one.blocks)
    assert reasons.count(because.REFERENCES) == 9
