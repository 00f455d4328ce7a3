"""The import order of docs/reference/architecture.md, held by reading the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "paddleseg"

# The floors, from the ground up: a part imports what stands below it and, where a set holds several, nothing beside it.
FLOORS: tuple[set[str], ...] = (
    {"errors", "version", "memory", "progress", "moved"},
    {"files", "plugins", "registry", "device", "program", "targets", "arrays_only", "compiled", "compat"},
    {"fetch", "geometry", "metrics", "card", "config", "sources", "lock", "absent"},
    {"images", "kernels", "zoo"},
    {"transforms", "optim", "losses", "models"},
    {"datasets", "inference"},
    {"tasks", "doctor", "convert"},
    {"assemble"},
    {"engine", "export", "batch"},
    {"analysis"},
    {"slim"},
    {"video"},
    {"batch"},
    {"service"},
    {"core", "cvlibs", "cli", "__init__", "utils", "optimizers", "deploy"},
)
# What a part does without, though it stands below: what has no card knows no zoo, what reads data knows no network.
STRANGERS = {
    "config": {"card", "fetch", "metrics", "geometry"},
    "metrics": {"card", "config"},
    "transforms": {"config", "card", "zoo", "kernels", "fetch"},
    "datasets": {"config", "card", "zoo", "kernels", "fetch", "losses", "models", "optim"},
    "models": {"config", "transforms"},
    "losses": {"config", "transforms", "zoo", "models"},
    "inference": {"config", "losses", "optim", "metrics"},
}
NO_PADDLE = {
    *("errors", "registry", "files", "sources", "targets", "fetch", "plugins", "memory", "config", "geometry"),
    *("images", "card", "arrays_only", "compiled", "absent", "compat"),
    *("transforms", "datasets", "metrics", "zoo", "convert", "moved"),
    *("video", "service", "batch"),
}


def floor_of(part: str) -> int:
    return next(number for number, parts in enumerate(FLOORS) if part in parts)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path) for path in PACKAGE.rglob("*.py")}


def part_of(module: str) -> str:
    return [*module.split("."), ""][1]


@cache
def statements(path: Path) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The import statements of a file: those that run, and those for type checkers only."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    unread = [node for node in nodes if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    skipped = {inner for node in unread for inner in ast.walk(node)}
    found = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    return [node for node in found if node not in skipped], [node for node in found if node in skipped]


def imports(path: Path, types_too: bool = False) -> set[str]:
    """Modules that a file imports anywhere; those for type checkers only where asked for."""
    found: set[str] = set()
    running, for_types = statements(path)
    for node in [*running, *(for_types if types_too else [])]:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from paddleseg import zoo` is an arrow to zoo, and none to the face of the package around it.
            found |= named if named <= MODULES else named | {node.module or ""}
    return found


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_stands_below_it(path: Path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert any(part in parts for parts in FLOORS), f"{part} has no floor yet"
    used = {part_of(module) for module in imports(path) if module.startswith("paddleseg.")} - {part, ""}
    used = {name for name in used if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()}
    upward = {name for name in used if floor_of(name) >= floor_of(part) and part not in FLOORS[-1]}
    assert not upward, f"{path} imports {sorted(upward)}"
    assert not used & STRANGERS.get(part, set()), f"{path} imports {sorted(used & STRANGERS[part])}"


def test_no_files_import_each_other_in_a_circle():
    """Also not for type checkers only: a reader has to start somewhere."""
    files = {name_of(path): path for path in sources()}
    arrows = {
        name: {module for module in imports(path, types_too=True) if module in files} - {name}
        for name, path in files.items()
    }
    while leaves := [name for name, targets in arrows.items() if not targets & arrows.keys()]:
        for name in leaves:
            del arrows[name]
    assert not arrows, f"each of these imports another one of them: {sorted(arrows)}"


def test_nothing_imports_the_command_line():
    for path in sources():
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        assert not any(module.startswith("paddleseg.cli") for module in imports(path)), path


def test_parts_without_paddle_do_not_import_it():
    modules = [
        name_of(path) for path in sources() if path.relative_to(PACKAGE).parts[0].removesuffix(".py") in NO_PADDLE
    ]
    code = f"import sys, importlib\nfor name in {modules}: importlib.import_module(name)\n"
    code += "assert 'paddle' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_file_touches_sys_path():
    for folder in ("paddleseg", "tools", "deploy", "contrib", "benchmarks"):
        for path in (PACKAGE.parent / folder).rglob("*.py"):
            assert "sys.path" not in path.read_text(encoding="utf-8"), path
