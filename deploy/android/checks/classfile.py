"""Class files that say what there is and do nothing, as Android's own android.jar."""

from __future__ import annotations

import re
import struct

from checks.facts import Described, Member

PUBLIC, STATIC, FINAL, SUPER, VARARGS, INTERFACE, ABSTRACT, ENUM = 0x1, 0x8, 0x10, 0x20, 0x80, 0x200, 0x400, 0x4000
_VERSION = 52  # Java 8
_NESTED = re.compile(r"[\w/]+(?:\$\w+)+")


class _Pool:
    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.known: dict[bytes, int] = {}

    def add(self, entry: bytes) -> int:
        if entry not in self.known:
            self.entries.append(entry)
            self.known[entry] = len(self.entries)
        return self.known[entry]

    def utf8(self, text: str) -> int:
        raw = text.encode()
        return self.add(struct.pack(">BH", 1, len(raw)) + raw)

    def type(self, name: str) -> int:
        return self.add(struct.pack(">BH", 7, self.utf8(name)))

    def integer(self, value: int) -> int:
        return self.add(struct.pack(">Bi", 3, value))

    def string(self, value: str) -> int:
        return self.add(struct.pack(">BH", 8, self.utf8(value)))

    def attribute(self, name: str, content: bytes) -> bytes:
        return struct.pack(">HI", self.utf8(name), len(content)) + content

    def __bytes__(self) -> bytes:
        return struct.pack(">H", len(self.entries) + 1) + b"".join(self.entries)


def write(described: Described, known: dict[str, Described]) -> bytes:
    """The file of a class; `known` has all classes, so that supers that are interfaces can be told from classes."""
    pool = _Pool()

    def is_interface(name: str) -> bool:
        found = known.get(name)
        return found.interface if found else name in _OTHER_INTERFACES

    above = [name for name in described.supers if not is_interface(name)]
    parent = "java/lang/Object" if described.interface or not above else above[0]
    others = [name for name in described.supers if is_interface(name)]
    enum = parent == "java/lang/Enum"
    flags = PUBLIC | (INTERFACE | ABSTRACT if described.interface else SUPER) | (ENUM | FINAL if enum else 0)
    fields, methods = [], []
    for member in [*described.members, *([] if described.interface else _inherited(described, known))]:
        (methods if member.descriptor[0] == "(" else fields).append(_member(pool, member, described, enum))
    attributes = [_inner_classes(pool, described, known)]
    if described.signature:
        signature = described.signature
        if not above:
            place = _after_variables(signature)
            rest = signature[place:].replace("Ljava/lang/Object;", "", 1)
            signature = f"{signature[:place]}Ljava/lang/Object;{rest}"
        attributes.append(pool.attribute("Signature", struct.pack(">H", pool.utf8(signature))))
    body = struct.pack(">HHH", flags, pool.type(described.name), pool.type(parent))
    body += struct.pack(">H", len(others)) + b"".join(struct.pack(">H", pool.type(name)) for name in others)
    for list_ in (fields, methods, attributes):
        body += struct.pack(">H", len(list_)) + b"".join(list_)
    return struct.pack(">IHH", 0xCAFEBABE, 0, _VERSION) + bytes(pool) + body


def _inherited(described: Described, known: dict[str, Described]) -> list[Member]:
    """Methods of interfaces that a class leaves out: they are default ones, which the facts do not tell apart."""
    seen = {(member.name, member.descriptor) for member in described.members}
    found: list[Member] = []
    waiting = list(described.supers)
    while waiting:
        above = known.get(waiting.pop())
        if above is None or not above.interface:
            continue
        waiting += above.supers
        for member in above.members:
            key = (member.name, member.descriptor)
            if member.descriptor[0] == "(" and not member.static and key not in seen:
                seen.add(key)
                found.append(Member(member.name, member.descriptor, "", False, member.dots))
    return found


def _member(pool: _Pool, member: Member, owner: Described, enum: bool) -> bytes:
    flags = PUBLIC | (STATIC if member.static else 0) | (VARARGS if member.dots else 0)
    attributes = []
    if member.descriptor[0] != "(":
        if member.static:
            flags |= FINAL
        if enum and member.descriptor == f"L{owner.name};":
            flags |= ENUM
        if member.static and member.name.isupper() and member.descriptor in ("I", "Ljava/lang/String;"):
            # Annotations take constants alone; which one plays no part.
            value = pool.integer(0) if member.descriptor == "I" else pool.string("")
            attributes.append(pool.attribute("ConstantValue", struct.pack(">H", value)))
    elif owner.interface and not member.static:
        flags |= ABSTRACT
    if member.signature and member.signature != member.descriptor:
        attributes.append(pool.attribute("Signature", struct.pack(">H", pool.utf8(member.signature))))
    made = struct.pack(">HHH", flags, pool.utf8(member.name), pool.utf8(member.descriptor))
    return made + struct.pack(">H", len(attributes)) + b"".join(attributes)


def _inner_classes(pool: _Pool, described: Described, known: dict[str, Described]) -> bytes:
    """Of the class, of those around it, and of all that it names."""
    text = described.signature + " ".join(described.supers) + " "
    text += " ".join(member.descriptor + member.signature for member in described.members)
    names = {name for name in _NESTED.findall(text) if name in known}
    names |= set(described.nested) | ({described.name} if "$" in described.name else set())
    for name in list(names):
        while "$" in name:
            names.add(name)
            name = name.rsplit("$", 1)[0]
    rows = []
    for name in sorted(names):
        outer, simple = name.rsplit("$", 1)
        found = known.get(name)
        flags = PUBLIC | STATIC | (INTERFACE | ABSTRACT if found and found.interface else 0)
        rows.append(struct.pack(">HHHH", pool.type(name), pool.type(outer), pool.utf8(simple), flags))
    return pool.attribute("InnerClasses", struct.pack(">H", len(rows)) + b"".join(rows))


def _after_variables(signature: str) -> int:
    if not signature.startswith("<"):
        return 0
    depth = 0
    for place, letter in enumerate(signature):
        depth += (letter == "<") - (letter == ">")
        if depth == 0:
            return place + 1
    return 0


_OTHER_INTERFACES = {
    "androidx/lifecycle/LifecycleOwner",
    "java/io/Closeable",
    "java/io/Serializable",
    "java/lang/AutoCloseable",
    "java/lang/CharSequence",
    "java/lang/Cloneable",
    "java/lang/Comparable",
    "java/lang/Iterable",
    "java/lang/Runnable",
    "java/lang/annotation/Annotation",
    "java/util/Collection",
    "java/util/Comparator",
    "java/util/Iterator",
    "java/util/List",
    "java/util/Map",
    "java/util/Set",
    "java/util/concurrent/Executor",
    "java/util/concurrent/Future",
}
