"""The Swift package: its files are Swift, and what they use of C is in portrait_lite.h."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "deploy" / "ios"
SOURCES = sorted(PACKAGE.rglob("*.swift"))
HEADER = (ROOT / "deploy" / "lite" / "include" / "portrait_lite.h").read_text(encoding="utf-8")


def declared() -> dict[str, int]:
    """Functions of the header and how many arguments each takes."""
    found = re.findall(r"PORTRAIT_API [^;(]*?(portrait_\w+)\(([^)]*)\)", HEADER, re.S)
    return {name: 0 if arguments == "void" else arguments.count(",") + 1 for name, arguments in found}


def calls(text: str) -> Iterator[tuple[str, int]]:
    """Functions of C that a file calls, and with how many arguments."""
    for found in re.finditer(r"(portrait_\w+)\(", text):
        depth, count, place = 1, 0, found.end()
        while depth:
            letter = text[place]
            depth += (letter in "([") - (letter in ")]")
            count += letter == "," and depth == 1
            place += 1
        yield found[1], 0 if text[found.end()] == ")" else count + 1


def test_functions_of_c_are_called_as_they_are_declared():
    functions, seen = declared(), set()
    for file in SOURCES:
        for name, count in calls(file.read_text(encoding="utf-8")):
            if name != "portrait_frame":
                assert functions.get(name) == count, f"{file}: {name} takes {functions.get(name)} arguments"
                seen.add(name)
    assert {"portrait_open", "portrait_segment", "portrait_close"} <= seen


def test_fields_and_constants_of_c_are_there():
    text = "".join(file.read_text(encoding="utf-8") for file in SOURCES)
    body = re.search(r"typedef struct \{(.*?)\} portrait_frame;", HEADER, re.S)
    assert body is not None
    fields = set(re.findall(r"(\w+)(?:\[\d\])?[,;]", body[1]))
    used = set(re.findall(r"\bframe\.(\w+)", text))
    assert used and used <= fields
    constants = set(re.findall(r"\bPORTRAIT_[A-Z_]+\b", text)) - {"PORTRAIT_MODEL"}
    assert constants and all(re.search(rf"\b{name}\b", HEADER) for name in constants)


def test_files_are_swift():
    if find_spec("tree_sitter") is None or find_spec("tree_sitter_swift") is None:
        pytest.skip("no parser of Swift: pip install tree-sitter tree-sitter-swift")
    import tree_sitter
    import tree_sitter_swift

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
    for file in SOURCES:
        assert not parser.parse(file.read_bytes()).root_node.has_error, file


def test_the_sources_have_their_types():
    if (swiftc := shutil.which("swiftc")) is None:
        pytest.skip("no Swift: its types are checked on macOS, deploy/ios/README.md")
    files = [str(file) for file in SOURCES if "Sources" in file.parts]
    done = subprocess.run([swiftc, "-typecheck", *files], capture_output=True, text=True, check=False)
    if "no such module" in done.stderr:
        pytest.skip("this Swift has no SDK of iOS")
    assert done.returncode == 0, done.stderr
