"""YAML files to one merged tree in which every value still knows the file and line that wrote it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from paddleseg.errors import ConfigError, Problem

KeyPath: TypeAlias = tuple[Any, ...]
_MERGE_TAG = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Origin:
    """Where a value was written: a file and line, or a place on the command line."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Node:
    """A value and its origin: `value` is a dict of nodes, a list of nodes, or a scalar."""

    value: Any
    origin: Origin

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
    origin = written.origin if written else otherwise

    def below(key: Any) -> Node | None:
        if written is None or isinstance(written.value, type(value)):
            return dict(written.children()).get(key) if written else None
        return written  # a lone value that became a list, or a name that became `{type: name}`

    if isinstance(value, dict):
        return Node({key: with_origins(child, below(key), otherwise) for key, child in value.items()}, origin)
    if isinstance(value, list):
        return Node([with_origins(child, below(i), otherwise) for i, child in enumerate(value)], origin)
    return Node(value, origin)


def dump(value: Any) -> str:
    """Ordinary dicts and lists as YAML text, keys in their order."""
    return yaml.safe_dump(value, sort_keys=False, default_flow_style=None, allow_unicode=True)


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


def read_tree(path: str | Path) -> Node:
    """Read a file and its `_base_` files into one tree.

    A child's value wins over its bases', an earlier base wins over a later one. Dicts merge, unless the child's dict
    says `_inherited_: False`; lists and scalars are replaced whole.

    Raises:
        ConfigError: Every fault found in any of the files: missing, not YAML, duplicate keys, bases in a circle.
    """
    problems: list[Problem] = []
    tree = _read_with_bases(Path(path), (), None, problems)
    if problems:
        raise ConfigError(problems)
    return tree


def parse_value(text: str) -> Any:
    """Type a piece of text as YAML does: `1e-3` is a number, `[1, 2]` a list, `true` a bool.

    Raises:
        yaml.YAMLError: The text is not YAML.
    """
    return yaml.load(text, _Loader)


def merge(base: Node, child: Node) -> Node:
    """`child` over `base`, by the rules of `read_tree`."""
    if not (isinstance(base.value, dict) and isinstance(child.value, dict)) or not _inherits(child):
        return child
    merged = dict(base.value)
    for key, node in child.value.items():
        merged[key] = merge(base.value[key], node) if key in base.value else node
    return Node(merged, child.origin)


def _inherits(node: Node) -> bool:
    return "_inherited_" not in node.value or node.value["_inherited_"].value is not False


def _without_merge_marks(node: Node) -> Node:
    if isinstance(node.value, dict):
        kept = {key: _without_merge_marks(child) for key, child in node.value.items() if key != "_inherited_"}
        return Node(kept, node.origin)
    if isinstance(node.value, list):
        return Node([_without_merge_marks(child) for child in node.value], node.origin)
    return node


def _read_with_bases(path: Path, chain: tuple[Path, ...], named_at: str | None, problems: list[Problem]) -> Node:
    path = path.expanduser()
    name = _display(path)
    nothing = Node({}, Origin(name))
    where = named_at or name
    identity = path.resolve()
    if identity in chain:
        circle = " -> ".join(_display(file) for file in (*chain[chain.index(identity) :], identity))
        problems.append(Problem(where, f"_base_ goes in a circle: {circle}", "remove one of these _base_ lines"))
        return nothing
    if not path.is_file():
        problems.append(_missing(path, where, named_at is not None))
        return nothing
    node = _read_file(path, name, problems)
    if node is None:
        return nothing

    bases = node.value.pop("_base_", Node([], node.origin))
    entries = bases.value if isinstance(bases.value, list) else [bases]
    tree = nothing
    for entry in reversed(entries):
        place = f"{entry.origin}: _base_"
        if not isinstance(entry.value, str):
            problems.append(Problem(place, f"should be a file name or a list of them, not {entry.plain()!r}"))
            continue
        base = _read_with_bases(path.parent / Path(entry.value).expanduser(), (*chain, identity), place, problems)
        tree = merge(tree, base)
    return _without_merge_marks(merge(tree, node))


