"""A small ONNX graph written byte by byte, since the `onnx` package is no dependency of the toolkit."""

from __future__ import annotations

import numpy as np


def conv_softmax(weight: np.ndarray) -> bytes:
    """A 1x1 convolution with `weight` (classes, channels) and a softmax over classes, any picture size."""
    classes, channels = weight.shape
    conv = _text(1, "x") + _text(1, "w") + _text(2, "logits") + _text(4, "Conv")
    axis = _text(1, "axis") + _number(3, 1) + _number(20, 2)
    softmax = _text(1, "logits") + _text(2, "prob") + _text(4, "Softmax") + _block(5, axis)
    dims = b"".join(_number(1, side) for side in (classes, channels, 1, 1))
    tensor = dims + _number(2, 1) + _text(8, "w") + _block(9, weight.astype("<f4").tobytes())
    graph = _block(1, conv) + _block(1, softmax) + _text(2, "graph") + _block(5, tensor)
    graph += _block(11, _value("x", channels)) + _block(12, _value("prob", classes))
    return _number(1, 8) + _block(7, graph) + _block(8, _number(2, 13))


def _value(name: str, channels: int) -> bytes:
    sides = [_text(2, "n"), _number(1, channels), _text(2, "h"), _text(2, "w")]
    shape = b"".join(_block(1, side) for side in sides)
    return _text(1, name) + _block(2, _block(1, _number(1, 1) + _block(2, shape)))


def _varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _block(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _block(field, text.encode())
