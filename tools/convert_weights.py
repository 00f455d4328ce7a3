"""Published weights from an ONNX, TensorFlow Lite or PaddleSeg file into a `.pdparams` of ours.

The files keep the order in which the network runs its layers, so the tensors are matched with ours in call order and
by shape. Where a file has batch norm folded into the convolutions, the batch norms come out as "change nothing, then
add the convolution's bias". With `--photos` they get the statistics of real pictures, with scales and shifts that keep
the network's output: training, which uses each batch's own statistics, then starts from the published network too.

    python tools/convert_weights.py --onnx FILE.onnx --model PPHumanSegLite --output weights.pdparams
    python tools/convert_weights.py --onnx FILE.onnx --model FCN --backbone HRNet_W18_Small_V1 \\
        --photos data/portrait_mini/train.txt --size 192 192 --output weights.pdparams
    python tools/convert_weights.py --tflite selfie_segmentation.tflite --model MediaPipeSelfie \\
        --photos data/portrait_mini/train.txt --size 256 256 --mean 0 --std 1 --temperature 24 \\
        --output weights.pdparams

    python tools/convert_weights.py --pdparams paddleseg/model.pdparams --model PPLiteSeg --backbone STDC1 --half \\
        --output weights.pdparams

PaddleSeg's `.pdparams` go by name. Whatever the file, filters that a batch norm follows come out with length 1, which
changes nothing but how evenly training goes on. `--half` stores 16-bit numbers, which loading widens. TensorFlow Lite
files need `pip install ai-edge-litert`.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import paddle
from paddle import nn

from paddleseg.errors import WeightsError
from paddleseg.files import atomic_path
from paddleseg.images.io import list_images, read_image
from paddleseg.models.weights import load_weights
from paddleseg.program import reports_mistakes
from paddleseg.registry import BACKBONES, MODELS

_BATCH = 16
_CONVOLUTIONS = (nn.Conv2D, nn.Conv2DTranspose)


def onnx_layers(path: str) -> Iterator[tuple[str, list[np.ndarray]]]:
    """(operator, its constant tensors) of every convolution and batch norm, in graph order."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    for node in graph.node:
        if node.op_type in ("Conv", "BatchNormalization"):
            yield node.op_type, [constants[name] for name in node.input if name in constants]


def tflite_layers(path: str) -> Iterator[tuple[str, list[np.ndarray]]]:
    """The same of a TensorFlow Lite file, in the layout of ONNX.

    Raises:
        WeightsError: ai-edge-litert, which knows the format, is not installed.
    """
    try:
        from ai_edge_litert import schema_py_generated as schema
    except ImportError as error:
        raise WeightsError(path, "cannot be read without ai-edge-litert", "pip install ai-edge-litert") from error
    model = schema.ModelT.InitFromPackedBuf(Path(path).read_bytes(), 0)
    graph, operators = model.subgraphs[0], schema.BuiltinOperator
    types = {schema.TensorType.FLOAT16: np.float16, schema.TensorType.FLOAT32: np.float32}
    constants: dict[int, np.ndarray] = {}
    for index, tensor in enumerate(graph.tensors):
        data = model.buffers[tensor.buffer].data
        if data is not None and tensor.type in types:
            constants[index] = np.frombuffer(bytes(data), types[tensor.type]).reshape(tensor.shape)
    for node in graph.operators:
        code = model.operatorCodes[node.opcodeIndex]
        kind, tensors = code.builtinCode, [constants[index] for index in node.inputs if index in constants]
        if kind == operators.DEQUANTIZE and tensors:  # half-precision weights
            constants[node.outputs[0]] = tensors[0]
        elif kind == operators.CONV_2D:
            yield "Conv", [tensors[0].transpose(0, 3, 1, 2), *tensors[1:]]
        elif kind == operators.DEPTHWISE_CONV_2D:
            yield "Conv", [tensors[0].transpose(3, 0, 1, 2), *tensors[1:]]
        elif code.customCode == b"Convolution2DTransposeBias":
            yield "ConvTranspose", [tensors[0].transpose(3, 0, 1, 2), *tensors[1:]]


def as_two_classes(op: str, tensors: list[np.ndarray]) -> tuple[str, list[np.ndarray]]:
    """A last layer's one logit z as the logits -z/2 and z/2, whose softmax is the sigmoid of z."""
    axis = 1 if op == "ConvTranspose" else 0
    weight, bias = tensors
    return op, [np.concatenate([-weight / 2, weight / 2], axis), np.concatenate([-bias / 2, bias / 2])]


