"""Merged configuration values that still know the file and line that wrote them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Origin:
    """Where a value was written: a file and line, or a place on the command line."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Node:
    """A value and its origin: `value` is a dict of nodes, a list of nodes, or a scalar.

    Args:
        anchored: Whether the file gave it a name by which other places refer to it (`&mean`).
    """

    value: Any
    origin: Origin
    anchored: bool = False

    def plain(self) -> Any:
        """The value as ordinary dicts and lists."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def children(self) -> list[tuple[Any, Node]]:
        """Keys (or indices) and nodes one level below."""
        if isinstance(self.value, dict):
            return list(self.value.items())
        return list(enumerate(self.value)) if isinstance(self.value, list) else []

    def find(self, path: Sequence[Any]) -> Node:
        """The node at `path`, or the deepest one on the way there."""
        node = self
        for key in path:
            below = dict(node.children())
            if key not in below:
                break
            node = below[key]
        return node


def to_node(value: Any, origin: Origin) -> Node:
    """Wrap ordinary dicts, lists and scalars, all with one origin."""
    if isinstance(value, dict):
        return Node({key: to_node(child, origin) for key, child in value.items()}, origin)
    if isinstance(value, (list, tuple)):
        return Node([to_node(child, origin) for child in value], origin)
    return Node(value, origin)


def with_origins(value: Any, written: Node | None, otherwise: Origin) -> Node:
    """Wrap ordinary values with the origins of the tree that they came from; `otherwise` for what is not in it."""
    origin, anchored = (written.origin, written.anchored) if written else (otherwise, False)

    def below(key: Any) -> Node | None:
        if written is None or isinstance(written.value, type(value)):
            return dict(written.children()).get(key) if written else None
        return written  # a lone value that became a list, or a name that became `{type: name}`

    if isinstance(value, dict):
        inner = {key: with_origins(child, below(key), otherwise) for key, child in value.items()}
        return Node(inner, origin, anchored)
    if isinstance(value, list):
        return Node([with_origins(child, below(i), otherwise) for i, child in enumerate(value)], origin, anchored)
    return Node(value, origin, anchored)


def merge(base: Node, child: Node) -> Node:
    """`child` over `base`, by the rules of `_base_` files."""
    if not (isinstance(base.value, dict) and isinstance(child.value, dict)) or not _inherits(child):
        return child
    merged = dict(base.value)
    for key, node in child.value.items():
        merged[key] = merge(base.value[key], node) if key in base.value else node
    return Node(merged, child.origin)


def _inherits(node: Node) -> bool:
    return "_inherited_" not in node.value or node.value["_inherited_"].value is not False


def without_merge_marks(node: Node) -> Node:
    """The tree without its `_inherited_` keys, which have had their effect."""
    if isinstance(node.value, dict):
        kept = {key: without_merge_marks(child) for key, child in node.value.items() if key != "_inherited_"}
        return replace(node, value=kept)
    if isinstance(node.value, list):
        return replace(node, value=[without_merge_marks(child) for child in node.value])
    return node


def dotted(path: Sequence[Any]) -> str:
    """A key path as users write it in `--opts`: `model.backbone.type`, `train_dataset.transforms.0.type`."""
    return ".".join(map(str, path))


def near(word: Any, known: Sequence[Any]) -> str:
    """A hint with the nearest of the known words, or with all of them where none is near."""
    names = sorted(map(str, known))
    found = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    if found:
        return f"did you mean '{found[0]}'?"
    return f"known here: {', '.join(names)}" if names else ""
