"""Flags about the engine that runs an exported model, with PaddleSeg's names, and the predictor that they describe."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from paddleseg.card import Card, load_card
from paddleseg.card.step import Step
from paddleseg.cli import flags
from paddleseg.device import select_device
from paddleseg.errors import ConfigError, DataError, ExportError, OutputError
from paddleseg.files import atomic_path, is_file
from paddleseg.images.io import list_images, read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.preprocess import explicit_steps
from paddleseg.inference.runtimes import open_runtime
from paddleseg.inference.runtimes.base import RuntimeOptions
from paddleseg.inference.runtimes.paddle import PaddleOptions
from paddleseg.inference.runtimes.paddle_config import onednn_works
from paddleseg.inference.runtimes.paddle_tensorrt import read_shapes, require_tensorrt

# Those of the exported runtimes, none of which is the model in memory.
_RUNTIMES = ("paddle", "onnx", "openvino", "lite", "tflite", "tensorrt")
SHAPE_PICTURES = 10
_PADDLE_ONLY = ("use_trt", "use_cinn", "enable_mkldnn", "enable_auto_tune")


def add_exported(parser: argparse.ArgumentParser) -> None:
    """`--config`: an exported model; `--onnx_file`: another graph under the same card."""
    add = parser.add_argument
    add("--config", metavar="PATH", help="the exported folder, its inference.yml or its deploy.yaml")
    add("--onnx_file", metavar="FILE", help="run this ONNX file, as the card says that is --config or beside it")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Runtime, device and what speeds them up."""
    add = parser.add_argument
    add("--runtime", choices=_RUNTIMES, help="what runs it (default: paddle, for Paddle Inference)")
    flags.add_providers(parser)
    flags.add_device(parser)
    add("--cpu_threads", type=int, default=0, metavar="N", help="CPU threads (default: the engine's choice)")
    add("--enable_mkldnn", default=None, **flags.SWITCH, help="oneDNN kernels on the CPU (default: on where they work)")
    add("--use_cinn", default=False, **flags.SWITCH, help="Paddle's compiler; needs a GPU build of Paddle that has it")
    add("--use_trt", default=False, **flags.SWITCH, help="TensorRT; needs a GPU build of Paddle")
    add("--precision", choices=["fp32", "fp16", "int8"], default="fp32", help="of TensorRT; fp16 of the GPU too")
    add("--min_subgraph_size", type=int, default=3, metavar="N", help="smallest part of the graph given to TensorRT")
    add(
        "--enable_auto_tune",
        default=False,
        **flags.SWITCH,
        help="collect the pictures' input shapes for TensorRT first",
    )
    add("--auto_tuned_shape_file", default="auto_tune_tmp.pbtxt", metavar="FILE", help="where those shapes are kept")
    add("--with_argmax", action="store_true", help="kept from PaddleSeg: masks are made here in any case")
    add(
        "--use_multilabel",
        default=False,
        **flags.SWITCH,
        help="classes do not exclude each other, of a graph of logits",
    )


def add_resize(parser: argparse.ArgumentParser) -> None:
    """`--resize_width`, `--resize_height`: a size that comes before the card's own steps."""
    for side in ("width", "height"):
        text = f"resize pictures to this {side} first (default: 0, as they are)"
        parser.add_argument(f"--resize_{side}", type=int, default=0, metavar="N", help=text)


def load(args: argparse.Namespace, photos: Sequence[Path], *, batch: int = 1) -> Predictor:
    """The predictor that the flags describe, after a word on the flags that have no effect.

    Args:
        photos: Of which shapes are collected where that is asked for.
        batch: The largest number of pictures at once.

    Raises:
        ConfigError: Flags do not go together.
        DeviceError: This build cannot do what a flag asks.
    """
    card, folder = _card(args)
    runtime = args.runtime or ("onnx" if args.onnx_file or args.providers else "paddle")
    if args.onnx_file and runtime == "paddle":
        raise ConfigError("--onnx_file", "is no graph of Paddle Inference", "drop --runtime paddle")
    if runtime == "paddle" and not args.providers:
        device, _, _ = select_device(args.device).partition(":")
    else:
        device = args.device or "cpu"
    flags.say_unused(unused(args, runtime, device))
    if runtime != "paddle" or args.providers:
        plain = RuntimeOptions(device=device, threads=args.cpu_threads, providers=tuple(args.providers))
        return Predictor(card, open_runtime(runtime, card, folder, plain))
    options = PaddleOptions(
        device=args.device or device,
        threads=args.cpu_threads,
        onednn=args.enable_mkldnn,
        cinn=args.use_cinn,
        trt=args.use_trt,
        precision=args.precision,
        min_subgraph_size=args.min_subgraph_size,
        batch=batch,
        shape_file=args.auto_tuned_shape_file if is_file(args.auto_tuned_shape_file) else None,
    )
    if args.use_trt:
        require_tensorrt(options, converts=str(card.files.graph).endswith(".json"))
    if args.enable_auto_tune:
        collect_shapes(card, folder, replace(options, trt=False), photos[:SHAPE_PICTURES], args.auto_tuned_shape_file)
        options = replace(options, shape_file=args.auto_tuned_shape_file)
    return Predictor(card, open_runtime(runtime, card, folder, options))


