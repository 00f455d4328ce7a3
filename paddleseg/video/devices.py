"""The cameras of this machine, as Linux tells: names, paths, formats. Other systems have no files to ask."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAKE_VIRTUAL = 'sudo modprobe v4l2loopback devices=1 video_nr=10 card_label="PaddleSeg" exclusive_caps=1'
"""What makes a virtual camera, once the package v4l2loopback-dkms is installed."""

# Structures and numbers of <linux/videodev2.h>.
_QUERYCAP, _ENUM_FMT, _ENUM_SIZES, _ENUM_INTERVALS = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
_CAPABILITY, _FORMAT, _SIZE, _INTERVAL = struct.Struct("16s32s32s6I"), "3I32s5I", "11I", "13I"
_CAPTURES, _DEVICE_CAPS, _CAPTURE_BUFFERS, _DISCRETE = 0x1, 0x80000000, 1, 1


@dataclass(frozen=True)
class Device:
    """A camera.

    Args:
        path: Such as /dev/video0.
        name: As its maker calls it.
        formats: What it gives, a line for each coding of pixels.
        is_virtual: Whether programs feed it.
        trouble: Why nothing more is known of it.
    """

    path: str
    name: str
    formats: tuple[str, ...] = ()
    is_virtual: bool = False
    trouble: str = ""

    def __str__(self) -> str:
        return f"{self.path} ({self.name})" if self.name else self.path


def list_devices() -> list[Device]:
    """Cameras, real and virtual, in the order of their numbers; no device that gives other things than pictures."""
    paths = sorted(Path("/dev").glob("video*"), key=lambda path: (len(path.name), path.name))
    return [device for device in map(_asked, paths) if device is not None]


def _asked(path: Path) -> Device | None:
    label = Path("/sys/class/video4linux", path.name, "name")
    name = label.read_text(errors="replace").strip() if label.is_file() else ""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        hint = ": `sudo usermod -aG video $USER`, and log in again" if isinstance(error, PermissionError) else ""
        return Device(str(path), name, trouble=f"cannot be opened ({error.strerror}){hint}")
    try:
        return _told(handle, str(path))
    except OSError as error:
        return Device(str(path), name, trouble=f"does not answer ({error.strerror})")
    finally:
        os.close(handle)


def _told(handle: int, path: str) -> Device | None:
    driver, card, _, _, everything, own, *_ = _CAPABILITY.unpack(_ask(handle, _QUERYCAP, bytes(_CAPABILITY.size)))
    captures = (own if everything & _DEVICE_CAPS else everything) & _CAPTURES
    is_virtual = _text(driver) == "v4l2 loopback"
    if not captures and not is_virtual:
        return None
    return Device(path, _text(card), tuple(_formats(handle)) if captures else (), is_virtual)


def _formats(handle: int) -> Iterator[str]:
    for _, _, _, _, code, *_ in _each(handle, _ENUM_FMT, _FORMAT, _CAPTURE_BUFFERS):
        sizes = []
        for _, _, kind, *numbers in _each(handle, _ENUM_SIZES, _SIZE, code):
            if kind == _DISCRETE:
                w, h = numbers[:2]
                sizes.append(f"{w} x {h}{_rates(handle, code, w, h)}")
            else:
                smallest_w, largest_w, _, smallest_h, largest_h = numbers[:5]
                sizes.append(f"{smallest_w} x {smallest_h} to {largest_w} x {largest_h}")
        yield f"{_text(struct.pack('<I', code))}: {', '.join(sizes) or 'any size'}"


def _rates(handle: int, code: int, w: int, h: int) -> str:
    answers = _each(handle, _ENUM_INTERVALS, _INTERVAL, code, w, h)
    rates = [f"{below / above:g}" for _, _, _, _, kind, above, below, *_ in answers if kind == _DISCRETE and above]
    return f" ({', '.join(rates)} fps)" if rates else ""


def _each(handle: int, request: int, form: str, *given: int) -> Iterator[tuple[int, ...]]:
    """What the driver enumerates, until it says that there is no more."""
    size = struct.calcsize(form)
    for index in range(256):
        try:
            answer = _ask(handle, request, struct.pack(f"{1 + len(given)}I", index, *given).ljust(size, b"\0"))
        except OSError:
            return
        yield struct.unpack(form, answer)


def _ask(handle: int, request: int, content: bytes) -> bytes:
    import fcntl  # not on Windows

    return fcntl.ioctl(handle, request, content)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace").strip()
