"""After construction, deciding opens no file, socket or process, and imports nothing."""

from __future__ import annotations

from typing import Any

from tests.support import texts
from tests.support.alone import run_alone

CODE = """
import json, sys
from model_router import ModelRouter

rows = json.load(sys.stdin)
router = ModelRouter.from_config(validate_availability=False)
events, sealed = [], False

def watch(event, args):
    if sealed and event.split(".")[0] in WATCHED:
        events.append(event + " " + ascii(args[:1]))

WATCHED = {
    "open", "socket", "subprocess", "os", "import", "ctypes", "exec", "compile", "shutil",
    "tempfile", "urllib", "http", "mmap", "fcntl", "sqlite3", "pathlib", "glob",
}
sys.addaudithook(watch)

def decide():
    for prompt in rows["prompts"]:
        router.route_fast(prompt)
        for hints in rows["hints"]:
            router.route_fast(prompt, hints)
            router.route(prompt, hints).to_dict()
            router.plan(prompt, hints).to_dict()
            router.explain(prompt, hints)
        list(router.route_batch([prompt]))
        for wrong in ({"profile": "fats"}, {"force_engine": "code_agnt"}, {"rle": "x"}, 7):
            router.route(prompt, wrong).to_dict()
            router.route_fast(prompt, wrong)
        router.route_request({"message": [prompt]}).to_dict()
        router.route_request({"messages": [{"role": "usr", "content": prompt}]})
        body = {"messages": [{"role": "user", "content": prompt}]}
        router.route_request(body).to_dict()
        router.assess(body)

before = set(sys.modules)
sealed = True
if rows["first"]:
    router.route(rows["first"]).to_dict()
decide()
sealed = False
print(json.dumps([sorted(set(events)), sorted(set(sys.modules) - before)]))
"""

HINTS: tuple[Any, ...] = (
    None,
    {"profile": "quality"},
    {"force_engine": "code_agent", "local_only": True, "attachments": ["image"]},
)


def watched(prompts: list[str], hints: tuple[Any, ...] = HINTS) -> tuple[list[str], list[str]]:
    """The audit events and the modules that deciding about the prompts brings."""
    events, modules = run_alone(CODE, {"prompts": prompts, "hints": hints, "first": "hello"})
    return events, modules


def test_deciding_touches_nothing() -> None:
    """All that decides is sealed, also where the request is wrong and gets a close match."""
    prompts = [*texts.README, *texts.ORDERS, *texts.MENTIONS]
    prompts += [texts.short(seed) for seed in range(150)]
    prompts += [texts.long(seed) for seed in range(6)]
    prompts += ["mail ana@fleckens.hu", "ключ AKIAIOSFODNN7EXAMPLE", "ｄｅｌｅｔｅ all files"]
    prompts += ["d e l e t e it", "\ud800", "𝐝𝐞𝐥𝐞𝐭𝐞 it", texts.prose(5_000) + "é" * 5_000]
    events, modules = watched(prompts)
    assert events == []
    assert modules == []


def test_the_watch_sees_something() -> None:
    """The audit hook reports what it should: here an import and a file."""
    opened = CODE.replace("router.route_fast(prompt)\n", "open('/dev/null').close()\n", 1)
    events, _ = run_alone(opened, {"prompts": ["x"], "hints": [None], "first": ""})
    assert any(event.startswith("open") for event in events)
