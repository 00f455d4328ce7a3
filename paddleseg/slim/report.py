"""What each layer of a network takes of 8 bits, as lines, a table in a file, and a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path

from rich.table import Table

from paddleseg.export.quantize.graph import Layer
from paddleseg.files import atomic_path, atomic_write_text
from paddleseg.slim.sweep import Row

TABLE, PLOT = "sensitivity.csv", "sensitivity.png"
_SHOWN = 12


def table(rows: Sequence[Row], kept: Collection[Layer]) -> Table:
    """The most sensitive layers, and all that stay in float, for a terminal."""
    made = Table("layer", "weights", "difference", "mIoU lost", "", title="Each layer alone in 8 bits")
    for number, row in enumerate(rows):
        if number < _SHOWN or row.layer in kept:
            lost, state = f"{100 * row.change.lost:.2f}", "float" if row.layer in kept else "8 bits"
            made.add_row(row.layer.name, f"{row.layer.weights:,}", f"{row.change.error:.1e}", lost, state)
    return made


def write(folder: Path, rows: Sequence[Row], kept: Collection[Layer]) -> None:
    """Write `sensitivity.csv` and `sensitivity.png`."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["layer", "weights", "difference", "lost_mIoU", "kept"])
    for row in rows:
        change = row.change
        values = [f"{change.error:.3g}", f"{100 * change.lost:.3g}", int(row.layer in kept)]
        writer.writerow([row.layer.name, row.layer.weights, *values])
    atomic_write_text(folder / TABLE, lines.getvalue())
    _plot(folder / PLOT, rows, kept)


def _plot(path: Path, rows: Sequence[Row], kept: Collection[Layer]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + 0.17 * len(rows)), layout="constrained")
    axes = figure.subplots()
    colors = ["tab:orange" if row.layer in kept else "tab:blue" for row in rows]
    axes.barh([row.layer.name for row in rows], [row.change.error for row in rows], color=colors)
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=6)
    axes.set(xlabel="mean difference of the probabilities with this layer alone in 8 bits (orange: kept in float)")
    axes.margins(y=0.01)
    axes.grid(axis="x", alpha=0.3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
