from array import array

_Reading = tuple[bytes, bytes]
_Hit = tuple[int, int, int, _Reading]

class Automaton:
    def __new__(
        cls,
        literals: list[bytes],
        roles: bytes,
        whats: array[int],
        lanes: bytes,
        inside: bytes,
        table: bytes,
        symbols: bytes,
        dense: bool = False,
    ) -> Automaton: ...
    def collect(self, reading: _Reading, /) -> tuple[int, int, list[_Hit] | None]: ...
    def collect_ascii(
        self, text: str, /
    ) -> tuple[int, int, list[_Hit] | None, bytes, _Reading]: ...
    def find(self, data: bytes, overlapping: bool = True, /) -> list[tuple[int, int, int]]: ...
    def named(self, reading: _Reading, first: int, last: int, /) -> list[_Hit]: ...
