"""What a request would cost, from the catalog's prices: an estimate in USD, before it is sent."""

from __future__ import annotations

from model_router.records import record
from model_router.types import HUMAN, Catalog, Engine

PER_MILLION = 1_000_000


@record
class Tariff:
    """Prices in USD per million tokens: of the chosen engine, and of the one compared with."""

    input: float = 0.0
    output: float = 0.0
    baseline_input: float = 0.0
    baseline_output: float = 0.0


NO_PRICES = Tariff()


@record
class Costs:
    """Estimates in USD with six decimals, for `tokens` in and `room` out."""

    tariff: Tariff = NO_PRICES
    tokens: int = 0
    room: int = 0

    @property
    def estimated(self) -> float:
        """What the chosen engine would cost."""
        return self._cost(self.tariff.input, self.tariff.output)

    @property
    def baseline(self) -> float:
        """What the baseline engine would cost."""
        return self._cost(self.tariff.baseline_input, self.tariff.baseline_output)

    @property
    def saving(self) -> float:
        """What is saved against the baseline engine; negative when the choice is dearer."""
        return round(self.baseline - self.estimated, 6)

    def _cost(self, price_input: float, price_output: float) -> float:
        total = self.tokens * price_input + self.room * price_output
        return round(total / PER_MILLION, 6)


def baseline_engine(catalog: Catalog) -> str | None:
    """The engine to compare costs with.

    `scoring.baseline_engine` when the catalog names one it defines, else the dearest enabled
    engine with a price, else the dearest with a price, else None.
    """
    named = catalog.scoring.baseline_engine
    if named in catalog.engines:
        return named
    priced = [engine for engine in catalog.engines.values() if _price(engine) > 0]
    enabled = [engine for engine in priced if engine.enabled]
    dearest = min(enabled or priced, key=lambda e: (-_price(e), e.name), default=None)
    return dearest.name if dearest else None


def tariff(catalog: Catalog, engine: str, baseline: str | None) -> Tariff:
    """The prices for an engine beside the baseline's. Nothing is spent while a person decides."""
    chosen = catalog.engines.get(engine)
    if chosen is None or engine == HUMAN:
        return NO_PRICES
    compared = catalog.engines.get(baseline) if baseline else None
    if compared is None:
        return Tariff(chosen.price_input, chosen.price_output)
    return Tariff(
        chosen.price_input, chosen.price_output, compared.price_input, compared.price_output
    )


def _price(engine: Engine) -> float:
    return engine.price_input + engine.price_output
