"""Official weights from an ONNX file into a `.pdparams` of ours.

The published ONNX files keep convolution and batch norm apart, in the order in which the network runs them, so the
tensors are matched with our layers in call order and by shape.

    python tools/convert_weights.py --onnx FILE.onnx --model PPHumanSegLite --num_classes 2 --output weights.pdparams
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import numpy as np
import onnx
import paddle
from onnx import numpy_helper
from paddle import nn

from paddleseg.errors import UserError, WeightsError
from paddleseg.files import atomic_path
from paddleseg.registry import MODELS


def onnx_layers(path: str) -> Iterator[tuple[str, list[np.ndarray]]]:
    """(operator, its constant tensors) of every convolution and batch norm, in graph order."""
    graph = onnx.load(path).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    for node in graph.node:
        if node.op_type in ("Conv", "BatchNormalization"):
            yield node.op_type, [constants[name] for name in node.input if name in constants]


def layers_in_call_order(model: nn.Layer, in_channels: int = 3) -> list[tuple[str, nn.Layer]]:
    """Convolutions and batch norms of `model` with their names, as a forward pass meets them."""
    met: list[tuple[str, nn.Layer]] = []
    hooks = [
        layer.register_forward_post_hook(lambda _layer, _x, _y, name=name, layer=layer: met.append((name, layer)))
        for name, layer in model.named_sublayers()
        if isinstance(layer, (nn.Conv2D, nn.BatchNorm2D))
    ]
    model.eval()
    with paddle.no_grad():
        model(paddle.zeros([1, in_channels, 64, 64]))
    for hook in hooks:
        hook.remove()
    return met


def convert(model: nn.Layer, path: str) -> dict[str, np.ndarray]:
    """The state of `model` with the tensors of the ONNX file at `path`."""
    ours, theirs = layers_in_call_order(model), list(onnx_layers(path))
    if len(ours) != len(theirs):
        raise WeightsError(path, f"has {len(theirs)} convolutions and batch norms, the model {len(ours)}")
    state: dict[str, np.ndarray] = {}
    for (name, layer), (op, tensors) in zip(ours, theirs, strict=True):
        fields = ["weight"] if isinstance(layer, nn.Conv2D) else ["weight", "bias", "_mean", "_variance"]
        for field, tensor in zip(fields, tensors, strict=True):
            want = list(getattr(layer, field).shape)
            if list(tensor.shape) != want:
                raise WeightsError(path, f"{op} has shape {list(tensor.shape)} where {name}.{field} has {want}")
            state[f"{name}.{field}"] = tensor.astype("float32")
    return state


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--onnx", required=True, help="the published ONNX file")
    parser.add_argument("--model", required=True, help="our model's registry name")
    parser.add_argument("--num_classes", type=int, default=2)
    parser.add_argument("--output", required=True, help="the .pdparams file to write")
    args = parser.parse_args()
    try:
        state = convert(MODELS.get(args.model)(num_classes=args.num_classes), args.onnx)
        with atomic_path(args.output) as temporary:
            paddle.save({name: paddle.to_tensor(value) for name, value in state.items()}, str(temporary))
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{args.output}: {sum(value.size for value in state.values()):,} numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
