"""Cards as YAML text."""

from __future__ import annotations

from typing import Any

import yaml


def to_yaml(content: dict[str, Any]) -> str:
    """YAML in the order given, with short rows such as `[192, 192]` on one line."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Block style but for rows of plain values."""


def _row(dumper: yaml.SafeDumper, values: list[Any]) -> yaml.Node:
    plain = all(not isinstance(value, (dict, list)) and len(str(value)) < 40 for value in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=plain)


_Dumper.add_representer(list, _row)
