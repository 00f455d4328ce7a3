"""`--opts a.b.c=value`, laid over the merged tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from paddleseg.config.tree import Node, Origin, dotted, near, to_node
from paddleseg.config.yaml_io import parse_value
from paddleseg.errors import ConfigError, Problem


def apply_opts(tree: Node, opts: Sequence[str], flag: str = "--opts") -> Node:
    """Set each `key.path=value`; a number in the path is a list index, values are typed as YAML types them.

    Args:
        flag: What they stood behind.

    Raises:
        ConfigError: Every override that is malformed or leads nowhere.
    """
    problems: list[Problem] = []
    for text in opts:
        key, equals, value = text.partition("=")
        where = f"{flag} {text}"
        if not equals or not key.strip():
            problems.append(
                Problem(where, "is not of the form key=value", f"write e.g. {flag} batch_size=8 iters=1000")
            )
            continue
        try:
            tree = _set(tree, key.strip().split("."), to_node(_typed(value), Origin(flag)), ())
        except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
            problems.append(Problem(where, "the value is not YAML", "quote the whole override in the shell"))
        except ConfigError as error:
            problems += [Problem(where, problem.what, problem.hint) for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return tree


def _typed(text: str) -> Any:
    if text.strip() == "None":
        return None
    value = parse_value(text)
    if isinstance(value, str) and "," in value:
        # PaddleSeg's spelling of a list: `test_config.scales=0.75,1.0,1.25`.
        items = [parse_value(part) for part in value.split(",") if part.strip()]
        if items and all(isinstance(item, (bool, int, float)) for item in items):
            return items
    return value


def _set(node: Node, keys: Sequence[str], new: Node, walked: tuple[str, ...]) -> Node:
    """A copy of `node` in which `keys` leads to `new`; nodes off the path are shared."""
    if not keys:
        # `true` switches on, with the settings that the file has for it.
        return node if new.value is True and isinstance(node.value, dict) else new
    key, rest = keys[0], keys[1:]
    place = dotted(walked) or "the file"
    if isinstance(node.value, list):
        if not key.isdecimal() or int(key) >= len(node.value):
            count = len(node.value)
            what = f"'{key}' is not an index of the list {place}"
            raise ConfigError("", what, f"it has {count} items: 0 to {count - 1}" if count else "the list is empty")
        items = list(node.value)
        items[int(key)] = _set(items[int(key)], rest, new, (*walked, key))
        return Node(items, node.origin)
    if not isinstance(node.value, dict) and node.value is not None:
        hint = f"set {place} itself" if walked else ""
        raise ConfigError("", f"{place} is {node.value!r} and has no key '{key}' inside", hint)
    values = dict(node.value or {})
    existing = next((held for held in values if str(held) == key), key)
    if existing not in values and any(part.isdecimal() for part in rest):
        raise ConfigError("", f"{place} has no '{key}', so no list inside it", near(key, list(values)))
    below = values.get(existing, Node(None, new.origin))
    values[existing] = _set(below, rest, new, (*walked, key))
    return Node(values, node.origin)
