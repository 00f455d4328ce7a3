"""What masks lose where channels of one group go: measured on photos."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import paddle
from paddle import nn

from paddleseg.files import atomic_path, atomic_write_text
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.metrics.segmentation import Confusion
from paddleseg.progress import progress
from paddleseg.slim.prune.groups import Group, masked_arrays
from paddleseg.slim.prune.plan import Plan

TABLE, PLOT = "sensitivity.csv", "sensitivity.png"
Curve = dict[float, float]
"""By the share of a group that is gone, what the masks' mIoU lacks to 1, with the whole network's as labels."""


class Photos:
    """Prepared photos, and the masks of the whole network.

    Args:
        inputs: float32 (N, C, h, w) each, of any sizes.
    """

    def __init__(self, model: nn.Layer, inputs: Sequence[np.ndarray]):
        self.model, self.inputs = model, inputs
        self.wanted = self._masks()

    def lost(self) -> float:
        """What the network's masks lack by now."""
        found = self._masks()
        confusion = Confusion(max(int(max(mask.max() for mask in [*found, *self.wanted])) + 1, 2), ignore_index=-1)
        for have, want in zip(found, self.wanted, strict=True):
            confusion.update(have, want)
        return 1 - float(confusion.compute()["mIoU"])

    def _masks(self) -> list[np.ndarray]:
        masks = []
        with evaluating(self.model), paddle.no_grad():
            for tensor in self.inputs:
                answer = self.model(paddle.to_tensor(tensor))
                logits = (answer[0] if isinstance(answer, (list, tuple)) else answer).numpy()
                masks.append((logits[:, 0] > 0).astype(np.int64) if logits.shape[1] == 1 else logits.argmax(axis=1))
        return masks


def measure(plan: Plan, photos: Photos, shares: Sequence[float], *, show: bool = False) -> list[Curve]:
    """The curve of every group of a plan; the network is left as it was."""
    curves: list[Curve] = []
    for number in progress(range(len(plan.groups)), "Trying each group", show=show):
        curve: Curve = {}
        for share in shares:
            gone = plan.gone([share if other == number else 0.0 for other in range(len(plan.groups))])
            with _masked(plan, photos.model, gone):
                curve[share] = photos.lost()
        curves.append(curve)
    return curves


@contextmanager
def _masked(plan: Plan, model: nn.Layer, gone: set[int]) -> Iterator[None]:
    """A network in which units are silent, and then as it was."""
    state, masked = model.state_dict(), masked_arrays(plan.graph, model, gone)
    before = {name: state[name].numpy().copy() for name in masked}
    try:
        for name, array in masked.items():
            state[name].set_value(array)
        yield
    finally:
        for name, array in before.items():
            state[name].set_value(array)


def write(folder: Path, groups: Sequence[Group], curves: Sequence[Curve], shares: Sequence[float]) -> None:
    """Write `sensitivity.csv` and `sensitivity.png`.

    Args:
        shares: What goes of each group in the end.
    """
    lines = io.StringIO()
    writer = csv.writer(lines)
    tried = sorted(curves[0])
    writer.writerow(["group", "channels", *(f"lost_mIoU_at_{share:g}" for share in tried), "gone"])
    for group, curve, gone in zip(groups, curves, shares, strict=True):
        lost = [f"{100 * curve[share]:.3f}" for share in tried]
        writer.writerow([group.name, len(group), *lost, f"{gone:.2f}"])
    atomic_write_text(folder / TABLE, lines.getvalue())
    _plot(folder / PLOT, groups, curves)


def _plot(path: Path, groups: Sequence[Group], curves: Sequence[Curve]) -> None:
    from matplotlib.figure import Figure

    tried = sorted(curves[0])
    order = sorted(range(len(groups)), key=lambda number: curves[number][tried[-1]])
    figure = Figure(figsize=(8, 1 + 0.17 * len(groups)), layout="constrained")
    axes = figure.subplots()
    for share in tried:
        values = [100 * curves[number][share] for number in order]
        axes.plot(values, [groups[number].name for number in order], "o", markersize=4, label=f"{share:.0%} gone")
    axes.tick_params(axis="y", labelsize=6)
    axes.set(xlabel="mIoU that the masks lack to the whole network's, in points")
    axes.set_xscale("symlog", linthresh=1)
    axes.margins(y=0.01)
    axes.grid(alpha=0.3)
    axes.legend()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
