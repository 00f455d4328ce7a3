"""Signatures of Android and AndroidX, read from packages of PyPI and npm that describe them for other languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PRIMITIVES = {
    "jboolean": "Z",
    "jbyte": "B",
    "jchar": "C",
    "jshort": "S",
    "jint": "I",
    "jlong": "J",
    "jfloat": "F",
    "jdouble": "D",
}
_ARRAYS = {f"JavaArrayJ{name[1:].capitalize()}": letter for name, letter in PRIMITIVES.items()}
_PYTHON = {"bool": "Z", "int": "I", "float": "F", "None": "V", "str": "Ljava/lang/String;"}
_INTERFACE = re.compile(r"instance of the ([A-Za-z0-9_.$]+) interface")

# Python has one whole and one broken number, so results of other types than int and float are named here.
RESULTS = {
    "android.content.pm.PackageInfo.lastUpdateTime": "J",
    "android.content.pm.PackageInfo.firstInstallTime": "J",
}
_SUPERS = {"androidx/activity/ComponentActivity": ["androidx/lifecycle/LifecycleOwner"]}
# A bound of type variables is not in the facts.
_VIEWS = dict.fromkeys(("findViewById", "requireViewById"), "<T:Landroid/view/View;>(I)TT;")


@dataclass
class Member:
    """A method, a constructor (`<init>`) or a field."""

    name: str
    descriptor: str
    signature: str
    static: bool
    dots: bool = False


@dataclass
class Described:
    """A class. `name` has slashes, and `$` before nested names."""

    name: str
    supers: list[str]
    signature: str
    members: list[Member] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    interface: bool = False


def interfaces(package: Path) -> set[str]:
    """Names of interfaces in `@nativescript/types-android`, with slashes."""
    files = (package / "lib" / "android").glob("*.d.ts")
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(files) if "merged" not in file.name)
    return {name.replace(".", "/") for name in _INTERFACE.findall(text)}


def read(folder: Path) -> Iterator[Described]:
    """Classes of unpacked `chaquopy-stubs-*` wheels, without Java's own."""
    for file in sorted(folder.rglob("*.pyi")):
        places = file.parent.relative_to(folder).parts
        places = (places[0].removesuffix("-stubs"), *places[1:])
        if places[0] in ("android", "androidx", "com"):
            yield from _Module("/".join(places), ast.parse(file.read_text(encoding="utf-8"))).classes()


