"""Write a Triton model repository for an exported model.

    python deploy/serving/triton_repository.py --config output/export --repository output/triton --name portrait

Two models: NAME_graph, which is the graph, and NAME, an ensemble that clients ask. What stands behind NAME may change
(a CPU, ONNX Runtime's TensorRT, an engine of TensorRT), and its inputs and outputs keep the names of the card.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from paddleseg.card import Card, load_card
from paddleseg.errors import ConfigError, ExportError, OutputError, Problem
from paddleseg.files import atomic_dir, is_file
from paddleseg.inference.runtimes.base import named_file
from paddleseg.program import reports_mistakes

PLATFORMS = ("onnx", "onnx_tensorrt", "tensorrt_plan")
_TYPES = {
    "tensor(float)": "TYPE_FP32",
    "tensor(float16)": "TYPE_FP16",
    "tensor(uint8)": "TYPE_UINT8",
    "tensor(int32)": "TYPE_INT32",
    "tensor(int64)": "TYPE_INT64",
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")


class Tensor(NamedTuple):
    """An input or output: its names in the graph and for clients, Triton's type, and sizes, of which -1 is open."""

    name: str
    public: str
    type: str
    dims: tuple[int, ...]

    def entry(self, name: str, *, batched: bool) -> str:
        dims = self.dims[1:] if batched else self.dims
        return f'  {{ name: "{name}" data_type: {self.type} dims: [ {", ".join(map(str, dims))} ] }}'


class Graph(NamedTuple):
    """An ONNX file with its tensors; `batched` where it takes any number of pictures at once."""

    file: Path
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    batched: bool


def graph_of(card: Card, folder: Path, platform: str) -> Graph:
    """The graph to serve: from a picture to its mask where the export has such a one, else the network alone.

    Raises:
        ExportError: There is none, or it is damaged.
    """
    if card.files.embedded and platform == "onnx":
        return read_graph(named_file(folder, card.files.embedded, "embedded"), (), ())
    inputs, outputs = ([item.name for item in items] for items in (card.inputs, card.outputs))
    return read_graph(named_file(folder, card.files.onnx, "onnx"), inputs, outputs)


def read_graph(file: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Graph:
    """The tensors of an ONNX file, as ONNX Runtime tells them, which is what Triton runs it on.

    Args:
        inputs, outputs: The names for clients, in order; the graph's own where there are too few.

    Raises:
        ExportError: It is no graph that ONNX Runtime reads, or has tensors of a type that Triton has not.
    """
    import onnxruntime

    from paddleseg.inference.runtimes.onnx import OnnxRuntime

    OnnxRuntime(file)  # whose errors say what is wrong
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), quiet, providers=["CPUExecutionProvider"])
    sides = []
    for found, public in ((session.get_inputs(), inputs), (session.get_outputs(), outputs)):
        names = [*public, *(item.name for item in found[len(public) :])]
        if strange := [item for item in found if item.type not in _TYPES]:
            what = f"has {strange[0].name} of the type {strange[0].type}, which is not served"
            raise ExportError(str(file), what, f"these are: {', '.join(_TYPES)}")
        sides.append(
            tuple(
                Tensor(item.name, name, _TYPES[item.type], tuple(s if isinstance(s, int) else -1 for s in item.shape))
                for item, name in zip(found, names, strict=False)
            )
        )
    # A picture (H, W, C) has three sides, of which none counts pictures.
    batched = all(len(item.dims) == 4 and item.dims[0] == -1 for item in sides[0])
    return Graph(file, sides[0], sides[1], batched)


def graph_config(name: str, graph: Graph, args: argparse.Namespace) -> str:
    """`config.pbtxt` of the model that holds the graph."""
    backend = "tensorrt" if args.platform == "tensorrt_plan" else "onnxruntime"
    kind = "KIND_CPU" if args.platform == "onnx" and not args.gpu else "KIND_GPU"
    parts = [
        f'name: "{name}_graph"',
        f'backend: "{backend}"',
        f"max_batch_size: {args.max_batch_size if graph.batched else 0}",
        _tensors("input", [(item, item.name) for item in graph.inputs], batched=graph.batched),
        _tensors("output", [(item, item.name) for item in graph.outputs], batched=graph.batched),
        f"instance_group [ {{ kind: {kind} count: {args.instances} }} ]",
    ]
    if graph.batched:
        parts.append(f"dynamic_batching {{ max_queue_delay_microseconds: {args.delay} }}")
    if args.platform == "onnx":
        parts.append(f'parameters {{ key: "intra_op_thread_count" value: {{ string_value: "{args.threads}" }} }}')
    if args.platform == "onnx_tensorrt":
        settings = {"precision_mode": args.precision.upper(), "max_workspace_size_bytes": str(1 << 30)}
        told = " ".join(f'parameters {{ key: "{key}" value: "{value}" }}' for key, value in settings.items())
        accelerator = f'gpu_execution_accelerator [ {{ name: "tensorrt" {told} }} ]'
        parts.append(f"optimization {{ execution_accelerators {{ {accelerator} }} }}")
    return "\n".join(parts) + "\n"


