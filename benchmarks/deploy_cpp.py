"""The C++ library beside the Python package: how many pixels of the masks differ, and what a photo takes.

python -m benchmarks.deploy_cpp --library deploy/cpp/build/libsegment.so --count 27

Both run the packed ONNX graphs with one thread, in turns: the photos for the masks, then one of them at 1280x720.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from paddleseg.images.io import list_images, read_image
from paddleseg.inference.predictor import Predictor
from tests.segment_by_ctypes import Options, Segment

ZOO = Path(__file__).parents[1] / "paddleseg" / "zoo"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True)
    parser.add_argument("--list", default="data/portrait_mini/val.txt")
    parser.add_argument("--count", type=int, default=27)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--models", nargs="+", default=["portrait", "connectnet", "portrait_accurate"])
    args = parser.parse_args()
    cv2.setNumThreads(1)
    photos = [read_image(path) for path, _ in list_images(args.list)[: args.count]]
    call = cv2.resize(photos[0], (1280, 720), interpolation=cv2.INTER_CUBIC)
    print("| weights | mask pixels that differ, most in one photo | C++ CPU ms | Python CPU ms |\n|---|---:|---:|---:|")
    for name in args.models:
        segment, python = Segment(args.library), Predictor.from_zoo(name, "onnx", threads=1)
        predictor = segment.open(str(ZOO / f"{name}.yml"), Options(runtime=b"onnx", threads=1))
        assert predictor is not None, segment.error()
        worst = max((segment.run(predictor, photo)["mask"] != python(photo).mask).mean() for photo in photos)
        spent = np.zeros((args.runs, 2))
        for run in spent:
            start = time.process_time()
            segment.run(predictor, call)
            run[0] = time.process_time() - start
            start = time.process_time()
            result = python(call)
            _ = result.mask, result.opacity, result.prob
            run[1] = time.process_time() - start
        ours, theirs = np.median(spent, axis=0) * 1000
        print(f"| `zoo://{name}` | {100 * worst:.3f} % | {ours:.1f} | {theirs:.1f} |")
        segment.c.segment_close(predictor)


if __name__ == "__main__":
    main()
