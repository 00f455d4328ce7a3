"""A jar of Android's signatures, so that the project's sources compile without its SDK."""

from __future__ import annotations

import zipfile
from pathlib import Path

from checks import classfile, facts
from checks.facts import Described


def write(signatures: Path, types: Path, jar: Path) -> int:
    """Writes the jar and says how many classes it has."""
    known = {each.name: each for each in facts.read(signatures)}
    named = facts.interfaces(types)
    for each in known.values():
        each.interface = each.name in named or _looks_like_one(each, known)
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(known):
            archive.writestr(f"{name}.class", classfile.write(known[name], known))
    return len(known)


def _looks_like_one(described: Described, known: dict[str, Described]) -> bool:
    """Of AndroidX there are newer facts than the list of interfaces: one has no constructor and no static members."""
    members = described.members
    return (
        described.name.startswith("androidx/")
        and bool(members)
        and not described.name.endswith("$Companion")
        and not any(member.name == "<init>" or member.static for member in members)
        and all(name == "java/lang/Object" or (name in known and known[name].interface) for name in described.supers)
    )
