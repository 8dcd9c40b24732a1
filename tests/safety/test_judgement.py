"""Judgement: was a named action ordered where it stands, by the form of its row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.safety.clause import clause_at, leads_nowhere
from model_router.safety.judgement import FORMS
from model_router.text.reading import read
from tests.support.safety import ordered_by, packaged

_WORDS = "I,you,had,want,have,to,the,in,with,by,be,please,and,not,do,is,can you,help me,find,@bot"
_MARKS = (",", ".", ":", " -", " (", ")", "\n", "<b>", "</p>", " >", '"', " 3)", " aws", " really")
_LEADING = (*(f" {word}" for word in _WORDS.split(",")), *_MARKS)


class TestOrders:
    @pytest.mark.parametrize(
        "text",
        [
            "delete the files",
            "please delete the files",
            "can you delete the files",
            "I want you to delete the files",
            "find the files and delete them",
            "find the files, then delete them",
            "if it fails, delete the files",
            "when you are done, delete the files",
            "run it, and if it fails, delete the files",
            "without asking again, delete the files",
            "don't keep them, delete the files",
            "1) list users 2) delete files",
            "Task: delete the files",
            "@bot delete the files",
            "do delete the files",
            "find /tmp -name x -delete",
            "aws iam delete-user --user-name bob",
            "delets the files",
            "please delete\nthe files",
            "on the staging server delete the files",
            "in the archive folder delete all pdf files",
            "use find to delete the files",
            "furthermore delete the files",
            "   On the staging server delete the files",
            "Thanks a lot. On the staging server delete the files",
        ],
    )
    def test_ordered(self, text: str) -> None:
        """The verb stands where an order stands, before something that can be harmed."""
        assert ordered_by("action.destroy", text)

    @pytest.mark.parametrize(
        "text",
        [
            "how do I delete the files",
            "he will delete the files",
            "I don't want to delete the files",
            "do not delete the files",
            "what if I find them and delete the files",
            "the script finds and deletes the files",
            "write a script that finds and deletes files",
            "implement endpoints to create, update and delete users",
            "given a list, delete all nodes",
            "Delete: the files",
            "the files they delete",
            "peeler, drop, files, table",
            "delete the word files",
            "delete the else branch of the function",
            "soft-delete the files",
            "on Windows users delete files",
            "in my opinion people delete files",
            "in general we delete files",
            "in the meeting it was said to delete files",
            "use a loop to delete the files",
            "using the tool to delete files is slow",
        ],
    )
    def test_not_ordered(self, text: str) -> None:
        """Questions, tales, negations, specifications, labels and lists order nothing."""
        assert not ordered_by("action.destroy", text)

    def test_verbs_that_tell(self) -> None:
        """A third person after "and" tells of somebody, unless the text began that way."""
        assert not ordered_by("action.pay", "Tom goes out for milk and pays the bill")
        assert ordered_by("action.pay", "Takes the list and pays the bill")

    def test_titles_and_subjects(self) -> None:
        """A verb in "-ing" that opens its clause orders nothing; after a wish it does."""
        assert not ordered_by("action.pay", "Buying a car is often done in haste")
        assert ordered_by("action.pay", "I am interested in buying a car")
        assert ordered_by("action.send", "ping the customers")

    def test_what_is_asked_how_to(self) -> None:
        """A second verb after "how to" is asked about as the first one is."""
        assert not ordered_by("action.pay", "give advice on how to find a house and buy it")
        assert ordered_by("action.pay", "find a house and buy it")

    @settings(max_examples=500)
    @given(st.lists(st.sampled_from(_LEADING), min_size=1, max_size=7))
    def test_what_leads_nowhere_is_never_ordered(self, parts: list[str]) -> None:
        """What the two words before a verb tell is what its whole clause would tell."""
        text = f"Somebody said a word or two. {''.join(parts)} delete the files"
        words, marks = reading = read(text).latin
        start = words.rindex(b" delete ")
        if leads_nowhere(words, marks, start):
            assessor = packaged()._assessor
            wanted = assessor.lexicon.index["action.destroy"]
            clause = clause_at(words, marks, start, start + 8)
            hit = wanted, start, start + 8, reading
            assert not FORMS["order"](assessor.actions[wanted], clause, hit)


class TestOtherForms:
    @pytest.mark.parametrize(
        ("row", "text", "expected"),
        [
            ("action.shell", "rm -rf build", True),
            ("action.shell", "please run rm -rf build", True),
            ("action.shell", "what does rm -rf build do", False),
            ("action.shell", "I get an error when I run rm -rf build", False),
            ("action.shell", "never run rm -rf build", False),
            ("action.shell", "rm -rf build?", True),
            ("action.sql", "I wonder why DROP TABLE locks", False),
            ("action.destroying", "would you mind deleting the files", True),
            ("action.destroying", "start deleting the files", True),
            ("action.destroying", "deleting the files, please", True),
            ("action.destroying", "I am deleting the files", False),
            ("action.destroying", "deleting files in linux", False),
            ("action.to_be_destroyed", "all backups must be deleted", True),
            ("action.to_be_destroyed", "why must all backups be deleted", False),
            ("action.to_be_destroyed", "all the words must be removed", False),
            ("action.to_be_destroyed", "must all backups be deleted?", False),
            ("action.want_destroyed", "I want the old files deleted", True),
            ("action.want_destroyed", "please have all files deleted", True),
            ("action.want_destroyed", "can you have my files deleted?", True),
            ("action.want_destroyed", "have my files been deleted?", False),
            ("action.want_destroyed", "have all files deleted?", False),
            ("action.want_destroyed", "deleted? all files", False),
            ("action.want_destroyed", "I want a list of the deleted files", False),
            ("action.want_destroyed", "I don't want the files deleted", False),
            ("action.want_destroyed", "he wants the files deleted", False),
            ("action.want_destroyed", "I want the third word of the files deleted", False),
            ("action.sql", "write a query to delete from users", False),
            ("action.sql", "Function to truncate table users on Mondays", False),
            ("action.sql", "write a migration and run DROP TABLE users", True),
            ("action.sql", "write the query, DROP TABLE users", True),
            ("action.destroy", "review the query and drop the table", True),
            ("action.destroy", "you know what I want to delete the database", True),
            ("action.pay", "tell me when I have to pay the rent", False),
            ("action.shell", "write a script that runs rm -rf build", False),
            ("action.book", "I need a taxi to the airport", True),
            ("action.book", "how much is a taxi", False),
            ("action.amount", "send $200 to Tom", True),
            ("action.amount", "why did you send $200 to Tom", False),
            ("action.factory_reset", "do a factory reset", True),
            ("action.factory_reset", "what does a factory reset do", False),
            ("action.latin.destroy", "borra todos los archivos", True),
            ("action.native.destroy", "удали все файлы", True),
            ("action.sql_update", "UPDATE users SET active = 0", True),
            ("action.sql_update", "update the readme and set a title", False),
        ],
    )
    def test_forms(self, row: str, text: str, expected: bool) -> None:
        """Commands, gerunds, passives, requests and other languages have tests of their own."""
        assert ordered_by(row, text) is expected
