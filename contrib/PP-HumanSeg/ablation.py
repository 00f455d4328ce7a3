"""Which loss beside cross entropy helps: the paper's tables 1 and 3, with one schedule for all arms and several seeds.

    python contrib/PP-HumanSeg/ablation.py --data_root /path/to/photos --save_dir output/ablation --jobs 2

Each run is `paddleseg train` and `paddleseg val` on a generated YAML, so that any of them can be repeated by hand. What
is finished is kept: started again, the script goes on where it was. It ends with runs.csv, table.md and plot.png.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from paddleseg.files import atomic_path, atomic_write_text

BASE = Path(__file__).resolve().parent / "ablation.yml"
MEASURES = ("mIoU", "boundary_IoU", "SC", "SC_without_specks", "components")


@dataclass(frozen=True)
class Arm:
    """One loss beside cross entropy, its weight, and the paper's mIoU (tables 1 and 3)."""

    name: str
    loss: str | None = None
    weight: float = 0.0
    paper: float | None = None

    @property
    def section(self) -> dict[str, Any]:
        """The YAML's `loss`."""
        losses, coef = [{"type": "CrossEntropyLoss"}], [1.0]
        if self.loss:
            losses.append({"type": self.loss})
            coef.append(self.weight)
        return {"types": [{"type": "MixedLoss", "losses": losses, "coef": coef}], "coef": [1.0]}


PAPER_SC = {0.01: 94.2, 0.05: 93.9, 0.1: 94.5, 0.5: 92.6, 1.0: 94.6}
ARMS = [
    Arm("ce", paper=93.0),
    *(Arm(f"ce+sc_{weight:g}", "SemanticConnectivityLoss", weight, paper) for weight, paper in PAPER_SC.items()),
    Arm("ce+lovasz", "LovaszSoftmaxLoss", 0.01, 93.0),
    Arm("ce+rmi", "RMILoss", 0.01, 94.3),
]


@dataclass(frozen=True)
class Run:
    """One arm with one seed."""

    arm: Arm
    seed: int
    folder: Path

    @property
    def result(self) -> Path:
        return self.folder / "result.json"

    def row(self) -> dict[str, Any]:
        metrics = json.loads(self.result.read_text(encoding="utf-8"))["metrics"]
        return {"arm": self.arm.name, "seed": self.seed, **{name: metrics[name] for name in MEASURES}}


def subset(list_file: Path, count: int | None, target: Path) -> Path:
    """A list of `count` lines, the same ones in every run."""
    lines = list_file.read_text(encoding="utf-8").splitlines()
    chosen = np.sort(np.random.default_rng(0).permutation(len(lines))[:count])
    atomic_write_text(target, "\n".join(lines[index] for index in chosen) + "\n")
    return target


def write_config(run: Run, options: argparse.Namespace, lists: dict[str, Path]) -> Path:
    """The run's YAML."""
    size = {"type": "Resize", "target_size": [options.size, options.size]}
    augment = [
        size,
        {"type": "ResizeStepScaling", "min_scale_factor": 0.75, "max_scale_factor": 1.5, "scale_step_size": 0},
        {"type": "RandomPaddingCrop", "crop_size": [options.size, options.size]},
        {"type": "RandomHorizontalFlip"},
        {"type": "RandomDistort", "brightness_range": 0.4, "contrast_range": 0.4, "saturation_range": 0.4},
        {"type": "Normalize"},
    ]
    config: dict[str, Any] = {"_base_": os.path.relpath(BASE, run.folder), "seed": run.seed, "loss": run.arm.section}
    steps = {"train": augment, "val": [size, {"type": "Normalize"}]}
    for mode, transforms in steps.items():
        paths = {"dataset_root": str(options.data_root.resolve()), f"{mode}_path": str(lists[mode].resolve())}
        config[f"{mode}_dataset"] = {
            "type": "Dataset",
            "mode": mode,
            "num_classes": 2,
            **paths,
            "transforms": transforms,
        }
    schedule: dict[str, Any] = {}
    if options.iters:
        config |= {"iters": options.iters, "save_interval": options.iters}
        schedule["warmup_iters"] = options.iters // 20
    if options.batch_size:
        config["batch_size"] = options.batch_size
    if options.start != "official":
        config["model"] = {"pretrained": None if options.start == "scratch" else options.start}
    if options.learning_rate:
        schedule["learning_rate"] = options.learning_rate
    if schedule:
        config["lr_scheduler"] = schedule
    path = run.folder / "config.yml"
    atomic_write_text(path, yaml.safe_dump(config, sort_keys=False))
    return path


