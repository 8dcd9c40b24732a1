"""Judgement: was a named action ordered where it stands, by the form of its row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.clause import clause_at, leads_nowhere
from model_router.judgement import FORMS, NEAR_ON, action_rules, any_of, likely, prepare
from model_router.rows import packaged as packaged_rows
from model_router.rows import signal_from_row
from model_router.text import read
from tests.support.safety import classes, ordered_by, packaged

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


_AROUND = (" send", " resend", " wire", " the", " letter", ".", ",", "\n", " of course he")


class TestLikely:
    def hits(self, text: str, row: str) -> list[bool]:
        """Whether each hit of `row` is worth judging."""
        assessor = packaged()._assessor
        wanted = assessor.lexicon.index[row]
        _, named, _ = assessor.lexicon.scan(text)
        return [likely(hit, assessor.actions[wanted]) for hit in named if hit[0] == wanted]

    def test_an_object_must_be_near(self) -> None:
        """Without one in the next words a verb is not judged."""
        assert self.hits("delete the files", "action.destroy") == [True]
        assert self.hits("delete " + "word " * 30 + "files", "action.destroy") == [False]

    def test_long_and_short_texts_agree(self) -> None:
        """Objects are found by an automaton in longer windows as they are by splitting them."""
        for filler in ("", "word " * 30):
            assert self.hits(f"{filler}send him money", "action.transfer") == [True]
            assert self.hits(f"{filler}send. That is money now", "action.transfer") == [False]
            assert self.hits(f"{filler}he has money in it now", "action.transfer") == [False]
            assert self.hits(f"{filler}resend it, money for him", "action.transfer") == [False]

    @settings(max_examples=300)
    @given(st.lists(st.sampled_from(_AROUND), max_size=30), st.lists(st.sampled_from(_AROUND)))
    def test_objects_are_those_of_the_words_around(self, left: list[str], right: list[str]) -> None:
        """Whatever stands around a hit: it is likely when an object is near, in its sentence."""
        words, marks = reading = read("".join([*left, " money", *right])).latin
        start = words.index(b" money ")
        assessor = packaged()._assessor
        wanted = assessor.lexicon.index["action.transfer"]
        objects, back, _ = assessor.actions[wanted].nearby
        first, last = max(0, start - back), start + 7 + NEAR_ON
        stop, end = marks.rfind(b". ", first, start), marks.find(b". ", start + 7, last)
        near = words[stop if stop > 0 else first : end if end > 0 else last].split()
        found = likely((wanted, start, start + 7, reading), assessor.actions[wanted])
        assert found == (not objects.isdisjoint(near))

    def test_searches_are_built_once(self) -> None:
        """What `prepare` builds is what is asked later."""
        objects = frozenset((b"pay", b"wire"))
        assert any_of(objects) is any_of(frozenset(objects))
        assert any_of(objects)(b" wire it ")
        assert not any_of(objects)(b" rewire it ")
        prepare(packaged()._assessor.actions.values())

    def test_what_stands_before_must_lead_up(self) -> None:
        """A verb in the middle of a sentence is judged only after a word that leads up to it."""
        assert self.hits("they delete the files", "action.destroy") == [False]
        assert self.hits("and delete the files", "action.destroy") == [True]

    def test_nothing_likely_is_no_loss(self) -> None:
        """What is not worth judging would not have been an order."""
        for text in ("they delete the files", "the delete files", "so many delete files"):
            assert classes(text) == []


class TestRules:
    def test_lists_are_joined(self) -> None:
        """Objects and spares may name lists or be words of their own."""
        row = {
            "id": "x",
            "kind": "action",
            "action": "send",
            "patterns": ["zap"],
            "objects": ["things", "gadget"],
            "spares": ["toys"],
        }
        (rule,) = action_rules([signal_from_row(row)], {"things": ["one", "Two"]}).values()
        assert rule.objects == {b"one", b"two", b"gadget"}
        assert rule.spares == {b"toys"}

    def test_only_actions_have_rules(self) -> None:
        """Rows that name no action are not judged."""
        signals, lists = packaged_rows()
        rules = action_rules(signals, lists)
        assert set(rules) == {i for i, signal in enumerate(signals) if signal.action}

    def test_native_objects_are_found_inside_words(self) -> None:
        """Scripts of their own keep their objects as text, not as words."""
        signals, lists = packaged_rows()
        for i, rule in action_rules(signals, lists).items():
            assert bool(rule.substrings) == (signals[i].form == "native" and bool(rule.objects))

    def test_readings_are_what_rules_read(self) -> None:
        """A list word stands in the form that a reading has."""
        signals, lists = packaged_rows()
        for rule in action_rules(signals, lists).values():
            for word in rule.objects if rule.form != "native" else ():
                assert read(word.decode()).latin[0].strip() == word
