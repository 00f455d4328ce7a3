"""ONNX nodes written one after the other, each named by what it gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

PREFIX = "embed/"
"""Of all names, so that they are not those of the network's graph."""


class Nodes:
    """Nodes and constants of a graph that grows; every method gives the name of a tensor.

    Only operations that mean the same from opset 11 to 21 are used, but for `reduced`.

    Args:
        opset: Of the graph that they become part of.
    """

    def __init__(self, opset: int):
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._named: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def constant(self, values: Any, dtype: Any = np.int64) -> str:
        array = np.asarray(values, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._named:
            self._named[key] = f"{PREFIX}constant_{len(self._named)}"
            self.constants.append(numpy_helper.from_array(array, self._named[key]))
        return self._named[key]

    def add(self, op: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """The result of an operation; `out` is its name where that is given."""
        out = out or f"{PREFIX}{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], name=out, **attributes))
        return out

    def cast(self, tensor: str, dtype: Any) -> str:
        return self.add("Cast", tensor, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def reshape(self, tensor: str, shape: str) -> str:
        return self.add("Reshape", tensor, shape)

    def scalar(self, tensor: str) -> str:
        """A tensor of one value without axes."""
        return self.reshape(tensor, self.constant(np.empty(0), np.int64))

    def side(self, tensor: str, axis: int) -> str:
        """The length of an axis, a scalar."""
        return self.add("Gather", self.add("Shape", tensor), self.constant(axis))

    def row(self, *parts: str | int) -> str:
        """Scalars, and numbers, as a vector of int64."""
        one = self.constant([1])
        vectors = [self.constant([part]) if isinstance(part, int) else self.reshape(part, one) for part in parts]
        return self.add("Concat", *vectors, axis=0)

    def floats(self, tensor: str) -> str:
        """A number in 64 bits, in which Python counts sizes."""
        return self.cast(tensor, np.float64)

    def integer(self, tensor: str) -> str:
        return self.cast(tensor, np.int64)

    def double(self, value: float) -> str:
        return self.constant(value, np.float64)

    def single(self, value: float) -> str:
        return self.constant(value, np.float32)

    def clip(self, tensor: str, low: float, high: float) -> str:
        return self.add("Clip", tensor, self.single(low), self.single(high))

    def resized(self, planes: str, h: str, w: str) -> str:
        """Planes (1, C, h, w) float32 bilinearly at another size; OpenCV's and this one's numbers are the same."""
        shape = self.add("Shape", planes)
        kept = self.add("Slice", shape, self.constant([0]), self.constant([2]))
        sizes = self.add("Concat", kept, self.row(h, w), axis=0)
        none = self.constant(np.empty(0), np.float32)
        settings = {"coordinate_transformation_mode": "half_pixel", "mode": "linear"}
        return self.add("Resize", planes, none, none, sizes, **settings)

    def reduced(self, op: str, tensor: str, axes: list[int], keepdims: int) -> str:
        """`op` is ReduceMean or ReduceMax, whose axes became an input with opset 18."""
        if self.opset < 18:
            return self.add(op, tensor, axes=axes, keepdims=keepdims)
        return self.add(op, tensor, self.constant(axes), keepdims=keepdims)
