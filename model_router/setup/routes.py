"""What each route asks of the model that serves it."""

from __future__ import annotations

from typing import NamedTuple

ROLES = ("fast", "balanced", "reasoning", "coding", "vision", "image_generation")
"""What a model can be good for. A catalog row ranks itself in some of them."""


class Route(NamedTuple):
    """A route of the router, the role that serves it, and the context it takes."""

    name: str
    role: str
    least_context: int
    wanted_context: int
    tools: bool = False


ROUTES = (
    Route("simple", "fast", 8_192, 16_384),
    Route("balanced", "balanced", 16_384, 32_768),
    Route("reasoning", "reasoning", 32_768, 65_536),
    Route("coding", "coding", 32_768, 65_536, tools=True),
    Route("research", "balanced", 32_768, 65_536, tools=True),
    Route("vision", "vision", 8_192, 16_384),
    Route("image_generation", "image_generation", 0, 0),
)
"""In the order in which they are shown. Agents send prompts of about 18,000 tokens."""

BY_NAME = {route.name: route for route in ROUTES}
