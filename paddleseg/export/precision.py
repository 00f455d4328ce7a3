"""An ONNX graph with smaller numbers: weights in 16 bits, or convolutions in 8."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from paddleseg.card import Card
from paddleseg.errors import ExportError
from paddleseg.images.io import read_image
from paddleseg.inference.preprocess import Preprocessor

_FEW = 16  # numbers of a constant that are not worth a conversion
_CALIBRATED = 32  # photos at most


def in_16_bits(source: Path, made: Path) -> None:
    """The graph `made`, with weights in 16 bits and sums in 32.

    Sums in 16 bits too would be 1e-2 off for networks of few channels, and processors would convert every layer.
    """
    model = onnx.load(source)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        # paddle2onnx writes weights as nodes; there are no initializers.
        if node.op_type == "Constant" and (small := _halved(node.attribute[0].t)) is not None:
            (name,) = node.output
            nodes.append(helper.make_node("Constant", [], [f"{name}.fp16"], value=small))
            node = helper.make_node("Cast", [f"{name}.fp16"], [name], to=TensorProto.FLOAT)
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, made)


def _halved(tensor: onnx.TensorProto) -> onnx.TensorProto | None:
    """A constant in 16 bits, where it is a weight of many numbers and none is too large."""
    if tensor.data_type != TensorProto.FLOAT:
        return None
    values = numpy_helper.to_array(tensor)
    if values.ndim < 2 or values.size < _FEW or np.abs(values).max() > np.finfo(np.float16).max:
        return None
    return numpy_helper.from_array(values.astype(np.float16))


def in_8_bits(source: Path, made: Path, card: Card, photos: Sequence[Path]) -> None:
    """The graph `made`, with its convolutions in 8 bits, one scale for each of a weight's channels.

    The first convolution and the last two stay as they are: between them and the picture, or the probability, nothing
    evens an error out.

    Args:
        photos: What the ranges of values are learnt from; some of them are enough.

    Raises:
        ExportError: There are none.
        DataError: A photo cannot be read.
    """
    if not photos:
        raise ExportError("--precision int8", "needs photos to learn ranges from", "add --calibrate PHOTOS")
    import onnxruntime
    from onnxruntime import quantization

    with tempfile.TemporaryDirectory() as folder:
        plain, folded = Path(folder) / "plain.onnx", Path(folder) / "folded.onnx"
        onnx.save(_without_empty(onnx.load(source)), plain)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)  # with batch norms in their convolutions
        onnxruntime.InferenceSession(str(plain), options, providers=["CPUExecutionProvider"])
        convolutions = [node.name for node in onnx.load(folded).graph.node if node.op_type == "Conv"]
        with _Quiet(onnxruntime):
            quantization.quantize_static(
                str(folded),
                str(made),
                _Tensors(card, photos),
                per_channel=True,
                op_types_to_quantize=["Conv"],
                nodes_to_exclude=[*convolutions[:1], *convolutions[-2:]],
            )


class _Tensors:
    """What ONNX Runtime's calibration asks for inputs."""

    def __init__(self, card: Card, photos: Sequence[Path]):
        self._inputs = self._each(card, photos)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._inputs, None)

    @staticmethod
    def _each(card: Card, photos: Sequence[Path]) -> Iterator[dict[str, np.ndarray]]:
        prepare = Preprocessor(card.preprocess)
        step = max(len(photos) // _CALIBRATED, 1)
        for path in islice(photos, 0, None, step):
            tensor, _ = prepare(read_image(path, card.input.channels))
            yield {card.input.name: np.repeat(tensor[None], card.input.shape[0] or 1, axis=0)}


class _Quiet:
    """Without ONNX Runtime's warnings of every constant that paddle2onnx leaves unused."""

    def __init__(self, onnxruntime: Any):
        self._set = onnxruntime.set_default_logger_severity

    def __enter__(self) -> None:
        self._set(3)
        logging.disable(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        self._set(2)
        logging.disable(logging.NOTSET)


def _without_empty(model: onnx.ModelProto) -> onnx.ModelProto:
    """Resizing without the empty tensors for what it is not told, which quantisation takes for something told."""
    empty = {tensor.name for tensor in model.graph.initializer if 0 in tensor.dims}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value" and 0 in node.attribute[0].t.dims:
            empty.add(node.output[0])
    for node in model.graph.node:
        if node.op_type == "Resize":
            for place in (1, 2):
                if len(node.input) > place and node.input[place] in empty:
                    node.input[place] = ""
    return model
