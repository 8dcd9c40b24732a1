"""What a model's name says of it: its size, whether it codes, sees, draws or chats at all.

Names are all that many servers give. They are hints: what a header says counts for more.
"""

from __future__ import annotations

import re

UNKNOWN_BILLIONS = 8.0

_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)\s?([bm])(?![a-z])", re.IGNORECASE)
_CODE = re.compile(r"code|coder|devstral|starcoder", re.IGNORECASE)
_SEES = re.compile(r"vision|llava|(?<![a-z])vl(?![a-z])|pixtral|minicpm-v|moondream", re.IGNORECASE)
_NO_CHAT = re.compile(r"embed|rerank|whisper|bge-|tts|clip|guard|diffusion", re.IGNORECASE)
_DRAWS = re.compile(r"diffusion|sdxl|(?<![a-z])flux|z-image|qwen-image|dall-e", re.IGNORECASE)


def billions(name: str) -> float:
    """Billions of parameters, as the name says; UNKNOWN_BILLIONS when it does not."""
    found = _SIZE.search(name)
    if found is None:
        return UNKNOWN_BILLIONS
    return float(found[1]) / (1000 if found[2].lower() == "m" else 1)


def codes(name: str) -> bool:
    """Whether it was made for code."""
    return bool(_CODE.search(name))


def sees(name: str) -> bool:
    """Whether it reads images."""
    return bool(_SEES.search(name))


def draws(name: str) -> bool:
    """Whether it makes images."""
    return bool(_DRAWS.search(name))


def chats(name: str) -> bool:
    """Whether it answers in words: no embedder, reranker, listener, guard or painter."""
    return not _NO_CHAT.search(name) and not draws(name)
