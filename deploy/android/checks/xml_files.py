"""Lint of manifests, layouts and strings, and of names that Gradle's files use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_ANDROID = "{http://schemas.android.com/apk/res/android}"
_TOOLS = "{http://schemas.android.com/tools}"
_SPOKEN = ("ImageButton", "ImageView", "SeekBar", "PictureView")
_PLACE = re.compile(r"%\d\$[.\d]*[a-z]")


def problems(android: Path) -> list[str]:
    """All that is wrong, with the file that has it."""
    files = [file for file in sorted(android.rglob("src/main/**/*.xml")) if "assets" not in file.parts]
    found = [*_malformed(files)]
    if found:
        return found
    resources = android / "app/src/main/res"
    layouts = [file for file in files if file.parent.name == "layout"]
    for file in layouts:
        found += _layout(file)
    found += _strings(resources, android)
    found += _manifest(android / "app/src/main/AndroidManifest.xml")
    found += _catalogue(android)
    return found


def _malformed(files: list[Path]) -> Iterator[str]:
    for file in files:
        try:
            ElementTree.parse(file)
        except ElementTree.ParseError as error:
            yield f"{file}: is no XML: {error}"


def _layout(file: Path) -> Iterator[str]:
    for node in ElementTree.parse(file).iter():
        name = node.tag.rsplit(".", 1)[-1]
        if name in _SPOKEN and not node.get(f"{_ANDROID}contentDescription"):
            yield f"{file}: {name} {node.get(f'{_ANDROID}id')} has no contentDescription"
        for attribute in ("text", "hint", "contentDescription"):
            text = node.get(f"{_ANDROID}{attribute}")
            if text is not None and not text.startswith("@string/"):
                yield f"{file}: {attribute} {text!r} is not in strings.xml"
        if name == "Spinner" and not any(
            other.get(f"{_ANDROID}labelFor", "").rsplit("/", 1)[-1] == node.get(f"{_ANDROID}id", "").rsplit("/", 1)[-1]
            for other in ElementTree.parse(file).iter()
        ):
            yield f"{file}: Spinner {node.get(f'{_ANDROID}id')} has no label"


def _strings(resources: Path, android: Path) -> Iterator[str]:
    texts = {
        file.parent.name: {node.get("name", ""): node.text or "" for node in ElementTree.parse(file).iter("string")}
        for file in sorted(resources.glob("values*/strings.xml"))
    }
    plain = texts.pop("values")
    for place, found in texts.items():
        for name in sorted(plain.keys() ^ found.keys()):
            yield f"{resources / place}: string {name} is in one language alone"
        for name in sorted(plain.keys() & found.keys()):
            if sorted(_PLACE.findall(plain[name])) != sorted(_PLACE.findall(found[name])):
                yield f"{resources / place}: string {name} has other places for values"
    sources = [*android.glob("app/src/main/**/*.xml"), *android.glob("app/src/main/**/*.kt")]
    used = "".join(file.read_text(encoding="utf-8") for file in sources)
    names = set(re.findall(r"(?:@string/|R\.string\.)(\w+)", used))
    for name in sorted(names ^ plain.keys()):
        yield f"{resources}: string {name} is " + ("not there" if name in names else "used nowhere")


def _manifest(file: Path) -> Iterator[str]:
    root = ElementTree.parse(file).getroot()
    for node in root.iter("uses-permission"):
        name, kept = node.get(f"{_ANDROID}name", ""), node.get(f"{_TOOLS}node") != "remove"
        if kept != (name == "android.permission.CAMERA"):
            yield f"{file}: asks for {name}; only the camera's permission is needed"
    removed = {node.get(f"{_ANDROID}name") for node in root.iter("uses-permission") if node.get(f"{_TOOLS}node")}
    if "android.permission.INTERNET" not in removed:
        yield f"{file}: lets libraries bring in the permission of the network"
    kinds = ("activity", "service", "receiver", "provider")
    for node in (each for kind in kinds for each in root.iter(kind)):
        if node.get(f"{_ANDROID}exported") is None:
            yield f"{file}: {node.get(f'{_ANDROID}name')} does not say whether it is exported"
    classes = {each.stem for each in file.parent.rglob("*.kt")}
    for node in root.iter("activity"):
        name = node.get(f"{_ANDROID}name", "")
        if name.lstrip(".") not in classes:
            yield f"{file}: activity {name} has no class"


def _catalogue(android: Path) -> Iterator[str]:
    """References such as `libs.camera.core` against the version catalogue."""
    text = (android / "gradle/libs.versions.toml").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^\[(\w+)\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S))
    names = {kind: set(re.findall(r"^([\w-]+) =", body, re.M)) for kind, body in sections.items()}
    for kind in ("libraries", "plugins"):
        for name in re.findall(r'version\.ref = "(\w+)"', sections[kind]):
            if name not in names["versions"]:
                yield f"{android}/gradle/libs.versions.toml: version {name} is not there"
    seen: dict[str, set[str]] = {"libraries": set(), "plugins": set()}
    for file in sorted(android.rglob("build.gradle.kts")):
        for kind, dotted in re.findall(r"libs\.(plugins\.|versions\.|)([a-zA-Z][\w.]*?)(?=[),\s]|\.get)", _code(file)):
            name, section = dotted.replace(".", "-"), kind.rstrip(".") or "libraries"
            seen.setdefault(section, set()).add(name)
            if name not in names[section]:
                yield f"{file}: libs.{kind}{dotted} is not in the catalogue"
    for section in ("libraries", "plugins"):
        for name in sorted(names[section] - seen[section]):
            yield f"{android}/gradle/libs.versions.toml: {name} is used nowhere"


def _code(file: Path) -> str:
    return re.sub(r"//.*", "", file.read_text(encoding="utf-8"))