def ensemble_config(name: str, graph: Graph, args: argparse.Namespace) -> str:
    """`config.pbtxt` of the model that clients ask."""
    maps = [
        f'{side} {{ key: "{item.name}" value: "{item.public}" }}'
        for side, items in (("input_map", graph.inputs), ("output_map", graph.outputs))
        for item in items
    ]
    step = f'{{ model_name: "{name}_graph" model_version: -1 {" ".join(maps)} }}'
    return "\n".join(
        [
            f'name: "{name}"',
            'platform: "ensemble"',
            f"max_batch_size: {args.max_batch_size if graph.batched else 0}",
            _tensors("input", [(item, item.public) for item in graph.inputs], batched=graph.batched),
            _tensors("output", [(item, item.public) for item in graph.outputs], batched=graph.batched),
            f"ensemble_scheduling {{ step [ {step} ] }}",
            "",
        ]
    )


def _tensors(side: str, items: Iterable[tuple[Tensor, str]], *, batched: bool) -> str:
    return f"{side} [\n" + ",\n".join(item.entry(name, batched=batched) for item, name in items) + "\n]"


def plan_command(graph: Graph, card: Card, args: argparse.Namespace) -> str:
    """What makes an engine of TensorRT, on the GPU that serves it.

    Raises:
        ExportError: The pictures' sizes are open, so that no engine is made for all of them.
    """
    command = f"trtexec --onnx={graph.file} --saveEngine=model.plan"
    command += {"fp32": "", "fp16": " --fp16", "int8": " --int8"}[args.precision]
    for item in graph.inputs if graph.batched else ():
        sides = [*item.dims[1:2], *(card.input.size or item.dims[2:])]
        if min(sides) < 1:
            what = "has inputs whose size follows the picture, and an engine wants to know it"
            raise ExportError(str(graph.file), what, "export with --input_shape -1 3 H W, or use onnx_tensorrt")
        for end, batch in (("min", 1), ("opt", args.max_batch_size), ("max", args.max_batch_size)):
            command += f" --{end}Shapes={item.name}:{'x'.join(map(str, [batch, *sides]))}"
    return command


def write_repository(args: argparse.Namespace) -> Path:
    """Write both models below `args.repository`, each whole or not at all.

    Raises:
        ConfigError: A flag is out of range.
        ExportError: The export has no ONNX file, or there is no engine.
        OutputError: A model of that name is there already.
    """
    if not _NAME.fullmatch(args.name):
        raise ConfigError("--name", f"is no name of a model: {args.name}", "use letters, digits, _ and -")
    card, folder = load_card(args.config)
    graph = graph_of(card, folder, args.platform)
    root = Path(args.repository)
    targets = [root / args.name, root / f"{args.name}_graph"]
    if taken := [path for path in targets if path.exists()]:
        raise OutputError([Problem(str(path), "is there already", "choose another --name") for path in taken])
    if args.platform == "tensorrt_plan" and not (args.plan and is_file(args.plan)):
        what = "is not a file" if args.plan else "is not given, and an engine is made on the GPU that serves it"
        raise ExportError("--plan", what, f"run there: {plan_command(graph, card, args)}")
    source, file = (Path(args.plan), "model.plan") if args.platform == "tensorrt_plan" else (graph.file, "model.onnx")
    with atomic_dir(targets[1]) as new:
        (new / "1").mkdir()
        shutil.copyfile(source, new / "1" / file)
        (new / "config.pbtxt").write_text(graph_config(args.name, graph, args), encoding="utf-8")
    with atomic_dir(targets[0]) as new:
        (new / "1").mkdir()
        (new / "config.pbtxt").write_text(ensemble_config(args.name, graph, args), encoding="utf-8")
    return root


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--config", required=True, metavar="PATH", help="the exported folder, with model.onnx (export --to onnx)")
    add("--repository", required=True, metavar="DIR", help="Triton's model repository; other models in it stay")
    add("--name", default="portrait", metavar="NAME", help="what clients ask for (default: %(default)s)")
    add("--platform", choices=PLATFORMS, default="onnx", help="ONNX Runtime, its TensorRT, or an engine of TensorRT")
    add("--gpu", action="store_true", help="with --platform onnx: on the GPU")
    add("--precision", choices=["fp32", "fp16", "int8"], default="fp32", help="of TensorRT (default: %(default)s)")
    add("--plan", metavar="FILE", help="with --platform tensorrt_plan: the engine")
    add("--max_batch_size", type=_count, default=8, metavar="N", help="pictures at once (default: %(default)s)")
    add("--delay", type=_count, default=2000, metavar="US", help="microseconds to wait for more (default: %(default)s)")
    add("--instances", type=_count, default=1, metavar="N", help="copies that run side by side (default: %(default)s)")
    add("--threads", type=_count, default=1, metavar="N", help="of each copy, on the CPU (default: %(default)s)")
    return parser.parse_args(given)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"should be a whole number from 1, not {text}")
    return int(text)


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    args = arguments(given)
    root = write_repository(args)
    print(f"{root}: the models {args.name} and {args.name}_graph")
    print(f"  tritonserver --model-repository={root.resolve()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
