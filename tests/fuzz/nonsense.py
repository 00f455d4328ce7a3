"""Values, texts and bytes that no sensible person writes, drawn from a seeded generator."""

from __future__ import annotations

import random
from typing import Any

VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        "",
        " ",
        "0",
        "-1",
        "nan",
        "null",
        "x" * 300,
        "a\0b",
        "\udcff",
        "~nosuchuser/a",
        "../..",
        "/dev/zero",
    ),
    *(0, 1, -1, 2, 3, 255, 256, 2**31, 2**63, -(2**63), 10**20, 0.0, -0.5, 1e-9, 1.5, 1e308),
    *(float("nan"), float("inf"), float("-inf"), [], {}, [[]], [0], [-1, 5], [1, 2, 3], ["a"], {"type": "Nothing"}),
    *({"type": "Resize"}, {"type": 5}, {5: 5}, [{"type": "Normalize", "mean": [0]}], "zoo://nothing", "http://"),
)


def mutated_tree(rng: random.Random, tree: Any) -> Any:
    """The tree with one place changed: a value replaced, dropped, or put where it does not belong."""
    if not isinstance(tree, (dict, list)) or not tree or rng.random() < 0.15:
        return rng.choice(VALUES)
    changed = dict(tree) if isinstance(tree, dict) else list(tree)
    keys = list(changed) if isinstance(changed, dict) else list(range(len(changed)))
    key, deed = rng.choice(keys), rng.random()
    if deed < 0.1:
        del changed[key]
    elif deed < 0.2 and isinstance(changed, dict):
        changed[rng.choice(("nonsense", "type", "num_classes", 7))] = rng.choice(VALUES)
    else:
        changed[key] = mutated_tree(rng, changed[key])
    return changed


def mutated_bytes(rng: random.Random, content: bytes) -> bytes:
    """The bytes cut short, with some of them flipped, repeated or exchanged."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(data)) if data else 0
        deed = rng.randrange(4)
        if deed == 0:
            del data[place:]
        elif deed == 1 and data:
            data[place] = rng.randrange(256)
        elif deed == 2:
            data[place:place] = rng.randbytes(rng.randint(1, 8))
        elif data:
            end = min(place + rng.randint(1, 64), len(data))
            data[place:end] = data[place:end] * rng.randint(0, 3)
    return bytes(data)


def mutated_text(rng: random.Random, text: str) -> str:
    """The text with characters of YAML's grammar, and others, strewn in."""
    spots = [*"{}[]\t\0\u2028#|\n", "'", '"', "&a ", "*a", ": ", "- ", "!!python/object:os.system "]
    for _ in range(rng.randint(1, 5)):
        place = rng.randint(0, len(text))
        if rng.random() < 0.3:
            text = text[:place] + text[place + rng.randint(1, 40) :]
        else:
            text = text[:place] + rng.choice(spots) + text[place:]
    return text
