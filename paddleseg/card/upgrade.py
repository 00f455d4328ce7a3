"""Cards of the first format in today's form."""

from __future__ import annotations

from typing import Any

from paddleseg.card.finish import NAMES, Finish

_MEASURED = ("parameters", "macs", "scores", "latency", "verified_exports")


def upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """A card's content, whichever format it is written in, under today's keys.

    The first format had one `input` and one `output`, `threshold`, `smallest_part` and `edge_radius` in the place of
    steps, and figures among the keys that a reader needs. The same keys may be given in Python.
    """
    content = dict(content)
    if content.get("card") == 1:
        content["card"] = 2
        content["about"], content["task"] = content.get("task", ""), "semantic"
    for name in ("input", "output"):
        if name in content:
            content[f"{name}s"] = [content.pop(name)]
    finish = {name: content.pop(name) for name in NAMES if name in content}
    if finish and "postprocess" not in content:
        content["postprocess"] = Finish(**finish).steps()
    measured = {name: content.pop(name) for name in _MEASURED if name in content}
    if measured:
        content["measured"] = measured
    return content
