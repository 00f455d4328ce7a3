"""YAML files, with their `_base_` files, to one tree of values that know their file and line."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Any

import yaml

from paddleseg.config.places import exists
from paddleseg.config.remarks import say_once
from paddleseg.config.tree import KeyPath, Node, Origin, dotted, merge, without_merge_marks
from paddleseg.errors import ConfigError, Problem

_MERGE_TAG = "tag:yaml.org,2002:merge"
_MOST_VALUES, _MOST_FILES, _MOST_BYTES = 100_000, 1000, 10_000_000


def dump(value: Any) -> str:
    """Ordinary dicts and lists as YAML text, keys in their order."""
    return yaml.safe_dump(value, sort_keys=False, default_flow_style=None, allow_unicode=True)


def read_tree(path: str | Path) -> Node:
    """Read a file and its `_base_` files into one tree.

    A child's value wins over its bases', an earlier base wins over a later one. Dicts merge, unless the child's dict
    says `_inherited_: False`; lists and scalars are replaced whole.

    Raises:
        ConfigError: Every fault found in any of the files: missing, not YAML, duplicate keys, bases in a circle.
    """
    return _Files().read(Path(path))


def parse_value(text: str) -> Any:
    """Type a piece of text as YAML does: `1e-3` is a number, `[1, 2]` a list, `true` a bool.

    Raises:
        yaml.YAMLError: The text is not YAML, or has anchors, which a value on its own has no use for.
    """
    if any(isinstance(token, (yaml.AliasToken, yaml.AnchorToken)) for token in yaml.scan(text, _Loader)):
        raise yaml.YAMLError("anchors are for files")
    return yaml.load(text, _Loader)


class _Files:
    """A file and its bases, each read once however often it is named."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.trees: dict[Path, Node] = {}

    def read(self, path: Path) -> Node:
        tree = self.with_bases(path, (), None)
        if self.problems:
            raise ConfigError(self.problems)
        return tree

    def with_bases(self, path: Path, chain: tuple[Path, ...], named_at: str | None) -> Node:
        path = at_home(path)
        name = _display(path)
        nothing = Node({}, Origin(name))
        where = named_at or name
        identity = path.absolute() if not exists(path) else path.resolve()
        if identity in chain:
            circle = " -> ".join(_display(file) for file in (*chain[chain.index(identity) :], identity))
            self.problems.append(
                Problem(where, f"_base_ goes in a circle: {circle}", "remove one of these _base_ lines")
            )
            return nothing
        if identity in self.trees:
            return self.trees[identity]
        if len(self.trees) > _MOST_FILES or len(chain) > _MOST_FILES // 10:
            self.problems.append(Problem(where, "has more _base_ files than a configuration needs", "merge some"))
            return nothing
        if not exists(path) or not path.is_file():
            self.problems.append(_missing(path, where, named_at is not None))
            return nothing
        node = _read_file(path, name, self.problems)
        self.trees[identity] = nothing if node is None else self.merged(node, path, (*chain, identity))
        return self.trees[identity]

    def merged(self, node: Node, path: Path, chain: tuple[Path, ...]) -> Node:
        """A file's own content over its bases'."""
        bases = node.value.pop("_base_", Node([], node.origin))
        entries = bases.value if isinstance(bases.value, list) else [bases]
        tree = Node({}, Origin(_display(path)))
        for entry in reversed(entries):
            place = f"{entry.origin}: _base_"
            if isinstance(entry.value, str):
                tree = merge(tree, self.with_bases(path.parent / at_home(Path(entry.value)), chain, place))
            else:
                what = f"should be a file name or a list of them, not {entry.plain()!r}"
                self.problems.append(Problem(place, what))
        return without_merge_marks(merge(tree, node))


