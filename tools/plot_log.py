"""The curve of a training run, from its log: loss and learning rate of every line, mIoU of every evaluation.

python tools/plot_log.py train.log --output curve.png
python tools/plot_log.py ce.log ce_scl.log --output both.png    # of several runs mIoU alone, by the files' names
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from paddleseg.errors import DataError
from paddleseg.files import atomic_path
from paddleseg.program import reports_mistakes

_TRAIN = re.compile(r"iter: (\d+)/\d+, loss: ([\d.naif]+), lr: ([\d.]+)")
_EVAL = re.compile(r"\[EVAL\] #Images: \d+ mIoU: ([\d.]+)")


def read_log(path: Path) -> tuple[dict[int, tuple[float, float]], dict[int, float]]:
    """(loss, learning rate) and mIoU by step; of a resumed run the later line of a step counts."""
    losses: dict[int, tuple[float, float]] = {}
    scores: dict[int, float] = {}
    step = 0
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := _TRAIN.search(line):
            step = int(match[1])
            losses[step] = float(match[2]), float(match[3])
        elif match := _EVAL.search(line):
            scores[step] = float(match[1])
    if not losses:
        raise DataError(str(path), "holds no [TRAIN] lines", "give the output of paddleseg train")
    return losses, scores


def compare(runs: dict[str, dict[int, float]], output: Path) -> None:
    """mIoU of several runs by step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, scores in runs.items():
        axes.plot(list(scores), [100 * score for score in scores.values()], "o-", markersize=3, label=name)
    axes.set(xlabel="step", ylabel="mIoU on the validation photos, %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    with atomic_path(output) as temporary:
        figure.savefig(temporary, dpi=110)


def plot(losses: dict[int, tuple[float, float]], scores: dict[int, float], output: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(list(losses), [loss for loss, _ in losses.values()], color="tab:blue")
    left.set(xlabel="step", ylabel="loss")
    rate = left.twinx()
    rate.plot(list(losses), [lr for _, lr in losses.values()], color="tab:grey", linewidth=0.8)
    rate.set_ylabel("learning rate")
    right.plot(list(scores), [100 * score for score in scores.values()], "o-", color="tab:green")
    for step, score in scores.items():
        right.annotate(f"{100 * score:.1f}", (step, 100 * score), (0, -12), textcoords="offset points", fontsize=8)
    right.set(xlabel="step", ylabel="mIoU on the validation photos, %")
    right.grid(alpha=0.3)
    with atomic_path(output) as temporary:
        figure.savefig(temporary, dpi=110)


@reports_mistakes
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG", help="what paddleseg train printed")
    parser.add_argument("--output", type=Path, default=Path("curve.png"), help="the picture (default: %(default)s)")
    args = parser.parse_args()
    runs = {path.stem: read_log(path) for path in args.logs}
    if len(runs) == 1:
        plot(*runs.popitem()[1], args.output)
    else:
        compare({name: scores for name, (_, scores) in runs.items()}, args.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
