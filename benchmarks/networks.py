"""What networks cost on this CPU, against the accuracy that PaddleSeg publishes for them: a table and a plot.

    python benchmarks/networks.py --work output/networks --plot networks.png

`published.csv` beside this file names recipes, their data set, the mIoU that PaddleSeg's pages give for weights made by
them, and the scale that pictures were measured at. Each recipe's network is exported with random weights, and runs
alone in ONNX Runtime on one thread, at that scale too. Figures of networks that are done are kept in the work folder.
"CPU ms" is processor time, which other programs lengthen less.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from latency import ours

from paddleseg.analysis.latency import measure
from paddleseg.files import atomic_path, atomic_write_text
from paddleseg.program import reports_mistakes

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = Path(__file__).parent / "published.csv"
SIZES = {"Cityscapes": (512, 1024), "ADE20K": (512, 512)}  # of the picture (h, w), before it is scaled


def published() -> list[dict[str, str]]:
    """Rows of recipe, data, mIoU and scale."""
    with PUBLISHED.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def cost(recipe: str, size: tuple[int, int], runs: int) -> float | None:
    """CPU ms of one picture; None where the network cannot be exported, which is said."""
    with tempfile.TemporaryDirectory() as folder:
        for network in ours([str(ROOT / "configs" / recipe)], Path(folder), size):
            return measure(network.start(1), runs=runs, warmup=1).cpu_ms
    return None


def plot(rows: list[dict[str, Any]], output: Path) -> None:
    """A panel for each data set: mIoU over time, with a line through those that nothing beats at their cost."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 12), layout="constrained")
    for axes, (data, (h, w)) in zip(figure.subplots(2, 1, height_ratios=(3, 2)), SIZES.items(), strict=True):
        points = sorted((row["cpu_ms"], row["mIoU"], row["name"]) for row in rows if row["data"] == data)
        best = [
            point for place, point in enumerate(points) if point[1] > max((p[1] for p in points[:place]), default=0)
        ]
        axes.plot([x for x, *_ in best], [y for _, y, _ in best], color="tab:orange", zorder=1)
        for x, y, name in points:
            axes.plot(x, y, "o", markersize=4, color="tab:orange" if (x, y, name) in best else "tab:blue")
            axes.annotate(name, (x, y), (4, 3), textcoords="offset points", fontsize=6)
        axes.set(
            xscale="log", xlabel=f"CPU ms of a picture of {h}x{w}, one thread", ylabel=f"mIoU on {data}, %, published"
        )
        axes.grid(alpha=0.3, which="both")
        axes.margins(x=0.12)
    with atomic_path(output) as temporary:
        figure.savefig(temporary, dpi=100)


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, fastest first; in bold those that nothing beats at their cost."""
    lines = ["| recipe | data | CPU ms | mIoU, published |", "|---|---|---:|---:|"]
    best: dict[str, float] = {}
    for row in sorted(rows, key=lambda row: row["cpu_ms"]):
        ahead = row["mIoU"] > best.get(row["data"], 0)
        best[row["data"]] = max(row["mIoU"], best.get(row["data"], 0))
        score = f"**{row['mIoU']:.2f}**" if ahead else f"{row['mIoU']:.2f}"
        lines.append(f"| `{row['name']}` | {row['data']} | {row['cpu_ms']:.0f} | {score} |")
    return "\n".join(lines)


@reports_mistakes
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--plot", type=Path, help="write the plot here")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    kept = args.work / "networks.json"
    known: dict[str, float | None] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    rows = []
    for row in published():
        recipe = row["recipe"]
        if recipe not in known:
            h, w = (round(float(row["scale"]) * side) for side in SIZES[row["data"]])
            known[recipe] = cost(recipe, (h, w), args.runs)
            atomic_write_text(kept, json.dumps(known, indent=1) + "\n")
        if (found := known[recipe]) is not None:
            name = Path(recipe).stem
            rows.append({"name": name, "data": row["data"], "mIoU": float(row["mIoU"]), "cpu_ms": found})
    print(table(rows))
    if args.plot:
        plot(rows, args.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
