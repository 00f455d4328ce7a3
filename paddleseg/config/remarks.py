"""What a configuration's author should know, though the file works."""

from __future__ import annotations

import functools
import sys


@functools.cache
def say_once(remark: str) -> None:
    """Print it as a warning, the first time."""
    print(f"Warning: {remark}.", file=sys.stderr)
