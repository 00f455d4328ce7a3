"""The import order of docs/architecture.md, held by reading the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "paddleseg"

# Each part may import itself and the parts listed for it.
BASE = {"errors", "registry", "files", "version", "plugins", "progress", "memory"}
DATA = BASE | {"geometry", "transforms"}
ALLOWED = {
    "errors": set(),
    "version": set(),
    "memory": set(),
    "files": {"errors"},
    "plugins": {"errors"},
    "progress": set(),
    "fetch": {"errors", "files", "progress"},
    "registry": {"errors"},
    "device": {"errors"},
    "config": BASE,
    "geometry": BASE,
    "transforms": DATA,
    "datasets": DATA,
    "zoo": {"errors", "fetch"},
    "models": BASE | {"zoo", "fetch"},
    "losses": BASE | {"metrics", "models"},  # the compiled CPU forms live in models.layers
    "metrics": BASE,
    "optim": BASE,
    "inference": DATA | {"zoo", "device", "models"},
    "convert": DATA | {"datasets", "inference"},
    "doctor": DATA | {"datasets", "device", "models"},
    "engine": DATA | {"config", "datasets", "models", "losses", "metrics", "optim", "inference", "doctor", "device"},
    "export": DATA | {"config", "datasets", "models", "inference", "device"},
    "analysis": DATA | {"models", "inference", "export"},
}
NO_PADDLE = {
    "errors",
    "registry",
    "files",
    "fetch",
    "plugins",
    "memory",
    "config",
    "geometry",
    "transforms",
    "datasets",
    "metrics",
    "zoo",
}


def part_of(module: str) -> str:
    return [*module.split("."), ""][1]


def imports(path: Path) -> set[str]:
    """Modules that a file imports anywhere, except for type checkers only."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_stands_below_it(path: Path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part in ("__init__", "cli", "cvlibs", "core"):
        return  # the top: these may import everything
    used = {part_of(module) for module in imports(path) if module.startswith("paddleseg.")} - {part, ""}
    used = {name for name in used if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()}
    assert part in ALLOWED, f"{part} has no place in the import order yet"
    assert used <= ALLOWED[part], f"{path} imports {sorted(used - ALLOWED[part])}"


def test_nothing_imports_the_command_line():
    for path in sources():
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        assert not any(module.startswith("paddleseg.cli") for module in imports(path)), path


def test_parts_without_paddle_do_not_import_it():
    modules = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in sources()
        if path.relative_to(PACKAGE).parts[0].removesuffix(".py") in NO_PADDLE
    ]
    code = f"import sys, importlib\nfor name in {modules}: importlib.import_module(name)\n"
    code += "assert 'paddle' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_file_touches_sys_path():
    for folder in ("paddleseg", "tools", "deploy", "contrib", "benchmarks"):
        for path in (PACKAGE.parent / folder).rglob("*.py"):
            assert "sys.path" not in path.read_text(encoding="utf-8"), path
