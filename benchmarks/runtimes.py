"""How long exported portrait networks take from a photo to its mask, in every runtime: one interleaved run.

python benchmarks/runtimes.py output/portrait output/connectnet --peers FOLDER_OF_FILES --threads 1 2

Each folder is one that `paddleseg export --to ...` wrote with a fixed input. All runtimes that its card names files for
take turns, and beside them OpenCV's DNN module on the ONNX file, the graph with embedded steps, and peers with the same
postprocessing. "CPU" is the median processor time of all threads, which other programs lengthen least; "ratio" is that
to ONNX Runtime's. "best" is the shortest time by the clock.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from contenders import finished_as_ours
from peers import find_peers

from paddleseg.card import load_card
from paddleseg.device import device_name
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes import runtime_class
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions
from paddleseg.inference.runtimes.onnx import OnnxRuntime

ROOT = Path(__file__).parents[1]
RUNTIMES = ("onnx", "openvino", "tflite", "lite", "paddle")
Run = Callable[[np.ndarray], object]
Key = tuple[str, str]
"""Network and runtime."""


@dataclass
class Times:
    """Of one network on one runtime, in milliseconds."""

    clock: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return float(np.median(self.each))


class OpenCvDnn(Runtime):
    """An ONNX graph of a fixed input in OpenCV's DNN module."""

    name, inputs, outputs = "opencv", ("x",), ("main",)

    def __init__(self, graph: Path):
        self._net = cv2.dnn.readNetFromONNX(str(graph))

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self._net.setInput(inputs["x"])
        return {"main": self._net.forward()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="exported with a fixed input")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="as benchmarks/peers.py reads it")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--runs", type=int, default=15)
    args = parser.parse_args()
    photo = cv2.resize(read_image(min((ROOT / "data" / "portrait_mini" / "images").iterdir())), (1280, 720))
    print(f"{device_name()}; 1280x720, pre and post included, {args.runs} runs each")
    print("| network | runtime | threads | CPU ms | ratio | best ms |\n|---|---|---:|---:|---:|---:|")
    for threads in args.threads:
        cv2.setNumThreads(threads)
        entries = {key: run for folder in args.folders for key, run in ours(folder, threads)}
        entries |= dict(theirs(args.peers, threads)) if args.peers else {}
        times = interleaved(entries, photo, args.runs)
        for (network, runtime), found in times.items():
            cpu, best = found.cpu, min(found.clock)
            base = times.get((network, "onnx"), next(iter(times.values()))).cpu
            cells = f"{cpu:.1f} | {cpu / base:.2f} | {best:.1f}"
            print(f"| {network} | {runtime} | {threads} | {cells} |", flush=True)


def ours(folder: Path, threads: int) -> Iterator[tuple[Key, Run]]:
    card, place = load_card(folder)
    for name in RUNTIMES:
        able = runtime_class(name).reads(card) and not runtime_class(name).missing()
        if able and not (name == "lite" and threads > 1):  # its wheel has one
            options = RuntimeOptions(threads=threads, warm_up=2)
            yield (folder.name, name), Predictor.from_export(folder, name, options=options)
    if card.files.onnx:
        yield (folder.name, "OpenCV DNN"), Predictor(card, OpenCvDnn(place / card.files.onnx))
    if card.files.embedded:
        yield (folder.name, "embedded, onnx"), OnnxRuntime(place / card.files.embedded, threads=threads)


def theirs(folder: Path, threads: int) -> Iterator[tuple[Key, Run]]:
    for peer in find_peers(folder, threads):
        yield (peer.name, "its own"), finished_as_ours(peer)


def interleaved(entries: Mapping[Key, Run], photo: np.ndarray, runs: int) -> dict[Key, Times]:
    times = {key: Times() for key in entries}
    for turn in range(runs + 1):
        for key, run in entries.items():
            before, start = processor_ms(run), time.perf_counter()
            run(photo)
            if turn:  # the first one warms up
                times[key].clock.append(1000 * (time.perf_counter() - start))
                times[key].each.append(processor_ms(run) - before)
    return times


def processor_ms(run: Run) -> float:
    """Of this process, and of the one that Paddle Lite runs in."""
    total = 1000 * time.process_time()
    worker = getattr(getattr(run, "runtime", None), "worker", None)
    if worker is not None:
        spent = Path(f"/proc/{worker}/schedstat").read_text().split()[0]
        total += int(spent) / 1e6
    return total


if __name__ == "__main__":
    main()
