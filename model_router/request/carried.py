"""What a request carries besides its words: attachments, tools, a stated role."""

from __future__ import annotations

from collections.abc import Sequence

from model_router.scores import RISK_FLOORS
from model_router.types import (
    FEATURE_BIT,
    NEED_AUDIO,
    NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_PDF,
    NEED_TOOLS,
    ROUTES,
    Request,
)
from model_router.verdict import CODING, ROUTE_NEEDS, VISION

MODALITY_NEEDS = {"image": NEED_IMAGE, "pdf": NEED_PDF, "audio": NEED_AUDIO}

_NEED_FEATURES = (
    (NEED_TOOLS, FEATURE_BIT["requires_tools"]),
    (NEED_FRESHNESS, FEATURE_BIT["requires_freshness"]),
    (NEED_IMAGE, FEATURE_BIT["requires_vision"]),
    (NEED_PDF, FEATURE_BIT["requires_vision"]),
    (NEED_IMAGE_GENERATION, FEATURE_BIT["requires_image_generation"]),
)
_ACTION_FEATURES = {
    "destructive": ("destructive_action",),
    "send": ("send_action", "external_action"),
    "purchase": ("purchase_action", "external_action"),
}
_OTHER_ACTION = ("external_action", "high_impact_external_action")
ACTION_FEATURE_BITS = {
    name: sum(FEATURE_BIT[f] for f in _ACTION_FEATURES.get(name, _OTHER_ACTION))
    for name in RISK_FLOORS
}


def acts(request: Request) -> bool:
    """Whether a tool could act on the request. Unknown means yes."""
    tools = request.tools if request.tools is not None else request.hints.tools
    return tools is None or bool(tools)


def request_route(route: int, needs: int, request: Request) -> tuple[int, int]:
    """The route and needs of a text, with what its request carries."""
    hints = request.hints
    if not (hints.role or request.tools or hints.tools or request.modalities or hints.attachments):
        return route, needs
    seen = MODALITY_NEEDS.keys() & (*request.modalities, *hints.attachments)
    needs &= ~ROUTE_NEEDS[route]
    if seen and route != CODING:
        route = VISION
    if hints.role:
        route = ROUTES.index(hints.role)
    needs |= 0 if route == VISION and seen else ROUTE_NEEDS[route]
    for modality in seen:
        needs |= MODALITY_NEEDS[modality]
    if request.tools or hints.tools:
        needs |= NEED_TOOLS
    return route, needs


def request_features(features: int, needs: int, ordered: Sequence[str], confirm: bool) -> int:
    """The feature bits of a request: those of its text, its orders and its needs."""
    for action in ordered:
        features |= ACTION_FEATURE_BITS[action]
    if needs:
        for need, feature in _NEED_FEATURES:
            if needs & need:
                features |= feature
    return features | (FEATURE_BIT["requires_confirmation"] if confirm else 0)
