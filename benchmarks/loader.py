"""Images a second of the training loader, beside PaddleSeg's, with PaddleSeg's own human-segmentation transforms.

    python benchmarks/loader.py --peer-python /path/to/venv/with/paddleseg-2.8.0/bin/python --json loader.json

All sides read the first `--images` pairs of the same list, batches of 32, up to Paddle tensors: ours, ours with
`cache: ram` once it is filled, and PaddleSeg's. Each runs in a process of its own that waits while another measures;
they take turns of `--batches` batches, so that a busy machine slows all. Batches that were made ahead while waiting
are not counted, and nobody's turn begins before the last one's batches ahead are made. Figures are medians over the
rounds. CPU time is that of the measuring process alone, so it is given for 0 workers only; other programs change it
less than they change images a second.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCH_SIZE = 32
AHEAD = 8
"""Batches that a side may have made while it waited, at most."""
SHOWN = {"ours": "ours", "cached": "ours, cached", "peer": "PaddleSeg 2.8.0"}


def transforms_at(size: int) -> list[tuple[str, dict]]:
    return [
        ("Resize", {"target_size": [size, size]}),
        ("ResizeStepScaling", {"min_scale_factor": 0.75, "max_scale_factor": 1.5, "scale_step_size": 0}),
        ("RandomRotation", {}),
        ("RandomPaddingCrop", {"crop_size": [size, size]}),
        ("RandomHorizontalFlip", {}),
        ("RandomDistort", {"brightness_range": 0.4, "contrast_range": 0.4, "saturation_range": 0.4}),
        ("RandomBlur", {"prob": 0.3}),
        ("Normalize", {}),
    ]


def our_batches(options: argparse.Namespace, cache: str | None):
    import paddleseg.transforms as T
    from paddleseg.datasets import Dataset
    from paddleseg.datasets.loader import TrainLoader
    from paddleseg.engine.tensors import as_tensor

    transforms = [getattr(T, name)(**arguments) for name, arguments in transforms_at(options.size[0])]
    dataset = Dataset("train", options.folder, transforms, 2, train_path=f"{options.folder}/train.txt")
    dataset.entries = dataset.entries[: options.images]
    loader = TrainLoader(dataset, BATCH_SIZE, num_workers=options.workers[0], cache=cache, cache_gb=16)
    for batch in loader.batches():
        yield as_tensor(batch["image"]), as_tensor(batch["label"])


def peer_batches(options: argparse.Namespace):
    import paddle

    import paddleseg.transforms as T
    from paddleseg.datasets import Dataset

    transforms = [getattr(T, name)(**arguments) for name, arguments in transforms_at(options.size[0])]
    dataset = Dataset("train", options.folder, transforms, 2, train_path=f"{options.folder}/train.txt")
    dataset.file_list = dataset.file_list[: options.images]
    sampler = paddle.io.DistributedBatchSampler(dataset, batch_size=BATCH_SIZE, shuffle=True, drop_last=True)
    loader = paddle.io.DataLoader(dataset, batch_sampler=sampler, num_workers=options.workers[0], return_list=True)
    while True:
        yield from loader


def take_turns(options: argparse.Namespace) -> None:
    """In a process of its own: measure whenever a line comes in, and print images a second."""
    import paddle

    paddle.set_device("cpu")
    cache = "ram" if options.side == "cached" else None
    stream = peer_batches(options) if options.side == "peer" else our_batches(options, cache)
    # The cache is filled by a whole epoch, and what it leaves over at its end by further ones.
    for _ in range(3 * options.images // BATCH_SIZE if cache else 0):
        next(stream)
    batches = options.batches
    for _ in sys.stdin:
        for _ in range(AHEAD):
            next(stream)
        started, cpu = time.perf_counter(), time.process_time()
        for _ in range(batches):
            next(stream)
        images = batches * BATCH_SIZE
        rate, cost = images / (time.perf_counter() - started), 1000 * (time.process_time() - cpu) / images
        print("rate", rate, cost, flush=True)


class Side:
    def __init__(self, side: str, python: str, arguments: list[str], cwd: str):
        command = [python, str(Path(__file__).resolve()), "--side", side, *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def turn(self) -> dict[str, float]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("rate "):
                rate, cpu_ms = map(float, line.split()[1:])
                time.sleep(AHEAD * BATCH_SIZE / rate)
                return {"rate": rate, "cpu_ms": cpu_ms}
        raise SystemExit(f"{' '.join(map(str, self.process.args))} ended with {self.process.wait()}")  # type: ignore

    def end(self) -> None:
        # With its worker processes, which may outlive it otherwise.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def measure(options: argparse.Namespace, size: int, workers: int) -> dict:
    given = {"folder": options.folder, "size": size, "workers": workers, "batches": options.batches}
    given["images"] = options.images
    arguments = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    pythons = {
        "ours": sys.executable,
        "cached": sys.executable,
        **({"peer": options.peer_python} if options.peer_python else {}),
    }
    # From another folder, so that the peer does not import this repository's package.
    with tempfile.TemporaryDirectory() as cwd:
        sides = {name: Side(name, python, arguments, cwd) for name, python in pythons.items()}
        try:
            for side in sides.values():
                side.turn()  # imports, file cache
            rounds = [{name: side.turn() for name, side in sides.items()} for _ in range(options.rounds)]
        finally:
            for side in sides.values():
                side.end()

    def median(side: str, figure: str) -> float:
        return statistics.median(turn[side][figure] for turn in rounds)

    row = {"size": size, "workers": workers, "rounds": rounds}
    row |= {name: {figure: median(name, figure) for figure in ("rate", "cpu_ms")} for name in sides}
    if "peer" in sides:
        for side in ("ours", "cached"):
            row[side]["times"] = statistics.median(turn[side]["rate"] / turn["peer"]["rate"] for turn in rounds)
            row[side]["cpu_times"] = statistics.median(turn["peer"]["cpu_ms"] / turn[side]["cpu_ms"] for turn in rounds)
    return row


def table(rows: list[dict]) -> str:
    lines = [
        "| size | workers | loader | images/s | times as fast | CPU ms an image | times as cheap |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        for side, shown in SHOWN.items():
            if side not in row:
                continue
            found, alone = row[side], row["workers"] == 0
            times = f"{found['times']:.2f}" if "times" in found else ""
            cpu = f"{found['cpu_ms']:.2f}" if alone else ""
            cheap = f"{found['cpu_times']:.2f}" if alone and "cpu_times" in found else ""
            lines.append(
                f"| {row['size']} | {row['workers']} | {shown} | {found['rate']:.0f} | {times} | {cpu} | {cheap} |"
            )
    return "\n".join(lines)


def default_folder() -> Path:
    shared = Path(os.environ.get("PADDLESEG_SHARED", ROOT.parent / "shared")) / "data"
    return shared if (shared / "train.txt").is_file() else ROOT / "data" / "portrait_mini"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help="interpreter of an environment with paddleseg 2.8.0")
    parser.add_argument("--folder", default=str(default_folder()), help="data folder with train.txt (%(default)s)")
    parser.add_argument("--size", type=int, nargs="+", default=[192, 512])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--images", type=int, default=640, help="photos to go through again and again (%(default)s)")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batches", type=int, default=24)
    parser.add_argument("--json", help="file to write the figures to")
    parser.add_argument("--side", choices=list(SHOWN), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder = str(Path(options.folder).resolve())
    if options.side:
        take_turns(options)
        return
    rows = [measure(options, size, workers) for size in options.size for workers in options.workers]
    print(table(rows))
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
