"""What a method's YAML file says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from paddleseg.config.overrides import apply_opts
from paddleseg.config.tree import Node, Origin
from paddleseg.config.typed import Schema, typed
from paddleseg.config.yaml_io import read_tree
from paddleseg.errors import ConfigError


def read_settings(schema: type[Schema], path: str | Path | None, opts: Sequence[str] = ()) -> Schema:
    """The settings of a method: the file's, with overrides laid over it, and defaults for the rest.

    Args:
        schema: The method's keys.
        path: The YAML file; None for the defaults.
        opts: `key=value` texts, as after `--slim`.

    Raises:
        ConfigError: Every unknown key and every value that cannot be.
    """
    tree = Node({}, Origin("--slim")) if path is None else read_tree(path)
    settings, problems = typed(apply_opts(tree, opts, "--slim"), schema)
    if problems:
        raise ConfigError(problems)
    return settings
