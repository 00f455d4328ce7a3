"""Kotlin's external functions against the C++ ones that they call: names, and types of arguments and results."""

from __future__ import annotations

import re
from pathlib import Path

_TYPES = {
    "Long": "jlong",
    "Int": "jint",
    "Double": "jdouble",
    "Boolean": "jboolean",
    "String": "jstring",
    "String?": "jstring",
    "ByteBuffer": "jobject",
    "IntArray": "jintArray",
    "DoubleArray": "jdoubleArray",
}
_KOTLIN = re.compile(r"external fun (\w+)\(([^)]*)\)(?:: (\w+\??))?")
_CPP = re.compile(r"JNIEXPORT (\w+) JNICALL Java_(\w+)_([a-z]+)\(([^)]*)\)", re.S)


def problems(kotlin: Path, cpp: Path) -> list[str]:
    """Differences of the two files."""
    text = kotlin.read_text(encoding="utf-8")
    package = re.search(r"^package ([\w.]+)", text, re.M)
    owner = re.search(r"^internal object (\w+)", text, re.M)
    if package is None or owner is None:
        return [f"{kotlin}: has no internal object"]
    prefix = f"{package[1]}.{owner[1]}".replace(".", "_")
    if text.count("@JvmStatic external fun") != text.count("external fun"):
        return [f"{kotlin}: C++ takes every function as static: @JvmStatic"]
    wanted = {}
    for name, arguments, result in _KOTLIN.findall(text):
        types = [each.split(":")[1].strip() for each in arguments.split(",") if each.strip()]
        unknown = [each for each in [*types, *([result] if result else [])] if each not in _TYPES]
        if unknown:
            return [f"{kotlin}: {name} has a type that is not known here: {', '.join(unknown)}"]
        wanted[name] = (_TYPES[result] if result else "void", [_TYPES[each] for each in types])
    found, strange = {}, []
    for result, place, name, arguments in _CPP.findall(cpp.read_text(encoding="utf-8")):
        types = [each.split()[0].rstrip("*") for each in arguments.split(",")]
        if place != prefix or types[:2] != ["JNIEnv", "jclass"]:
            strange.append(f"{cpp}: Java_{place}_{name} is no static function of {prefix}")
        found[name] = (result, types[2:])
    for name in sorted(wanted.keys() ^ found.keys()):
        strange.append(f"{name}: is in {(kotlin if name in wanted else cpp).name} alone")
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name] != found[name]:
            strange.append(f"{name}: {kotlin.name} has {_written(wanted[name])}, {cpp.name} {_written(found[name])}")
    return strange


def _written(kind: tuple[str, list[str]]) -> str:
    return f"({', '.join(kind[1])}) -> {kind[0]}"
