"""`paddleseg infer_dataset`: an exported model measured on a data set, with its speed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from paddleseg.cli import _engine, flags
from paddleseg.inference.runtimes.base import Runtime

if TYPE_CHECKING:
    from paddleseg.datasets.base import Dataset

HELP = "measure an exported model on a data set, with PaddleSeg's flags: mIoU and the time of an image"
EXAMPLE = """
paddleseg infer_dataset --config output/inference_model --dataset_type MiniPortrait --dataset_path data/portrait_mini
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _engine.add_exported(parser)
    add("--dataset_type", required=True, metavar="NAME", help="a registered data set, such as Cityscapes")
    add("--dataset_path", required=True, metavar="DIR", help="its folder")
    add("--dataset_mode", default="val", choices=["train", "val", "test"], help="which part (default: %(default)s)")
    _engine.add_resize(parser)
    add("--batch_size", type=int, default=1, metavar="N", help="kept from PaddleSeg: images are taken one by one")
    _engine.add_engine(parser)
    add("--print_detail", default=True, **flags.SWITCH, help="print the measures of each class too")
    add("--json", action="store_true", help="print JSON instead of tables")


class Timed(Runtime):
    """A runtime whose calls are timed.

    Args:
        runtime: Runs the network.
    """

    def __init__(self, runtime: Runtime):
        self.runtime, self.inputs, self.outputs = runtime, runtime.inputs, runtime.outputs
        self.times: list[float] = []

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        import time

        start = time.perf_counter()
        found = self.runtime.run(inputs)
        self.times.append(1000 * (time.perf_counter() - start))
        return found


def run(args: argparse.Namespace) -> int:
    import functools
    import sys

    from rich.console import Console

    from paddleseg import compat
    from paddleseg.engine import report
    from paddleseg.engine.evaluate import evaluate

    if args.batch_size != 1:
        flags.say_unused([f"--batch_size {args.batch_size} changes nothing: images are measured one by one"])
    dataset = _dataset(args)
    predictor = _engine.load(args, [image for image, _ in dataset.entries])
    predictor.runtime = timed = Timed(predictor.runtime)
    log = functools.partial(print, file=sys.stderr) if args.json else compat.say
    result = evaluate(predictor, dataset, progress=sys.stderr.isatty(), log=log)
    speed = dict(zip(("p50_ms", "p95_ms"), np.percentile(timed.times, (50, 95)).round(3).tolist(), strict=True))
    if args.json:
        print(report.to_json(result, config=args.config, runtime=timed.runtime.name, **speed))
        return 0
    if args.print_detail:
        Console().print(report.tables(result))
    compat.say(f"[EVAL] Average time: {np.mean(timed.times):.3f} ms/img")
    print(f"The network on {timed.runtime.name}: p50 {speed['p50_ms']:.2f} ms, p95 {speed['p95_ms']:.2f} ms an image")
    return 0


def _dataset(args: argparse.Namespace) -> Dataset:
    """The data set that the flags name, as a configuration would."""
    from paddleseg.config.build import Builder
    from paddleseg.config.load import validate
    from paddleseg.config.tree import Origin, to_node

    settings = {"type": args.dataset_type, "dataset_root": args.dataset_path, "mode": args.dataset_mode}
    return Builder(validate(to_node({"val_dataset": settings}, Origin("--dataset_type")))).dataset("val")
