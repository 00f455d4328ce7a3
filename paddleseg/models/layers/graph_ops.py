"""Operations that Paddle 3.2 cannot trace into its older form of graph (`.pdmodel`, which Paddle Lite reads)."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle.base.layer_helper import LayerHelper


def matmul(x: paddle.Tensor, y: paddle.Tensor, transpose_x: bool = False, transpose_y: bool = False) -> paddle.Tensor:
    """`paddle.matmul`, in every form of graph."""
    if not _in_older_graph():
        return paddle.matmul(x, y, transpose_x, transpose_y)
    return _append("matmul_v2", {"X": x, "Y": y}, trans_x=transpose_x, trans_y=transpose_y)


def sigmoid(x: paddle.Tensor) -> paddle.Tensor:
    """`F.sigmoid`, in every form of graph."""
    return _append("sigmoid", {"X": x}) if _in_older_graph() else F.sigmoid(x)


def sine(x: paddle.Tensor) -> paddle.Tensor:
    """`paddle.sin`, in every form of graph."""
    return _append("sin", {"X": x}) if _in_older_graph() else paddle.sin(x)


def floor(x: paddle.Tensor) -> paddle.Tensor:
    """`paddle.floor`, in every form of graph."""
    return _append("floor", {"X": x}) if _in_older_graph() else paddle.floor(x)


def logarithm(x: paddle.Tensor) -> paddle.Tensor:
    """`paddle.log`, in every form of graph."""
    return _append("log", {"X": x}) if _in_older_graph() else paddle.log(x)


def _in_older_graph() -> bool:
    """Whether what runs is being traced into a `.pdmodel`."""
    return not (paddle.in_dynamic_mode() or paddle.framework.in_pir_mode())


def _append(kind: str, inputs: dict[str, paddle.Tensor], **attributes: Any) -> paddle.Tensor:
    helper = LayerHelper(kind)
    out = helper.create_variable_for_type_inference(dtype=inputs["X"].dtype)
    helper.append_op(type=kind, inputs=inputs, outputs={"Out": out}, attrs=attributes)
    return out
