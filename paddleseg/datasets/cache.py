"""Decoded samples kept for the next epoch: in memory that the workers share, or in a file that the next run finds."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
import tempfile
import threading
import weakref
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from paddleseg import geometry
from paddleseg.errors import OutputError
from paddleseg.geometry import Geometry, Size, Step
from paddleseg.transforms.fields import Field, Kind
from paddleseg.transforms.sample import Sample
from paddleseg.version import __version__

Cache = Literal["ram", "disk"]

_LAYOUT = 2
"""Counts up when `packed` writes samples in another form, so that older files are not read."""
# In the file's first bytes: where the next sample goes, counted from the end of the table.
_NEXT = struct.Struct("<Q")
# One a sample: key, place, size, checksum of key, place, size and content.
_RECORD = struct.Struct("<16sQQI")


class SampleStore:
    """A file with room for `limit` bytes of samples, and a table that says where each one lies.

    Processes may read and write at once: a sample is written before its entry in the table, each entry carries a
    checksum, and places are given out under a lock. A process that is killed leaves a hole, never a broken sample.

    Args:
        file: The file; it is made if need be.
        count: Samples of the data set.
        limit: Bytes at most.

    Raises:
        OutputError: The file cannot be made.
    """

    def __init__(self, file: str | Path, count: int, limit: int):
        self.file, self.count, self.limit = str(file), count, limit
        self.is_full = False
        self._open()

    @classmethod
    def in_memory(cls, count: int, limit: int) -> SampleStore:
        """A store that vanishes with this process, which has to live as long as others use it."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("paddleseg-samples")  # has no name that could be left behind
            store = cls(f"/proc/{os.getpid()}/fd/{descriptor}", count, limit)
            weakref.finalize(store, os.close, descriptor)
            return store
        descriptor, name = tempfile.mkstemp(prefix="paddleseg-samples")
        os.close(descriptor)
        store = cls(name, count, limit)
        weakref.finalize(store, os.unlink, name)
        return store

    def _open(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}
        self._lock = threading.Lock()
        if not hasattr(os, "preadv"):
            raise OutputError(self.file, "a cache needs Linux", "leave `cache` out")
        try:
            Path(self.file).parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise OutputError(
                self.file, f"cannot be used as a cache: {error.strerror}", "choose another folder"
            ) from error
        weakref.finalize(self, os.close, self._descriptor)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("file", "count", "limit", "is_full")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    @property
    def _data(self) -> int:
        """Where the table ends."""
        return _NEXT.size + self.count * _RECORD.size

    def get(self, index: int, key: Callable[[], bytes]) -> bytearray | None:
        """What was stored for a sample under this key, if anything was.

        Args:
            key: Asked once; what this process has seen to be good stays good.
        """
        known = self._known.get(index)
        if known:
            return self._read(*known)
        record = os.pread(self._descriptor, _RECORD.size, _NEXT.size + index * _RECORD.size)
        if len(record) < _RECORD.size:
            return None
        found, place, size, checksum = _RECORD.unpack(record)
        if not size or found != key():
            return None
        content = self._read(place, size)
        if _checksum(found, place, content) != checksum:
            return None
        self._known[index] = (place, size)
        return content

    def put(self, index: int, key: bytes, *parts: bytes | memoryview) -> None:
        """Store a sample, unless there is no room."""
        size = sum(len(part) for part in parts)
        place = None if self.is_full else self._reserve(size)
        if place is None:
            return
        content = b"".join(parts)
        record = _RECORD.pack(key, place, size, _checksum(key, place, content))
        try:
            _write(self._descriptor, content, self._data + place)
            _write(self._descriptor, record, _NEXT.size + index * _RECORD.size)
        except OSError as error:
            self._give_up(f"cannot be written ({error.strerror})")

    def _read(self, place: int, size: int) -> bytearray:
        content = bytearray(size)
        read = os.preadv(self._descriptor, [content], self._data + place)
        return content if read == size else content[:read]  # which would be a copy

    def _reserve(self, size: int) -> int | None:
        """Where a sample of that size may be written."""
        import fcntl  # not on Windows

        with self._lock:  # the file's lock is the process's; this one is for its threads
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
            try:
                place = _NEXT.unpack(os.pread(self._descriptor, _NEXT.size, 0).ljust(_NEXT.size, b"\0"))[0]
                if place + size > self.limit:
                    self._give_up("is full")
                    return None
                os.pwrite(self._descriptor, _NEXT.pack(place + size), 0)
                return place
            finally:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)

    def _give_up(self, what: str) -> None:
        self.is_full = True
        print(f"The loader's cache {what}: other samples are read from their files every time.", file=sys.stderr)


