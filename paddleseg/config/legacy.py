"""Older PaddleSeg spellings, rewritten to today's keys; every rewritten value keeps the line that wrote it."""

from __future__ import annotations

from paddleseg.config.tree import Node, merge, to_node
from paddleseg.errors import ConfigError

_DECAYS = {
    "poly": "PolynomialDecay",
    "piecewise": "PiecewiseDecay",
    "stepdecay": "StepDecay",
    "cosine": "CosineAnnealingDecay",
}
# Optimizers' names may be written in any case.
_OPTIMIZERS = {name.lower(): name for name in ("SGD", "Momentum", "Adam", "AdamW", "AdamWDL", "AdamWDL_CAE")}


def modernise(tree: Node) -> Node:
    """Rewrite `learning_rate:`, a rate or decay inside `optimizer:`, and optimizer names; drop `x-` keys.

    Raises:
        ConfigError: The schedule is given both in the old and in the new way.
    """
    keys = {key: node for key, node in tree.value.items() if not str(key).startswith("x-")}
    rate, decay = keys.pop("learning_rate", None), None
    optimizer = keys.get("optimizer")
    if optimizer is not None and isinstance(optimizer.value, dict):
        inside = dict(optimizer.value)
        decay = inside.pop("decay", None)
        rate = inside.pop("learning_rate", None) or rate
        if "type" in inside:
            inside["type"] = _optimizer_type(inside)
        keys["optimizer"] = Node(inside, optimizer.origin)
    old = rate or decay
    if old is not None:
        keys["lr_scheduler"] = _with_today(_schedule(rate, decay, old), keys.get("lr_scheduler"), old)
    return Node(keys, tree.origin)


def _optimizer_type(optimizer: dict[str, Node]) -> Node:
    written = optimizer["type"]
    name = _OPTIMIZERS.get(str(written.value).lower(), written.value)
    if name == "SGD" and "momentum" in optimizer:
        name = "Momentum"
    return Node(name, written.origin)


def _schedule(rate: Node | None, decay: Node | None, old: Node) -> Node:
    """`{value: 0.01, decay: {type: poly, power: 0.9, end_lr: 0}}` as an `lr_scheduler`."""
    parts: dict[str, Node] = {}
    if rate is not None and isinstance(rate.value, dict):
        rest = dict(rate.value)
        decay, rate = rest.pop("decay", decay), rest.pop("value", None)
        parts |= rest
    if rate is not None:
        parts["learning_rate"] = rate
    if decay is not None and isinstance(decay.value, dict):
        parts |= decay.value
    written = parts.get("type", to_node("ConstantLR", old.origin))
    parts["type"] = Node(_DECAYS.get(str(written.value).lower(), written.value), written.origin)
    return Node(parts, old.origin)


def _with_today(translated: Node, today: Node | None, old: Node) -> Node:
    """An old schedule, with what an override set by today's name; two whole schedules are a contradiction."""
    if today is None:
        return translated
    if not isinstance(today.value, dict) or "type" in today.value:
        raise ConfigError(
            f"{old.origin}: learning_rate",
            f"the schedule is set here and in lr_scheduler ({today.origin})",
            "keep one of them; lr_scheduler is today's spelling",
        )
    return merge(translated, today)
