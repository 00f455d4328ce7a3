"""What `paddle.flops` does not count by itself; `paddleseg analyze` counts from the exported graph instead."""

from __future__ import annotations

from typing import Any


def count_syncbn(m: Any, x: Any, y: Any) -> None:
    """Two operations for each value of a synchronised batch norm's input; for `paddle.flops(custom_ops=...)`."""
    m.total_ops += 2 * int(x[0].numel())
