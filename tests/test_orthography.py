"""British and American words get one key; words that mean something else keep their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import fold, terms
from index.orthography import canonical

SAME = """oesophagus esophagus; haemorrhage hemorrhage; diarrhoea diarrhea; anaemia anemia;
paediatric pediatric; tumours tumors; organisation organization; analysed analyzed;
paralysed paralyzed; centred centered; fibres fibers; millilitre milliliter; oedema edema;
lymphoedema lymphedema; oestrogen estrogen; foetal fetal; coeliac celiac; behavioural behavioral;
gynaecologist gynecologist; orthopaedic orthopedic; discolouration discoloration; sulphate sulfate;
leukaemia leukemia; leucocyte leukocyte; caesarean cesarean; caesarian cesarean; apnoea apnea;
faeces feces; anaesthetic anesthetic; aetiology etiology; minimise minimize; randomised randomized;
hospitalised hospitalized; catalogue catalog; labour labor; neurones neurons; practise practice;
ageing aging; grey gray; haemophilia hemophilia; ischaemic ischemic; septicaemia septicemia;
manoeuvre maneuver; homoeopathy homeopathy; characterised characterized; goitre goiter; disc disk;
immunisation immunization; tranquilliser tranquilizer; moisturising moisturizing; naevus nevus;
phaeochromocytoma pheochromocytoma; gonorrhoea gonorrhea; gastro-oesophageal gastro-esophageal;
counselling counseling; labelled labeled; mould mold; programme program; œdema edema"""


@pytest.mark.parametrize("pair", [pair.split() for pair in SAME.split(";")], ids=" ".join)
def test_both_spellings_are_one_term(pair: list[str]) -> None:
    british, american = pair
    assert terms(british) == terms(american)
    assert terms(british.upper()) == terms(american)


@pytest.mark.parametrize(
    "word",
    """exercise exercised disease advise surprise raised promise premise precise noise bruise rise
    wise penises irises aerobic anaerobic aerosol vertebrae algae shoes toes poem hour four pour
    tour sour acre here compare angioedema gastroesophageal coenzyme analysis crisis
    enterprise comprise supervised circumcised improvised""".split(),  # noqa: SIM905 - a word list reads better as words
)
def test_other_words_stay_as_they_are(word: str) -> None:
    assert canonical(word) == word


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("haem\N{SOFT HYPHEN}orrhage", "hemorrhage"),
        ("zero\u200bwidth", "zerowidth"),
        ("Parkinson\N{MODIFIER LETTER APOSTROPHE}s", "Parkinson's"),
        ("Parkinson´s", "Parkinson's"),
        ("Parkinson‘s", "Parkinson's"),
        ("\N{LATIN CAPITAL LIGATURE OE}dema", "edema"),
        ("ﬁbre", "fiber"),
        ("Ｘ‑ｒａｙ", "x-ray"),
        ("Sjøgren", "Sjogren"),
    ],
)
def test_letters_that_look_alike_are_alike(written: str, expected: str) -> None:
    assert terms(written) == terms(expected)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.from_regex(r"[a-z]{1,14}", fullmatch=True))
def test_a_key_is_never_empty_and_holds_letters_only(word: str) -> None:
    assert canonical(word).isalpha()
