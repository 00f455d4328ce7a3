"""Older PaddleSeg spellings, rewritten to today's keys; every rewritten value keeps the line that wrote it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from paddleseg.config.tree import Node, merge, to_node

_DECAYS = {
    "poly": "PolynomialDecay",
    "piecewise": "PiecewiseDecay",
    "stepdecay": "StepDecay",
    "cosine": "CosineAnnealingDecay",
}
# Optimizers' names may be written in any case.
_OPTIMIZERS = {name.lower(): name for name in ("SGD", "Momentum", "Adam", "AdamW", "AdamWDL", "AdamWDL_CAE")}
# Files of PaddleSeg's Matting name no task; their networks give nothing but mattes.
_MATTING = {"MODNet", "PPMatting", "PPMattingV2", "HumanMatting", "DIM", "GCABaseline", "GCA", "RVM"}


def modernise(tree: Node, known: Collection[str]) -> tuple[Node, list[str]]:
    """Rewrite `learning_rate:`, a rate or decay inside `optimizer:`, and optimizer names; drop keys that say nothing.

    A file of PaddleSeg's Matting gets the task that its network is for, and its `Padding`. Losses of some networks
    change places.

    Those are `x-` keys, keys that only give a value a name (`mean: &mean [...]`), and an old schedule beside today's.

    Args:
        known: The top-level keys that mean something.

    Returns:
        The tree, and a remark on each key that was dropped but for the first kind, or whose parts change places.
    """
    keys = {key: node for key, node in tree.value.items() if not str(key).startswith("x-")}
    names = [key for key, node in keys.items() if node.anchored and key not in (*known, "learning_rate")]
    remarks = [f"{keys[key].origin}: {key}: only the anchor in this line is used (call it `x-{key}`)" for key in names]
    keys = {key: node for key, node in keys.items() if key not in names}
    rate, decay = keys.pop("learning_rate", None), None
    optimizer = keys.get("optimizer")
    if optimizer is not None and isinstance(optimizer.value, dict):
        inside = dict(optimizer.value)
        decay = inside.pop("decay", None)
        rate = inside.pop("learning_rate", None) or rate
        if "type" in inside:
            inside["type"] = _optimizer_type(inside)
        keys["optimizer"] = Node(inside, optimizer.origin)
    old, today = rate or decay, keys.get("lr_scheduler")
    if old is not None and today is not None and isinstance(today.value, dict) and "type" in today.value:
        remarks.append(f"{old.origin}: learning_rate: is not used, since lr_scheduler ({today.origin}) says it all")
    elif old is not None:
        translated = _schedule(rate, decay, old)
        keys["lr_scheduler"] = translated if today is None else merge(translated, today)
    network = keys.get("model")
    kind = _type_of(network) if network is not None else None
    if "loss" in keys and kind in _REORDERED:
        keys["loss"], remark = _REORDERED[kind](keys["loss"])
        remarks += remark
    if "task" not in keys and network is not None and kind in _MATTING:
        keys["task"] = Node("matting", network.value["type"].origin)
        if "train_dataset" in keys:
            keys["train_dataset"] = _padding_as_in_matting(keys["train_dataset"])
    return Node(keys, tree.origin), remarks


def _type_of(component: Node) -> Any:
    kind = component.value.get("type") if isinstance(component.value, dict) else None
    return None if kind is None else kind.value


def _four(loss: Node) -> tuple[list[Node], list[Node]] | None:
    """The types and the factors of four losses; None for another `loss`."""
    parts = loss.value if isinstance(loss.value, dict) else {}
    lists = [parts[name].value for name in ("types", "coef") if name in parts]
    if len(lists) != 2 or not all(isinstance(each, list) and len(each) == 4 for each in lists):
        return None
    return lists[0], lists[1]


def _second_first(loss: Node, types: list[Node], coef: list[Node], network: str) -> tuple[Node, list[str]]:
    """The first two losses change places, since the main logits come first here."""
    parts = dict(loss.value)
    for name, (first, second, *others) in (("types", types), ("coef", coef)):
        parts[name] = Node([second, first, *others], parts[name].origin)
    remark = f"{loss.origin}: loss: the first two change places, since {network}'s main logits come first here"
    return Node(parts, loss.origin), [remark]


def _of_mscale_ocrnet(loss: Node) -> tuple[Node, list[str]]:
    """PaddleSeg's begin with the coarse logits. These weigh less; so the order is known."""
    if (four := _four(loss)) is None:
        return loss, []
    types, coef = four
    first, second = (node.value for node in coef[:2])
    if not (isinstance(first, (int, float)) and isinstance(second, (int, float)) and first < second):
        return loss, []
    return _second_first(loss, types, coef, "MscaleOCRNet")


def _of_pidnet(loss: Node) -> tuple[Node, list[str]]:
    """PaddleSeg's begin with the branch of detail. The last gets the main logits alone: here it is a loss of pairs."""
    if (four := _four(loss)) is None or _type_of(four[0][3]) != "OhemCrossEntropyLoss":
        return loss, []
    (*types, last), coef = four
    pair = Node(last.value | {"type": Node("OhemEdgeAttentionLoss", last.value["type"].origin)}, last.origin)
    return _second_first(loss, [*types, pair], coef, "PIDNet")


# Networks whose heads stand in another order than PaddleSeg's.
_REORDERED: dict[Any, Callable[[Node], tuple[Node, list[str]]]] = {
    "MscaleOCRNet": _of_mscale_ocrnet,
    "PIDNet": _of_pidnet,
}


def _padding_as_in_matting(dataset: Node) -> Node:
    """`Padding` that lets larger pictures pass, as the one of PaddleSeg's Matting does."""
    listed = dataset.value.get("transforms") if isinstance(dataset.value, dict) else None
    if listed is None or not isinstance(listed.value, list):
        return dataset
    changed = []
    for item in listed.value:
        if _type_of(item) == "Padding":
            item = Node({"keep_larger": to_node(True, item.origin)} | item.value, item.origin)
        changed.append(item)
    return Node(dataset.value | {"transforms": Node(changed, listed.origin)}, dataset.origin)


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