def _missing(path: Path, where: str, is_base: bool) -> Problem:
    folder = path.parent
    what = f"the base file {_display(path)} does not exist" if is_base else "no such file"
    if path.is_dir():
        return Problem(where, f"{_display(path)} is a folder, not a YAML file", "name one of the .yml files in it")
    if not folder.is_dir():
        return Problem(where, what, f"there is no folder {_display(folder)}")
    files = [file.name for file in folder.iterdir() if file.suffix in (".yml", ".yaml")]
    found = difflib.get_close_matches(path.name, files, n=1, cutoff=0.5)
    hint = f"did you mean {_display(folder / found[0])}?" if found else f"{_display(folder)} holds no file like it"
    return Problem(where, what, hint)


def _display(path: Path) -> str:
    """The path as short as it can be said from the working directory."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else Path(relative).as_posix()


class _Loader(yaml.SafeLoader):
    """Safe YAML in which `1e-3` is a number; PyYAML follows YAML 1.1, where it needs a dot."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:\d+|\d*\.\d+|\d+\.)[eE][-+]?\d+$"), list("-+.0123456789")
)


def _read_file(path: Path, name: str, problems: list[Problem]) -> Node | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
        loader = _Loader(text)
        root = loader.get_single_node()
        node = None if root is None else _Reader(loader, name, problems).convert(root, root)
    except UnicodeDecodeError as error:
        problems.append(Problem(name, f"is not a text file in UTF-8 (byte {error.start})", "save it as UTF-8"))
        return None
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax_problem(name, error))
        return None
    except (yaml.YAMLError, ValueError, OSError) as error:
        problems.append(Problem(name, f"cannot be read as YAML: {error}"))
        return None
    if node is None:
        problems.append(Problem(name, "is empty", "write at least one `key: value` line"))
        return None
    if not isinstance(node.value, dict):
        problems.append(Problem(name, "should hold `key: value` lines at its top level, not a list or a single value"))
        return None
    return node


def _syntax_problem(name: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    where = f"{name}:{mark.line + 1}" if mark else name
    what = f"is not YAML: {' '.join(filter(None, [error.context, error.problem]))}"
    if "'\\t'" in what:
        return Problem(where, what, "indent with spaces; YAML does not allow tabs")
    return Problem(where, what, f"look at column {mark.column + 1} of that line" if mark else "")


class _Reader:
    """Turn PyYAML's node graph into ours, keeping lines and collecting duplicate keys."""

    def __init__(self, loader: yaml.SafeLoader, name: str, problems: list[Problem]):
        self.loader, self.name, self.problems = loader, name, problems
        self.reported: set[int] = set()
        self.open: set[int] = set()

    def convert(self, node: yaml.Node, marked: yaml.Node, path: KeyPath = ()) -> Node:
        origin = Origin(self.name, marked.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return Node(self.loader.construct_object(node), origin)
        if id(node) in self.open:
            raise yaml.constructor.ConstructorError(None, None, "an anchor that contains itself", node.start_mark)
        self.open.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            value: Any = [self.convert(child, child, (*path, index)) for index, child in enumerate(node.value)]
        else:
            value = self.mapping(node, path)
        self.open.discard(id(node))
        return Node(value, origin)

    def mapping(self, node: yaml.Node, path: KeyPath) -> dict[Any, Node]:
        own: dict[Any, Node] = {}
        inherited: dict[Any, Node] = {}
        lines: dict[Any, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == _MERGE_TAG:
                sources = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                for source in sources:
                    if not isinstance(source, yaml.MappingNode):
                        raise yaml.constructor.ConstructorError(
                            None, None, "<< takes a mapping or a list of mappings", source.start_mark
                        )
                    inherited = {**self.mapping(source, path), **inherited}
                continue
            key = self.loader.construct_object(key_node, deep=True)
            try:
                twice = key in lines
            except TypeError:
                raise yaml.constructor.ConstructorError(
                    None, None, "a key should be a word or a number", key_node.start_mark
                ) from None
            if twice and id(key_node) not in self.reported:
                # An aliased mapping is converted at every use; its fault is said once.
                self.reported.add(id(key_node))
                self.problems.append(
                    Problem(
                        f"{self.name}:{line}: {dotted((*path, key))}",
                        f"the key '{key}' is written twice, on lines {lines[key]} and {line}",
                        "delete one of the two; plain YAML would silently keep only the last",
                    )
                )
            lines.setdefault(key, line)
            own[key] = self.convert(value_node, key_node, (*path, key))
            if key == "_inherited_" and not isinstance(own[key].value, bool):
                place = f"{self.name}:{line}: {dotted((*path, key))}"
                self.problems.append(Problem(place, f"should be true or false, not {own[key].plain()!r}"))
        return {**inherited, **own}