class _Module:
    def __init__(self, package: str, tree: ast.Module):
        self.package, self.tree = package, tree

    def classes(self) -> Iterator[Described]:
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                yield from self._class(node, f"{self.package}/{node.name}")

    def _class(self, node: ast.ClassDef, name: str) -> Iterator[Described]:
        bases = [base for base in node.bases if not self._is_generic(base)]
        variables = [ast.unparse(base.slice) for base in node.bases if self._is_generic(base)]  # type: ignore[attr-defined]
        supers = [self._erased(base) for base in bases]
        signature = ""
        if variables or any("<" in self._signature(base) for base in bases):
            names = variables[0].strip("()").split(", ") if variables else []
            signature = _declared([_variable(each) for each in names])
            signature += "".join(self._signature(base).replace("*", "Ljava/lang/Object;") for base in bases)
            signature += "".join(f"L{each};" for each in _SUPERS.get(name, []))
        found = Described(name, [each[1:-1] for each in supers] + _SUPERS.get(name, []), signature)
        for each in node.body:
            if isinstance(each, ast.ClassDef):
                found.nested.append(f"{name}${each.name}")
                yield from self._class(each, f"{name}${each.name}")
            elif isinstance(each, ast.FunctionDef):
                found.members.append(self._method(each, name))
            elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                found.members.append(self._field(each, each.target.id, name))
        yield found

    @staticmethod
    def _is_generic(base: ast.expr) -> bool:
        return isinstance(base, ast.Subscript) and ast.unparse(base.value) == "typing.Generic"

    def _field(self, node: ast.AnnAssign, name: str, owner: str) -> Member:
        kind = node.annotation
        static = isinstance(kind, ast.Subscript) and ast.unparse(kind.value) == "typing.ClassVar"
        if static:
            kind = kind.slice  # type: ignore[attr-defined]
        return Member(name, self._result(kind, owner, name), self._signature(kind), static)

    def _method(self, node: ast.FunctionDef, owner: str) -> Member:
        static = any(ast.unparse(each) == "staticmethod" for each in node.decorator_list)
        given = [*node.args.posonlyargs, *node.args.args][0 if static else 1 :]
        kinds = [each.annotation for each in given if each.annotation is not None]
        if node.args.vararg is not None and node.args.vararg.annotation is not None:
            kinds.append(node.args.vararg.annotation)
        dots = node.args.vararg is not None
        parts = [self._erased(kind) for kind in kinds]
        written = [self._signature(kind) for kind in kinds]
        if dots:
            parts[-1], written[-1] = "[" + parts[-1], "[" + written[-1]
        assert node.returns is not None
        result = self._result(node.returns, owner, node.name)
        descriptor = f"({''.join(parts)}){result}"
        variables = sorted({each for kind in [*kinds, node.returns] for each in _own_variables(kind)})
        ends = self._signature(node.returns)
        ends = result if len(result) == 1 else ends
        signature = _declared([_variable(each) for each in variables]) + f"({''.join(written)}){ends}"
        name = "<init>" if node.name == "__init__" else node.name
        signature = _VIEWS.get(name, "" if signature == descriptor else signature)
        return Member(name, descriptor, signature, static, dots)

    def _result(self, kind: ast.expr, owner: str, name: str) -> str:
        key = f"{owner.replace('/', '.').replace('$', '.')}.{name}"
        return RESULTS.get(key) or self._erased(kind)

    def _erased(self, kind: ast.expr) -> str:
        return re.sub(r"^(\[*)T.*", r"\1Ljava/lang/Object;", re.sub("<.*>", "", self._signature(kind)))

    def _signature(self, kind: ast.expr) -> str:
        """In the words of a class file."""
        if isinstance(kind, ast.BinOp):
            return self._union([each for each in _sides(kind) if ast.unparse(each) != "None"])
        if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
            return self._signature(ast.parse(kind.value, mode="eval").body)
        if isinstance(kind, ast.Subscript):
            name = ast.unparse(kind.value)
            inner = kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]
            if name == "java.chaquopy.JavaArray":
                return "[" + self._signature(inner[0])
            return f"{self._named(name)[:-1]}<{''.join(self._boxed(each) for each in inner)}>;"
        return self._named(ast.unparse(kind))

    def _boxed(self, kind: ast.expr) -> str:
        found = self._signature(kind)
        return "*" if found == "Ljava/lang/Object;" or found[0] not in "LT[" else found

    def _union(self, kinds: list[ast.expr]) -> str:
        names = [ast.unparse(kind) for kind in kinds]
        for name in names:
            if (found := PRIMITIVES.get(name.removeprefix("java."))) is not None:
                return found
        java = [kind for kind, name in zip(kinds, names, strict=True) if name not in _PYTHON]
        return self._signature((java or kinds)[-1])

    def _named(self, name: str) -> str:
        if name in _PYTHON:
            return _PYTHON[name]
        last = name.rsplit(".", 1)[-1]
        if name.startswith("java.chaquopy."):
            return "[" + _ARRAYS[last]
        if last in PRIMITIVES:
            return PRIMITIVES[last]
        if "__" in name:
            return f"T{_variable(name)};"
        if name == "typing.Type":
            return "Ljava/lang/Class;"
        if name in ("typing.Any", "object"):
            return "Ljava/lang/Object;"
        places = name.split(".")
        lower = [each for each in places if each[:1].islower()]
        package = "/".join(lower) if lower and places[0] == lower[0] else self.package
        return f"L{package}/{'$'.join(places[len(lower) :] if lower else places)};"


def _sides(kind: ast.expr) -> Iterator[ast.expr]:
    if isinstance(kind, ast.BinOp):
        yield from _sides(kind.left)
        yield from _sides(kind.right)
    else:
        yield kind


def _variable(name: str) -> str:
    return name.rsplit("__", 1)[-1]


def _own_variables(kind: ast.expr) -> Iterator[str]:
    """Type variables of a method begin with its name in lower case; those of classes are their class's."""
    for each in ast.walk(kind):
        if isinstance(each, ast.Name) and re.fullmatch(r"_[a-z]\w*_\d+__\w+|_[a-z]\w*__\w+", each.id):
            yield each.id


def _declared(variables: list[str]) -> str:
    return f"<{''.join(f'{each}:Ljava/lang/Object;' for each in variables)}>" if variables else ""
