"""Texts for benchmarks: the same every time, natural to look at, or as hostile as can be."""

from __future__ import annotations

from random import Random

README = (
    "rewrite this text",
    "summarize these notes",
    "design a distributed task scheduler architecture",
    "fix the repo and run tests",
    "search the web for the latest TypeScript release notes",
    "extract text from this screenshot",
    "generate an image of a router dashboard",
    "drop the production database",
)

_NOUNS = """
time year people way day man thing woman life child world school state family student group country
problem hand part case week company system program question government number night point
home water room mother area money story fact month lot right study eye job word business issue side
kind head house service friend father power hour game line end member law car city community name
president team minute idea kid body information back parent face others level office door health
person art war history party result morning reason girl guy moment air teacher education table
server account user database record letter ticket
""".split()  # noqa: SIM905 -- a list of words is easier to read as words
_VERBS = """
was had said made went took came saw knew got gave found thought told became left felt put brought
began kept held wrote stood heard let meant set met ran paid sat spoke lay led read grew lost fell
sent built understood drew broke spent cut rose drove bought wore chose moved opened closed removed
created started stopped added changed showed called needed used asked ordered
""".split()  # noqa: SIM905
_DEEDS = "send remove pay open order book close share move buy call delete post".split()  # noqa: SIM905
_LINKS = """
the of a in that it for on with as at by from but not which this they all there when who more if
out up about them into could only other some these two may first any such like over even most after
also many must before through where much good new well long little own great old high different
small large next early young few public same able every still between each while during without
""".split()  # noqa: SIM905
_NAMES = """
value item key index node result count total left parent child config client path name state line
token buffer entry source target model field row column score limit cache parser
""".split()  # noqa: SIM905
_SUBJECTS = ("The", "A", "Every", "That", "His", "Her", "Some", "This", "No")

_CODE = (
    "def {a}_{b}({c}: int, {d}: str) -> list[str]:\n",
    "    {a} = {b}.get({c!r}, [])\n",
    "    for {a} in {b}.values():\n",
    "        if {a} is None or len({b}) > {n}:\n",
    "            raise ValueError(f'no {a} for {b} {n}')\n",
    "        {c}.append({d}[{n}] + {n})  # the {a} of the {b}\n",
    "    return sorted({a}, key=lambda {b}: {b}.{c})\n",
    "\n",
    "class {A}{B}:\n",
    "    {a}: dict[str, int] = {{}}\n",
    "const {a} = await fetch(`/api/{b}/${{{c}.id}}`);\n",
    "SELECT {a}, {b} FROM {c}s WHERE {d} = {n} LIMIT {n};\n",
)


def _ranked(words: list[str], random: Random) -> str:
    """One of the words; the n-th about 1/n times as often as the first."""
    return words[int(len(words) ** random.random()) - 1]


def _sentence(random: Random) -> str:
    """Somebody did something; one in forty had to do what could be ordered too."""
    if random.random() < 0.025:
        deed, thing = random.choice(_DEEDS), _ranked(_NOUNS, random)
        return f"{random.choice(_SUBJECTS)} {_ranked(_NOUNS, random)} had to {deed} the {thing}."
    words = [random.choice(_SUBJECTS), _ranked(_NOUNS, random), _ranked(_VERBS, random)]
    for _ in range(random.randint(2, 6)):
        words += [_ranked(_LINKS, random) for _ in range(random.randint(1, 2))]
        words.append(_ranked(_NOUNS if random.random() < 0.75 else _VERBS, random))
        if random.random() < 0.12:
            words[-1] += ","
    return " ".join(words) + random.choice((".", ".", ".", ".", ".\n\n", "?", "."))


def _code_line(random: Random) -> str:
    names = {name: _ranked(_NAMES, random) for name in "abcd"}
    capitals = {name.upper(): names[name].capitalize() for name in "ab"}
    return random.choice(_CODE).format(**names, **capitals, n=random.randrange(100))


def english(size: int, seed: int) -> str:
    """`size` characters of sentences that tell something and order nothing."""
    random, parts, length = Random(seed), [], 0
    while length < size:
        parts.append(_sentence(random))
        length += len(parts[-1]) + 1
    return " ".join(parts)[:size]


def half_code(size: int, seed: int) -> str:
    """`size` characters, by turns a paragraph and about as much code."""
    random, parts, length = Random(seed), [], 0
    while length < size:
        parts.append(english(random.randint(200, 600), random.randrange(1 << 30)) + ".\n\n")
        block = "".join(_code_line(random) for _ in range(random.randint(6, 16)))
        parts.append(f"```\n{block}```\n\n")
        length += len(parts[-2]) + len(parts[-1])
    return "".join(parts)[:size]


def unseen(count: int, seed: int) -> list[str]:
    """README prompts with up to five plain words after them; hardly two are the same."""
    random = Random(seed)
    return [
        " ".join([prompt, *(_ranked(_NOUNS, random) for _ in range(random.randrange(6)))])
        for _ in range(count)
        for prompt in README
    ]


def _repeated(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def _shuffled(words: list[str], size: int) -> str:
    random, parts, length = Random(size), [], 0
    while length < size:
        parts.append(random.choice(words))
        length += len(parts[-1]) + 1
    return " ".join(parts)[:size]


SHAPES = (
    "one letter",
    "spaces",
    "one word",
    "signal words",
    "look-alikes",
    "brackets",
    "spaced letters",
)


def hostile(shape: str, size: int, words: list[str]) -> str:
    """`size` characters of a shape that has broken routers. `words` are those signals look for."""
    if shape == "signal words":
        return _shuffled(words, size)
    if shape == "brackets":
        return "(" * (size // 2) + ")" * (size - size // 2)
    units = {
        "one letter": "a",
        "spaces": " ",
        "one word": "delete ",
        "look-alikes": "dеlеtе аll thе fіlеs ",  # half of the vowels are Cyrillic
        "spaced letters": "d e l e t e  i t ",
    }
    return _repeated(units[shape], size)
