from typing import Any

class Tallies:
    def __new__(
        cls,
        tally: type[tuple[Any, ...]],
        lanes: bytes,
        marks: bytes,
        base: bytes,
        combinations: list[tuple[int, int, int]],
        complexity: tuple[tuple[int, int], ...],
        risk: tuple[tuple[int, int], ...],
        numbers: tuple[int, int, int, int, int, int, int, bool, bool],
    ) -> Tallies: ...
    def of(self, fired: int, /) -> Any: ...
    def route(self, tally: tuple[Any, ...], weight: int, /) -> int: ...
    def lead(self, tally: tuple[Any, ...], weight: int, /) -> tuple[int, int]: ...
