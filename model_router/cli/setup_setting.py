"""What `setup wizard` and `setup write` work with: this machine, the flags, and where files go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_router.cli import setup_files as files
from model_router.cli.session import Session
from model_router.cli.setup_looking import look, ports
from model_router.cli.setup_machine import cache_of
from model_router.cli.setup_options import given_answers
from model_router.cli.setup_screen import review
from model_router.setup.choices import Surroundings
from model_router.setup.questions import NO, YES, Answers, Known, Line, Question
from model_router.setup.wizard import Talk, converse


@dataclass(frozen=True, slots=True)
class Setting:
    """One run."""

    options: Mapping[str, Any]
    environ: Mapping[str, str]
    home: str
    around: Surroundings
    where: files.Places
    cache: str
    """The folder of the Hugging Face cache."""

    @property
    def given(self) -> dict[str, str]:
        """The answers that flags give. Raises CommandError for one that cannot be."""
        return given_answers(dict(self.options), self.around)

    def wanted(self, question: Question, talk: Talk | None) -> bool:
        """Whether the flag of a yes-or-no question, or else who is asked, says yes."""
        flag = self.options[question.name]
        given = {} if flag is None else {question.name: YES if flag else NO}
        ended = converse(Known(self.around), given, talk, (question,))
        return ended.answers.get(question.name) == YES

    def draft(self, answers: Answers) -> files.Draft:
        """Both texts for `answers`, read back."""
        port = self.options["proxy_port"]
        taken = ports(self.around, port)
        return files.draft(answers, self.around, port, taken, self.environ)

    def review(self, draft: files.Draft, width: int, *, whole: bool = False) -> list[Line]:
        """What a draft comes to, as lines."""
        return review(draft, self.where, self.home, width, whole=whole)

    def known(self, extra: str, width: int) -> Known:
        """What the questions are asked with."""

        def reviewed(answers: Answers) -> Sequence[Line]:
            return self.review(self.draft(answers), width)

        def replaces(answers: Answers) -> bool:
            return bool(files.in_the_way(self.where, self.draft(answers).texts))

        return Known(self.around, extra, reviewed, replaces, self.options["force"])


def setting(options: Mapping[str, Any], environ: Mapping[str, str], session: Session) -> Setting:
    """Looks at the machine."""
    home = session.home()
    where = files.places(options["config_dir"], environ, home)
    return Setting(
        options, environ, home, look(options, environ, session), where, cache_of(session)
    )
