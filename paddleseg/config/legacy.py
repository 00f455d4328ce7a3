"""Older PaddleSeg spellings, rewritten to today's keys; every rewritten value keeps the line that wrote it."""

from __future__ import annotations

from paddleseg.config.yaml_io import Node, to_node
from paddleseg.errors import ConfigError

_DECAYS = {
    "poly": "PolynomialDecay",
    "piecewise": "PiecewiseDecay",
    "stepdecay": "StepDecay",
    "cosine": "CosineAnnealingDecay",
}
_OPTIMIZERS = {"sgd": "SGD", "momentum": "Momentum", "adam": "Adam", "adamw": "AdamW"}


def modernise(tree: Node) -> Node:
    """Rewrite `learning_rate:`, decay inside `optimizer:`, and optimizer names; leave everything else alone.

    Raises:
        ConfigError: The learning rate is given both in the old and in the new way.
    """
    keys = {key: node for key, node in tree.value.items() if not str(key).startswith("x-")}
    optimizer = keys.get("optimizer")
    old_rate = keys.pop("learning_rate", None)
    decay = None
    if optimizer is not None and isinstance(optimizer.value, dict):
        inside = dict(optimizer.value)
        decay = inside.pop("decay", None)
        old_rate = old_rate or inside.pop("learning_rate", None)
        if "type" in inside:
            inside["type"] = _optimizer_type(inside)
        keys["optimizer"] = Node(inside, optimizer.origin)
    schedule = keys.get("lr_scheduler")
    old = old_rate or decay
    if old is not None:
        if schedule is not None:
            raise ConfigError(
                f"{old.origin}: learning_rate",
                f"the rate is set here and in lr_scheduler ({schedule.origin})",
                "keep one of them; lr_scheduler is today's spelling",
            )
        keys["lr_scheduler"] = _schedule(old_rate, decay, old)
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
        decay = rest.pop("decay", decay)
        rate = rest.pop("value", None)
        parts |= rest
    if rate is not None:
        parts["learning_rate"] = rate
    if decay is not None and isinstance(decay.value, dict):
        parts |= decay.value
    written = parts.get("type")
    if written is None:
        parts["type"] = to_node("ConstantLR", old.origin)
    else:
        parts["type"] = Node(_DECAYS.get(str(written.value).lower(), written.value), written.origin)
    return Node(parts, old.origin)
