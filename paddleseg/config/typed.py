"""Pydantic's findings on a tree as problems with file and line."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from paddleseg.config.schema import where
from paddleseg.config.tree import KeyPath, Node, near
from paddleseg.errors import Problem

Schema = TypeVar("Schema", bound=BaseModel)


def typed(tree: Node, schema: type[Schema]) -> tuple[Schema, list[Problem]]:
    """Validate; what is faulty is reported and then left out, so that the rest can be checked as well."""
    problems: list[Problem] = []
    # `test_config:` with nothing after it, or `--opts val_dataset=null`, means not given.
    unset = [key for key in schema.model_fields if key in tree.value and tree.value[key].value is None]
    values = {str(key): node.plain() for key, node in tree.value.items() if key not in unset}
    dropped: set[KeyPath] = set()  # a required key that was dropped for its value is not also missing
    while True:
        try:
            return schema.model_validate(values), problems
        except ValidationError as error:
            for details in error.errors():
                if details["loc"] not in dropped:
                    problems.append(_problem(tree, schema, details))
                dropped.add(details["loc"][:2])
                _drop(values, details["loc"])


def _drop(values: dict[str, Any], path: KeyPath) -> None:
    """Remove a faulty key: one inside a section where there is one, else the section."""
    section = values.get(path[0])
    if len(path) > 1 and isinstance(section, dict) and path[1] in section:
        del section[path[1]]
    else:
        values.pop(path[0], None)


def _problem(tree: Node, schema: type[BaseModel], details: ErrorDetails) -> Problem:
    path, kind, value = details["loc"], details["type"], details["input"]
    place = where(tree, path)
    if kind == "extra_forbidden":
        return Problem(place, "there is no such key", near(path[-1], _keys_beside(schema, path)))
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


def _keys_beside(schema: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys that the section around `path` knows."""
    section = schema
    for key in path[:-1]:
        section = next(
            option
            for option in _options(section.model_fields[key].annotation)
            if isinstance(option, type) and issubclass(option, BaseModel)
        )
    return list(section.model_fields)


def _options(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", None) or (annotation,)