def _checksum(key: bytes, place: int, content: bytes | bytearray) -> int:
    return zlib.crc32(content, zlib.crc32(key + struct.pack("<QQ", place, len(content))))


def _write(descriptor: int, content: bytes, place: int) -> None:
    done = 0
    while done < len(content):
        done += os.pwrite(descriptor, memoryview(content)[done:], place + done)


def packed(sample: Sample) -> list[bytes | memoryview]:
    """A sample as bytes: a line of JSON, then its arrays."""
    held = {name: np.ascontiguousarray(field.array) for name, field in sample.fields.items()}
    head = {
        "arrays": [[name, values.dtype.str, values.shape] for name, values in held.items()],
        "kinds": [vars(field.kind) for field in sample.fields.values()],
        "original": sample.geometry.original,
        "steps": [[type(step).__name__, vars(step)] for step in sample.geometry.steps],
    }
    return [json.dumps(head).encode() + b"\n", *(values.reshape(-1).view(np.uint8).data for values in held.values())]


def unpacked(content: bytearray, paths: tuple[str, str], rng: np.random.Generator) -> Sample:
    """The sample again, with arrays that may be changed."""
    start = content.index(b"\n") + 1
    parts, original, steps = _head(bytes(content[:start]))
    fields: dict[str, Field] = {}
    for name, dtype, shape, kind in parts:
        array: np.ndarray = np.ndarray(shape, dtype, content, start)
        start += array.nbytes
        fields[name] = Field(array if array.flags.aligned else array.copy(), kind)
    sample = Sample(fields["image"].array, None, rng, Geometry(original, [*steps]), *paths)
    sample.fields = fields
    return sample


@lru_cache(4096)  # photos of one size have the same head
def _head(line: bytes) -> tuple[list[tuple[str, np.dtype, tuple[int, ...], Kind]], Size, list[Step]]:
    """The maps' names, types, shapes and kinds, the photo's size, and what has happened to it."""
    head = json.loads(line)
    kinds = [Kind(**_tuples(values)) for values in head["kinds"]]
    parts = [
        (name, np.dtype(dtype), tuple(shape), kind)
        for (name, dtype, shape), kind in zip(head["arrays"], kinds, strict=True)
    ]
    steps = [getattr(geometry, kind)(**_tuples(values)) for kind, values in head["steps"]]
    return parts, tuple(head["original"]), steps


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that they were."""
    return {name: _tuple(value) for name, value in values.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def file_key(paths: tuple[Path, ...], settings: str) -> bytes:
    """A digest of what a sample is made of: its files' sizes and times, and how they are read."""
    times = [(path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.blake2b(f"{__version__} {_LAYOUT} {paths} {times} {settings}".encode(), digest_size=16).digest()


def settings_of(thing: Any, left_out: tuple[str, ...] = ()) -> str:
    """An object's class and attributes as text, but for functions, whose text is another one in every process."""
    held = {
        name: settings_of(value) if " at 0x" in repr(value) and hasattr(value, "__dict__") else value
        for name, value in sorted(vars(thing).items())
        if not (name in left_out or callable(value))
    }
    return f"{type(thing).__module__}.{type(thing).__qualname__}({held})"
