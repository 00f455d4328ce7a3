"""What networks cost on this CPU, against the accuracy that PaddleSeg publishes for them: a table and a plot.

    python benchmarks/networks.py --work output/networks --plot networks.png

`published.csv` beside this file names recipes, their data set, the mIoU that PaddleSeg's pages give for weights made by
them, and the scale that pictures were measured at. Each recipe's network is exported with random weights, and runs
alone in ONNX Runtime on one thread, at that scale too and up to its logits: a softmax of 19 classes takes as long as a
small network. Figures of networks that are done are kept in the work folder. "CPU ms" is processor time, which other
programs lengthen less.
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
DATA, SIZE = "Cityscapes", (512, 1024)  # of the picture (h, w), before it is scaled


def published() -> list[dict[str, str]]:
    """Rows of recipe, mIoU and scale."""
    with PUBLISHED.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def cost(recipe: str, size: tuple[int, int], runs: int) -> float | None:
    """CPU ms of one picture; None where the network cannot be exported, which is said."""
    with tempfile.TemporaryDirectory() as folder:
        for network in ours([str(ROOT / "configs" / recipe)], Path(folder), size, logits=True):
            return measure(network.start(1), runs=runs, warmup=1).cpu_ms
    return None


def unbeaten(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those than which none is both faster and better, fastest first."""
    best: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: row["cpu_ms"]):
        if not best or row["mIoU"] > best[-1]["mIoU"]:
            best.append(row)
    return best


def plot(rows: list[dict[str, Any]], output: Path) -> None:
    """mIoU over time, with a line through those that nothing beats."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), layout="constrained")
    axes = figure.subplots()
    best = unbeaten(rows)
    axes.plot([row["cpu_ms"] for row in best], [row["mIoU"] for row in best], color="tab:orange", zorder=1)
    for row in rows:
        place = row["cpu_ms"], row["mIoU"]
        axes.plot(*place, "o", markersize=4, color="tab:orange" if row in best else "tab:blue")
        name = row["name"].partition("_cityscapes")[0]
        scale = f" at {row['scale']}" if row["scale"] != "1.0" else ""
        axes.annotate(name + scale, place, (4, 3), textcoords="offset points", fontsize=7)
    axes.set(xscale="log", xlabel="CPU ms of a picture of 512x1024, one thread", ylabel=f"mIoU on {DATA}, %, published")
    axes.grid(alpha=0.3, which="both")
    axes.margins(x=0.15)
    with atomic_path(output) as temporary:
        figure.savefig(temporary, dpi=100)


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, fastest first; in bold those that nothing beats."""
    best = unbeaten(rows)
    lines = ["| recipe | CPU ms | mIoU, published |", "|---|---:|---:|"]
    for row in sorted(rows, key=lambda row: row["cpu_ms"]):
        score = f"**{row['mIoU']:.2f}**" if row in best else f"{row['mIoU']:.2f}"
        lines.append(f"| `{row['name']}` | {row['cpu_ms']:.0f} | {score} |")
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
            h, w = (round(float(row["scale"]) * side) for side in SIZE)
            known[recipe] = cost(recipe, (h, w), args.runs)
            atomic_write_text(kept, json.dumps(known, indent=1) + "\n")
        if (found := known[recipe]) is not None:
            own = {"name": Path(recipe).stem, "mIoU": float(row["mIoU"]), "cpu_ms": found, "scale": row["scale"]}
            rows.append(own)
    print(table(rows))
    if args.plot:
        plot(rows, args.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