def with_batch_norms(
    folded: list[tuple[str, list[np.ndarray]]], ours: list[tuple[str, nn.Layer]]
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """What `onnx_layers` gives for a file of folded convolutions, with a batch norm wherever our model has one.

    Scale 1, shift = the convolution's bias, mean 0, variance 1 - epsilon.
    """
    convolutions = iter(folded)
    bias = np.empty(0)
    for _, layer in ours:
        if isinstance(layer, nn.BatchNorm2D):
            ones = np.ones_like(bias)
            yield "BatchNormalization", [ones, bias, 0 * ones, ones - layer._epsilon]
        else:
            op, (weight, bias) = next(convolutions)
            yield op, [weight] if layer.bias is None else [weight, bias]


def layers_in_call_order(model: nn.Layer, in_channels: int = 3) -> list[tuple[str, nn.Layer]]:
    """Convolutions and batch norms of `model` with their names, as a forward pass meets them."""
    met: list[tuple[str, nn.Layer]] = []
    hooks = [
        layer.register_forward_post_hook(lambda _layer, _x, _y, name=name, layer=layer: met.append((name, layer)))
        for name, layer in model.named_sublayers()
        if isinstance(layer, (*_CONVOLUTIONS, nn.BatchNorm2D))
    ]
    model.eval()
    with paddle.no_grad():
        model(paddle.zeros([1, in_channels, 64, 64]))
    for hook in hooks:
        hook.remove()
    return met


def convert(
    model: nn.Layer, path: str, read: Callable[[str], Iterable[tuple[str, list[np.ndarray]]]] = onnx_layers
) -> dict[str, np.ndarray]:
    """The state of `model` with the tensors of the file at `path`, which `read` understands."""
    ours, theirs = layers_in_call_order(model), list(read(path))
    if theirs and theirs[-1][1][-1].shape == (1,):
        theirs[-1] = as_two_classes(*theirs[-1])
    if len(theirs) == sum(isinstance(layer, _CONVOLUTIONS) for _, layer in ours):
        theirs = list(with_batch_norms(theirs, ours))
    if len(ours) != len(theirs):
        raise WeightsError(path, f"has {len(theirs)} convolutions and batch norms, the model {len(ours)}")
    state: dict[str, np.ndarray] = {}
    for (name, layer), (op, tensors) in zip(ours, theirs, strict=True):
        fields = ["weight", "bias"] if isinstance(layer, _CONVOLUTIONS) else ["weight", "bias", "_mean", "_variance"]
        for field, tensor in zip(fields[: len(tensors)], tensors, strict=True):
            want = list(getattr(layer, field).shape)
            if list(tensor.shape) != want:
                raise WeightsError(path, f"{op} has shape {list(tensor.shape)} where {name}.{field} has {want}")
            state[f"{name}.{field}"] = tensor.astype("float32")
    return state


def renormalise(state: dict[str, np.ndarray], mean: float, std: float) -> None:
    """Let the first convolution take (photo - 0.5) / 0.5, as networks here do, in place of (photo - mean) / std.

    Beyond the border a network then sees middle grey where it saw `mean`.
    """
    first = next(iter(state))
    shift = state[first].sum(axis=(1, 2, 3)) * (0.5 - mean) / std
    state[first] = state[first] * 0.5 / std
    if (bias := first.replace(".weight", ".bias")) in state:
        state[bias] = state[bias] + shift
    else:
        statistic = next(name for name in state if name.endswith("._mean"))
        state[statistic] = state[statistic] - shift


def photo_batches(source: str, size: tuple[int, int]) -> Iterator[paddle.Tensor]:
    """Photos of a folder or list at `size` (w, h), scaled to [-1, 1], a few at a time."""
    paths = [path for path, _ in list_images(source)]
    for start in range(0, len(paths), _BATCH):
        photos = [cv2.resize(read_image(path), size) for path in paths[start : start + _BATCH]]
        yield paddle.to_tensor((np.stack(photos) / 127.5 - 1).transpose(0, 3, 1, 2).astype("float32"))


def measure_statistics(model: nn.Layer, batches: Iterator[paddle.Tensor]) -> None:
    """Give every batch norm the statistics of `batches`, with the scale and shift that keep its output."""
    norms = [layer for layer in model.sublayers() if isinstance(layer, nn.BatchNorm2D)]
    moments: dict[int, list[np.ndarray]] = {id(norm): [] for norm in norms}

    def note(norm: nn.Layer, inputs: tuple[paddle.Tensor], _output: paddle.Tensor) -> None:
        x = inputs[0].astype("float64")
        moments[id(norm)].append(np.stack([x.mean([0, 2, 3]).numpy(), (x * x).mean([0, 2, 3]).numpy()]))

    hooks = [norm.register_forward_post_hook(note) for norm in norms]
    model.eval()
    with paddle.no_grad():
        for batch in batches:
            model(batch)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, square = np.mean(moments[id(norm)], axis=0)
        variance = np.maximum(square - mean**2, 0)
        slope = norm.weight.numpy() / np.sqrt(norm._variance.numpy() + norm._epsilon)
        shift = norm.bias.numpy() + slope * (mean - norm._mean.numpy())
        norm.weight.set_value((slope * np.sqrt(variance + norm._epsilon)).astype("float32"))
        norm.bias.set_value(shift.astype("float32"))
        norm._mean.set_value(mean.astype("float32"))
        norm._variance.set_value(variance.astype("float32"))


def balance(model: nn.Layer) -> None:
    """Scale every filter that a batch norm follows to length 1, without changing what the network computes.

    Published filters are 0.01 to 40 long. As steps of Adam have one length for all, some would be destroyed by the
    first steps of training and others hardly change.
    """
    layers = [layer for _, layer in layers_in_call_order(model)]
    for convolution, norm in itertools.pairwise(layers):
        if type(convolution) is not nn.Conv2D or convolution.bias is not None or not isinstance(norm, nn.BatchNorm2D):
            continue
        weight = convolution.weight.numpy().astype("float64")
        length = np.sqrt((weight**2).sum(axis=(1, 2, 3)))
        length[length == 0] = 1
        mean, variance = norm._mean.numpy() / length, norm._variance.numpy() / length**2
        gain = length * np.sqrt((variance + norm._epsilon) / (norm._variance.numpy() + norm._epsilon))
        convolution.weight.set_value((weight / length.reshape(-1, 1, 1, 1)).astype("float32"))
        norm.weight.set_value((norm.weight.numpy() * gain).astype("float32"))
        norm._mean.set_value(mean.astype("float32"))
        norm._variance.set_value(variance.astype("float32"))


@reports_mistakes
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--onnx", help="the published ONNX file")
    source.add_argument("--tflite", help="the published TensorFlow Lite file")
    source.add_argument("--pdparams", help="a .pdparams file, with PaddleSeg's names or ours")
    parser.add_argument("--model", required=True, help="our model's registry name")
    parser.add_argument("--backbone", help="our backbone's registry name, for models that take one")
    parser.add_argument("--num_classes", type=int, default=2)
    parser.add_argument("--photos", help="folder or list of photos that batch norm's statistics are measured on")
    parser.add_argument("--size", type=int, nargs=2, default=[192, 192], metavar=("W", "H"), help="of those photos")
    parser.add_argument("--mean", type=float, default=0.5, help="what the file's input subtracts (%(default)s)")
    parser.add_argument("--std", type=float, default=0.5, help="what it then divides by (%(default)s)")
    parser.add_argument(
        "--temperature",
        type=float,
        default=1,
        help="divide the logits, of a network that was not trained by cross entropy and is to be from here on",
    )
    parser.add_argument("--half", action="store_true", help="store 16-bit numbers")
    parser.add_argument("--output", required=True, help="the .pdparams file to write")
    args = parser.parse_args()
    backbone = {"backbone": BACKBONES.get(args.backbone)()} if args.backbone else {}
    model = MODELS.get(args.model)(num_classes=args.num_classes, **backbone)
    if args.pdparams:
        load_weights(model, args.pdparams)
    else:
        found = convert(model, args.onnx) if args.onnx else convert(model, args.tflite, tflite_layers)
        renormalise(found, args.mean, args.std)
        for name in list(found)[-2:]:  # the last layer's weight and bias
            found[name] = found[name] / args.temperature
        model.set_state_dict({name: paddle.to_tensor(value) for name, value in found.items()})
    if args.photos:
        measure_statistics(model, photo_batches(args.photos, tuple(args.size)))
    balance(model)
    state = {name: value.astype("float16" if args.half else "float32") for name, value in model.state_dict().items()}
    with atomic_path(args.output) as temporary:
        paddle.save(state, str(temporary))
    print(f"{args.output}: {sum(value.size for value in state.values()):,} numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