def at_home(path: Path) -> Path:
    """`~` as the home folder; a user that is not known stays as written, and is no file."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _missing(path: Path, where: str, is_base: bool) -> Problem:
    folder = path.parent
    what = f"the base file {_display(path)} does not exist" if is_base else "no such file"
    if exists(path) and path.is_dir():
        return Problem(where, f"{_display(path)} is a folder, not a YAML file", "name one of the .yml files in it")
    if not exists(folder) or not folder.is_dir():
        return Problem(where, what, f"there is no folder {_display(folder)}")
    files = [file.name for file in folder.iterdir() if file.suffix in (".yml", ".yaml")]
    found = difflib.get_close_matches(path.name, files, n=1, cutoff=0.5)
    hint = f"did you mean {_display(folder / found[0])}?" if found else f"{_display(folder)} holds no file like it"
    return Problem(where, what, hint)


def _display(path: Path) -> str:
    """The path as short as it can be said from the working directory."""
    relative = os.path.relpath(path)
    return os.path.normpath(path) if relative.startswith("..") else Path(relative).as_posix()


class _Loader(yaml.SafeLoader):
    """Safe YAML in which `1e-3` is a number; PyYAML follows YAML 1.1, where it needs a dot.

    Attributes:
        anchored: The nodes that have a name, by `id`.
    """

    def __init__(self, text: str):
        super().__init__(text)
        self.anchored: dict[int, yaml.Node] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        node = super().compose_node(parent, index)
        if node is not None and getattr(event, "anchor", None):
            self.anchored[id(node)] = node
        return node


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:\d+|\d*\.\d+|\d+\.)[eE][-+]?\d+$"), list("-+.0123456789")
)


def _read_file(path: Path, name: str, problems: list[Problem]) -> Node | None:
    try:
        if path.stat().st_size > _MOST_BYTES:
            problems.append(Problem(name, f"is larger than {_MOST_BYTES // 10**6} MB", "name a configuration"))
            return None
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
    except RecursionError:
        problems.append(Problem(name, "is nested too deeply to be a configuration", "write it flat"))
        return None
    except (yaml.YAMLError, ValueError, OverflowError, OSError) as error:
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
    """Turn PyYAML's node graph into ours, keeping lines and collecting faults of keys."""

    def __init__(self, loader: _Loader, name: str, problems: list[Problem]):
        self.loader, self.name, self.problems = loader, name, problems
        self.reported: set[int] = set()
        self.open: set[int] = set()
        self.count = 0

    def convert(self, node: yaml.Node, marked: yaml.Node, path: KeyPath = ()) -> Node:
        """The value of `node`, whose line is that of `marked` (its key, where it has one)."""
        origin = Origin(self.name, _line(marked))
        self.count += 1
        if self.count > _MOST_VALUES:  # aliases of aliases grow without bounds
            raise _fault(f"more than {_MOST_VALUES:,} values, counting what aliases repeat", node)
        if isinstance(node, yaml.ScalarNode):
            return Node(self.loader.construct_object(node), origin, id(node) in self.loader.anchored)
        if id(node) in self.open:
            raise _fault("an anchor that contains itself", node)
        self.open.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            value: Any = [self.convert(child, child, (*path, index)) for index, child in enumerate(node.value)]
        else:
            value = self.mapping(node, path)
        self.open.discard(id(node))
        return Node(value, origin, id(node) in self.loader.anchored)

    def mapping(self, node: yaml.Node, path: KeyPath) -> dict[Any, Node]:
        own: dict[Any, Node] = {}
        inherited: dict[Any, Node] = {}
        first: dict[Any, yaml.Node] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:
                inherited = {**self.sources(value_node, path), **inherited}
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise _fault("a key should be a word or a number", key_node)
            key = self.loader.construct_object(key_node)
            here = (*path, key)
            value = self.convert(value_node, key_node, here)
            if key in first:
                lines = f"lines {_line(first[key])} and {_line(key_node)}"
                if repr(value.plain()) == repr(own[key].plain()):  # as in files of PaddleSeg's; nothing is lost
                    say_once(f"{self.name}: {dotted(here)}: is written twice with the same value, on {lines}")
                else:
                    hint = "delete one of the two; plain YAML would silently keep only the last"
                    self.report(key_node, here, f"the key '{key}' is written twice, on {lines}", hint)
            first.setdefault(key, key_node)
            own[key] = value
            if key == "_inherited_" and not isinstance(own[key].value, bool):
                self.report(key_node, here, f"should be true or false, not {own[key].plain()!r}")
        return {**inherited, **own}

    def sources(self, node: yaml.Node, path: KeyPath) -> dict[Any, Node]:
        """The values behind `<<: *anchor` or `<<: [*first, *second]`, of which the first wins."""
        values: dict[Any, Node] = {}
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                raise _fault("<< takes a mapping or a list of mappings", source)
            values = {**self.convert(source, source, path).value, **values}
        return values

    def report(self, key_node: yaml.Node, path: KeyPath, what: str, hint: str = "") -> None:
        # An aliased mapping is converted at every use; its fault is said once.
        if id(key_node) not in self.reported:
            self.reported.add(id(key_node))
            self.problems.append(Problem(f"{self.name}:{_line(key_node)}: {dotted(path)}", what, hint))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _fault(what: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)
