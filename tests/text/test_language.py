"""Languages: guessed from the script and the smallest words."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model_router.text.language import detect_language

TEXTS = {
    "en": ["What is the capital of France?", "fix the repo and run tests", "hello", "la la land"],
    "es": [
        "¿Cuál es la capital de Francia y por qué?",
        "Escribe un poema para mi madre y una carta",
    ],
    "fr": ["Quelle est la capitale de la France ?", "Écris un poème pour ma mère et une lettre"],
    "de": [
        "Was ist die Hauptstadt von Frankreich?",
        "Schreibe ein Gedicht und einen Brief mit mir",
    ],
    "pt": ["O que é um buraco negro?", "Escreva uma carta para o meu chefe, com um poema"],
    "it": ["Che cosa è il mercato? Non lo so", "Come sono le città della costa?"],
    "nl": ["Wat is de hoofdstad van het land?", "Hoe schrijf ik een brief voor mijn moeder"],
    "pl": [
        "Co to jest teoria strun i jak się o niej mówi?",
        "Napisz list do szefa o tym, że nie przyjdę",
    ],
    "tr": ["Bu ne ve nasıl çalışır?", "Annem için bir şiir ve bir mektup yaz"],
    "ru": ["Как приготовить борщ?", "Напиши скрипт на Python"],
    "ar": ["ما هي عاصمة فرنسا؟"],
    "hi": ["फ्रांस की राजधानी क्या है?"],
    "zh": ["法国的首都是哪里？", "总结这个 stack trace"],
    "ja": ["フランスの首都はどこですか？", "東京の天気は"],
    "ko": ["프랑스의 수도는 어디인가요?"],
    "he": ["מהי בירת צרפת?"],
    "el": ["Ποια είναι η πρωτεύουσα της Γαλλίας;"],
    "th": ["เมืองหลวงของฝรั่งเศสคืออะไร"],
    "bn": ["ফ্রান্সের রাজধানী কী?"],
    "te": ["ఫ్రాన్స్ రాజధాని ఏమిటి?"],
    "ta": ["பிரான்சின் தலைநகரம் எது?"],
}


@pytest.mark.parametrize(
    ("code", "text"), [(c, text) for c, texts in TEXTS.items() for text in texts]
)
def test_it_is_told(code: str, text: str) -> None:
    """A sentence of each language is told from the others."""
    assert detect_language(text) == code


@pytest.mark.parametrize("text", ["", " ", "12345", "???", "🙂🙂", "x = y", "é", "Zürich", "die"])
def test_nothing_to_tell_from(text: str) -> None:
    """English is the answer where nothing says otherwise, one foreign word included."""
    assert detect_language(text) == "en"


def test_a_foreign_name_in_english() -> None:
    """A word in another script does not make an English sentence foreign."""
    assert (
        detect_language("How is the word борщ pronounced by most people in this country?") == "en"
    )
    assert detect_language("Translate 猫 into English and tell me how it is written") == "en"


@given(st.text(st.characters(exclude_categories=())))
@example("\ud800")
@example("\x00")
def test_any_text(text: str) -> None:
    """Whatever the text, the answer is one of the codes."""
    assert detect_language(text) in TEXTS


@given(st.text(max_size=50))
def test_only_the_beginning_is_read(tail: str) -> None:
    """What stands far behind changes nothing."""
    text = "Wie ist das und was ist ein Haus? " * 20
    assert detect_language(text + tail) == "de"


def test_cost_does_not_grow() -> None:
    """Ten megabytes take no longer than a page."""
    for text in ("the of and " * 1_000_000, "я" * 5_000_000):
        start = time.perf_counter()
        detect_language(text)
        assert time.perf_counter() - start < 0.05
