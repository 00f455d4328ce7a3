"""Smaller forms of networks in every runtime, beside the float ones: masks, bytes, times.

    python benchmarks/slim.py --data FOLDER --list FOLDER/val.txt --models zoo://portrait output/int8

Models are zoo names and exported folders. What is measured of the masks is what `paddleseg val` measures; SC is the
person's. Times are of the network alone on one photo: all forms, runtimes and numbers of threads take turns in one run,
so that whatever else the machine does meets all of them. "CPU ms" is the processor time of all threads.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from portrait import markdown

from paddleseg import zoo
from paddleseg.analysis.latency import interleave
from paddleseg.card import load_card
from paddleseg.datasets import Dataset
from paddleseg.engine.evaluate import evaluate
from paddleseg.inference.predictor import Predictor
from paddleseg.tasks.base import Measures

RUNTIMES = ("onnx", "openvino")
THREADS = (1, 2)


def opened(model: str, runtime: str, threads: int) -> Predictor:
    if model.startswith(zoo.PREFIX):
        return Predictor.from_zoo(model, runtime, threads=threads)
    return Predictor.from_export(model, runtime, threads=threads)


def size_of(model: str) -> int:
    """The bytes of the ONNX graph."""
    if model.startswith(zoo.PREFIX):
        return zoo.onnx_path(model.removeprefix(zoo.PREFIX)).stat().st_size
    card, folder = load_card(model)
    return (folder / str(card.files.onnx)).stat().st_size


def calls(models: list[str], runtimes: list[str], dataset: Dataset) -> Iterator[tuple[str, Callable[[], object]]]:
    """The network alone on the list's first photo, in all ways."""
    image = dataset.read(0).image
    for model in models:
        for runtime in runtimes:
            for threads in THREADS:
                predictor = opened(model, runtime, threads)
                prepared = predictor.prepare(image)
                yield f"{model} {runtime} {threads}", functools.partial(predictor.run, [prepared])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that the list's paths are relative to")
    parser.add_argument("--list", type=Path, required=True, help="list file of `image mask` lines")
    parser.add_argument("--models", nargs="+", required=True, metavar="MODEL", help="zoo names, exported folders")
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=list(RUNTIMES))
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="turns of each, of 5 calls")
    args = parser.parse_args()
    dataset = Dataset("val", str(args.data), [], 2, val_path=str(args.list))
    times = interleave(dict(calls(args.models, args.runtimes, dataset)), rounds=args.rounds, runs=5, warmup=1)
    rows = []
    for model in args.models:
        for runtime in args.runtimes:
            found = evaluate(
                opened(model, runtime, 1), dataset, measures=Measures(connectivity=True), log=lambda line: None
            ).metrics
            shares = (found["mIoU"], found["boundary_IoU"], found["class_SC"][1])
            cells = [model, runtime, f"{size_of(model):,}", *(f"{100 * share:.2f}" for share in shares)]
            for threads in THREADS:
                timing = times[f"{model} {runtime} {threads}"]
                cells.append(f"{timing.p50_ms:.1f} ({timing.cpu_ms:.1f})")
            rows.append(cells)
    heads = ["network", "runtime", "bytes", "mIoU", "boundary IoU", "SC"]
    print(markdown([*heads, *(f"ms on {threads} (CPU ms)" for threads in THREADS)], rows))


if __name__ == "__main__":
    main()