def _card(args: argparse.Namespace) -> tuple[Card, Path]:
    """The card, changed by the flags that change it, and the folder of its files."""
    if not args.config and not args.onnx_file:
        raise ConfigError("--config", "is not given", "name the folder that export wrote")
    card, folder = load_card(args.config or Path(args.onnx_file).parent)
    if args.onnx_file:
        graph = Path(args.onnx_file)
        folder, files = graph.parent, card.files.model_copy(update={"onnx": graph.name})
        card = card.model_copy(update={"files": files})
    w, h = getattr(args, "resize_width", 0), getattr(args, "resize_height", 0)
    if (w > 0) != (h > 0) or min(w, h) < 0:
        raise ConfigError("--resize_width, --resize_height", f"are {w} and {h}", "give both, or leave both out")
    if w:
        first = explicit_steps([{"type": "Resize", "target_size": [w, h]}])
        card = card.model_copy(update={"preprocess": [*first, *card.preprocess]})
    return (_multilabel(card) if args.use_multilabel else card), folder


def _multilabel(card: Card) -> Card:
    """The card with classes that do not exclude each other, where its graph leaves that open."""
    if card.output.multilabel:
        return card
    if card.output.kind != "logits":
        what = f"the graph ends in {card.output.kind} of classes that exclude each other"
        raise ConfigError("--use_multilabel", what, "export it again under test_config.use_multilabel=true")
    main = card.output.model_copy(update={"multilabel": True, "activation": "sigmoid"})
    steps = card.postprocess or [Step.of("to_picture"), Step.of("to_mask", threshold=0.5)]
    return card.model_copy(update={"outputs": [main, *card.outputs[1:]], "postprocess": steps})


def collect_shapes(card: Card, folder: Path, options: PaddleOptions, photos: Sequence[Path], file: str | Path) -> None:
    """Run pictures to learn which input shapes occur; TensorRT wants to know them beforehand.

    Pictures that cannot be read are left out; who predicts them names them.

    Raises:
        DataError: None can be read.
        OutputError: There is a file of that name that holds no shapes.
    """
    if Path(file).exists():
        try:
            read_shapes(file)
        except ExportError as error:
            what = "is there already, and holds no collected shapes"
            raise OutputError(str(file), what, "name another file") from error
    with atomic_path(file) as new:
        if not _run_all(card, folder, replace(options, shape_file=str(new), collect_shapes=True), photos):
            where = str(photos[0]) if photos else "pictures"
            raise DataError(where, "none of them can be read, so that no shapes are known", "give pictures that can")


def _run_all(card: Card, folder: Path, options: PaddleOptions, photos: Sequence[Path]) -> int:
    """How many pictures can be read; Paddle writes their shapes when the runtime is let go of, at the end of this."""
    predictor = Predictor(card, open_runtime("paddle", card, folder, options))
    done = 0
    for path in photos:
        with suppress(DataError):
            predictor(read_image(path, card.input.channels))
            done += 1
    return done


def photos_of(source: str | Path) -> list[Path]:
    """The pictures of an image, a folder or a list."""
    return [path for path, _ in list_images(source)]


def unused(args: argparse.Namespace, runtime: str, device: str) -> Iterator[str]:
    """What was asked for and has no effect, with the reason."""
    if getattr(args, "model_name", ""):
        yield f"--model_name {args.model_name} changes nothing: the model's card names it"
    if args.with_argmax:
        yield "--with_argmax changes nothing: probabilities are resized first and always become a mask"
    if runtime != "paddle":
        names = [name for name in _PADDLE_ONLY if getattr(args, name)]
        yield from (f"--{name} is an option of Paddle Inference; {runtime} has none like it" for name in names)
        if args.precision != "fp32":
            yield f"--precision {args.precision} is an option of Paddle Inference; {runtime} runs the graph as it is"
        return
    if not args.use_trt and (args.precision == "int8" or (args.precision == "fp16" and device != "gpu")):
        yield f"--precision {args.precision} is an option of TensorRT; without --use_trt the model runs in fp32"
    if args.enable_auto_tune and not args.use_trt:
        yield f"--enable_auto_tune writes {args.auto_tuned_shape_file}, which only --use_trt reads"
    if device != "cpu":
        names = [name for name in ("enable_mkldnn", "cpu_threads") if getattr(args, name)]
        yield from (f"--{name} is an option of the CPU; the device is {device}" for name in names)
    if device == "cpu" and args.enable_mkldnn is None and not onednn_works():
        yield "oneDNN is off: this Paddle fails on exported graphs with it (paddlepaddle 3.2.2 does not)"
