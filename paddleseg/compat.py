"""Which release of PaddleSeg to follow in the few things that this project does otherwise on purpose.

`PADDLESEG_COMPAT=2.8` or `2.9` in the environment, or `--compat`, which sets it: children of the process follow too.
docs/howto/compat.md lists what it changes.
"""

from __future__ import annotations

import os
import time
from typing import Literal

from paddleseg.errors import ConfigError

VARIABLE = "PADDLESEG_COMPAT"
RELEASES = ("2.8", "2.9")


def release() -> str | None:
    """The release to follow; None for this project's own ways.

    Raises:
        ConfigError: The variable names another one.
    """
    given = os.environ.get(VARIABLE) or None
    if given is not None and given not in RELEASES:
        raise ConfigError(VARIABLE, f"no release {given!r} of PaddleSeg is known", f"set it to {' or '.join(RELEASES)}")
    return given


def output_op() -> str:
    """What an exported graph ends in where nothing is said."""
    return "argmax" if release() else "softmax"


def gate() -> Literal["sigmoid", "relu6"]:
    """The gate of PP-MobileSeg's aggregated attention, which 2.9 changed."""
    return "relu6" if release() == "2.8" else "sigmoid"


def first_color() -> int:
    """Which colour of the PASCAL VOC scheme class 0 has in predictions: black, or PaddleSeg's dark red."""
    return 1 if release() else 0


def list_break() -> str:
    """What stands between a list's name and its numbers in a log: a blank, or PaddleSeg's new line."""
    return "\n" if release() else ""


def log_format() -> tuple[str, str]:
    """The form of a log line and of its time, as Python's `logging` has them."""
    if release() == "2.9":
        return "[%(asctime)s] %(levelname)s: %(message)s", "%Y/%m/%d %H:%M:%S"
    return "%(asctime)s [%(levelname)s]\t%(message)s", "%Y-%m-%d %H:%M:%S"


def say(text: str) -> None:
    """Print a log line with its time."""
    print(stamped(text))


def stamped(text: str, level: str = "INFO") -> str:
    """A log line with its time."""
    line, clock = log_format()
    return line % {"asctime": time.strftime(clock), "levelname": level, "message": text}
