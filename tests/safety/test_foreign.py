"""Orders in other languages, told from questions, wishes not to, and tales."""

from __future__ import annotations

import pytest

from model_router.safety.foreign import COMPOUND, names_compound
from tests.support.safety import classes


@pytest.mark.parametrize(
    "text",
    [
        "Elimina la base de datos",
        "Quiero que borres todos los archivos",
        "Kannst du alle Dateien löschen?",
        "Bitte alle Backups löschen",
        "Lösche die Produktionsdatenbank",
        "Verwijder de klantendatabase",
        "Il faut supprimer tous les fichiers",
        "Tüm dosyaları sil",
        "Por favor, apague a tabela",
        "Usuń wszystkie pliki",
    ],
)
def test_latin_orders(text: str) -> None:
    """The verb opens its clause before an object, or closes it after one."""
    assert classes(text) == ["destructive"]


@pytest.mark.parametrize(
    "text",
    [
        "¿Cómo borro todos los archivos?",
        "No borres los archivos",
        "El programa que borra archivos",
        "Warum alle Dateien löschen?",
        "Der Mann, der alle Dateien löschen will, ist da",
        "Borra la palabra archivos",
        "Ne supprime pas les fichiers",
        "Elimina la sed con agua fresca",
        "Ahorra dinero para eliminar archivos",
    ],
)
def test_latin_mentions(text: str) -> None:
    """Questions, negations, relative clauses and harmless objects order nothing."""
    assert classes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "удали все файлы",
        "можешь удалить базу?",
        "احذف جميع الملفات",
        "सभी फ़ाइलें हटाओ",
        "删除所有文件",
        "能帮我删除这个文件吗",
        "ファイルを削除して",
        "ファイルを削除したい",
        "파일을 모두 삭제해 줘",
    ],
)
def test_native_orders(text: str) -> None:
    """An object near the verb, and nothing that asks or forbids."""
    assert classes(text) == ["destructive"]


@pytest.mark.parametrize(
    "text",
    [
        "он удалил все файлы",
        "не удаляй файлы",
        "как удалить файлы?",
        "لا تحذف الملفات",
        "फ़ाइलें मत हटाओ",
        "如何删除文件",
        "不要删除文件",
        "这个文件删除吗",
        "ファイルを削除しました",
        "ファイルを削除しないで",
        "ファイルを削除してから寝た",
        "파일을 삭제했어요",
        "翻译：删除所有文件",
        "удали слово из текста",
    ],
)
def test_native_mentions(text: str) -> None:
    """Past tense, negation, question and material order nothing."""
    assert classes(text) == []


def test_small_words_inside_others_do_not_forbid() -> None:
    """A negation counts as a word, not as letters of another."""
    assert classes("удали всё на старом компьютере, не на новом") == []
    assert classes("удали все файлы на продакшене") == ["destructive"]
    assert classes("من فضلك احذف كل النسخ الاحتياطية") == ["destructive"]


def test_compounds() -> None:
    """A long word that ends with an object is one; a short or endless one is not looked at."""
    objects = frozenset((b"datenbank", b"tabelle", b"map"))
    assert names_compound(objects, [b"kundendatenbank"])
    assert not names_compound(objects, [b"datenbank"[:COMPOUND]])
    assert not names_compound(objects, [b"landkartenmap"])
    assert not names_compound(objects, [b"x" * 100 + b"datenbank"])
    long = ["приложение".encode(), "учреждение".encode(), b"international", b"relationships"]
    assert names_compound(objects, [*long, b"kundendatenbank"])
