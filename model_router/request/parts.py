"""Message content: text, or a list of parts, read into words, media and a token count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from model_router.errors import RequestError
from model_router.records import record
from model_router.request.hints import json_type, suggest
from model_router.request.recurring import RecurringList
from model_router.request.wrappers import without_data
from model_router.text.tokens import estimate_tokens

MAPPINGS = (dict, Mapping)
"""What counts as a JSON object. dict stands first, because its check is the quicker one."""

MEDIA_TOKENS = 1000
"""What an image or a sound is taken to cost; engines differ between 85 and 1,600 an image."""

_IMAGE_NAMES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic")
_AUDIO_NAMES = (".mp3", ".wav", ".m4a", ".ogg", ".flac", ".opus", ".aac")
_MAX_NODES = 1_000_000
_MAX_DEPTH = 100
_PDF_BYTES_PER_TOKEN = 50  # a page of text is about 30 kB and 600 tokens
_FILE_BYTES_PER_TOKEN = 4


Pending = tuple[Any, str, int]  # a value, its path, how many tool results it is inside
Inner = tuple[Any, str]


@record(frozen=False)
class Content:
    """What one message holds. `spoken` is its text; `results` came out of tools inside it."""

    spoken: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    media: set[str] = field(default_factory=set)  # image | pdf | audio | file
    from_tool: bool = False  # a tool's result is inside
    tokens: int = 0  # media only; the text is counted where it ends up


def read_content(content: Any, path: str) -> Content:
    """Return what `content` holds: text, a list of parts, or null.

    Raises RequestError that names the path of the part which has a wrong form.
    """
    found = Content()
    if content.__class__ is str:
        _add_text(content, False, found)
        return found
    pending: list[Pending] = [(content, path, 0)]
    # A stack instead of recursion: tools' results nest.
    while pending:
        value, where, depth = pending.pop()
        if isinstance(value, list | tuple):
            if depth > _MAX_DEPTH:
                raise RequestError(f"{path}: nested deeper than {_MAX_DEPTH} levels")
            items = [(_item(v, at := f"{where}[{i}]"), at, depth) for i, v in enumerate(value)]
            pending.extend(reversed(items))
        elif isinstance(value, Mapping):
            inner = _read_part(value, where, depth > 0, found)
            if inner is not None:
                pending.append((*inner, depth + 1))
        elif value is not None:
            _add_text(_text(value, where), depth > 0, found)
    return found


def _item(value: Any, path: str) -> Any:
    if not isinstance(value, str | Mapping):
        raise RequestError(f"{path}: a part must be a mapping with a type, not {json_type(value)}")
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise RequestError(f"{path}: must be text, a list of parts or null, not {json_type(value)}")
    return value


def _add_text(text: str, nested: bool, found: Content) -> None:
    if ";base64," not in text:
        if text:
            (found.results if nested else found.spoken).append(text)
        return
    clean = without_data(text)
    if clean.types:
        kinds = [media_kind(mime, "") for mime in clean.types]
        _add_media(kinds, clean.size, found)
    if clean.text:
        (found.results if nested else found.spoken).append(clean.text)


def _add_media(kinds: list[str], size: int, found: Content) -> None:
    found.media.update(kinds)
    found.tokens += sum(media_tokens(kind, size // len(kinds)) for kind in kinds)


def media_tokens(kind: str, size: int) -> int:
    """Return what a medium is taken to cost; `size` is its base64 length, 0 when not inline."""
    per_token = {"pdf": _PDF_BYTES_PER_TOKEN, "file": _FILE_BYTES_PER_TOKEN}.get(kind)
    if per_token is None or not size:
        return MEDIA_TOKENS
    return max(size * 3 // 4 // per_token, 1 if kind == "file" else MEDIA_TOKENS)


def media_kind(mime: str, name: str) -> str:
    """Return image, pdf, audio or file for a MIME type and a file name; either may be ""."""
    mime, name = mime.lower(), name.lower()
    if "pdf" in mime or name.endswith(".pdf"):
        return "pdf"
    if mime.startswith(("image/", "video/")) or name.endswith(_IMAGE_NAMES):
        return "image"
    if mime.startswith("audio/") or name.endswith(_AUDIO_NAMES):
        return "audio"
    return "file"


def _read_part(part: Mapping[Any, Any], path: str, nested: bool, found: Content) -> Inner | None:
    """Add one part to `found`; return its inner content when it has some, to be read next."""
    kind = part.get("type", "text" if "text" in part else None)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        shown = ascii(kind) if isinstance(kind, str) and len(kind) < 40 else "this value"
        raise RequestError(f"{path}.type: {shown} is not known", hint=suggest(kind, _READERS))
    return reader(part, path, nested, found)


def _text_part(part: Mapping[Any, Any], path: str, nested: bool, found: Content) -> None:
    key = next((key for key in ("text", "refusal", "thinking") if key in part), "text")
    value = part.get(key)
    if not isinstance(value, str):
        raise RequestError(f"{path}.{key}: must be text, not {json_type(value)}")
    _add_text(value, nested, found)


def _image_part(part: Mapping[Any, Any], path: str, nested: bool, found: Content) -> None:
    url = part.get("image_url")
    if isinstance(url, Mapping):
        url = url.get("url")
    if part.get("type") == "image_url" and not isinstance(url, str):
        raise RequestError(f"{path}.image_url: must be a URL or {{url: ...}}")
    mime = _data_mime(url) if isinstance(url, str) else ""
    _add_media([media_kind(mime, "") if mime else "image"], 0, found)


def _audio_part(part: Mapping[Any, Any], path: str, nested: bool, found: Content) -> None:
    _add_media(["audio"], 0, found)


def _file_part(part: Mapping[Any, Any], path: str, nested: bool, found: Content) -> None:
    """Read the file forms of both OpenAI APIs and Anthropic's document."""
    fields = dict(part)
    for key in ("file", "source"):
        inner = part.get(key)
        if isinstance(inner, Mapping):
            fields.update(inner)
    name = _first_text(fields, "filename", "name", "title", "file_url", "url")
    data = _first_text(fields, "file_data", "data")
    mime = _first_text(fields, "mime_type", "media_type", "mime") or _data_mime(data)
    if fields.get("type") == "text" and data:  # Anthropic's plain text document
        found.results.append(data)
    else:
        _add_media([media_kind(mime, name.partition("?")[0])], len(data), found)


