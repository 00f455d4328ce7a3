"""Time and memory of a photo's matte: networks alone, and chains that look at a mask's edge again, in one run.

    python benchmarks/matting_speed.py --photo PHOTO zoo://portrait_matting output/modnet zoo://portrait+closed_form

A contender is a zoo:// name or an exported folder; `A+B` chains B to the mask of A (`predict --matting`). Each runs in
a process of its own with one thread, at each longer side; memory is the most that the process held, and how much more
that is than before the photo.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from paddleseg import zoo
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.refine import CLASSICAL, Chained, refiner


def predictor(source: str) -> Predictor:
    """Of a zoo:// name or of an exported folder, in ONNX Runtime with one thread."""
    if source.startswith(zoo.PREFIX):
        return Predictor.from_zoo(source, "onnx", threads=1)
    return Predictor.from_export(source, "onnx", threads=1)


def contender(text: str) -> Callable[[np.ndarray], Any]:
    """What gives a photo's matte."""
    first, _, second = text.partition("+")
    if not second:
        return predictor(first)
    return Chained(predictor(first), refiner(second if second in CLASSICAL else predictor(second)))


def measure(text: str, photo: np.ndarray, runs: int) -> dict[str, float]:
    """Of the fastest run, the time on the clock and the processor time in ms; and memory in MB."""
    run = contender(text)
    run(np.ascontiguousarray(photo[:64, :64]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(runs):
        start = time.perf_counter(), time.process_time()
        run(photo)
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, busy = (1000 * min(each) for each in zip(*times, strict=True))
    return {"ms": wall, "cpu_ms": busy, "mb": held / 1024, "mb_more": (held - before) / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contenders", nargs="+", help="zoo:// names, exported folders, or two of them as A+B")
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--long", type=int, nargs="+", default=[512, 3840], help="longer sides that it is resized to")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        photo = read_image(args.photo)
        scale = args.long[0] / max(photo.shape[:2])
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        print(json.dumps(measure(args.contenders[0], photo, args.runs)))
        return
    print("| contender | longer side | ms | CPU ms | MB at most | MB for the photo |\n|---|---|---|---|---|---|")
    for side in args.long:
        for text in args.contenders:
            words = [text, "--inside", "--photo", str(args.photo), "--long", str(side), "--runs", str(args.runs)]
            done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            figures = " | ".join(f"{found[name]:.0f}" for name in ("ms", "cpu_ms", "mb", "mb_more"))
            print(f"| {text} | {side} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