def execute(run: Run, options: argparse.Namespace, lists: dict[str, Path]) -> None:
    """Train and evaluate one run; a run with a result is left as it is, an interrupted one goes on."""
    if run.result.is_file():
        return
    config, trained = str(write_config(run, options, lists)), run.folder / "train"
    environment = {**os.environ, "PADDLE_LOCAL_SIZE": str(options.jobs)}  # how many share the cores
    common = [sys.executable, "-m", "paddleseg.cli.main"]
    device = ["--device", options.device] if options.device else []
    train = [*common, "train", "--config", config, "--save_dir", str(trained), "--resume", "auto", *device]
    last = trained / f"iter_{options.iters or yaml.safe_load(BASE.read_text(encoding='utf-8'))['iters']}"
    val = [*common, "val", "--config", config, "--model_path", str(last), "--save_dir", str(run.folder), *device]
    with (run.folder / "log.txt").open("a", encoding="utf-8") as log:
        for command in (train, val):
            if subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False).returncode:
                raise SystemExit(f"{run.arm.name}, seed {run.seed} failed: {run.folder / 'log.txt'} says why")
    print(f"{run.arm.name}, seed {run.seed}: mIoU {run.row()['mIoU']:.4f}", flush=True)


def summarise(runs: Iterable[Run], folder: Path) -> list[dict[str, Any]]:
    """Write runs.csv, table.md and plot.png from the finished runs; returns mean and spread of each arm."""
    finished = [run for run in runs if run.result.is_file()]
    rows = [run.row() for run in finished]
    with atomic_path(folder / "runs.csv") as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["arm", "seed", *MEASURES])
        writer.writeheader()
        writer.writerows(rows)
    table = []
    for arm in dict.fromkeys(run.arm for run in finished):
        own = [row for row in rows if row["arm"] == arm.name]
        values = {name: np.array([row[name] for row in own], float) for name in MEASURES}
        table.append({"arm": arm, "seeds": len(own), "values": values})
    atomic_write_text(folder / "table.md", markdown(table))
    plot(table, folder / "plot.png")
    return table


def markdown(table: Sequence[dict[str, Any]]) -> str:
    """Mean and standard deviation over seeds; shares in percent."""
    lines = [
        f"| loss | seeds | {' | '.join(MEASURES)} | paper's mIoU |",
        "|---" * (len(MEASURES) + 3) + "|",
    ]
    for entry in table:
        cells = []
        for name, values in entry["values"].items():
            values = values * (1 if name == "components" else 100)
            spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.2f}{spread}")
        paper = "" if entry["arm"].paper is None else f"{entry['arm'].paper:.1f}"
        lines.append(f"| {entry['arm'].name} | {entry['seeds']} | {' | '.join(cells)} | {paper} |")
    return "\n".join(lines) + "\n"


def plot(table: Sequence[dict[str, Any]], path: Path) -> None:
    """Every seed of every arm as a dot, the mean as a bar, for the three measures of quality."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(13, 4))
    names = [entry["arm"].name for entry in table]
    for axis, measure in zip(axes, ("mIoU", "boundary_IoU", "SC_without_specks"), strict=True):
        for place, entry in enumerate(table):
            values = 100 * entry["values"][measure]
            axis.plot([place] * len(values), values, "o", color="tab:blue", alpha=0.6)
            axis.plot([place - 0.3, place + 0.3], [values.mean()] * 2, color="black")
        axis.set_title(f"{measure} (%)")
        axis.set_xticks(range(len(names)), names, rotation=60, ha="right")
    figure.tight_layout()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)
    pyplot.close(figure)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_root", type=Path, required=True, help="folder with train.txt and val.txt")
    parser.add_argument("--save_dir", type=Path, default=Path("output/ablation"))
    parser.add_argument("--arms", nargs="+", choices=[arm.name for arm in ARMS], default=[arm.name for arm in ARMS])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--train_images", type=int, help="use so many of train.txt (default: all)")
    parser.add_argument("--val_images", type=int, help="use so many of val.txt (default: all)")
    parser.add_argument("--size", type=int, default=192, help="side of the network's input (default: 192)")
    parser.add_argument("--iters", type=int, help="steps of each run (default: as ablation.yml)")
    parser.add_argument("--batch_size", type=int, help="default: as ablation.yml")
    parser.add_argument("--learning_rate", type=float, help="default: as ablation.yml")
    parser.add_argument("--start", default="official", help='weights to begin with: "official", "scratch" or a file')
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side; one a core is best on a CPU")
    parser.add_argument("--device", help="as for train")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> list[dict[str, Any]]:
    options = parse(argv)
    counts = {"train": options.train_images, "val": options.val_images}
    lists = {
        mode: subset(options.data_root / f"{mode}.txt", count, options.save_dir / f"{mode}.txt")
        for mode, count in counts.items()
    }
    arms = [arm for arm in ARMS if arm.name in options.arms]
    # Seed by seed, so that an unfinished ablation compares all arms.
    runs = [
        Run(arm, seed, options.save_dir / arm.name / f"seed_{seed}")
        for seed, arm in itertools.product(options.seeds, arms)
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        for _ in pool.map(lambda run: execute(run, options, lists), runs):
            pass
    table = summarise(runs, options.save_dir)
    print(markdown(table))
    return table


if __name__ == "__main__":
    main()
