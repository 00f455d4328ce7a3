"""From a file name to a checked `RunConfig`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from paddleseg.config.build import refusals
from paddleseg.config.check import find_problems
from paddleseg.config.legacy import modernise
from paddleseg.config.overrides import apply_opts
from paddleseg.config.places import find_config
from paddleseg.config.schema import RunConfig, where
from paddleseg.config.tree import KeyPath, Node, near
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
        _say_once(remark)
    cfg, problems = _typed(tree)
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


@functools.cache
def _say_once(remark: str) -> None:
    print(f"Warning: {remark}.", file=sys.stderr)


def _place(problem: Problem) -> tuple[str, int]:
    """File and line of a problem, so that they are listed as an editor shows them."""
    file, _, line = problem.where.partition(": ")[0].rpartition(":")
    return (file, int(line)) if line.isdecimal() else (problem.where, 0)


def _typed(tree: Node) -> tuple[RunConfig, list[Problem]]:
    """Validate; what is faulty is reported and then left out, so that the rest can be checked as well."""
    problems: list[Problem] = []
    # `test_config:` with nothing after it, or `--opts val_dataset=null`, means not given.
    unset = [key for key in RunConfig.model_fields if key in tree.value and tree.value[key].value is None]
    values = {str(key): node.plain() for key, node in tree.value.items() if key not in unset}
    dropped: set[KeyPath] = set()  # a required key that was dropped for its value is not also missing
    while True:
        try:
            cfg = RunConfig.model_validate(values)
            break
        except ValidationError as error:
            for details in error.errors():
                if details["loc"] not in dropped:
                    problems.append(_problem(tree, details))
                dropped.add(details["loc"][:2])
                _drop(values, details["loc"])
    cfg.attach(tree)
    return cfg, problems


def _drop(values: dict[str, Any], path: KeyPath) -> None:
    """Remove a faulty key: one inside a section where there is one, else the section."""
    section = values.get(path[0])
    if len(path) > 1 and isinstance(section, dict) and path[1] in section:
        del section[path[1]]
    else:
        values.pop(path[0], None)


def _problem(tree: Node, details: ErrorDetails) -> Problem:
    path, kind, value = details["loc"], details["type"], details["input"]
    place = where(tree, path)
    if kind == "extra_forbidden":
        return Problem(place, "there is no such key", near(path[-1], _keys_beside(path)))
    if kind == "missing":
        return Problem(where(tree, path[:-1]), f"needs '{path[-1]}'", f"add `{path[-1]}:`")
    if kind == "value_error":
        return Problem(place, details["msg"].removeprefix("Value error, "))
    wanted = {
        "model_type": "should be a mapping (indented `key: value` lines)",
        "int_type": "should be a whole number",
        "int_parsing": "should be a whole number",
        "int_from_float": "should be a whole number",
        "float_type": "should be a number",
        "float_parsing": "should be a number",
        "bool_type": "should be true or false",
        "bool_parsing": "should be true or false",
        "string_type": "should be text",
        "list_type": "should be a list",
        "too_short": "should have more items",
        "too_long": "should have fewer items",
    }.get(kind, details["msg"].replace("Input should", "should"))
    return Problem(place, f"{wanted}, not {value!r}")


def _keys_beside(path: KeyPath) -> list[str]:
    """The keys that the section around `path` knows."""
    section: type[BaseModel] = RunConfig
    for key in path[:-1]:
        section = next(
            option
            for option in _options(section.model_fields[key].annotation)
            if isinstance(option, type) and issubclass(option, BaseModel)
        )
    return list(section.model_fields)


def _options(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", None) or (annotation,)


def plugin_problems(cfg: RunConfig) -> list[Problem]:
    """Import the plugins that a configuration names; the faults of those that cannot be."""
    problems: list[Problem] = []
    for index, name in enumerate(cfg.plugins):
        try:
            import_plugin(name, cfg.where("plugins", index))
        except ConfigError as error:
            problems += error.problems
    return problems
