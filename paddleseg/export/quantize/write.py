"""A float graph and the ranges of its values to a graph whose convolutions are in 8 bits."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import numpy as np
import onnx

from paddleseg.export.quantize.graph import RECTIFIERS, Layer, compact

WeightBits = Literal[7, 8]


def in_8_bits(
    model: onnx.ModelProto,
    layers: Collection[Layer],
    ranges: Mapping[str, tuple[float, float]],
    weight_bits: WeightBits = 7,
) -> onnx.ModelProto:
    """A graph in which `layers` work in 8 bits, each channel of a weight with its own scale.

    Args:
        model: As `graph.folded` gives it; it stays as it is.
        layers: Of `layers_of(model)`.
        ranges: Of the layers' inputs and outputs.
        weight_bits: 7 leaves room for sums of two products in 16 bits, which is how processors with AVX2 but no VNNI
            add: with 8 they clip.
    """
    from onnxruntime.quantization import CalibrationMethod, QDQQuantizer, QuantType
    from onnxruntime.quantization.calibrate import TensorsData

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    behind = {layer.output for layer in layers}
    rectifiers = [node for node in copy.graph.node if node.op_type in RECTIFIERS and node.output[0] in behind]
    # A range from zero on rectifies by itself, so that these nodes go.
    known = dict(ranges) | {node.input[0]: ranges[node.output[0]] for node in rectifiers}
    with _quiet():
        quantizer = QDQQuantizer(
            copy,
            per_channel=True,
            reduce_range=weight_bits == 7,
            weight_qType=QuantType.QInt8,
            activation_qType=QuantType.QUInt8,
            tensors_range=TensorsData(CalibrationMethod.MinMax, _as_arrays(known)),
            nodes_to_quantize=[*(layer.node for layer in layers), *(node.name for node in rectifiers)],
            nodes_to_exclude=[],
            op_types_to_quantize=["Conv", *RECTIFIERS],
            extra_options={"ActivationSymmetric": False},
        )
        quantizer.quantize_model()
    return compact(quantizer.model.model)


def _as_arrays(ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[np.float32, np.float32]]:
    return {name: (np.float32(low), np.float32(high)) for name, (low, high) in ranges.items()}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without ONNX Runtime's warnings of every constant that paddle2onnx leaves unused."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        onnxruntime.set_default_logger_severity(2)
        logging.disable(before)