def _first_text(fields: Mapping[Any, Any], *keys: str) -> str:
    return next((value for key in keys if isinstance(value := fields.get(key), str)), "")


def _data_mime(url: str) -> str:
    head = url[:100]
    return head[5:].partition(",")[0].partition(";")[0] if head.startswith("data:") else ""


def _result_part(part: Mapping[Any, Any], path: str, nested: bool, found: Content) -> Inner | None:
    found.from_tool = True
    key = "output" if "output" in part else "content"
    inner = part.get(key)
    return None if inner is None else (inner, f"{path}.{key}")


def _other_part(part: Mapping[Any, Any], path: str, nested: bool, found: Content) -> None:
    found.results.append(spell(part, path)[0])


_READERS: dict[str, Callable[[Mapping[Any, Any], str, bool, Content], Inner | None]] = {
    **dict.fromkeys(
        ("text", "input_text", "output_text", "refusal", "thinking", "reasoning_text",
         "summary_text"), _text_part
    ),
    **dict.fromkeys(
        ("image_url", "input_image", "image", "image_file", "computer_screenshot",
         "video_url", "input_video", "video"), _image_part
    ),
    **dict.fromkeys(("input_audio", "audio", "audio_url"), _audio_part),
    **dict.fromkeys(("file", "input_file", "document"), _file_part),
    **dict.fromkeys(("tool_result", "function_call_output"), _result_part),
    **dict.fromkeys(("tool_use", "search_result", "redacted_thinking"), _other_part),
}  # fmt: skip


def spell(value: Any, path: str) -> tuple[str, int]:
    """Return the words inside a JSON value, one a line, and what the value costs as JSON."""
    if value.__class__ is not RecurringList:
        return _spell(value, path)
    found: tuple[str, int] | None = value.read.get("spelled")
    if found is None:
        found = value.read["spelled"] = _spell(value, path)
    return found


def _spell(value: Any, path: str) -> tuple[str, int]:
    words: list[str] = []
    nodes = 0
    pending = [value]
    while pending:
        item = pending.pop()
        nodes += 1
        if nodes > _MAX_NODES:
            raise RequestError(f"{path}: more than {_MAX_NODES:,} values")
        if isinstance(item, str):
            words.append(item)
        elif isinstance(item, MAPPINGS):
            for key in reversed(list(item)):
                pending += (item[key], key)
        elif isinstance(item, list | tuple):
            pending.extend(reversed(item))
        elif isinstance(item, int) and not isinstance(item, bool) and abs(item) < 10**30:
            words.append(str(item))
    text = "\n".join(words)
    return text, estimate_tokens(text) + nodes
