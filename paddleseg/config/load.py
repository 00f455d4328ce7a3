"""From a file name to a checked `RunConfig`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from paddleseg.config.build import refusals
from paddleseg.config.check import find_problems
from paddleseg.config.legacy import modernise
from paddleseg.config.overrides import apply_opts
from paddleseg.config.places import find_config
from paddleseg.config.remarks import say_once
from paddleseg.config.schema import RunConfig
from paddleseg.config.tree import Node
from paddleseg.config.typed import typed
from paddleseg.config.yaml_io import at_home, read_tree
from paddleseg.errors import ConfigError, Problem
from paddleseg.plugins import import_plugin


def load_tree(path: str | Path, opts: Sequence[str] = ()) -> Node:
    """The merged file with overrides laid over it, before any checking of keys.

    Args:
        path: The YAML file, or the name of a shipped one.
    """
    return apply_opts(read_tree(find_config(path)), opts)


def load_config(path: str | Path, opts: Sequence[str] = (), *, check: bool = True) -> RunConfig:
    """Read a YAML file, apply overrides, and check everything before anything is built.

    Args:
        path: The YAML file, or the name of a shipped one, such as `pp_humanseg/portrait_fine_tune`.
        opts: `key.path=value` texts, as after `--opts`.
        check: Also look up every component and compare its arguments with its constructor. Without it a file loads
            whose components do not exist.

    Raises:
        ConfigError: Every problem of the file and its overrides.

    Example:
        >>> cfg = load_config("configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml", ["iters=100"])
        >>> cfg.iters
        100
    """
    return validate(load_tree(path, opts), check=check)


def validate(tree: Node, *, check: bool = True) -> RunConfig:
    """The typed configuration of a merged tree; see `load_config`."""
    tree, remarks = modernise(tree, RunConfig.model_fields)
    for remark in remarks:
        say_once(remark)
    cfg, problems = typed(tree, RunConfig)
    cfg.attach(tree)
    # Later users of the list, such as loader workers, know nothing of the YAML file's folder.
    cfg.plugins = [
        str(Path(cfg.origin("plugins", index).file).parent / at_home(Path(name)))
        for index, name in enumerate(cfg.plugins)
    ]
    if check:
        problems += plugin_problems(cfg)
        problems += find_problems(cfg) or refusals(cfg)
    if problems:
        raise ConfigError(sorted(problems, key=_place))
    return cfg


def _place(problem: Problem) -> tuple[str, int]:
    """File and line of a problem, so that they are listed as an editor shows them."""
    file, _, line = problem.where.partition(": ")[0].rpartition(":")
    return (file, int(line)) if line.isdecimal() else (problem.where, 0)


def plugin_problems(cfg: RunConfig) -> list[Problem]:
    """Import the plugins that a configuration names; the faults of those that cannot be."""
    problems: list[Problem] = []
    for index, name in enumerate(cfg.plugins):
        try:
            import_plugin(name, cfg.where("plugins", index))
        except ConfigError as error:
            problems += error.problems
    return problems
