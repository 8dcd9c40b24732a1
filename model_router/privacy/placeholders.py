"""Whether a value only stands for a secret: `${TOKEN}`, `<password>`, `your_key`, `****`."""

from __future__ import annotations

from model_router.text.lazy import deferred

_STAND_INS = (
    "your my the a an some enter insert new old current username user admin database db api "
    "access secret password passwords passwd passphrase pass pwd token key keys value here is "
    "none null nil undefined true false string str text bytes int example sample placeholder "
    "redacted hidden removed required optional change me changeme replace replaceme dummy "
    "test todo tbd foo bar baz yourpassword mypassword newpassword oldpassword yourtoken "
    "yourkey yoursecret apikey yourapikey userpassword dbpassword x xx xxx xxxx xxxxx"
)
_WORDS = frozenset(_STAND_INS.split())
_WORD = deferred(r"[A-Za-z]+")
_DIGIT = deferred(r"[0-9]")
_SECRET_SIGNS = deferred(r"[^\w .*=:-]")
_OPENERS = "$<[{%*("
_LOOK_UPS = deferred(
    r"(?:os\.|process\.|env[.(\[]|ENV\b|getenv|config[.\[(]|settings[.\[]|self\.|this\.|secrets\.)"
)
_FILLERS = ("xxxxxx", "XXXXXX", "...", "…", "***", "EXAMPLE", "example", "placeholder")


def is_placeholder(value: str) -> bool:
    """Whether the value is a stand-in, a look-up in code, or filler, and no secret itself."""
    return (
        not value
        or value[0] in _OPENERS
        or _LOOK_UPS.match(value) is not None
        or len(set(value)) < 3
        or any(filler in value for filler in _FILLERS)
        or _made_of_words(value)
    )


def _made_of_words(value: str) -> bool:
    """Whether the value consists of words such as "your" and "password", with digits or not."""
    if not value[0].isalpha() or len(value) > 64 or _SECRET_SIGNS.search(value):
        return False
    return all(word in _WORDS for word in _WORD.findall(value.lower()))


def looks_random(value: str, distinct: int = 8) -> bool:
    """Whether the value has letters, digits and enough different characters for a key."""
    return (
        _DIGIT.search(value) is not None
        and _WORD.search(value) is not None
        and len(set(value)) >= distinct
    )
