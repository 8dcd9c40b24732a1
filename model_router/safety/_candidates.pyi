from collections.abc import Collection

_Hit = tuple[int, int, int, tuple[bytes, bytes]]

class Sifter:
    def __new__(
        cls,
        rules: list[tuple[int, int, bool, bool, bool, bool] | None],
        sets: list[frozenset[bytes]],
        befores: Collection[bytes],
        fronts: Collection[bytes],
        wanting: Collection[bytes],
        lasts: Collection[bytes],
        pairs: Collection[bytes],
        inside: bytes,
    ) -> Sifter: ...
    def sift(self, hits: list[_Hit], /) -> list[_Hit]: ...
    def sift_unweighed(self, hits: list[_Hit], /) -> list[_Hit]: ...
