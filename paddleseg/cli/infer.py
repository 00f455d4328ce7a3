"""`paddleseg infer`, `deploy/python/infer.py`: an exported model on pictures, with PaddleSeg's flags."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from paddleseg.cli import _engine, flags
from paddleseg.errors import DataError
from paddleseg.images.io import read_image
from paddleseg.inference.outputs import Writer, card_palette
from paddleseg.inference.pictures import Report, predict_files
from paddleseg.inference.predictor import Predictor

HELP = "run an exported model on pictures, with Paddle Inference, ONNX Runtime or OpenVINO; gives the masks of predict"
EXAMPLE = """
paddleseg infer --config output/inference_model --image_path photos/ --save_dir output/masks
"""

_WARM_UP = 5  # where times are asked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _engine.add_exported(parser)
    add("--image_path", required=True, metavar="PATH", help="an image, a folder, or a .txt list")
    add("--save_dir", default="./output", metavar="DIR", help="where the masks go")
    add("--batch_size", type=int, default=1, metavar="N", help="pictures at a time, where their inputs have one size")
    _engine.add_engine(parser)
    flags.add_compat(parser)
    add("--warmup", type=int, metavar="N", help="runs before the times count (default: 5 with --benchmark, else 0)")
    add("--model_name", default="", metavar="NAME", help="kept from PaddleSeg: the card names the model")
    add("--benchmark", default=False, **flags.SWITCH, help="print how the times of the stages are spread")
    add("--print_detail", default=True, **flags.SWITCH, help="print how the model runs and what each stage costs")


def warm_up(predictor: Predictor, photos: Sequence[Path], runs: int, batch: int) -> None:
    """Run a batch of the first pictures some times; those that cannot be read are named where all are predicted."""
    images: list[np.ndarray] = []
    for path in photos[:batch] if runs else []:
        with suppress(DataError):
            images.append(read_image(path, predictor.card.input.channels))
    for _ in range(runs if images else 0):
        predictor.batch(images)


def describe(predictor: Predictor, report: Report, *, spread: bool) -> Iterator[str]:
    """Each stage's time, and with `spread` its distribution."""
    if not report.timings:
        return
    yield f"{predictor.card.name or 'model'} on {predictor.runtime.name}: {len(report.timings)} pictures, ms each"
    for stage in ("pre", "net", "post"):
        times = np.array([timing[stage] for timing in report.timings])
        more = f"  p50 {np.percentile(times, 50):.2f}  p95 {np.percentile(times, 95):.2f}" if spread else ""
        yield f"  {stage:<4} {times.mean():8.2f}{more}"
    total = np.mean([sum(timing.values()) for timing in report.timings])
    yield f"  all  {total:8.2f}  ({1000 / total:.1f} pictures/s, without reading and writing files)"


def run(args: argparse.Namespace) -> int:
    warmup = args.warmup if args.warmup is not None else _WARM_UP if args.benchmark else 0
    flags.require_ranges(("--batch_size", args.batch_size, 1, 4096), ("--warmup", warmup, 0, 10_000))
    photos = _engine.photos_of(args.image_path) if warmup or args.enable_auto_tune else []
    predictor = _engine.load(args, photos, batch=args.batch_size)
    colors = card_palette(predictor.card)
    writer = Writer(args.save_dir, ["pseudo_color"], colors, folders={"pseudo_color": "."})
    warm_up(predictor, photos, warmup, args.batch_size)
    report = predict_files(predictor, args.image_path, writer, batch_size=args.batch_size)
    if args.print_detail or args.benchmark:
        print("\n".join(describe(predictor, report, spread=bool(args.benchmark))))
    print(f"{report.done} masks in {args.save_dir}")
    report.raise_if_any_failed()
    return 0
