"""`paddleseg infer`, `deploy/python/infer.py`: an exported model on pictures, with PaddleSeg's flags."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.cli import flags
from paddleseg.device import DEVICES, select_device
from paddleseg.errors import ConfigError, DataError
from paddleseg.images.io import list_images, read_image
from paddleseg.inference.outputs import Writer, card_palette
from paddleseg.inference.pictures import Report, predict_files
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.base import RuntimeOptions
from paddleseg.inference.runtimes.paddle import PaddleOptions, onednn_works

HELP = "run an exported model on pictures, with Paddle Inference, ONNX Runtime or OpenVINO; gives the masks of predict"
EXAMPLE = """
paddleseg infer --config output/inference_model --image_path photos/ --save_dir output/masks
"""

_SHAPE_PICTURES = 10
_WARM_UP = 3


def boolean(text: str) -> bool:
    """PaddleSeg's flags take True and False as words."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"should be True or False, not {text}")
    return text.lower() == "true"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    switch: dict[str, Any] = {"type": boolean, "nargs": "?", "const": True, "metavar": "BOOL"}
    add("--config", required=True, metavar="PATH", help="the exported folder, its inference.yml or its deploy.yaml")
    add("--image_path", required=True, metavar="PATH", help="an image, a folder, or a .txt list")
    add("--save_dir", default="./output", metavar="DIR", help="where the masks go")
    add("--batch_size", type=int, default=1, metavar="N", help="pictures at a time, where their inputs have one size")
    add(
        "--runtime",
        choices=["paddle", "onnx", "openvino"],
        default="paddle",
        help="Paddle Inference, ONNX Runtime on model.onnx, or OpenVINO on model.xml or model.onnx",
    )
    flags.add_providers(parser)
    add("--device", choices=DEVICES, help="where to run (default: gpu where there is one, else cpu)")
    add("--cpu_threads", type=int, default=0, metavar="N", help="CPU threads (default: the engine's choice)")
    add("--enable_mkldnn", default=None, **switch, help="oneDNN kernels on the CPU (default: on where they work)")
    add("--use_trt", default=False, **switch, help="TensorRT; needs a GPU build of Paddle")
    add("--precision", choices=["fp32", "fp16", "int8"], default="fp32", help="of TensorRT")
    add("--min_subgraph_size", type=int, default=3, metavar="N", help="smallest part of the graph given to TensorRT")
    add("--enable_auto_tune", default=False, **switch, help="collect the pictures' input shapes for TensorRT first")
    add("--auto_tuned_shape_file", default="auto_tune_tmp.pbtxt", metavar="FILE", help="where those shapes are kept")
    add("--model_name", default="", metavar="NAME", help="kept from PaddleSeg: the card names the model")
    add("--with_argmax", action="store_true", help="kept from PaddleSeg: masks are made here in any case")
    add("--benchmark", default=False, **switch, help="print how the times of the stages are spread")
    add("--print_detail", default=True, **switch, help="print how the model runs and what each stage costs")


def unused(args: argparse.Namespace, device: str) -> Iterator[str]:
    """What was asked for and has no effect, with the reason."""
    if args.model_name:
        yield f"--model_name {args.model_name} changes nothing: the model's card names it"
    if args.with_argmax:
        yield "--with_argmax changes nothing: probabilities are resized first and always become a mask"
    if args.runtime != "paddle":
        names = [name for name in ("use_trt", "enable_mkldnn", "enable_auto_tune") if getattr(args, name)]
        yield from (f"--{name} is an option of Paddle Inference; {args.runtime} has none like it" for name in names)
        return
    if args.precision != "fp32" and not args.use_trt:
        yield f"--precision {args.precision} is an option of TensorRT; without --use_trt the model runs in fp32"
    if args.enable_auto_tune and not args.use_trt:
        yield f"--enable_auto_tune writes {args.auto_tuned_shape_file}, which only --use_trt reads"
    if device != "cpu":
        names = [name for name in ("enable_mkldnn", "cpu_threads") if getattr(args, name)]
        yield from (f"--{name} is an option of the CPU; the device is {device}" for name in names)
    if device == "cpu" and args.enable_mkldnn is None and not onednn_works():
        yield "oneDNN is off: this Paddle fails on exported graphs with it (paddlepaddle 3.2.2 does not)"


def load(args: argparse.Namespace) -> Predictor:
    """The predictor that the flags describe, after a word on the flags that have no effect."""
    if args.runtime != "paddle" or args.providers:
        device = args.device or "cpu"
        say(unused(args, device))
        plain = RuntimeOptions(device=device, threads=args.cpu_threads, providers=tuple(args.providers))
        return Predictor.from_export(args.config, args.runtime, options=plain)
    device = select_device(args.device).split(":")[0]
    say(unused(args, device))
    options = PaddleOptions(
        device=device,
        threads=args.cpu_threads,
        onednn=args.enable_mkldnn,
        trt=args.use_trt,
        precision=args.precision,
        min_subgraph_size=args.min_subgraph_size,
        shape_file=args.auto_tuned_shape_file if Path(args.auto_tuned_shape_file).is_file() else None,
    )
    if args.enable_auto_tune:
        options = collect_shapes(args, options)
    return Predictor.from_export(args.config, options=options)


def collect_shapes(args: argparse.Namespace, options: PaddleOptions) -> PaddleOptions:
    """Run a few pictures to learn which input shapes occur; TensorRT wants to know them beforehand."""
    from dataclasses import replace

    collecting = replace(options, shape_file=args.auto_tuned_shape_file, collect_shapes=True)
    predictor = Predictor.from_export(args.config, options=collecting)
    for path, _ in list_images(args.image_path)[:_SHAPE_PICTURES]:
        with suppress(DataError):  # named where all are predicted
            predictor(read_image(path, predictor.card.input.channels))
    return replace(collecting, collect_shapes=False)


def describe(predictor: Predictor, report: Report, *, spread: bool) -> Iterator[str]:
    """Each stage's time, and with `spread` its distribution; the first pictures warm the engine up and are left out."""
    timings = report.timings[_WARM_UP:] or report.timings
    if not timings:
        return
    yield f"{predictor.card.name or 'model'} on {predictor.runtime.name}: {len(timings)} pictures, ms each"
    for stage in ("pre", "net", "post"):
        times = np.array([timing[stage] for timing in timings])
        more = f"  p50 {np.percentile(times, 50):.2f}  p95 {np.percentile(times, 95):.2f}" if spread else ""
        yield f"  {stage:<4} {times.mean():8.2f}{more}"
    total = np.mean([sum(timing.values()) for timing in timings])
    yield f"  all  {total:8.2f}  ({1000 / total:.1f} pictures/s, without reading and writing files)"


def say(lines: Iterator[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def run(args: argparse.Namespace) -> int:
    if args.batch_size < 1:
        raise ConfigError("--batch_size", f"should be at least 1, not {args.batch_size}")
    predictor = load(args)
    colors = card_palette(predictor.card)
    writer = Writer(args.save_dir, ["pseudo_color"], colors, folders={"pseudo_color": "."})
    report = predict_files(predictor, args.image_path, writer, batch_size=args.batch_size)
    if args.print_detail or args.benchmark:
        print("\n".join(describe(predictor, report, spread=bool(args.benchmark))))
    print(f"{report.done} masks in {args.save_dir}")
    report.raise_if_any_failed()
    return 0
