"""From a file name to a checked `RunConfig`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from paddleseg.config.check import find_problems
from paddleseg.config.legacy import modernise
from paddleseg.config.overrides import apply_flags, apply_opts
from paddleseg.config.schema import RunConfig, where
from paddleseg.config.yaml_io import KeyPath, Node, near, read_tree
from paddleseg.errors import ConfigError, Problem
from paddleseg.plugins import import_plugin


def load_tree(path: str | Path, opts: Sequence[str] = (), flags: Mapping[str, Any] | None = None) -> Node:
    """The merged file with overrides laid over it, before any checking of keys."""
    return apply_flags(apply_opts(read_tree(path), opts), flags or {})


def load_config(
    path: str | Path, opts: Sequence[str] = (), flags: Mapping[str, Any] | None = None, *, check: bool = True
) -> RunConfig:
    """Read a YAML file, apply overrides, and check everything before anything is built.

    Args:
        path: The YAML file.
        opts: `key.path=value` texts, as after `--opts`.
        flags: Values of command-line flags by key path, such as `{"train.log_iters": 10}`; None means not given.
        check: Also look up every component and compare its arguments with its constructor. Without it a file loads
            whose components do not exist.

    Raises:
        ConfigError: Every problem of the file and its overrides.

    Example:
        >>> cfg = load_config("configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml", ["iters=100"])
        >>> cfg.iters
        100
    """
    tree = load_tree(path, opts, flags)
    return validate(tree, check=check)


def validate(tree: Node, *, check: bool = True) -> RunConfig:
    """The typed configuration of a merged tree; see `load_config`."""
    tree = modernise(tree)
    cfg, problems = _typed(tree)
    # Later users of the list, such as loader workers, know nothing of the YAML file's folder.
    cfg.plugins = [str(cfg.folder_of("plugins", i) / Path(name).expanduser()) for i, name in enumerate(cfg.plugins)]
    if check:
        problems += plugin_problems(cfg)
        problems += find_problems(cfg)
    if problems:
        raise ConfigError(problems)
    return cfg


def _typed(tree: Node) -> tuple[RunConfig, list[Problem]]:
    """Validate; what is faulty is reported and then left out, so that the rest can be checked as well."""
    problems: list[Problem] = []
    values = tree.plain()
    while True:
        try:
            cfg = RunConfig.model_validate(values)
            break
        except ValidationError as error:
            for details in error.errors():
                problems.append(_problem(tree, details))
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
